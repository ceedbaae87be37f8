"""Whether the monitoring itself works: Prometheus, Alertmanager, Grafana, snapshots, alerts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from gatepost import (
    Alertmanager,
    Directory,
    Endpoint,
    Grafana,
    Prometheus,
    answers,
    at_most,
    below,
    check,
    fresh_within,
    recorded,
)

from .drill import raised_alert, wait_for
from .rules import EXPECTED, count_brief, find_faults
from .scrapers import SCRAPERS

pytestmark = check(owner="platform")

RETENTION_DAYS = 30
DASHBOARD = "songnodes-scrapers"
CRITICAL = {
    "alertname": "ScraperZeroTracksCreated",
    "scraper_name": "1001TL",
    "severity": "critical",
}
RECEIVERS = {"slack-critical", "email-critical"}
GROUPED_BY = ("alertname", "scraper_name")
TIMES = (timedelta(seconds=10), timedelta(seconds=10), timedelta(hours=12))


@check(answers(within="2 s", alert="10 s"), severity="critical", runbook="prometheus")
def check_prometheus(songnodes_prometheus: Prometheus) -> float:
    """Prometheus is ready, soon enough, and keeps its samples for 30 days. The times are chosen."""
    milliseconds = time_ready(songnodes_prometheus)
    days = songnodes_prometheus.retention() / timedelta(days=1)
    assert days >= RETENTION_DAYS, f"samples are kept for {days:g} days, not {RETENTION_DAYS}"
    return milliseconds


@check(below(alert=60, unit="s"), severity="high", runbook="scraper-unreachable")
@pytest.mark.parametrize("job", SCRAPERS)
def check_targets(songnodes_prometheus: Prometheus, job: str) -> float | None:
    """The time since the last scrape, which came through: under two intervals of 30 s."""
    if songnodes_prometheus.scalar(f'min(up{{job="{job}"}})') == 0:
        errors = {each.error for each in songnodes_prometheus.targets() if each.job == job}
        said = ", ".join(sorted(errors - {""})) or "Prometheus has not tried again yet"
        raise AssertionError(f"{job} is down: {said}")
    return songnodes_prometheus.scalar(f'max(time() - timestamp(up{{job="{job}"}}))')


@check(severity="high", runbook="prometheus")
def check_rules(songnodes_prometheus: Prometheus) -> None:
    """Each expected alert rule is loaded, healthy and was evaluated recently."""
    faults = find_faults(songnodes_prometheus.rules())
    assert not faults, f"{len(faults)} of {len(EXPECTED)} rules at fault: {'; '.join(faults)}"


@check(answers(within="2 s", alert="10 s"), severity="critical", runbook="alertmanager")
def check_alertmanager(
    songnodes_alertmanager: Alertmanager, songnodes_prometheus: Prometheus
) -> float:
    """Alertmanager is ready, soon enough, and Prometheus knows of it. The times are chosen."""
    milliseconds = time_ready(songnodes_alertmanager)
    assert songnodes_prometheus.alertmanagers().active, "Prometheus knows of no Alertmanager"
    return milliseconds


@check(severity="high", runbook="alertmanager")
def check_routing(songnodes_alertmanager: Alertmanager) -> None:
    """A critical alert goes to its own Slack channel and to email, grouped as agreed."""
    routes = songnodes_alertmanager.routes(CRITICAL)
    reached = {route.receiver for route in routes}
    assert reached == RECEIVERS, (
        f"a critical alert goes to {', '.join(sorted(reached))}, not to "
        f"{', '.join(sorted(RECEIVERS))}"
    )
    for route in routes:
        grouped = tuple(sorted(route.group_by))
        assert grouped == GROUPED_BY, f"{route.receiver}: grouped by {', '.join(grouped)}"
        times = (route.group_wait, route.group_interval, route.repeat_interval)
        said = ", ".join(map(str, times))
        assert times == TIMES, f"{route.receiver}: group wait, interval and repeat are {said}"


@check(severity="medium", runbook="grafana")
def check_grafana(songnodes_grafana: Grafana, songnodes_prometheus: Prometheus) -> None:
    """Grafana is healthy, and the dashboard's queries name metrics that Prometheus scrapes.

    What was renamed has samples as long as they are kept, so only those of a day count.
    """
    health = songnodes_grafana.health()
    assert health.ok, f"Grafana's database: {health.database}"
    asked = songnodes_grafana.dashboard(DASHBOARD).metrics
    assert asked, f"the dashboard {DASHBOARD} asks for no metric"
    named = "|".join(sorted(asked))
    recent = f'count by (__name__) (last_over_time({{__name__=~"{named}"}}[1d]))'
    missing = sorted(asked - {each.name for each in songnodes_prometheus.vector(recent)})
    assert not missing, (
        f"Prometheus has had no sample for a day of {len(missing)} of the {len(asked)} metrics "
        f"that the dashboard {DASHBOARD} asks for: {', '.join(missing)}"
    )


@check(fresh_within("26 h", alert="50 h"), severity="low", runbook="prometheus")
def check_snapshot(songnodes_snapshots: Directory) -> datetime | None:
    """The age of Prometheus's newest snapshot. One a day, and both limits, are chosen."""
    return songnodes_snapshots.newest("**/meta.json")


@check(at_most(30, alert=60, unit="s"), severity="medium", runbook="alertmanager", on_request=True)
def check_drill(songnodes_alerts: Endpoint, songnodes_inbox: Endpoint) -> float:
    """A test alert that is raised through Alertmanager's API arrives at the critical channel.

    The only check that writes: the alert is called GatepostDrill, and resolved
    at the end. Both limits are chosen.
    """
    with raised_alert(songnodes_alerts) as word:
        return wait_for(word, songnodes_inbox, seconds=60)


@check(at_most(3, unit="alerts"), severity="low")
def check_false_positives(songnodes_prometheus: Prometheus) -> dict[str, int]:
    """How often each rule fired and resolved within minutes in a week; the target is chosen."""
    alerts = songnodes_prometheus.matrix(
        'ALERTS{alertstate="firing",alertname=~"Scraper.*"}', last="7 days", step="1 min"
    )
    return count_brief(alerts)


@check(recorded(unit="h"), severity="low")
def check_silences(songnodes_alertmanager: Alertmanager) -> dict[str, float] | int:
    """The hours that each active silence lasts, by what it silences, its author and its comment."""
    now = datetime.now(UTC)
    return {
        f"{', '.join(map(str, each.matchers))} by {each.author}: {each.comment}": (
            (each.ends - now) / timedelta(hours=1)
        )
        for each in songnodes_alertmanager.silences()
        if each.state == "active"
    } or 0


def time_ready(server: Prometheus | Alertmanager) -> float:
    """The milliseconds until a server answered that it is ready; AssertionError if it is not."""
    started = time.perf_counter()
    assert server.ready(), f"{server.describe()} answers that it is not ready"
    return 1000 * (time.perf_counter() - started)
