"""Finds which rows of two tables differ, from the hashes that both sides add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from gatepost.model import Sample
from gatepost.tables.across.sides import Bucket, Side, Totals
from gatepost.tables.hiding import MASKED

if TYPE_CHECKING:
    from gatepost.tables.across.canonical import Form

MOST_ROWS = 50_000
"""How many rows a side may give the hashes of."""
_MOST_BUCKETS = 256  # that one statement names


class Found(Enum):
    """Where a row is that disagrees."""

    DIFFERING = auto()
    ONLY_LEFT = auto()
    ONLY_RIGHT = auto()


@dataclass(frozen=True, slots=True)
class Example:
    """A row that disagrees: the cells of its key as text, and both values where they differ."""

    found: Found
    key: tuple[str, ...]
    apart: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Contents:
    """How many rows agree, and how many do not, by key.

    A row that differs has a row of the same key on the other side. Of the rows
    that were left unread at least `unread_least` disagree, at most
    `unread_most`. `repeated` names the sides on which a key that disagrees has
    several rows. The sample has a column for each column that differs, with
    both values.
    """

    agreeing: int
    differing: int = 0
    only_left: int = 0
    only_right: int = 0
    unread_least: int = 0
    unread_most: int = 0
    repeated: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    sample: Sample | None = None

    @property
    def bad(self) -> int:
        """How many rows disagree; where some were left unread, at least so many."""
        return self.differing + self.only_left + self.only_right + self.unread_least

    @property
    def total(self) -> int:
        """How many rows there are, those with a partner counted once; unread ones have none."""
        return self.agreeing + self.bad - self.unread_least + self.unread_most


def find_differences(
    sides: tuple[Side, Side], totals: tuple[Totals, Totals], digits: int, samples: int
) -> Contents:
    """Look into the buckets that differ, as far as the bound goes."""
    left, right = totals
    nothing = Bucket()
    pairs = {
        name: (left.buckets.get(name, nothing), right.buckets.get(name, nothing))
        for name in sorted({*left.buckets, *right.buckets})
    }
    uneven = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    even = sum(pair[0].rows for name, pair in pairs.items() if name not in uneven)
    if not uneven:
        return Contents(even)
    chosen: list[str] | None = _choose(uneven)
    if len(uneven) > _MOST_BUCKETS and max(left.rows, right.rows) <= MOST_ROWS:
        chosen, even, uneven = None, 0, {}  # all of such a table is as quickly read
    rows = [side.read(chosen, digits) if chosen != [] else [] for side in sides]
    unread = {name: pair for name, pair in uneven.items() if name not in set(chosen or ())}
    found = _Pairing(*rows)
    examples = _exemplify(sides, found.pick(samples))[:samples] if samples else []
    return Contents(
        agreeing=even + found.agreeing,
        differing=found.count(Found.DIFFERING),
        only_left=found.count(Found.ONLY_LEFT),
        only_right=found.count(Found.ONLY_RIGHT),
        unread_least=sum(max(1, abs(one.rows - two.rows)) for one, two in unread.values()),
        unread_most=sum(one.rows + two.rows for one, two in unread.values()),
        repeated=tuple(
            side.name for side, is_so in zip(sides, found.repeats, strict=True) if is_so
        ),
        examples=tuple(examples),
        sample=_as_sample(sides, examples),
    )


def _choose(uneven: Mapping[str, tuple[Bucket, Bucket]]) -> list[str]:
    """The first buckets that together keep to the bound."""
    chosen: list[str] = []
    rows = [0, 0]
    for name, pair in uneven.items():
        rows = [total + each.rows for total, each in zip(rows, pair, strict=True)]
        if max(rows) > MOST_ROWS or len(chosen) == _MOST_BUCKETS:
            break
        chosen.append(name)
    return chosen


class _Pairing:
    """The rows of both sides, paired by key: equal ones first, then those that differ."""

    def __init__(self, left: Iterable[tuple[str, str]], right: Iterable[tuple[str, str]]) -> None:
        self.agreeing = 0
        self.alone: dict[Found, Counter[str]] = {found: Counter() for found in Found}
        self.repeats = [False, False]
        by_key: dict[str, tuple[Counter[str], Counter[str]]] = {}
        for place, rows in enumerate((left, right)):
            for key, row in rows:
                by_key.setdefault(key, (Counter(), Counter()))[place][row] += 1
        for key, (one, other) in by_key.items():
            equal = (one & other).total()
            self.agreeing += equal
            mine, theirs = one.total() - equal, other.total() - equal
            if not mine and not theirs:
                continue
            both = min(mine, theirs)
            self.alone[Found.DIFFERING][key] = both
            self.alone[Found.ONLY_LEFT][key] = mine - both
            self.alone[Found.ONLY_RIGHT][key] = theirs - both
            self.repeats[0] |= one.total() > 1
            self.repeats[1] |= other.total() > 1

    def count(self, found: Found) -> int:
        """How many rows are of this sort."""
        return self.alone[found].total()

    def pick(self, most: int) -> list[str]:
        """A few keys, of each sort in turn."""
        sorts = [[key for key, rows in each.items() if rows] for each in self.alone.values()]
        mixed = chain.from_iterable(zip_longest(*sorts))
        return list(dict.fromkeys(key for key in mixed if key is not None))[:most]


def _exemplify(sides: tuple[Side, Side], keys: Sequence[str]) -> list[Example]:
    """Read the rows of these keys, and tell in what they differ."""
    # What one side may not show, the other may not either.
    hidden = [any(each) for each in zip(*(side.hidden for side in sides), strict=True)]
    rows = [_by_key(side.show(keys, hidden)) for side in sides]
    columns, width = sides[0].columns, len(sides[0].key)
    examples = []
    for key in keys:
        mine, theirs = (each.get(key, Counter()) for each in rows)
        left, right = (mine - theirs).elements(), (theirs - mine).elements()
        for one, other in zip_longest(left, right):
            cells = [
                _write(each, sides[0].forms, hidden) for each in (one, other) if each is not None
            ]
            apart: dict[str, tuple[str, str]] = {}
            if one is None or other is None:
                found = Found.ONLY_RIGHT if one is None else Found.ONLY_LEFT
            else:
                found = Found.DIFFERING
                compared = zip(
                    one[width:], other[width:], cells[0][width:], cells[1][width:], strict=True
                )
                apart = {
                    name: (shown, other_shown)
                    for name, (mine, theirs, shown, other_shown) in zip(
                        columns, compared, strict=True
                    )
                    if mine != theirs
                }
            examples.append(Example(found, cells[0][:width], apart))
    return examples


def _by_key(rows: Iterable[Sequence[str | None]]) -> dict[str, Counter[tuple[str | None, ...]]]:
    found: dict[str, Counter[tuple[str | None, ...]]] = {}
    for key, _row, *cells in rows:
        found.setdefault(str(key), Counter())[tuple(cells)] += 1
    return found


def _write(
    cells: Sequence[str | None], forms: Sequence[Form], hidden: Sequence[bool]
) -> tuple[str, ...]:
    """Cells as people may see them."""
    return tuple(
        MASKED if is_hidden else form.show(cell)
        for cell, form, is_hidden in zip(cells, forms, hidden, strict=True)
    )


def _as_sample(sides: tuple[Side, Side], examples: Sequence[Example]) -> Sample | None:
    """The examples as a table, with a column for each that differs in one of them."""
    if not examples:
        return None
    words = {
        Found.DIFFERING: "differs",
        Found.ONLY_LEFT: f"only in {sides[0].name}",
        Found.ONLY_RIGHT: f"only in {sides[1].name}",
    }
    names = [name for name in sides[0].columns if any(name in each.apart for each in examples)]
    rows = [
        (
            *each.key,
            words[each.found],
            *(" | ".join(each.apart[name]) if name in each.apart else "" for name in names),
        )
        for each in examples
    ]
    return Sample((*sides[0].key, "found", *names), tuple(rows))
