"""What `gatepost list` says of a declaration."""

from __future__ import annotations

import pytest

from gatepost.listing import render_table
from gatepost.model import Declaration


@pytest.mark.parametrize(
    ("sustained", "on_request", "expected"),
    [
        ("", False, "at most 5"),
        ("6 h", False, "at most 5, for 6 h"),
        ("6 h", True, "at most 5, for 6 h (on request)"),
    ],
)
def test_a_line_says_how_long_and_whether_on_request(
    sustained: str, on_request: bool, expected: str
) -> None:
    """What a breach has to last stands behind the limit, and who has to ask for it last."""
    declaration = Declaration(
        id="shop.stock.level",
        system="shop",
        group="stock",
        nodeid="n",
        file="f",
        line=1,
        expectation="at most 5",
        sustained=sustained,
        on_request=on_request,
    )
    assert render_table([declaration]).splitlines()[0].endswith(f"  {expected}")
