"""Rows and ids: a label that went into a pytest id is found again, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.expectations.base import Expectation
from gatepost.expectations.limits import at_least, at_most
from gatepost.hooks.rows import labels_of, row_id, split_brackets

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


@given(st.lists(LABELS, min_size=1, max_size=4, unique_by=row_id), st.data())
@example(["title", "sub-title"], None)
def test_the_label_of_a_composed_name_is_found_again(
    labels: list[str], data: st.DataObject | None
) -> None:
    """Of a check without parameters, whatever labels its other rows have."""
    for label in labels if data is None else [data.draw(st.sampled_from(labels))]:
        assert split_brackets(f"check_x[{row_id(label)}]", labels) == ("", label)


@given(st.lists(LABELS, min_size=1, max_size=4, unique_by=row_id), PARAMETERS, st.data())
def test_a_parameter_before_the_label_is_found_too(
    labels: list[str], parameter: str, data: st.DataObject
) -> None:
    """Where no other label could be read into the two of them, the inverse is exact."""
    label = data.draw(st.sampled_from(labels))
    brackets = f"{parameter}-{row_id(label)}"
    longer = [
        each
        for each in map(row_id, labels)
        if brackets == each or (brackets.endswith(f"-{each}") and len(each) > len(row_id(label)))
    ]
    found = split_brackets(f"check_x[{brackets}]", labels)
    if not longer:
        assert found == (parameter, label)


@pytest.mark.parametrize(
    ("name", "labels", "found"),
    [
        ("check_x", [], ("", "")),
        ("check_x", ["a"], ("", "")),
        ("check_x[eu]", [], ("eu", "")),
        ("check_x[eu-us]", ["a"], ("eu-us", "")),
        ("check_x[eu-title dtype]", ["title dtype", "dtype"], ("eu", "title dtype")),
        ("check_x[eu-a-b]", ["b", "a-b"], ("eu", "a-b")),
        ("check_x[isin([1, 2])]", ["isin([1, 2])"], ("", "isin([1, 2])")),
        ("check_x[a[0]-b]", ["b"], ("a[0]", "b")),
        ("check_x[eu-Gr&#246;&#223;e]", ["Gr\u00f6\u00dfe"], ("eu", "Gr\u00f6\u00dfe")),
        ("check_x[subtitle]", ["title"], ("subtitle", "")),
    ],
)
def test_a_name_is_split_at_the_longest_label(
    name: str, labels: list[str], found: tuple[str, str]
) -> None:
    """And is all parameter where it ends in none of them."""
    assert split_brackets(name, labels) == found


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
