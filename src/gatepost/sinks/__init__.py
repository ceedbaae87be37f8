"""What tells people about a finished run; one file each, over the same records.

A sink never breaks a run: whatever it raises is turned into a problem that the
later sinks and the terminal show.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatepost.config import SlackEntry
from gatepost.masking import Secrets
from gatepost.model import Mode, Problem, Run


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where the sinks deliver to: the reports folder, and the channels that are set up."""

    root: Path
    reports: Path
    slack: SlackEntry | None = None
    secrets: Secrets = field(default_factory=Secrets)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def publish(run: Run, outlet: Outlet) -> Run:
    """Deliver a finished run everywhere; returns it with the problems of the sinks added.

    The page comes last, so that it shows what went wrong with the others.
    """
    for name, deliver in _SINKS:
        try:
            deliver(run, outlet)
        except Exception as error:
            said = outlet.secrets.mask(f"{type(error).__name__}: {error}")
            run = replace(run, problems=(*run.problems, Problem(name, said)))
    return run


def _slack(run: Run, outlet: Outlet) -> None:
    if outlet.slack is None or run.mode is not Mode.SCHEDULED:
        return
    from gatepost.sinks import slack

    if slack.should_send(run):
        slack.publish(run, outlet.slack.webhook, report_url=outlet.slack.report_url)


def _job_summary(run: Run, outlet: Outlet) -> None:
    if path := outlet.environment.get("GITHUB_STEP_SUMMARY"):
        from gatepost.sinks import job_summary

        job_summary.publish(run, Path(path))


def _report_json(run: Run, outlet: Outlet) -> None:
    from gatepost.sinks import report_json

    report_json.publish(run, outlet.reports / "report.json")


def _junit(run: Run, outlet: Outlet) -> None:
    from gatepost.sinks import junit

    junit.publish(run, outlet.reports / "junit.xml")


def _page(run: Run, outlet: Outlet) -> None:
    from gatepost.sinks import page

    page.publish(run, outlet.reports / "index.html", root=outlet.root)


_SINKS: tuple[tuple[str, Callable[[Run, Outlet], None]], ...] = (
    ("slack", _slack),
    ("job summary", _job_summary),
    ("report.json", _report_json),
    ("junit.xml", _junit),
    ("index.html", _page),
)
