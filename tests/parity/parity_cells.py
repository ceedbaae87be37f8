"""Cells of every kind of column, and arguments of rules about them, as Hypothesis draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from hypothesis import strategies as st

from gatepost.tables.live import ColumnKind

LETTERS = (
    "aAb%_.\\'\"\n\r\t ^$[]-*?(){}|/1\u0663\u00e9e\u0301\u00df\U0001f600"
    "\u017fsKk\u212aZ\u0130i\u01c5\u2028\x85\xa0"
)
"""Signs that mean something to SQL or patterns, and letters with odd relatives."""

WHOLE = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, -(2**53) - 1, 2**62 + 1]),
    st.sampled_from([2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1]),
    st.integers(-(2**63), 2**63 - 1),
)
SMALL = st.one_of(st.integers(-3, 3), st.integers(-(2**15), 2**15 - 1))
FINITE = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 1.0, -1.0, 0.5, 0.1, 0.30000000000000004, 2.0**53, 5e-324, 1.7e308]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-3, 3).map(float),
)
REAL = st.one_of(FINITE, st.sampled_from([math.inf, -math.inf, math.nan]))
SINGLE = st.floats(allow_nan=False, allow_infinity=False, width=32)
PRICE = st.one_of(
    st.integers(-300, 300).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.integers(-(10**10) + 1, 10**10 - 1).map(lambda cents: Decimal(cents).scaleb(-2)),
)
WIDE = st.one_of(
    st.integers(-30, 30).map(lambda tenths: Decimal(tenths).scaleb(-1)),
    st.integers(-(10**30) + 1, 10**30 - 1).map(lambda digits: Decimal(f"{digits}E-10")),
    FINITE.filter(lambda each: abs(each) < 1e17).map(
        lambda each: Decimal(each).quantize(Decimal("1e-10"))
    ),
)
"""Thirty digits, ten of them after the point."""
EXACT = st.one_of(
    WIDE,
    FINITE.map(Decimal),
    st.sampled_from([Decimal("0.1"), Decimal("1e400"), Decimal("-1e400"), Decimal("1e-400")]),
    st.sampled_from([Decimal(2) ** 1024, Decimal("NaN"), Decimal("0.1000000000000000055")]),
)
WORDS = st.one_of(
    st.text(st.sampled_from(LETTERS), max_size=5),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
    st.sampled_from(["", "a", "A", "ab", "abc", "a ", " ", "aaa", "https://a", "12:30", "b1"]),
)
DATES = st.one_of(
    st.dates(date(2026, 3, 1), date(2026, 3, 3)), st.dates(date(1000, 1, 1), date(9999, 12, 31))
)
_MIDNIGHT = datetime.fromisoformat("2026-03-01")
TIMES = st.one_of(
    st.datetimes(_MIDNIGHT, _MIDNIGHT + timedelta(days=1)),
    st.sampled_from([_MIDNIGHT, _MIDNIGHT + timedelta(microseconds=1)]),
    st.datetimes(datetime.fromisoformat("1000-01-01"), datetime.fromisoformat("9999-12-30")),
)
MOMENTS = TIMES.map(lambda each: each.replace(tzinfo=UTC))

_ODD: list[Any] = [
    None, math.nan, True, False, 0, 1, 1.0, 2**53 + 1, 2.0**53, 2.0**63, 2**63, -(2**70), 0.1, "a",
    "", "1", math.inf, -math.inf, np.int64(1), np.float32(0.1), np.float64(0.5), np.bool_(True),
    Decimal("0.1"), b"a", date(2026, 3, 1), _MIDNIGHT, pd.Timestamp(2026, 3, 1), pd.NaT,
    pd.NA, datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01", "2026-03-01T00:00:00+01:00", "a\0",
    np.datetime64("2026-03-01"), pd.Timestamp("2026-03-01 00:00:00.000000001"), 10**400, 1 + 1j,
    datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))), np.str_("a"), "\ud800",
]  # fmt: skip
ODD = st.sampled_from(_ODD)
"""Arguments that fit a column, or do not, or only nearly."""

_ATOMS = st.sampled_from([
    "a", "b", "A", "1", "é", "ß", "s", "K", " ", r"\.", r"\$", "%", "_", r"\\", "/", "'", r"\n",
    r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", "[a-c]", "[^a]", r"[\d_]", r"[^\w]", "[]a]",
    "[a^-]", "[%_']", r"[\s\S]", "^", "$", r"\A", r"\Z", r"\b", r"\B", "(?=a)", "(?<!b)", "(?:)",
    "[A-Z]", "\U0001f600", "[^\n]", r"\x41", r"\u0663", "()", "[\u0600-\u06ff]", "😀", "\\t",
])  # fmt: skip


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{,2}", "{2,}", "*?", "+?"])
    rare = st.sampled_from(["{300}", "++", "{0}", "??"])
    group = st.sampled_from(["(%s)", "(?:%s)", "(?P<n>%s)", "(?i:%s)", "(?s:%s)", "(?>%s)"])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(group, inner).map(lambda pair: pair[0] % pair[1]),
        st.tuples(inner, repeats | repeats | rare).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(_ATOMS, repeats).map("".join),
    )


PATTERNS = st.one_of(
    _ATOMS,
    st.recursive(_ATOMS, _grow, max_leaves=5),
    st.tuples(
        st.sampled_from(["", "", "", "(?i)", "(?s)", "(?m)", "(?a)", "(?x)"]),
        st.recursive(_ATOMS, _grow, max_leaves=4),
        st.sampled_from(["", "$", ".*", "+", r"\Z", ".*$"]),
    ).map("".join),
    st.sampled_from([r"https?://", r"^[A-Z]{2}\d+$", "", "a|b", r"\d", "^$", "^a", r"^\w+@\w+$"]),
)  # fmt: skip


def arguments(cells: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Values near those that a column holds."""
    there = [cell for cell in cells if cell is not None and cell == cell]
    near = [value for cell in there for value in _near(cell)]
    return st.integers(0, 9).flatmap(lambda die: st.sampled_from(near) if near and die else ODD)


def _near(cell: Any) -> list[Any]:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal)):
        return [cell]
    try:
        value = float(cell)
        beside = [math.nextafter(value, math.inf), math.nextafter(value, -math.inf), value]
    except OverflowError:
        return [cell]
    if isinstance(cell, Decimal):
        return beside
    return [cell, *beside, *([cell + 1] if isinstance(cell, int) else [])]


def checks(kind: ColumnKind, cells: Sequence[Any]) -> st.SearchStrategy[pa.Check]:
    """Built-in checks of a column, with fitting arguments more often than not."""
    value = arguments(cells)
    some: st.SearchStrategy[Any] = st.lists(value, max_size=4)
    if kind is ColumnKind.TEXT:
        some = st.one_of(some, st.text(st.sampled_from(LETTERS), max_size=3))
    options = st.fixed_dictionaries({"ignore_na": st.booleans()})
    single = [pa.Check.eq, pa.Check.ne, pa.Check.gt, pa.Check.ge, pa.Check.lt, pa.Check.le]
    made = [
        st.tuples(st.sampled_from(single), st.tuples(value), options),
        st.tuples(st.sampled_from([pa.Check.isin, pa.Check.notin]), st.tuples(some), options),
        st.tuples(
            st.just(pa.Check.in_range),
            st.tuples(value, value, st.booleans(), st.booleans()),
            options,
        ),
    ]
    if kind is ColumnKind.TEXT:
        text = st.one_of(WORDS, st.sampled_from([cell for cell in cells if cell] or ["a"]))
        length = st.none() | st.integers(-1, 5)
        found = st.sampled_from([pa.Check.str_matches, pa.Check.str_contains])
        ends = st.sampled_from([pa.Check.str_startswith, pa.Check.str_endswith])
        part = st.tuples(text, st.integers(1, 3), st.booleans()).map(
            lambda drawn: drawn[0][: drawn[1]] if drawn[2] else drawn[0][-drawn[1] :]
        )
        made += [
            st.tuples(st.just(pa.Check.str_length), st.tuples(length, length), options),
            st.tuples(ends, st.tuples(st.one_of(part, text, ODD)), options),
            *[st.tuples(found, st.tuples(PATTERNS), options)] * 3,
        ]
    return st.one_of(*made).map(_make).filter(lambda check: check is not None)


def _make(drawn: tuple[Any, tuple[Any, ...], dict[str, Any]]) -> pa.Check | None:
    check, arguments_, options = drawn
    try:
        made: pa.Check = check(*arguments_, **options)
    except Exception:  # what pandera does not take
        return None
    return made
