"""Rows and ids: what a label becomes in a pytest id, and what is left beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.expectations.base import Expectation
from gatepost.expectations.limits import at_least, at_most
from gatepost.hooks.rows import labels_of, parameter_of, row_id

LABELS = st.text(min_size=1, max_size=10)
PARAMETERS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("label", "row"),
    [
        ("title not null", "title not null"),
        ("isin(['a', 'b'])", "isin(['a', 'b'])"),
        ("Gr\u00f6\u00dfe", "Gr&#246;&#223;e"),
        (r"matches \d", "matches &#92;d"),
        ("a\x00b\nc", "a?b?c"),
        ("\ud800", "?"),
    ],
)
def test_a_label_is_written_so_that_it_stays(label: str, row: str) -> None:
    """pytest would escape what is not ASCII, and backslashes."""
    assert row_id(label) == row


@given(st.text(st.characters(), max_size=12))
def test_pytest_leaves_a_row_id_as_it_is(label: str) -> None:
    """It is what `unicode_escape`, which pytest applies to ids, does not change."""
    row = row_id(label)
    assert row.encode("unicode_escape").decode("ascii") == row
    assert row.isprintable()


@given(LABELS, PARAMETERS)
def test_the_parameter_of_a_composed_name_is_found_again(label: str, parameter: str) -> None:
    """Whatever is in the label; a row without a parameter has none."""
    assert parameter_of(f"check_x[{parameter}-{row_id(label)}]", label) == parameter
    assert parameter_of(f"check_x[{row_id(label)}]", label) == ""


@pytest.mark.parametrize(
    ("name", "label", "parameter"),
    [
        ("check_x", "", ""),
        ("check_x[eu]", "", "eu"),
        ("check_x[eu-us]", "", "eu-us"),
        ("check_x[sub-title]", "title", "sub"),
        ("check_x[sub-title]", "sub-title", ""),
        ("check_x[a[0]-b]", "b", "a[0]"),
    ],
)
def test_a_name_is_read_by_its_row(name: str, label: str, parameter: str) -> None:
    """The same name can have a parameter or not: the row decides."""
    assert parameter_of(name, label) == parameter


class Schema(Expectation[object]):
    """An expectation that becomes other rows."""

    label = "schema"

    def judge(self, value: object, context: object) -> None:  # type: ignore[override]
        raise NotImplementedError


def test_labels_go_into_ids_where_there_are_several_rows() -> None:
    """Or one that stands for another expectation; a single plain one needs none."""
    one, other = at_least(5), at_most(9)
    assert labels_of((one,), (one,)) == []
    assert labels_of((one, other), (one, other)) == ["at_least", "at_most"]
    assert labels_of((Schema(),), (one,)) == ["at_least"]
    assert labels_of((), ()) == []
