"""`gatepost health`: asks, waits no longer than it may, and says one line."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from pathlib import Path

from gatepost.durations import format_duration, parse_duration
from gatepost.finding import find_configuration
from gatepost.health.answer import Answer, Row, answer
from gatepost.health.asked import Asked
from gatepost.health.supervision import Heard, supervise
from gatepost.model import Level, Severity

_MARGIN = timedelta(seconds=1)
"""What is kept of the time for our own start and for killing the run."""


_LONGEST = timedelta(days=1)
"""What the timers of every system can hold, and longer than any monitor waits."""


def report_health(asked: str, timeout: str) -> Answer:
    """Run the checks that are asked for within the time; never raises for what is mistyped."""
    started = time.monotonic()
    try:
        limit = parse_duration(timeout)
        if limit > _LONGEST:
            raise ValueError(
                f"a time limit of {timeout} is longer than {format_duration(_LONGEST)}"
            )
        which = str(Asked.parse(asked))
    except ValueError as error:
        return answer(asked, (), time.monotonic() - started, troubles=[str(error)])
    until = started + (limit - min(_MARGIN, limit / 10)).total_seconds()
    file = find_configuration(Path.cwd())
    heard = supervise(which, file.parent if file else Path.cwd(), until)
    seconds = time.monotonic() - started
    if heard.signal is not None:
        said = f"ended by {signal.Signals(heard.signal).name}"
        return answer(which, (), seconds, troubles=[said])
    troubles = [*heard.troubles, *_ends(heard, limit)]
    rows = [_row(each) for each in heard.rows]
    return answer(which, rows, seconds, expected=heard.expected, troubles=troubles)


def _ends(heard: Heard, limit: timedelta) -> list[str]:
    """What is to be said of a run that did not come to its own end."""
    if heard.ended:
        return []
    at = f" in {heard.running}" if heard.running else ""
    if heard.status is None:
        return [f"stopped{at} by the time limit of {format_duration(limit)}"]
    if heard.status < 0:
        return [f"the run was killed{at} by {signal.Signals(-heard.status).name}"]
    return [f"the run ended{at} with status {heard.status} and without a word"]


def _row(plain: dict[str, str]) -> Row:
    level, severity = Level(plain["level"]), Severity(plain["severity"])
    return Row(**{**plain, "level": level, "severity": severity})  # type: ignore[arg-type]
