"""Columns of two tables that belong together, as they are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from gatepost.errors import DeclarationError

Columns: TypeAlias = str | Sequence[str] | Mapping[str, str]
"""Names that are the same in both tables, or names in the one mapped to those in the other."""
Pair: TypeAlias = tuple[str, str]


def read_pairs(where: str, given: object) -> tuple[Pair, ...]:
    """Read columns as pairs of names.

    Raises DeclarationError for anything else, and for a name that is there twice.
    """
    if isinstance(given, str):
        given = (given,)
    if isinstance(given, Mapping):
        pairs = tuple(given.items())
    elif isinstance(given, Sequence):
        pairs = tuple((each, each) for each in given)
    else:
        pairs = ((given, given),)
    for pair in pairs:
        if not all(isinstance(name, str) and name for name in pair):
            raise DeclarationError(
                f"{where}: expected a column, a list of columns, or a mapping of one table's "
                f"names to the other's, got {given!r}"
            )
    for names in zip(*pairs, strict=True):
        for name in names:
            if names.count(name) > 1:
                raise DeclarationError(f"{where}: {name!r} is there twice")
    return pairs
