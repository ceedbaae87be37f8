"""How statements are broken into lines for a terminal."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gatepost.explaining.layout import fold_sql


def test_a_statement_that_fits_stays_as_it_is() -> None:
    """Only what is too long is touched."""
    assert fold_sql("select 1\n  from t\n-- a = 1", 20) == ["select 1", "  from t", "-- a = 1"]


def test_lines_break_at_items_and_never_within_quotes() -> None:
    """What is listed begins a line where it does not fit, and quoted text stays whole."""
    sql = "SELECT count(a, b) AS one, count('x y  z, w' || \"c d\") AS two, three FROM t"
    folded = fold_sql(sql, 34)
    assert folded == [
        "SELECT count(a, b) AS one,",
        "  count('x y  z, w' || \"c d\") AS",
        "    two,",
        "  three FROM t",
    ]
    assert re.sub(r"\s+", " ", " ".join(folded)) == re.sub(r"\s+", " ", sql)


def test_parameters_stay_a_comment() -> None:
    """Each line of the parameters begins as a comment, and breaks between two of them."""
    folded = fold_sql("-- alpha = 'one, two', beta = 2, gamma = 3", 26)
    assert folded == ["-- alpha = 'one, two',", "-- beta = 2, gamma = 3"]


@given(st.text(alphabet="ab(),'\"` \n", max_size=300), st.integers(1, 60))
def test_nothing_but_spaces_is_changed(sql: str, width: int) -> None:
    """Whatever the text, brackets and quotes that do not match included, its words stay."""
    assert "".join("".join(fold_sql(sql, width)).split()) == "".join(sql.split())
