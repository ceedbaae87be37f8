"""Whether valuations succeed, and how long they take, by the event log.

The system states no limits here: those below are chosen. Every window ends at
the run's slot.
"""

from __future__ import annotations

import statistics
from collections import Counter

import pytest

from gatepost import Log, at_least, at_most, check

from .universe import COVERED

pytestmark = check(owner="valuation", runbook="dcf")

WINDOW = "1 h"
TICKER_WINDOW = "24 h"
"""In an hour a company is valued too few times for a share of them to mean much."""

CALCULATION = {"event": "dcf_calculation"}


@check(at_least(99, alert=95, unit="%"), severity="high")
def check_success_rate(finance_events: Log) -> float | None:
    """Share of the last hour's calculations that succeeded."""
    return finance_events.share(WINDOW, {"success": True}, of=CALCULATION)


@check(at_least(95, alert=80, unit="%"), severity="high")
def check_success_rate_by_ticker(finance_events: Log) -> dict[str, float | None]:
    """Share of a company's calculations of the last 24 h that succeeded.

    A covered company that was not valued has no data, and tells so.
    """
    every = finance_events.counts("ticker", TICKER_WINDOW, CALCULATION)
    good = finance_events.counts("ticker", TICKER_WINDOW, {**CALCULATION, "success": True})
    tickers = dict.fromkeys([*COVERED, *every])
    return {
        each: 100 * good.get(each, 0) / every[each] if each in every else None for each in tickers
    }


@pytest.mark.parametrize(
    "figure",
    [
        pytest.param("mean", marks=check(at_most(2000, alert=5000, unit="ms"))),
        pytest.param("p95", marks=check(at_most(5000, alert=10_000, unit="ms"))),
    ],
)
@check(severity="medium")
def check_duration(finance_events: Log, figure: str) -> float | None:
    """How long the last hour's calculations took: their mean, and what 95 % kept within."""
    records = finance_events.records(WINDOW, CALCULATION, fields=["duration_ms"])
    taken = [float(record.get("duration_ms", "nan")) for record in records]
    if len(taken) < 2:
        return taken[0] if taken else None
    return statistics.fmean(taken) if figure == "mean" else statistics.quantiles(taken, n=20)[-1]


@check(at_most(1, alert=5, unit="%"), severity="medium")
def check_errors(finance_events: Log) -> dict[str, float] | None:
    """Share of the last hour's calculations that failed, by the text of their error: the top five.

    One cause is looked for when it fails more than one calculation in twenty.
    """
    every = finance_events.count(WINDOW, CALCULATION)
    failed = Counter(finance_events.counts("error", WINDOW, {**CALCULATION, "success": False}))
    shares = {text: 100 * count / every for text, count in failed.most_common(5)}
    return (shares or {"no error": 0.0}) if every else None
