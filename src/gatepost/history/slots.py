"""Slots: the scheduled moments that runs stand for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def slot_of(now: datetime, cadence: timedelta | None) -> datetime:
    """Return the slot in UTC that a run started at `now` stands for.

    It is `now` floored to the cadence, counted from the Unix epoch in UTC: a
    daily run that starts minutes late still stands for the same day. Without a
    cadence every run is its own slot, to the second.

    Raises ValueError when `now` is naive or the cadence is not positive.
    """
    if now.tzinfo is None:
        raise ValueError(f"a slot needs an aware datetime, not {now.isoformat()} without a zone")
    if cadence is None:
        return now.astimezone(UTC).replace(microsecond=0)
    if cadence <= timedelta(0):
        raise ValueError(f"a cadence must be longer than nothing, not {cadence}")
    return _EPOCH + (now - _EPOCH) // cadence * cadence
