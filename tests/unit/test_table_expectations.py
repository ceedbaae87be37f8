"""conforms_to and row_count: what they ask, how they judge, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.distinct import distinct
from gatepost.expectations.limits import above, at_least, at_most
from gatepost.expectations.numeric import numeric
from gatepost.expectations.row_count import row_count
from gatepost.expectations.sustained import parse_sustained
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Point, Verdict
from gatepost.tables import frames
from gatepost.tables.asks import CountRows, Scan, Tally
from gatepost.tables.scan import scan

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
TITLES = pa.DataFrameSchema({"title": pa.Column(str, pa.Check.str_length(min_value=1))})


def titles(*cells: str | None) -> pd.DataFrame:
    return pd.DataFrame({"title": pd.Series(list(cells), dtype=object)})


def verdicts(
    expectation: Expectation[Any], value: Any, context: Context | None = None, time: str = "at"
) -> dict[str, Verdict]:
    """Measure as a run does: one scan for all rows, then each judged by itself.

    A frame's time is in the column `at`, where it has one, as a table declares it.
    """
    rows = expectation.expand()
    asks = [ask for row in rows for ask in row.asks]
    if isinstance(value, pd.DataFrame) and (time in value or time != "at"):
        found: Any = frames.answer(value, asks, SLOT, time)
    else:
        found = scan(value, asks, SLOT)
    return {row.label: row.judge(found, context or Context(SLOT)) for row in rows}


def dated(*days_and_titles: tuple[str | None, str | None]) -> pd.DataFrame:
    """Rows that have a time at noon of a day, or none."""
    times = [f"{day}T12:00:00+00:00" if day else None for day, _ in days_and_titles]
    rows = titles(*(title for _, title in days_and_titles))
    rows["at"] = pd.to_datetime(pd.Series(times, dtype=object), utc=True)
    return rows


def test_one_bad_row_is_an_alert() -> None:
    """Without a tolerance every row counts; the sentence has counts before the share."""
    verdict = verdicts(conforms_to(TITLES), titles("a", "", "c", "d"))["title str_length"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "1 of 4 rows breaks title str_length(min_value=1); alert below 100 %"
    )
    assert (verdict.value, verdict.unit, verdict.bad, verdict.total) == (75, "%", 1, 4)
    assert verdict.limits.alert_low == 100


def test_a_rule_that_all_rows_keep_says_how_many() -> None:
    """A pass is a claim on a number of rows."""
    verdict = verdicts(conforms_to(TITLES), titles(*"ab"))["title not null"]
    assert verdict.level is Level.OK
    assert verdict.sentence == "all 2 rows keep title not null; alert below 100 %"
    assert verdict.sample is None


def test_one_bad_row_of_many_is_never_rounded_away() -> None:
    """One of 20,000 rows is neither 100 % nor 0 %, in words or in the limit's eyes."""
    rows = titles(*["a"] * 19_999, None)
    verdict = verdicts(conforms_to(TITLES), rows)["title not null"]
    assert verdict.sentence == "1 of 20,000 rows breaks title not null; alert below 100 %"
    assert verdict.value == 99.995
    many = verdicts(conforms_to(TITLES), titles(*[None] * 19_999, "a"))["title not null"]
    assert many.sentence.startswith("19,999 of 20,000 rows break")


@pytest.mark.parametrize(
    ("bad", "level", "said"),
    [
        (0, Level.OK, "all 100 rows keep title not null; at least 95 %, alert below 90 %"),
        (5, Level.OK, "95 % is at least 95 %, the target; alert below 90 %"),
        (6, Level.WARNING, "94 % is below 95 %, the target; alert below 90 %"),
        (11, Level.BREACH, "89 % is below 90 %, the alert limit; target at least 95 %"),
    ],
)
def test_a_tolerance_is_a_limit_on_the_share_of_good_rows(
    bad: int, level: Level, said: str
) -> None:
    """Target and alert levels count in percent; exactly at a limit is still inside."""
    expectation = conforms_to(TITLES, tolerate={"title not null": at_least(95, alert=90)})
    rows = titles(*[None] * bad, *["a"] * (100 - bad))
    verdict = verdicts(expectation, rows)["title not null"]
    assert verdict.level is level
    assert verdict.sentence.endswith(said)
    assert (verdict.value, verdict.limits.target_low, verdict.limits.alert_low) == (
        100 - bad,
        95,
        90,
    )


def test_a_share_exactly_at_its_limit_is_inside() -> None:
    """No share of so many per mille falls below the number that its author writes for it."""
    for bad in range(1, 990):
        limit = at_least(alert=float(f"{(1000 - bad) / 10}"))
        label = "title not null"
        rows = conforms_to(TITLES, tolerate={label: limit}).expand()
        (row,) = (row for row in rows if row.label == label)
        found = Scan({row.asks[0]: Tally(bad, 1000, parts=(bad,))})
        assert row.judge(found, Context(SLOT)).level is Level.OK, bad


@pytest.mark.parametrize(
    ("tolerate", "message"),
    [
        ({"titel not null": at_least(95)}, "did you mean 'title not null'"),
        ({"nonsense": at_least(95)}, "there are 'title present'"),
        ({"title not null": at_least(0.95)}, "write 95, not 0.95"),
        ({"title not null": at_least(101)}, "from 0 to 100"),
        ({"title not null": at_most(5)}, "at_least or above"),
        ({"title not null": at_least(95, unit="rows")}, "percentage of good rows"),
        ({"title not null": 95}, "percentage of good rows"),
    ],
)
def test_a_tolerance_that_cannot_be_meant_so_is_refused(tolerate: Any, message: str) -> None:
    """It fails where it is declared, with the nearest names or the right way to write it."""
    with pytest.raises(DeclarationError, match=message):
        conforms_to(TITLES, tolerate=tolerate)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "tables"}, '"rule", "column" or "table"'),
        ({"by": "table", "per": "day"}, 'use by="column", or last="1 day"'),
        ({"by": "table", "tolerate": {"title": at_least(95)}}, "one limit, such as at_least"),
        ({"by": "table", "tolerate": at_most(5)}, "so it takes at_least or above"),
        ({"by": "table", "severity": {"title": "low"}}, "severity for 'title', but no such rule"),
        ({"tolerate": at_least(95)}, "'title dtype': at_least.*one limit goes with by=\"table\""),
        ({"per": "week"}, r"per='week'\): expected \"day\""),
        ({"last": "soon"}, "is not a duration"),
        ({"samples": -1}, "samples=-1"),
    ],
)
def test_a_wrong_argument_is_refused(arguments: Any, message: str) -> None:
    """A typing error in a declaration never becomes a silent default."""
    with pytest.raises(DeclarationError, match=message):
        conforms_to(TITLES, **arguments)


@pytest.mark.parametrize(
    ("dtype", "check", "message"),
    [
        (str, pa.Check.str_length(1, most=9), "unexpected keyword argument 'most'"),
        (int, pa.Check.in_range(1, 5, include_mx=False), "unexpected keyword argument"),
        (int, pa.Check.gt("a"), r"a greater_than\(a\) can never be run on int64: Invalid"),
        (int, pa.Check.str_contains("a"), "correct its arguments, or the column's type"),
        (str, pa.Check.str_startswith(5), "expected a string"),
        (pd.DatetimeTZDtype(tz="UTC"), pa.Check.gt(pd.Timestamp("2026-01-01")), "can never be run"),
        (None, pa.Check.isin([1], nulls=True), "on object: isin"),
    ],
)
def test_a_built_in_check_that_could_never_run_is_refused(
    dtype: Any, check: pa.Check, message: str
) -> None:
    """pandera takes any keyword and argument, and would fail at every run."""
    with pytest.raises(DeclarationError, match=message):
        conforms_to(pa.DataFrameSchema({"a": pa.Column(dtype, check)}))


@pytest.mark.parametrize(
    ("dtype", "check"),
    [
        (str, pa.Check.str_matches("(a)(b)")),
        (int, pa.Check.gt(Decimal("1.5"))),
        (object, pa.Check.gt(5)),
        (int, pa.Check.gt(5, groupby="a")),
        (None, pa.Hypothesis.one_sample_ttest(popmean=2.0, relationship="equal")),
        ("category", pa.Check.isin(["a"])),
        (list[int], pa.Check.ne(5)),
        (int, pa.Check(lambda cells: cells.iloc[0] > 5)),
        (int, pa.Check.unique_values_eq([1, 2])),
    ],
)
def test_what_might_run_is_left_to_the_run(dtype: Any, check: pa.Check) -> None:
    """An author's own check may expect rows, and no check has to hold of none."""
    assert conforms_to(pa.DataFrameSchema({"a": pa.Column(dtype, check)})).asks


def test_by_column_a_row_is_bad_when_it_breaks_any_rule_of_the_column() -> None:
    """One row under the column's name, which counts each bad row once and says which rules."""
    schema = pa.DataFrameSchema(
        {
            "title": pa.Column(str, pa.Check.str_length(min_value=1)),
            "id": pa.Column(int, unique=True),
        },
        checks=pa.Check(lambda rows: rows["id"] > 0, name="positive"),
    )
    rows = titles("a", "", None, "d").assign(id=[1, 1, 3, 4])
    found = verdicts(conforms_to(schema, by="column"), rows)
    assert list(found) == ["title", "id", "positive"]
    assert found["title"].sentence == (
        "2 of 4 rows break a rule of title: "
        "1 not null, 1 str_length(min_value=1); alert below 100 %"
    )
    assert (found["id"].bad, found["id"].total) == (2, 4)


ORDERS = pa.DataFrameSchema(
    {
        "id": pa.Column(int, unique=True),
        "title": pa.Column(str, pa.Check.str_length(min_value=1)),
        "price": pa.Column(float, pa.Check.ge(0)),
    },
    name="Orders",
)


def orders(**columns: Any) -> pd.DataFrame:
    """Five good rows, with some columns replaced."""
    good = {"id": range(1, 6), "title": list("abcde"), "price": [1.0, 2.0, 3.0, 4.0, 5.0]}
    return pd.DataFrame({**good, **columns})


def test_by_table_a_row_is_bad_when_it_breaks_any_rule() -> None:
    """Each bad row counts once; then the rules by how many rows break them, the worst first."""
    rows = orders(id=[1, 2, 2, 4, 5], price=[1.0, -1.0, -1.0, -1.0, 5.0], title=["", *"bcde"])
    ((label, verdict),) = verdicts(conforms_to(ORDERS, by="table"), rows).items()
    assert (label, verdict.level) == ("Orders", Level.BREACH)
    assert verdict.sentence == (
        "4 of 5 rows break a rule of Orders: 3 price greater_than_or_equal_to(0), 2 id unique, "
        "1 title str_length(min_value=1); alert below 100 %"
    )
    assert (verdict.value, verdict.bad, verdict.total) == (20, 4, 5)


def test_by_table_one_limit_tolerates_bad_rows() -> None:
    """Whichever rules they break; the configuration can move it as any other."""
    expectation = conforms_to(ORDERS, by="table", tolerate=at_least(90, alert=60))
    rows = orders(price=[1.0, -1.0, 3.0, 4.0, 5.0], title=[*"abcd", ""])
    assert verdicts(expectation, rows)["Orders"].level is Level.WARNING
    worse = rows.assign(id=[1, 2, 3, 3, 5])
    assert verdicts(expectation, worse)["Orders"].level is Level.BREACH
    assert verdicts(expectation.override({"alert": 10}), worse)["Orders"].level is Level.WARNING
    assert verdicts(expectation, orders())["Orders"].sentence == (
        "all 5 rows keep the 12 rules of Orders; at least 90 %, alert below 60 %"
    )


def test_by_table_only_the_columns_that_are_wrong_are_shown() -> None:
    """Beside the key; those of rules that all rows keep would only hide them."""
    verdict = verdicts(conforms_to(ORDERS, by="table"), orders(title=["a", "", *"cde"]))["Orders"]
    assert verdict.sample is not None
    assert verdict.sample.columns == ("id", "title")
    assert verdict.sample.rows == (("2", "''"),)


def test_by_table_a_missing_column_or_a_wrong_type_is_a_breach() -> None:
    """No row can be told to keep all rules, whatever is tolerated; the rule is named."""
    expectation = conforms_to(ORDERS, by="table", tolerate=at_least(alert=50))
    missing = verdicts(expectation, orders().drop(columns="price"))["Orders"]
    assert (missing.level, missing.value) == (Level.BREACH, 0)
    assert missing.sentence.startswith(
        "the 12 rules of Orders do not all hold: price present: column 'price' does not exist"
    )
    wrong = verdicts(expectation, orders(price=list("abcde")))["Orders"]
    assert "do not all hold: price dtype(float64): it is " in wrong.sentence


def test_by_table_what_cannot_be_evaluated_is_an_error() -> None:
    """And no rows are no data: neither is a pass."""
    schema = pa.DataFrameSchema(
        {"a": pa.Column(int, pa.Check(lambda cells: cells / None)), "b": pa.Column(int)}, name="AB"
    )
    rows = pd.DataFrame({"a": [1], "b": [2]})
    verdict = verdicts(conforms_to(schema, by="table"), rows)["AB"]
    assert verdict.level is Level.ERROR
    assert verdict.sentence.startswith("not evaluated: a check: TypeError")
    empty = orders().iloc[:0]
    assert verdicts(conforms_to(ORDERS, by="table"), empty)["Orders"].level is Level.NO_DATA


def test_by_table_rules_on_the_whole_table_count() -> None:
    """Rows that are to be unique together are bad rows; undeclared columns are a breach."""
    schema = pa.DataFrameSchema(
        {"a": pa.Column(int), "b": pa.Column(int)}, unique=["a", "b"], strict=True, name="AB"
    )
    rows = pd.DataFrame({"a": [1, 1, 1], "b": [1, 1, 2]})
    verdict = verdicts(conforms_to(schema, by="table"), rows)["AB"]
    assert verdict.sentence.startswith("2 of 3 rows break a rule of AB: 2 unique a, b;")
    verdict = verdicts(conforms_to(schema, by="table"), rows.assign(c=1))["AB"]
    assert verdict.sentence == (
        "the 8 rules of AB do not all hold: columns strict: "
        "the model does not have 1 column of the table: c"
    )


def test_by_table_a_check_that_only_warns_is_refused() -> None:
    """One row has one limit, which would make a failure of it."""
    schema = pa.DataFrameSchema({"a": pa.Column(int, pa.Check.gt(1, raise_warning=True))})
    with pytest.raises(DeclarationError, match=r"a greater_than\(1\) is only to warn"):
        conforms_to(schema, by="table")


def test_by_table_the_worst_segment_decides() -> None:
    """As with any other rule."""
    rows = orders(price=[-1.0, 2.0, 3.0, 4.0, 5.0]).assign(shop=list("aabbb"))
    expectation = conforms_to(ORDERS, by="table", segments="shop")
    sentence = verdicts(expectation, rows)["Orders"].sentence
    assert sentence.startswith(
        "1 of 2 segments misses; worst shop = 'a': 1 of 2 rows breaks a rule"
    )


def test_by_column_a_missing_column_is_a_breach() -> None:
    """It cannot be evaluated because it is not there, and that is what is said."""
    verdict = verdicts(conforms_to(TITLES, by="column"), pd.DataFrame({"id": [1]}))["title"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "the 4 rules of title do not all hold: present: column 'title' does not exist; there are id"
    )


def test_by_column_a_check_that_raises_is_an_error() -> None:
    """What could not be looked at does not count as kept."""
    schema = pa.DataFrameSchema({"a": pa.Column(int, pa.Check(lambda cells: cells / None))})
    verdict = verdicts(conforms_to(schema, by="column"), pd.DataFrame({"a": [1]}))["a"]
    assert verdict.level is Level.ERROR
    assert verdict.sentence.startswith("not evaluated: check: TypeError: unsupported operand")


def test_a_missing_column_breaks_one_rule_and_leaves_the_others_open() -> None:
    """One breach names the column; the rest are errors, none is a pass."""
    found = verdicts(conforms_to(TITLES), pd.DataFrame({"id": [1]}))
    assert {label: verdict.level for label, verdict in found.items()} == {
        "title present": Level.BREACH,
        "title dtype": Level.ERROR,
        "title not null": Level.ERROR,
        "title str_length": Level.ERROR,
    }
    assert found["title not null"].sentence == "not evaluated: column 'title' does not exist"


def test_a_rule_on_a_column_as_a_whole_holds_or_not() -> None:
    """A wrong type is on no row in particular: its value is 0 % and it has no counts."""
    found = verdicts(
        conforms_to(pa.DataFrameSchema({"a": pa.Column(int)})), pd.DataFrame({"a": [1.5]})
    )
    assert found["a dtype"].sentence == "a dtype(int64) does not hold: it is float64"
    assert (found["a dtype"].value, found["a dtype"].bad) == (0, None)
    assert found["a present"].sentence == "a present holds"


def test_a_check_that_only_warns_is_a_warning() -> None:
    """pandera's raise_warning is kept: such a rule warns, and stays out of its column."""
    schema = pa.DataFrameSchema({"a": pa.Column(int, pa.Check.gt(1, raise_warning=True))})
    rows = pd.DataFrame({"a": [1, 2]})
    assert verdicts(conforms_to(schema), rows)["a greater_than"].level is Level.WARNING
    found = verdicts(conforms_to(schema, by="column"), rows)
    assert (found["a"].level, found["a greater_than"].level) == (Level.OK, Level.WARNING)


def test_samples_show_keys_and_the_offending_cell_only() -> None:
    """Bad rows are a few, as short text, without the columns that are not to blame."""
    schema = pa.DataFrameSchema(
        {"id": pa.Column(int, unique=True), "title": pa.Column(str), "secret": pa.Column(str)}
    )
    rows = pd.DataFrame({"id": range(9), "title": [None] * 9, "secret": ["s3cret"] * 9})
    verdict = verdicts(conforms_to(schema, samples=2), rows)["title not null"]
    assert verdict.sample is not None
    assert verdict.sample.columns == ("id", "title")
    assert verdict.sample.rows == (("0", "null"), ("1", "null"))


def test_long_and_blank_cells_are_shown_short_and_visible() -> None:
    """Blank text is quoted, null is named, and a long text is cut."""
    rows = titles("", " \n", "x" * 500)
    schema = pa.DataFrameSchema({"title": pa.Column(str, pa.Check(lambda cells: cells == "a"))})
    sample = verdicts(conforms_to(schema), rows)["title check"].sample
    assert sample is not None
    assert sample.rows[:2] == (("''",), (r"' \n'",))
    assert len(sample.rows[2][0]) == 80


def test_no_samples_are_kept_when_none_are_wanted() -> None:
    """samples=0 keeps every cell out of the report."""
    verdict = verdicts(conforms_to(TITLES, samples=0), titles(None))["title not null"]
    assert (verdict.bad, verdict.sample) == (1, None)


def test_an_empty_table_is_no_data() -> None:
    """No rows keep every rule, which proves nothing; what its columns show is still said."""
    empty = pd.DataFrame({"title": pd.Series([], dtype=object)})
    found = verdicts(conforms_to(TITLES), empty)
    assert {verdict.level for verdict in found.values()} == {Level.NO_DATA}
    assert found["title not null"].sentence == (
        "the table has no rows; expected rows conforming to title not null, alert below 100 %"
    )
    bare = verdicts(conforms_to(TITLES), pd.DataFrame())
    assert bare["title present"].level is Level.BREACH


@pytest.mark.parametrize("expectation", [conforms_to(TITLES), row_count(at_least(1))])
def test_what_is_no_table_is_named(expectation: Expectation[Any]) -> None:
    """A wrong return type is an error that says what came and what is judged."""
    for verdict in verdicts(expectation, 0.5).values():
        assert verdict.level is Level.ERROR
        assert verdict.sentence == (
            "the check returned a float (0.5); "
            "this is for a table of a database, or a pandas DataFrame"
        )
    assert {verdict.level for verdict in verdicts(expectation, None).values()} == {Level.NO_DATA}


def test_per_day_the_newest_complete_day_is_judged() -> None:
    """Today is not over yet, days without rows are gaps, and all days make the trend."""
    table = dated(
        ("2026-03-06", None), ("2026-03-09", None), ("2026-03-09", "a"), ("2026-03-10", None)
    )
    expectation = conforms_to(
        TITLES, per="day", tolerate={"title not null": at_least(95, alert=60)}
    )
    verdict = verdicts(expectation, table)["title not null"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "2026-03-09: 1 of 2 rows breaks title not null; "
        "50 % is below 60 %, the alert limit; target at least 95 %"
    )
    assert (verdict.value, verdict.bad, verdict.total) == (50, 1, 2)
    assert [point.value for point in verdict.trend] == [0, None, None, 50, 0]
    assert verdict.data_time == datetime(2026, 3, 9, tzinfo=UTC)


def test_per_day_samples_are_of_the_judged_day() -> None:
    """Bad rows of other days would explain another verdict."""
    table = dated(("2026-03-08", ""), ("2026-03-09", None), ("2026-03-10", ""))
    schema = pa.DataFrameSchema({"title": pa.Column(str, pa.Check.str_length(1, 9))})
    sample = verdicts(conforms_to(schema, per="day", by="column"), table)["title"].sample
    assert sample is not None
    assert sample.rows == (("null",),)


def test_per_day_a_day_without_rows_is_no_data() -> None:
    """A day on which nothing came is no pass."""
    verdict = verdicts(conforms_to(TITLES, per="day"), dated(("2026-03-07", "a")))
    assert verdict["title not null"].level is Level.NO_DATA
    assert verdict["title not null"].sentence == (
        "no value for 2026-03-09; the last value is of 2026-03-07"
    )


def test_per_day_a_breach_may_have_to_last() -> None:
    """A sustained breach counts the days of the series itself."""
    table = dated(("2026-03-08", "a"), ("2026-03-09", None))
    context = Context(SLOT, sustained=parse_sustained("2 days"))
    verdict = verdicts(conforms_to(TITLES, per="day"), table, context)["title not null"]
    assert verdict.level is Level.WARNING
    assert "pending, an alert after 2 in a row" in verdict.sentence
    longer = dated(("2026-03-08", None), ("2026-03-09", None))
    verdict = verdicts(conforms_to(TITLES, per="day"), longer, context)["title not null"]
    assert (verdict.level, verdict.streak) == (Level.BREACH, 2)


def test_over_runs_a_breach_may_have_to_last() -> None:
    """Without days, a sustained breach counts the runs before this one."""
    hour = timedelta(hours=1)
    sustained = parse_sustained("2 runs")
    fine = Context(SLOT, (Point(SLOT - hour, 100.0),), sustained=sustained)
    bad = Context(SLOT, (Point(SLOT - hour, 50.0),), sustained=sustained)
    rows = titles("a", None)
    assert verdicts(conforms_to(TITLES), rows, fine)["title not null"].level is Level.WARNING
    verdict = verdicts(conforms_to(TITLES), rows, bad)["title not null"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence.startswith("1 of 2 rows breaks title not null; ")
    assert (verdict.bad, verdict.total) == (1, 2)


def test_rows_that_belong_to_no_day_are_said_to_be_left_out() -> None:
    """Rows without a time, or from the future, neither hide nor spoil a day."""
    table = dated(("2026-03-09", "a"), (None, None), ("2026-03-12", None))
    verdict = verdicts(conforms_to(TITLES, per="day"), table)["title not null"]
    assert verdict.level is Level.OK
    assert verdict.sentence.endswith(
        "; counted to no day: 2 rows without a time or with a future one"
    )


def test_rules_on_the_time_itself_are_judged_over_all_rows() -> None:
    """A row without a time has no day, so by day such a rule could never fail."""
    schema = pa.DataFrameSchema({"at": pa.Column()})
    table = dated(("2026-03-09", "a"), (None, "b"))
    verdict = verdicts(conforms_to(schema, per="day", last="2 days"), table)["at not null"]
    assert verdict.level is Level.BREACH
    assert (verdict.bad, verdict.total, verdict.trend) == (1, 2, ())


def test_last_looks_at_the_newest_rows_only() -> None:
    """Older rows are out, and rows without a time are in."""
    table = dated(("2026-03-01", None), ("2026-03-09", "a"), (None, "b"))
    verdict = verdicts(conforms_to(TITLES, last="7 days"), table)["title not null"]
    assert (verdict.level, verdict.total) == (Level.OK, 2)


def test_last_and_per_day_cut_no_day() -> None:
    """The window begins at a midnight, so the first day of the trend is whole."""
    times = pd.to_datetime(["2026-03-08T01:00Z", "2026-03-08T23:00Z"])
    table = titles(None, "a").assign(at=times)
    verdict = verdicts(conforms_to(TITLES, per="day", last="2 days"), table)["title not null"]
    assert [point.value for point in verdict.trend] == [50, None, None]


def test_no_rows_in_the_window_is_no_data() -> None:
    """The sentence says in which window there was nothing."""
    table = dated(("2026-01-01", "a"))
    verdict = verdicts(conforms_to(TITLES, last="7 days"), table)["title not null"]
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence.startswith("the table has no rows in the last 7 days")


@pytest.mark.parametrize(
    ("table", "time", "message"),
    [
        (titles("a"), "at", 'database.table("...", time="...")'),
        (titles("a"), "made", "the time column 'made' does not exist"),
        (titles("a"), "title", "the time column 'title' holds no times"),
        (titles("a").assign(made=1), "made", "the time column 'made' holds numbers"),
    ],
)
def test_days_without_a_time_column_are_an_error(
    table: pd.DataFrame, time: str, message: str
) -> None:
    """What was asked by day and cannot be told by day says what is missing."""
    for expectation in (
        conforms_to(TITLES, per="day"),
        row_count(at_least(1), per="day"),
        distinct("title", at_least(1), last="7 days"),
        numeric("title", mean=at_least(1), per="day"),
    ):
        for verdict in verdicts(expectation, table, time=time).values():
            assert verdict.level is Level.ERROR
            assert message in verdict.sentence


def test_times_may_be_dates_texts_or_naive_and_count_as_utc() -> None:
    """SQLite keeps times as text; a time without a zone is taken as UTC."""
    noon = datetime(2026, 3, 9, 12)  # noqa: DTZ001 - a naive time is the point
    for cell in ("2026-03-09 12:00:00", "2026-03-09", noon, noon.date(), noon.replace(tzinfo=UTC)):
        rows = titles("a").assign(at=pd.Series([cell], dtype=object))
        verdict = verdicts(row_count(at_least(1), per="day"), rows)["row_count"]
        assert (verdict.level, verdict.value) == (Level.OK, 1), repr(cell)


def test_row_count_counts_rows() -> None:
    """A limit without a unit counts rows, and an empty table is a count like any other."""
    verdict = verdicts(row_count(at_least(5, alert=2)), titles(*"abc"))["row_count"]
    assert verdict.level is Level.WARNING
    assert verdict.sentence == "3 rows is below 5 rows, the target; alert below 2 rows"
    empty = verdicts(row_count(at_least(alert=1)), titles())["row_count"]
    assert (empty.level, empty.value) == (Level.BREACH, 0)


def test_row_count_per_day_counts_empty_days_as_0() -> None:
    """A day without rows is a day with 0 rows, also the one that is judged."""
    expectation = row_count(at_least(alert=1), per="day")
    table = dated(("2026-03-07", "a"), ("2026-03-07", "b"), ("2026-03-10", "c"))
    verdict = verdicts(expectation, table)["row_count"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence == "2026-03-09: 0 rows is below 1 row, the alert limit"
    assert [point.value for point in verdict.trend] == [2, 0, 0, 1]
    assert verdicts(expectation, dated())["row_count"].value == 0


def test_row_count_takes_a_limit() -> None:
    """A bare number does not say which side is fine."""
    with pytest.raises(DeclarationError, match=r"at_least\(100\)"):
        row_count(100)  # type: ignore[arg-type]


def test_a_scan_keeps_no_rows() -> None:
    """Answers are counts and a few samples, so that memory stays flat."""
    rows = titles(*[None] * 5000)
    asks = [ask for row in conforms_to(TITLES, by="column").expand() for ask in row.asks]
    found = scan(rows, asks, SLOT)
    assert isinstance(found, Scan)
    (tally,) = found.answers.values()
    assert isinstance(tally, Tally)
    assert tally.sample is not None
    assert len(tally.sample.rows) == 5
    assert not any(isinstance(part, pd.DataFrame) for part in vars_of(tally))


def vars_of(record: Any) -> list[Any]:
    return [getattr(record, name) for name in record.__dataclass_fields__]


def test_limits_can_be_overridden_within_reason() -> None:
    """The configuration may move a tolerance, and not make nonsense of it."""
    (row,) = conforms_to(
        TITLES, by="column", tolerate={"title": at_least(95, alert=90, unit="%")}
    ).expand()
    moved = row.override({"alert": 50})
    assert (moved.limits.alert_low, moved.asks) == (50, row.asks)
    with pytest.raises(DeclarationError, match="from 0 to 100"):
        row.override({"target": 950})
    (count,) = row_count(above(10)).expand()
    assert count.override({"target": 20}).limits.target_low == 20


def test_the_whole_model_is_as_bad_as_its_worst_rule() -> None:
    """Unexpanded, a model gives one verdict."""
    expectation = conforms_to(TITLES)
    found = scan(titles("a", None), expectation.asks, SLOT)
    verdict = expectation.judge(found, Context(SLOT))  # type: ignore[arg-type]
    assert "breaks title not null" in verdict.sentence


def test_windows_of_equal_extent_are_one_question() -> None:
    """Asks are compared by what they ask, so that equal ones share an answer."""
    assert row_count(at_least(1)).asks == row_count(at_most(9)).asks == (CountRows(),)


def test_single_rules_can_have_a_severity_of_their_own() -> None:
    """A severity by label goes to that row; an unknown label or severity is refused."""
    expectation = conforms_to(TITLES, severity={"title not null": "low"})
    by_label = {row.label: row.severity for row in expectation.expand()}
    assert by_label["title not null"] == "low"
    assert set(by_label.values()) == {None, "low"}
    with pytest.raises(DeclarationError, match=r"a severity for 'titel not null'.*did you mean"):
        conforms_to(TITLES, severity={"titel not null": "low"})
    with pytest.raises(DeclarationError, match=r"'title not null' is 'lo'; expected critical"):
        conforms_to(TITLES, severity={"title not null": "lo"})
