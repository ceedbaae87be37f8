"""How the rows of one check find their expectation again, by the id that pytest gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatepost.expectations.base import Expectation


def row_id(label: str) -> str:
    """A label in the characters that pytest leaves as they are in an id."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in label)
    return plain.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode()


def split_brackets(name: str, labels: Iterable[str]) -> tuple[str, str]:
    """The parameter of an item's name, and the label of its row.

    `check_x[eu-title dtype]` with the label "title dtype" is ("eu", "title dtype").
    The label is empty when the name ends in none of them.
    """
    brackets = name.partition("[")[2].removesuffix("]")
    for label in sorted(labels, key=len, reverse=True):
        ending = row_id(label)
        if brackets == ending:
            return "", label
        if brackets.endswith(f"-{ending}"):
            return brackets.removesuffix(f"-{ending}"), label
    return brackets, ""


def labels_of(
    expectations: tuple[Expectation[Any], ...], rows: tuple[Expectation[Any], ...]
) -> list[str]:
    """The labels that go into ids: none where a check has one expectation that is one row."""
    if len(expectations) == 1 and rows == expectations:
        return []
    return [row.label for row in rows]
