"""Counts, freshness, shares, statistics and scores of tables: what they ask, how they judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.distinct import distinct
from gatepost.expectations.fresh import fresh
from gatepost.expectations.limits import above, at_least, at_most, below, between, exactly, recorded
from gatepost.expectations.numeric import numeric
from gatepost.expectations.quality_score import quality_score
from gatepost.expectations.row_count import row_count
from gatepost.expectations.share import share
from gatepost.expectations.sustained import parse_sustained
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Point, Verdict
from gatepost.tables import frames
from gatepost.tables.asks import (
    Answer,
    CountBad,
    How,
    Newest,
    NotEvaluated,
    Scan,
    Tally,
    Tier,
    Whole,
    Window,
)

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
MODEL = pa.DataFrameSchema(
    {
        "id": pa.Column(nullable=True, required=False, unique=True),
        "title": pa.Column(required=False),
        "price": pa.Column(nullable=True, required=False, checks=pa.Check.gt(0)),
    }
)


def verdicts(
    expectation: Expectation[Any], frame: pd.DataFrame, context: Context | None = None
) -> dict[str, Verdict]:
    """Measure a frame whose times are in the column `at`; each row's verdict by its label."""
    rows = expectation.expand()
    found = frames.answer(frame, [ask for row in rows for ask in row.asks], SLOT, "at")
    return {row.label: row.judge(found, context or Context(SLOT)) for row in rows}


def verdict(
    expectation: Expectation[Any], frame: pd.DataFrame, context: Context | None = None
) -> Verdict:
    """The only row's verdict."""
    (found,) = verdicts(expectation, frame, context).values()
    return found


def answered(expectation: Expectation[Any], *answers: Answer) -> Verdict:
    """The verdict on made-up answers to the asks, in their order."""
    return expectation.judge(Scan(dict(zip(expectation.asks, answers, strict=True))), Context(SLOT))


def days(**columns: list[list[Any]]) -> pd.DataFrame:
    """A frame of cells by day: the first list is of 9 March, the next of the day before."""
    (first, *_) = columns.values()
    at = [NOON - timedelta(days=back) for back, cells in enumerate(first) for _ in cells]
    flat = {name: [cell for cells in lists for cell in cells] for name, lists in columns.items()}
    return pd.DataFrame({**flat, "at": pd.Series(at, dtype="datetime64[us, UTC]")})


# fresh


@pytest.mark.parametrize(
    ("hours", "level", "sentence"),
    [
        (3, Level.OK, "the newest is 3 h old (2026-03-10 03:00 UTC); target at most 24 h"),
        (30, Level.WARNING, "the newest is 30 h old (2026-03-09); above 24 h, the target"),
        (40, Level.BREACH, "the newest is 40 h old (2026-03-08 14:00 UTC); above 36 h, the alert"),
        (-2, Level.ERROR, "the newest, of 2026-03-10 08:00 UTC, lies 2 h in the future"),
    ],
)
def test_a_column_is_as_fresh_as_its_newest_time(hours: int, level: Level, sentence: str) -> None:
    """The newest time of all rows is judged as fresh_within judges one, nulls aside."""
    at = pd.to_datetime([SLOT - timedelta(hours=hours), SLOT - timedelta(days=9), None])
    found = verdicts(fresh("made", within="24 h", alert="36 h"), pd.DataFrame({"made": at}))
    assert list(found) == ["made fresh"]
    assert found["made fresh"].level is level
    assert found["made fresh"].sentence.startswith(sentence)
    assert (found["made fresh"].value, found["made fresh"].unit) == (hours, "h")


def test_a_table_without_any_time_is_not_fresh() -> None:
    """Neither an empty table nor one with nulls only is a pass."""
    for made in ([], [None, None]):
        frame = pd.DataFrame({"made": pd.Series(made, dtype="datetime64[us, UTC]")})
        found = verdict(fresh("made", alert="36 h"), frame)
        assert found.level is Level.BREACH
        assert found.sentence == "nothing was ever recorded; alert above 36 h"


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2026, 3, 10, 3),  # noqa: DTZ001 - a naive time is the point
        "2026-03-10 03:00:00",
        pd.Timestamp(2026, 3, 10, 3),
    ],
)
def test_a_time_without_zone_is_taken_to_be_in_utc_and_says_so(cell: Any) -> None:
    """The verdict names the assumption, which may be wrong by hours."""
    found = verdict(fresh("made", within="4 h"), pd.DataFrame({"made": [cell]}))
    assert (found.level, found.value) == (Level.OK, 3)
    assert found.sentence.endswith("; made has no time zone and is taken to be in UTC")


def test_a_date_counts_from_its_midnight() -> None:
    """A column of dates has no time of day."""
    frame = pd.DataFrame({"made": [date(2026, 3, 10), date(2026, 3, 1)]})
    assert verdict(fresh("made", within="1 day"), frame).value == 6


def test_a_column_that_holds_no_times_is_an_error() -> None:
    """Neither numbers, words nor a column that is not there are times."""
    for frame, why in (
        (pd.DataFrame({"made": [1]}), "holds numbers, not times"),
        (pd.DataFrame({"made": ["soon"]}), "holds no times"),
        (pd.DataFrame({"at": [NOON]}), "the time column 'made' does not exist"),
    ):
        found = verdict(fresh("made", within="1 day"), frame)
        assert found.level is Level.ERROR
        assert why in found.sentence


# distinct


def test_different_values_are_counted_without_nulls() -> None:
    """One column, or several together, of which none may be null."""
    frame = pd.DataFrame({"a": ["x", "x", "y", None, "z"], "b": [1, 2, 2, 3, None]})
    assert verdict(distinct("a", at_least(3)), frame).sentence == "3 is at least 3, the target"
    together = verdicts(distinct(["a", "b"], above(3, alert=2)), frame)
    assert list(together) == ["a, b distinct"]
    assert together["a, b distinct"].value == 3
    assert together["a, b distinct"].level is Level.WARNING


def test_no_rows_have_no_different_values() -> None:
    """An empty table is no data, even where few values would be fine; nulls alone count 0."""
    empty = pd.DataFrame({"a": pd.Series([], dtype=object)})
    found = verdict(distinct("a", below(5)), empty)
    assert (found.level, found.sentence) == (
        Level.NO_DATA,
        "the table has no rows; expected below 5",
    )
    nulls = verdict(distinct("a", at_least(alert=1)), pd.DataFrame({"a": [None, None]}))
    assert (nulls.level, nulls.value) == (Level.BREACH, 0)


def test_different_values_are_counted_day_by_day() -> None:
    """The newest complete day is judged, a day without rows is a gap."""
    frame = days(a=[["x", "y"], [], ["x", "x", None]])
    found = verdict(distinct("a", at_least(2), per="day", last="7 days"), frame)
    assert found.sentence == "2026-03-09: 2 is at least 2, the target"
    assert [point.value for point in found.trend] == [1, None, 2, None]


def test_values_that_cannot_be_compared_are_an_error() -> None:
    """Lists have no hash, and what cannot be counted is not a count."""
    frame = pd.DataFrame({"a": [["x"], ["y"]], "b": [1, 2]})
    found = verdict(distinct(["a", "b"], at_least(1)), frame)
    assert found.level is Level.ERROR
    assert found.sentence.startswith("not evaluated: a, b: unhashable")


# numeric

PRICES = pd.DataFrame({"price": [1.0, 2.0, 3.0, 4.0, None]})


def test_each_statistic_is_a_row() -> None:
    """Labels are the column and the statistic; all come of one ask."""
    expectation = numeric(
        "price",
        minimum=at_least(0),
        maximum=at_most(3),
        mean=between(2, 3),
        deviation=below(2),
        median=exactly(2.5),
        p95=below(4),
        p99_9=recorded(),
    )
    found = verdicts(expectation, PRICES)
    assert {label: each.value for label, each in found.items()} == {
        "price minimum": 1,
        "price maximum": 4,
        "price mean": 2.5,
        "price deviation": pytest.approx(1.2909944),
        "price median": 2.5,
        "price p95": pytest.approx(3.85),
        "price p99_9": pytest.approx(3.997),
    }
    assert [each.level for each in found.values()].count(Level.WARNING) == 1
    assert found["price maximum"].sentence == "4 is above 3, the target"
    assert len({ask for row in expectation.expand() for ask in row.asks}) == 1
    assert (
        expectation.judge(frames.answer(PRICES, expectation.asks, SLOT), Context(SLOT)).sentence
        == "4 is above 3, the target"
    )


def test_decimals_are_numbers_and_texts_are_not() -> None:
    """What a driver returns for NUMERIC is judged; text that looks like a number is not."""
    decimals = pd.DataFrame({"price": [Decimal("1.5"), Decimal("2.5")]})
    assert verdict(numeric("price", mean=exactly(2)), decimals).level is Level.OK
    for cells in (["1", "2"], [True, False]):
        found = verdict(numeric("price", mean=exactly(2)), pd.DataFrame({"price": cells}))
        assert found.level is Level.ERROR
        assert "not numbers" in found.sentence


def test_a_column_without_numbers_is_no_data() -> None:
    """Nor is there a deviation of a single one."""
    none = verdict(numeric("price", mean=at_least(0)), pd.DataFrame({"price": [None, None]}))
    assert (none.level, none.sentence) == (
        Level.NO_DATA,
        "price has 0 numbers, of which there is no mean; expected at least 0",
    )
    one = verdicts(
        numeric("price", mean=at_least(0), deviation=at_least(0)), pd.DataFrame({"price": [1.0]})
    )
    assert [each.level for each in one.values()] == [Level.OK, Level.NO_DATA]


def test_statistics_day_by_day() -> None:
    """Each day has its own figures; a day without numbers is a gap."""
    frame = days(price=[[10.0, 20.0], [None], [1.0]])
    found = verdict(numeric("price", median=below(12, alert=14), per="day"), frame)
    assert found.sentence == "2026-03-09: 15 is at or above 14, the alert limit; target below 12"
    assert [point.value for point in found.trend] == [1, None, 15, None]


# share

PEOPLE = pd.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "name": ["Ann", "Bob", "Ann", "Ann"],
        "city": ["Hue", "", None, "Hue"],
    }
)


def test_complete_is_neither_null_nor_empty() -> None:
    """The share of complete rows is judged, and the others are shown with their keys."""
    found = verdicts(share(at_least(80, alert=60), complete="city", keys=["id"]), PEOPLE)
    (label, complete), *_ = found.items()
    assert label == "city complete"
    assert (complete.level, complete.value, complete.unit) == (Level.BREACH, 50, "%")
    assert complete.sentence == (
        "2 of 4 rows break city complete; 50 % is below 60 %, the alert limit; target at least 80 %"
    )
    assert complete.sample is not None
    assert complete.sample.rows == (("2", "''"), ("3", "null"))


@pytest.mark.parametrize(
    ("cells", "bad"),
    [
        (pd.Series(["a", "", None], dtype="str"), 2),
        (pd.Series(["a", "", None], dtype="category"), 2),
        (pd.Series([1, 0, None]), 1),
        (pd.Series([1, 0, None], dtype="Int64"), 1),
        (pd.Series([["a"], [], None]), 2),
        (pd.Series([{"a": 1}, {}, None]), 2),
        (pd.Series([" ", "\n", "null"]), 0),
    ],
)
def test_whatever_the_type_null_and_what_has_nothing_in_it_are_incomplete(
    cells: pd.Series[Any], bad: int
) -> None:
    """So are an empty list or object of JSON; zero and blank text are values."""
    found = verdict(share(at_least(5), complete="a"), pd.DataFrame({"a": cells}))
    assert (found.bad, found.total) == (bad, 3)


def test_duplicates_are_rows_that_repeat_an_earlier_one() -> None:
    """The first of equal rows is none, so the share is of what is too much."""
    found = verdicts(share(below(30, alert=60), duplicates=["name", "city"]), PEOPLE)
    assert list(found) == ["name, city duplicates"]
    twice = found["name, city duplicates"]
    assert (twice.level, twice.value, twice.bad) == (Level.OK, 25, 1)
    assert twice.sentence == (
        "1 of 4 rows breaks unique name, city; 25 % is below 30 %, the target; "
        "alert at or above 60 %"
    )
    names = verdict(share(below(30, alert=60), duplicates="name"), PEOPLE)
    assert (names.level, names.value, names.bad) == (Level.WARNING, 50, 2)
    none = verdict(share(below(alert=1), duplicates="id"), PEOPLE)
    assert (none.level, none.value) == (Level.OK, 0)


def test_an_expression_is_not_measured_on_a_frame() -> None:
    """It is SQL, so a frame gets an error with advice, never a pass."""
    found = verdicts(share(at_least(99), valid=lambda row: row.id > 0, name="positive"), PEOPLE)
    assert found["positive"].level is Level.ERROR
    assert "return database.table(...)" in found["positive"].sentence


def test_a_share_of_nothing_is_no_data() -> None:
    """An empty table is neither complete nor without duplicates."""
    for expectation in (
        share(at_least(5), complete="city"),
        share(below(5), duplicates="city"),
    ):
        found = verdict(expectation, PEOPLE.head(0))
        assert found.level is Level.NO_DATA
        assert found.sentence.startswith("the table has no rows; expected rows ")


def test_a_share_can_be_overridden_within_reason() -> None:
    """The configuration may move it, and not make nonsense of it."""
    (row,) = share(below(5), duplicates="id").expand()
    assert row.override({"target": 0.5}).limits.target_high == 0.5
    with pytest.raises(DeclarationError, match="from 0 to 100"):
        row.override({"target": 500})


# quality_score


def test_the_score_is_the_mean_of_the_shares() -> None:
    """Each column counts once, as the share of rows that keep all its rules."""
    frame = pd.DataFrame({"id": [1, 1, 2, 3], "title": ["a", None, "b", "c"], "price": [1] * 4})
    found = verdicts(quality_score(MODEL, at_least(90, alert=80)), frame)
    assert list(found) == ["quality_score"]
    score = found["quality_score"]
    assert score.value == pytest.approx((50 + 75 + 100) / 3)
    assert score.sentence == (
        "75 % is below 80 %, the alert limit; target at least 90 %; "
        "the mean of 3 columns, the lowest id 50 %"
    )


def test_the_score_asks_nothing_that_the_rules_have_not_asked() -> None:
    """Beside conforms_to with the same arguments it costs nothing."""
    rules = conforms_to(MODEL, by="column", last="7 days", drill=["title"])
    same = quality_score(MODEL, at_least(90), by="column", last="7 days", drill=["title"])
    assert same.asks == rules.asks
    assert set(quality_score(MODEL, at_least(90)).asks).isdisjoint(rules.asks)


def test_a_rule_that_could_not_be_judged_spoils_the_score() -> None:
    """A mean over the rest would be of something else."""
    score = quality_score(MODEL, at_least(90))
    fine = Tally(0, 10, (0,), how=How(Tier.COMPILED))
    found = answered(score, fine, NotEvaluated("no such operator"), fine)
    assert (found.level, found.sentence) == (
        Level.ERROR,
        "not evaluated: title: no such operator",
    )


def test_a_rule_on_the_whole_counts_as_kept_or_not() -> None:
    """What holds for no row in particular is all or nothing."""
    score = quality_score(MODEL, at_least(90))
    proved = Whole(True, "it is", how=How(Tier.PROVED, "unique index ids"))
    found = answered(score, proved, Whole(False, "it is text", 10), Tally(0, 10, (0,)))
    assert found.value == pytest.approx(200 / 3)
    assert found.how == "proved"


def test_one_bad_row_of_many_keeps_the_score_below_100() -> None:
    """Neither the value nor the words round it up."""
    score = quality_score(MODEL, at_least(alert=100))
    found = answered(score, Tally(1, 10**7), Tally(0, 10**7), Tally(0, 10**7))
    assert found.level is Level.BREACH
    assert found.sentence.startswith("99.999997 % is below 100 %")


def test_what_holds_for_want_of_rows_has_no_score() -> None:
    """Only a proof speaks of rows that nobody counted."""
    score = quality_score(MODEL, at_least(90))
    found = answered(score, Whole(True, "it is there"), Tally(0, 5, (0,)), Tally(0, 5, (0,)))
    assert found.level is Level.NO_DATA


def test_an_empty_table_has_no_score() -> None:
    """No rows prove nothing."""
    found = answered(quality_score(MODEL, at_least(90), last="7 days"), *[Tally(0, 0)] * 3)
    assert (found.level, found.sentence) == (
        Level.NO_DATA,
        "the table has no rows in the last 7 days; expected at least 90 %",
    )


# segments and drill


def by_country(**bad_and_total: tuple[int, int]) -> pd.DataFrame:
    """Rows of countries, so many of which have no title."""
    rows = [
        (country, None if place < bad else "a")
        for country, (bad, total) in bad_and_total.items()
        for place in range(total)
    ]
    return pd.DataFrame(rows, columns=["country", "title"])


def test_the_worst_segment_decides() -> None:
    """It is named with its counts, beside how many miss; the whole's counts stay the verdict's."""
    expectation = conforms_to(
        MODEL, segments=["country"], tolerate={"title not null": at_least(95, alert=90)}
    )
    frame = by_country(VN=(1, 200), LK=(12, 100), US=(7, 100), FR=(0, 10))
    found = verdicts(expectation, frame)["title not null"]
    assert found.level is Level.BREACH
    assert found.sentence == (
        "2 of 4 segments miss; worst country = 'LK': 12 of 100 rows break title not null; "
        "88 % is below 90 %, the alert limit; target at least 95 %"
    )
    assert (found.value, found.bad, found.total) == (88, 20, 410)
    assert found.sample is not None
    assert found.sample.rows[0] == ("VN", "null")


def test_segments_that_all_keep_a_rule_say_so() -> None:
    """A pass names the segment that is nearest to its limit."""
    expectation = share(at_least(50), complete="title", segments="country")
    frame = by_country(VN=(1, 10), LK=(4, 10))
    assert verdict(expectation, frame).sentence == (
        "none of 2 segments misses; worst country = 'LK': 4 of 10 rows break title complete; "
        "60 % is at least 50 %, the target"
    )
    assert verdict(expectation, by_country(VN=(0, 3))).sentence == (
        "none of 1 segment misses; worst country = 'VN': all 3 rows keep title complete; "
        "at least 50 %"
    )


def test_nulls_are_a_segment_of_their_own() -> None:
    """Rows without a value in the column are not left out, and two columns make pairs."""
    frame = by_country(VN=(0, 3)).assign(city=["Hue", None, "Hue"])
    found = verdict(row_count(at_least(2), segments=["country", "city"]), frame)
    assert found.sentence == (
        "1 of 2 segments misses; worst country = 'VN', city = null: "
        "1 row is below 2 rows, the target"
    )


def test_the_worst_count_may_be_the_highest() -> None:
    """With an upper limit the fullest segment is the worst."""
    frame = by_country(VN=(0, 5), LK=(0, 9), US=(0, 1))
    found = verdict(row_count(at_most(6), segments="country"), frame)
    assert found.sentence.startswith(
        "1 of 3 segments misses; worst country = 'LK': 9 rows is above"
    )
    assert "country = 'US'" in verdict(row_count(at_least(2), segments="country"), frame).sentence


def test_an_alert_is_worse_than_a_far_miss_of_the_target() -> None:
    """The level goes first; 30 misses its target by more than 4 does."""
    frame = by_country(VN=(0, 30), LK=(0, 4))
    expectation = row_count(between(10, 20, alert=at_least(5)), segments="country")
    found = verdict(expectation, frame)
    assert (found.level, found.value) == (Level.BREACH, 4)


def test_too_many_segments_are_an_error() -> None:
    """A column of ids is no column of segments."""
    frame = pd.DataFrame({"id": range(1001), "title": "a"})
    found = verdict(share(at_least(5), complete="title", segments="id"), frame)
    assert found.level is Level.ERROR
    assert found.sentence == (
        "not evaluated: segments: 1,001 segments of id are more than 1,000; "
        "choose columns with fewer values"
    )
    assert verdict(row_count(at_least(1), segments="id"), frame).level is Level.ERROR


@pytest.mark.parametrize("argument", ["segments", "drill"])
def test_a_column_that_does_not_exist_is_an_error(argument: str) -> None:
    """A typing error in segments or drill is not a silent default."""
    arguments: dict[str, Any] = {argument: ["contry"]}
    found = verdict(share(at_least(5), complete="city", **arguments), PEOPLE)
    assert found.sentence == f"not evaluated: {argument}: column 'contry' does not exist"


def test_an_empty_table_has_no_segments() -> None:
    """No rows are no data, and a count of 0."""
    empty = by_country()
    assert verdict(share(at_least(5), complete="title", segments="country"), empty).level is (
        Level.NO_DATA
    )
    assert verdict(row_count(at_least(1), segments="country"), empty).value == 0


def test_over_runs_the_worst_segment_counts() -> None:
    """A breach that has to last is one of whichever segment is the worst."""
    context = Context(
        SLOT, (Point(SLOT - timedelta(hours=1), 40.0),), sustained=parse_sustained("2 runs")
    )
    expectation = share(at_least(alert=50), complete="title", segments="country")
    found = verdict(expectation, by_country(VN=(3, 4)), context)
    assert (found.level, found.streak) == (Level.BREACH, 2)
    assert found.sentence.startswith("1 of 1 segment misses")


def test_a_failing_rule_ends_with_where_its_bad_rows_are() -> None:
    """The value that most bad rows have, when it is half of them and more than its share."""
    frame = by_country(VN=(29, 40), LK=(1, 60)).assign(kind="job")
    expectation = share(at_least(99), complete="title", drill=["kind", "country"])
    found = verdict(expectation, frame)
    assert found.sentence.endswith("the target; 96.67 % of bad rows: country = 'VN'")
    spread = by_country(VN=(5, 50), LK=(5, 50))
    assert "of bad rows" not in verdict(expectation, spread.assign(kind="job")).sentence
    half = by_country(VN=(4, 4), LK=(3, 50), US=(3, 50)).assign(kind="job")
    assert "of bad rows" not in verdict(expectation, half).sentence
    fine = share(at_least(5), complete="title", drill=["kind", "country"])
    assert "of bad rows" not in verdict(fine, frame).sentence


def test_bad_rows_are_shown_where_they_are_too_many() -> None:
    """Within a tolerance nobody wants to see them; one segment beyond it is enough."""
    frame = by_country(VN=(5, 100), LK=(1, 2))
    tolerant = share(at_least(90), complete="title")
    assert verdict(tolerant, frame).sample is None
    by_segment = share(at_least(90), complete="title", segments="country")
    assert verdict(by_segment, frame).sample is not None
    assert verdict(share(at_least(95), complete="title"), frame).sample is not None


def test_nearly_all_bad_rows_are_not_all() -> None:
    """999 of 1,000 is not 100 %."""
    frame = by_country(VN=(99999, 99999), LK=(1, 500))
    found = verdict(share(at_least(99), complete="title", drill="country"), frame)
    assert found.sentence.endswith("99.999 % of bad rows: country = 'VN'")


def test_day_by_day_the_drill_is_into_the_judged_day() -> None:
    """Bad rows of other days would explain another verdict."""
    frame = days(
        title=[["a", "b", None], [None, None, None]],
        country=[["VN", "VN", "LK"], ["US", "US", "US"]],
    )
    expectation = share(at_least(99), complete="title", drill="country", per="day")
    assert verdict(expectation, frame).sentence.endswith("100 % of bad rows: country = 'LK'")


# what all have in common


def test_verdicts_say_how_they_were_measured() -> None:
    """The tier and its reason are carried as text; a frame in memory says nothing."""
    how = How(Tier.FETCHED, "it is Python code")
    complete = share(at_least(5), complete="city")
    assert answered(complete, Tally(0, 5, (0,), how=how)).how == "fetched: it is Python code"
    assert answered(row_count(at_least(5)), Tally(0, 5, how=How(Tier.COMPILED))).how == "scanned"
    assert answered(fresh("at", within="1 h"), Newest(SLOT, how)).how == str(how)
    assert verdict(complete, PEOPLE).how == ""


@pytest.mark.parametrize(
    "expectation",
    [
        fresh("at", within="1 h"),
        distinct("a", at_least(1)),
        numeric("a", mean=at_least(1)),
        share(at_least(5), complete="a"),
        quality_score(MODEL, at_least(5)),
        row_count(at_least(1), segments="a"),
    ],
)
def test_what_is_no_table_is_named(expectation: Expectation[Any]) -> None:
    """Every expectation on tables refuses another value, and has no data without one."""
    for row in expectation.expand():
        found = row.judge(0.5, Context(SLOT))
        assert found.level is Level.ERROR
        assert "this is for a table of a database, or a pandas DataFrame" in found.sentence
        assert row.judge(None, Context(SLOT)).level is Level.NO_DATA


def test_limits_are_overridden_by_the_row() -> None:
    """Every row has the limits that the configuration may name."""
    for expectation in (
        distinct("a", at_least(5)),
        numeric("a", mean=at_least(5)),
        quality_score(MODEL, at_least(5)),
        row_count(at_least(5)),
    ):
        (row,) = expectation.expand()
        assert row.override({"target": 7}).limits.target_low == 7
    (row,) = fresh("a", within="5 h").expand()
    assert row.override({"target": "7 h"}).limits.target_high == 7


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: fresh("at"), r'fresh\(.at.\) needs a limit: within="24 h"'),
    (lambda: fresh("", within="1 h"), "expected the name of a column, got ''"),
    (lambda: fresh("at", within="soon"), "is not a duration"),
    (lambda: fresh("at", within="3 h", alert="2 h"), "make it larger"),
    (lambda: distinct([], at_least(1)), "at least one column"),
    (lambda: distinct(["a", "a"], at_least(1)), "'a' is there twice"),
    (lambda: distinct(5, at_least(1)), r'names of columns, such as \["a"\], got 5'),  # type: ignore[arg-type]
    (lambda: distinct("a", 40), r'distinct\("country", at_least\(40\)\), got 40'),  # type: ignore[arg-type]
    (lambda: distinct("a", at_least(1), per="week"), r"per='week'\): expected"),  # type: ignore[arg-type]
    (lambda: numeric("a"), r"mean=between\(10, 20\)"),
    (lambda: numeric("a", meen=at_least(1)), "no statistic 'meen'; did you mean mean"),
    (lambda: numeric("a", p0=at_least(1)), "no statistic 'p0'"),
    (lambda: numeric("a", p100=at_least(1)), "no statistic 'p100'"),
    (lambda: numeric("a", mean=5), r"numeric\(mean=...\) takes a limit"),  # type: ignore[arg-type]
    (lambda: share(at_least(5)), "exactly one of complete, valid, duplicates, got none"),
    (lambda: share(at_least(5), complete="a", duplicates="b"), "got complete and duplicates"),
    (lambda: share(at_least(5), valid=lambda row: row.a > 0), "needs a name"),
    (lambda: share(at_least(5), valid="a > 0", name="a"), "expected a function"),  # type: ignore[arg-type]
    (lambda: share(at_least(5), complete="a", name=" "), "expected the name of the row"),
    (lambda: share(at_least(5), duplicates=[]), "at least one column"),
    (lambda: share(at_least(5), duplicates="a"), "counts bad rows, so it takes at_most or below"),
    (lambda: share(below(5), complete="a"), "counts good rows, so it takes at_least or above"),
    (lambda: share(at_least(0.9), complete="a"), "write 95, not 0.95"),
    (lambda: share(5, complete="a"), r"the limit of 'a complete' is a limit on"),  # type: ignore[arg-type]
    (lambda: share(at_least(5), complete="a", samples=-1), r"share\(samples=-1\)"),
    (lambda: quality_score(MODEL, at_least(0.9)), "write 95, not 0.95"),
    (lambda: quality_score(MODEL, at_least(9), by="table"), '"rule" or "column"'),  # type: ignore[arg-type]
    (lambda: row_count(at_least(1), per="day", segments="a"), "cannot be judged at once"),
    (lambda: conforms_to(MODEL, per="day", segments="a"), "cannot be judged at once"),
    (lambda: conforms_to(MODEL, drill=[5]), r"drill=...\): expected names"),  # type: ignore[list-item]
    (lambda: row_count(at_least(1), last="x"), r"row_count\(last='x'\)"),
]


@pytest.mark.parametrize(("declare", "message"), WRONG)
def test_a_wrong_declaration_is_refused(declare: Callable[[], Any], message: str) -> None:
    """It fails where it is written, with the argument's name and the right way to write it."""
    with pytest.raises(DeclarationError, match=message):
        declare()


def test_equal_rules_of_one_schema_are_one_ask() -> None:
    """Rules read twice from one schema are equal; those of two schemas, or changed ones, never."""
    together = pa.DataFrameSchema({"a": pa.Column(int)}, unique=["a", "b"])
    twin = pa.DataFrameSchema({"a": pa.Column(int)}, unique=["a", "b"])
    first = conforms_to(together).asks
    assert first == conforms_to(together).asks
    assert set(first).isdisjoint(conforms_to(twin).asks)
    schema = pa.DataFrameSchema({"a": pa.Column(checks=pa.Check(lambda cells: cells > 1))})
    before = conforms_to(schema).asks
    schema.columns["a"].checks = [pa.Check(lambda cells: cells > 2)]
    assert before[-1] not in conforms_to(schema).asks


def test_windows_are_passed_on() -> None:
    """Each expectation asks of the rows that its author named."""
    week = Window(timedelta(days=7))
    for expectation in (
        distinct("a", at_least(1), last="7 days"),
        numeric("a", mean=at_least(1), last="7 days"),
        share(at_least(5), complete="a", last="7 days"),
        row_count(at_least(5), last="7 days"),
        quality_score(MODEL, at_least(5), last="7 days"),
    ):
        for ask in expectation.asks:
            assert getattr(ask, "window", None) == week
    (ask,) = row_count(at_least(5), per="day", last="7 days").asks
    assert getattr(ask, "window", None) == replace(week, per_day=True)
    (bad,) = share(at_least(5), complete="a", segments="b", keys="id").asks
    assert isinstance(bad, CountBad)
    assert (bad.keys, bad.window.segments) == (("id", "b"), ("b",))
