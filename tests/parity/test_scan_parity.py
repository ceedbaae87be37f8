"""A whole scan of a table answers as the fetched rows do, on every engine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.tables import frames
from gatepost.tables.asks import (
    CountBad,
    CountDistinct,
    CountRows,
    Distinct,
    FindNewest,
    Newest,
    NotEvaluated,
    Scan,
    Segment,
    Summarise,
    Summary,
    Tally,
    Tier,
    Whole,
    Window,
)
from gatepost.tables.rules import Kind, rules_of
from gatepost.tables.scan import scan
from tests.parity.parity_engines import ENGINES, EXAMPLES, SEED, SLOT, Bench, as_drawn
from tests.parity.parity_oracle import as_series

_SLOT = SLOT.replace(tzinfo=None)
_FEW: Mapping[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-2, 2),
    "price": st.integers(-3, 3),
    "ratio": st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.5]),
    "words": st.sampled_from(["a", "A", "b", "", "a ", "\u00e9"]),
    "made": st.datetimes(_SLOT - timedelta(days=4), _SLOT + timedelta(days=2))
    | st.sampled_from([_SLOT, _SLOT.replace(hour=0, minute=0), _SLOT - timedelta(days=2)]),
}
"""Few values, so that they repeat, and times around the slot."""
_DUPLICATES = ["all", "exclude_first", "exclude_last"]

_CHECKS: Mapping[str, list[pa.Check]] = {
    "whole": [pa.Check.gt(-1), pa.Check.isin([0, 1]), pa.Check.unique_values_eq([0, 1])],
    "ratio": [pa.Check.lt(0.7), pa.Check.ne(0.0, ignore_na=False)],
    "price": [pa.Check.ge(0.1)],
    "words": [pa.Check.str_length(1), pa.Check.isin(["a", "b", None]), pa.Check.str_matches("a|b")],
    "made": [pa.Check.le(_SLOT)],
    "flag": [pa.Check.eq(True)],
}

windows = st.sampled_from(
    [
        Window(),
        Window(last=timedelta(days=2)),
        Window(per_day=True),
        Window(last=timedelta(days=3), per_day=True),
    ]
)
segmented = windows | st.sampled_from(
    [Window(segments=("words",)), Window(last=timedelta(days=2), segments=("words",))]
)


@st.composite
def asks(draw: st.DrawFn) -> list[Any]:
    """All kinds of asks about the columns, each over a window of its own."""
    columns = {}
    for name, checks in _CHECKS.items():
        columns[name] = pa.Column(
            None,
            draw(st.lists(st.sampled_from(checks), unique=True, max_size=2)),
            nullable=draw(st.booleans()),
            unique=draw(st.booleans()),
            report_duplicates=draw(st.sampled_from(_DUPLICATES)),
        )
    together = st.lists(st.sampled_from(list(_CHECKS)), min_size=1, max_size=3, unique=True)
    schema = pa.DataFrameSchema(
        columns,
        unique=draw(st.none() | together),
        report_duplicates=draw(st.sampled_from(_DUPLICATES)),
    )
    rules = rules_of(schema)
    found: list[Any] = [CountRows(draw(segmented)), CountRows()]
    found += [CountBad(rule.label, (rule,), _window(draw, rule.column)) for rule in rules]
    for name in _CHECKS:
        own = tuple(rule for rule in rules if rule.column == name and rule.kind is not Kind.PRESENT)
        if own:
            found.append(CountBad(name, own, _window(draw, name)))
        found.append(CountDistinct((name,), draw(windows)))
    found.append(CountBad("all", rules, _window(draw, "made")))
    found.append(CountDistinct(tuple(draw(together)), draw(windows)))
    found.append(FindNewest("made"))
    found += [Summarise(name, (), draw(windows)) for name in ("whole", "ratio", "price")]
    return found


def _window(draw: st.DrawFn, column: str | None) -> Window:
    window = draw(segmented)
    return replace(window, per_day=False) if column == "made" else window


@pytest.mark.parametrize("engine", ENGINES)
def test_a_scan_answers_as_the_fetched_rows_do(engine: str, request: pytest.FixtureRequest) -> None:
    """Counts, days, segments, distinct values and figures are those of pandas."""
    bench: Bench = request.getfixturevalue(f"{engine}_bench")
    tally: Counter[str] = Counter()

    @as_drawn
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        drawn = bench.draw(data, data.draw(st.integers(0, 14)), _FEW)
        asked = data.draw(asks())
        series = {name: as_series(bench.columns[name].kind, cells) for name, cells in drawn.items()}
        frame = pd.DataFrame(series, index=pd.RangeIndex(len(drawn["whole"])))
        expected = frames.answer(frame, asked, SLOT, "made").answers
        found = scan(bench.database.table("seen", time="made"), asked, SLOT)
        assert isinstance(found, Scan)
        for ask, answer in found.answers.items():
            tally[_tier(answer)] += 1
            if isinstance(answer, Whole) and isinstance(expected[ask], Tally):
                assert answer.total == 0  # of no rows a rule on all of them says nothing
                continue
            rows = {name: drawn[name] for name in _CHECKS}
            if engine == "sqlite" and isinstance(answer, NotEvaluated):
                assert "instances of 'str' and 'datetime" in answer.why  # fetched times are text
                continue
            about = f"seed {SEED}: {ask} of {rows}\nSQL    {answer}\npandas {expected[ask]}"
            assert _told(answer) == _told(expected[ask]), about

    agree()
    print(f"{engine}, seed {SEED}: {dict(tally)}")
    assert tally[Tier.COMPILED.name] > EXAMPLES


def _tier(answer: Any) -> str:
    how = getattr(answer, "how", None)
    return "no tier" if how is None else str(how.tier.name)


def _told(answer: Any) -> Any:
    """What both ways have to say alike; not the samples, and not how it was found."""
    match answer:
        case Tally():
            segments = answer.segments
            if segments is not None:
                segments = tuple(sorted(map(_stripped, segments), key=_order))
            return replace(answer, sample=None, drill=(), how=None, segments=segments)
        case Whole():
            return answer.holds
        case Distinct():
            return replace(answer, how=None)
        case Newest():
            return answer.at and answer.at.replace(tzinfo=None)
        case Summary():
            days = [(day, _figures(each)) for day, each in answer.days or ()]
            return _figures(answer), days
        case NotEvaluated():
            return answer.absent
    return answer


def _stripped(segment: Segment) -> Segment:
    return replace(segment, values=tuple(value.strip() for value in segment.values))


def _order(segment: Segment) -> tuple[Any, ...]:
    return segment.values, segment.bad, segment.total


def _figures(summary: Summary) -> list[float | int | None]:
    figures = [summary.minimum, summary.maximum, summary.mean, summary.deviation]
    return [summary.values, *(None if each is None else _rounded(each) for each in figures)]


def _rounded(value: float) -> float:
    return value if not math.isfinite(value) else float(f"{value:.8g}") + 0.0
