"""How the rows of one check stand in the ids that pytest gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatepost.expectations.base import Expectation


def row_id(label: str) -> str:
    """A label in the characters that pytest leaves as they are in an id."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in label)
    return plain.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode()


def parameter_of(name: str, label: str) -> str:
    """The parameter in an item's name, whose row has the label: "" for a row without one.

    `check_x[eu-title dtype]` with the label "title dtype" has the parameter "eu".
    """
    brackets = name.partition("[")[2].removesuffix("]")
    if not label:
        return brackets
    return brackets.removesuffix(row_id(label)).removesuffix("-")


def labels_of(
    expectations: tuple[Expectation[Any], ...], rows: tuple[Expectation[Any], ...]
) -> list[str]:
    """The labels that go into ids: none where a check has one expectation that is one row."""
    if len(expectations) == 1 and rows == expectations:
        return []
    return [row.label for row in rows]
