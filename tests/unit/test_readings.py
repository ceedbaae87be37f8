"""What is remembered from run to run: kept by key, packed, bounded, and refused when damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from gatepost.readings import Reading, Readings

SLOT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def after(earlier: Readings) -> Readings:
    """The readings of the run after, which finds what the earlier one kept."""
    kept = earlier.kept
    return Readings(lambda key: Reading(SLOT, kept[key]) if key in kept else None)


@pytest.mark.parametrize(
    "text", ["", "{}", "zlib:", "é", "\ud800", "\0", 5000 * "long ", 5000 * "\ud800"]
)
def test_what_was_kept_is_found_by_the_next_run(text: str) -> None:
    """Any text comes back as it was, whether it was packed for its length or not."""
    readings = Readings()
    readings.keep("api", "something else")
    readings.keep("api", text)
    assert readings.kept["api"].isascii(), "a database may refuse anything else"
    assert "\0" not in readings.kept["api"]
    following = after(readings)
    assert following.last("api", str) == Reading(SLOT, text)
    assert following.last("other", str) is None
    assert (following.kept, following.problems) == ({}, ())


def test_nothing_is_known_without_a_history() -> None:
    """A run that has no earlier one remembers nothing, and does not find what it keeps itself."""
    readings = Readings()
    readings.keep("api", "1")
    assert readings.last("api", str) is None


def test_a_long_text_is_packed() -> None:
    """A page of many like series takes little room."""
    readings = Readings()
    readings.keep("api", 5000 * '["requests_total",{"code":"200"},17]')
    assert len(readings.kept["api"]) < 2000


def test_a_text_that_is_too_long_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be packed into the bound is not kept, and that is told once for all of it."""
    monkeypatch.setattr("gatepost.readings.MOST_CHARACTERS", 1000)
    readings = Readings()
    for key in ("api/a", "api/b"):
        readings.keep(key, "".join(map(str, range(5000))))
    readings.keep("api/c", "short")
    assert list(readings.kept) == ["api/c"]
    [problem] = readings.problems
    assert problem.startswith("2 readings cannot be kept for the next run")
    assert "api/a, api/b" in problem
    assert "characters, where 1,000 are kept" in problem


@pytest.mark.parametrize("stored", ["zlib:", "zlib:ä", "zlib:AAAA", "zlib:eJw", "x"])
def test_a_damaged_reading_is_none_and_a_problem_told_once(stored: str) -> None:
    """Whatever stands in the history, checks go on without it, and one sentence says so."""
    readings = Readings(lambda _: Reading(SLOT, stored))
    for key in ("api/a", "api/a", "api/b"):
        assert readings.last(key, int) is None
    [problem] = readings.problems
    assert problem.startswith(
        "nothing is compared with 2 readings of earlier runs: "
        "api/a of the run of 2026-03-05 12:00 UTC ("
    )


def test_a_packed_reading_that_was_cut_is_refused() -> None:
    """Half of a packed text is none, rather than half of what was read."""
    readings = Readings()
    readings.keep("api", "".join(map(str, range(5000))))
    cut = readings.kept["api"][:-400]
    following = Readings(lambda _: Reading(SLOT, cut))
    assert following.last("api", str) is None
    assert "it is cut short" in following.problems[0]


def test_threads_look_a_key_up_once() -> None:
    """Checks that are measured side by side ask the history once for what they share."""
    asked: list[str] = []

    def look_up(key: str) -> Reading[str]:
        asked.append(key)
        return Reading(SLOT, "7")

    readings = Readings(look_up)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: readings.last("api", int), range(50)))
    assert asked == ["api"]
    assert {each.content for each in found if each} == {7}
