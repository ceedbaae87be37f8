"""A drill: an alert that says that it is one, raised to see it arrive, and resolved after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from gatepost import Endpoint

_LONGEST = timedelta(minutes=2)
"""When the alert ends by itself, should it not be resolved."""

_BETWEEN_LOOKS = 0.2


@contextmanager
def raised_alert(alertmanager: Endpoint) -> Iterator[str]:
    """Raise the alert for the length of a block; yields a word that only its message has.

    It began a minute ago, so that it is sent at once and not held back for the
    wait of its group. AssertionError where Alertmanager does not take it.
    """
    word = f"drill-{uuid4().hex[:12]}"
    now = datetime.now(UTC)
    _post(alertmanager, word, now - timedelta(minutes=1), now + _LONGEST)
    try:
        yield word
    finally:
        _post(alertmanager, word, now - timedelta(minutes=1), datetime.now(UTC))


def wait_for(word: str, inbox: Endpoint, seconds: float) -> float:
    """The seconds until a message with the word is in the inbox, which is looked at repeatedly.

    AssertionError where none has come in time.
    """
    started = time.monotonic()
    while True:
        arrived = word in inbox.get().text
        waited = time.monotonic() - started
        if arrived:
            return waited
        assert waited < seconds, f"no message with {word} has come within {seconds:g} s"
        time.sleep(_BETWEEN_LOOKS)


def _post(alertmanager: Endpoint, word: str, starts: datetime, ends: datetime) -> None:
    alert = {
        "labels": {"alertname": "GatepostDrill", "scraper_name": word, "severity": "critical"},
        "annotations": {
            "summary": f"A drill ({word}): nothing is wrong, and nothing is to be done"
        },
        "startsAt": starts.isoformat(),
        "endsAt": ends.isoformat(),
    }
    response = alertmanager.post("/api/v2/alerts", json=[alert])
    assert response.status == 200, f"Alertmanager answers the drill with {response.status}"
