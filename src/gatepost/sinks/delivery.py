"""Sends a message to a web hook: one retry policy and one time budget for every service."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from gatepost.wording import plural

if TYPE_CHECKING:
    from requests import Response, Session

BUDGET_SECONDS = 30.0
"""How long one delivery may take, waiting included, so that a run always ends."""

_ATTEMPT_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_REASON = 60
_REASON = re.compile(rb"[a-z_]{1,%d}" % _LONGEST_REASON)


class DeliveryError(Exception):
    """A message could not be delivered: says what came back, but never the address, a secret."""


def post_json(
    service: str,
    url: str,
    payload: Mapping[str, Any],
    *,
    hints: Mapping[int, str] | None = None,
    session: Session | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Post until the service takes it, at least once, within BUDGET_SECONDS.

    Waits and tries again after 429 (as long as `Retry-After` says), 5xx and
    broken connections; any other answer is final, a redirect too. `hints` says
    how to mend a final status. Raises DeliveryError.
    """
    import requests

    if session is None:
        session = requests.Session()
    deadline = clock() + BUDGET_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    attempts = 0
    while True:
        attempts += 1
        try:
            setback = _post(service, url, payload, hints or {}, session, deadline - clock())
        except (requests.ConnectionError, requests.Timeout) as error:
            setback = f"could not be reached ({type(error).__name__})", None
        except requests.RequestException as error:
            # Its own text holds the address, and so must not be chained either.
            reason = f"{service} was not asked ({type(error).__name__}): check its address."
            raise DeliveryError(reason) from None
        if setback is None:
            return
        found, asked = setback
        wait = asked if asked and asked > 0 else pause
        if clock() + wait >= deadline:
            tried = plural(attempts, "attempt")
            raise DeliveryError(
                f"{service} {found}; gave up after {tried}, as it may take {BUDGET_SECONDS:.0f} s."
            )
        sleep(wait)
        pause *= 2


def _post(
    service: str,
    url: str,
    payload: Mapping[str, Any],
    hints: Mapping[int, str],
    session: Session,
    left: float,
) -> tuple[str, float | None] | None:
    """Try once. None when it was taken, else what was found and how long to wait if it said so."""
    with session.post(
        url,
        json=payload,
        timeout=max(min(_ATTEMPT_SECONDS, left), 0.1),
        allow_redirects=False,
        stream=True,  # so that an endless answer is not read
    ) as response:
        status = response.status_code
        if 200 <= status < 300:
            return None
        found = f"answered {status}{_reason(response)}"
        if status == 429 or status >= 500:
            return found, _retry_after(response)
        hint = hints.get(status, "")
        raise DeliveryError(f"{service} {found}{hint and f': {hint}'}.")


def _reason(response: Response) -> str:
    """The service's word for it; a longer body may repeat the address, so it is left out."""
    import requests

    try:
        body: bytes = next(response.iter_content(_LONGEST_REASON + 1), b"")
    except requests.RequestException:
        return ""
    return f" ({body.decode()})" if _REASON.fullmatch(body) else ""


def _retry_after(response: Response) -> float | None:
    """Seconds to wait as the service asked, in a number or a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (at - datetime.now(UTC)).total_seconds() if at.tzinfo else None
