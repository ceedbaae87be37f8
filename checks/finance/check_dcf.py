"""Whether valuations succeed, and how long they take, by the event log.

The system states no limits here. Every window ends at the run's slot.
"""

from __future__ import annotations

import pandas as pd
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
    """Share of the last hour's calculations that succeeded; the limits are chosen."""
    return finance_events.share(WINDOW, {"success": True}, of=CALCULATION)


@check(at_least(95, alert=80, unit="%"), severity="high")
def check_success_rate_by_ticker(finance_events: Log) -> dict[str, float | None]:
    """Share of a company's calculations of the last 24 h that succeeded; the limits are chosen.

    A covered company that was not valued has no data, and tells so.
    """
    every = finance_events.counts("ticker", TICKER_WINDOW, CALCULATION)
    good = finance_events.counts("ticker", TICKER_WINDOW, {**CALCULATION, "success": True})
    return {
        each: 100 * good.get(each, 0) / every[each] if each in every else None
        for each in dict.fromkeys([*COVERED, *every])
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
    """How long the last hour's calculations took: their mean, and what 95 % kept within.

    The limits are chosen: the alerts are those of an endpoint.
    """
    records = finance_events.records(WINDOW, CALCULATION, fields=["duration_ms"])
    taken = pd.Series([record.get("duration_ms") for record in records], dtype=float)
    return taken.mean() if figure == "mean" else taken.quantile(0.95)


@check(at_most(1, alert=5, unit="%"), severity="medium")
def check_errors(finance_events: Log) -> dict[str, float] | None:
    """Share of the last hour's calculations that failed, by the text of their error: the top five.

    The limits are chosen: one cause alone may not break the limit on all.
    """
    every = finance_events.count(WINDOW, CALCULATION)
    failed = finance_events.counts("error", WINDOW, {**CALCULATION, "success": False})
    shares = {text: 100 * count / every for text, count in list(failed.items())[:5]}
    return (shares or {"no error": 0.0}) if every else None
