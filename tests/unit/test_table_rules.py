"""The rules of a pandera model: which there are, and who breaks them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from gatepost.errors import DeclarationError
from gatepost.tables.asks import NotEvaluated, Whole
from gatepost.tables.evaluation import evaluate
from gatepost.tables.rules import Kind, as_schema, keys_of, rules_of


class RawJobs(pa.DataFrameModel):
    job_id: str = pa.Field(unique=True, str_length={"min_value": 1})
    title: str = pa.Field(str_length={"min_value": 1})
    salary: str = pa.Field(nullable=True, str_contains=r"\d")
    skills: object = pa.Field(nullable=True)

    @pa.check("skills", element_wise=True)
    def non_empty(cls, skills: list[str]) -> bool:  # noqa: N805 - pandera hands over the class
        return len(skills) > 0


def broken(schema: Any, frame: pd.DataFrame) -> dict[str, Any]:
    """What is wrong by label: the rows' positions, or the reason; what is kept is left out."""
    found: dict[str, Any] = {}
    for rule in rules_of(as_schema(schema)):
        outcome = evaluate(rule, frame)
        if isinstance(outcome, Whole):
            if not outcome.holds:
                found[rule.label] = outcome.why
        elif isinstance(outcome, NotEvaluated):
            found[rule.label] = f"not evaluated: {outcome.why}"
        elif outcome.any():
            found[rule.label] = outcome.nonzero()[0].tolist()
    return found


def test_a_model_becomes_one_labelled_rule_for_each_thing_it_says() -> None:
    """Labels are a column and a check, in the model's order, without arguments."""
    assert [rule.label for rule in rules_of(as_schema(RawJobs))] == [
        "job_id present",
        "job_id dtype",
        "job_id not null",
        "job_id unique",
        "job_id str_length",
        "title present",
        "title dtype",
        "title not null",
        "title str_length",
        "salary present",
        "salary dtype",
        "salary str_contains",
        "skills present",
        "skills dtype",
        "skills non_empty",
    ]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (pa.Check.str_length(min_value=1), "str_length(min_value=1)"),
        (pa.Check.isin(["healthy", "degraded"]), "isin(['healthy', 'degraded'])"),
        (
            pa.Check.in_range(1, 2, include_max=False),
            "in_range(min_value=1, max_value=2, include_max=False)",
        ),
        (pa.Check.ge(2), "greater_than_or_equal_to(2)"),
        (pa.Check.ge(2, error="must be two"), "greater_than_or_equal_to (must be two)"),
        (pa.Check(lambda cells: cells > 0), "check"),
        (pa.Check(lambda cells: cells > 0, name="positive"), "positive"),
        (pa.Check.isin(list(range(999))), None),
    ],
)
def test_a_check_is_named_with_its_arguments(check: Any, words: str | None) -> None:
    """Words have the arguments as the author wrote them, and stay on one short line."""
    schema = pa.DataFrameSchema({"a": pa.Column(nullable=True, required=False, checks=check)})
    (rule,) = rules_of(schema)
    assert len(rule.text) <= 130
    if words is not None:
        assert rule.text == f"a {words}"


def test_equal_names_on_one_column_are_numbered() -> None:
    """Two checks of one kind keep ids of their own."""
    checks = [pa.Check.str_contains("a"), pa.Check.str_contains("b")]
    schema = pa.DataFrameSchema({"a": pa.Column(checks=checks, nullable=True, required=False)})
    assert [rule.label for rule in rules_of(schema)] == ["a str_contains", "a str_contains 2"]


def test_rules_on_the_whole_table_come_last() -> None:
    """Strict, ordered, unique names, rows unique together and row checks have their rules."""
    schema = pa.DataFrameSchema(
        {"a": pa.Column(nullable=True, required=False)},
        strict=True,
        ordered=True,
        unique_column_names=True,
        unique=["a", "b"],
        checks=[pa.Check(lambda rows: rows["a"] > 0, name="a above zero")],
    )
    assert [rule.label for rule in rules_of(schema)] == [
        "columns strict",
        "columns ordered",
        "columns unique",
        "unique a, b",
        "a above zero",
    ]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (int, "takes a DataFrameModel class"),
        (RawJobs.to_schema().columns["title"], "takes a DataFrameModel class"),
        (
            pa.DataFrameSchema(index=pa.MultiIndex([pa.Index(int, name="a"), pa.Index(int)])),
            "declare its levels as columns",
        ),
        (pa.DataFrameSchema({"a": pa.Column(nullable=True, required=False)}), "no rule at all"),
    ],
)
def test_what_cannot_be_judged_by_rules_is_refused(model: Any, message: str) -> None:
    """A wrong model fails where it is declared, and says what to do."""
    with pytest.raises(DeclarationError, match=message):
        rules_of(as_schema(model))


def test_a_field_that_pandera_refuses_fails_where_it_is_declared() -> None:
    """A wrong model is a wrong declaration, with pandera's own reason."""

    class Wrong(pa.DataFrameModel):
        a: int

        @pa.check("b")
        def positive(cls, cells: Any) -> Any:  # noqa: N805 - pandera hands over the class
            return cells > 0

    with pytest.raises(DeclarationError, match="Wrong"):
        as_schema(Wrong)


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        (RawJobs.to_schema(), ("job_id",)),
        (pa.DataFrameSchema({"a": pa.Column(int), "b": pa.Column(int)}), ("a",)),
        (pa.DataFrameSchema({"a": pa.Column(int)}, unique=["a", "b"]), ("a", "b")),
        (pa.DataFrameSchema({"a": pa.Column(int)}, index=pa.Index(int, name="id")), ("id",)),
    ],
)
def test_rows_are_known_by_what_is_unique(schema: Any, keys: tuple[str, ...]) -> None:
    """Keys are the unique columns, else the index, else the first column."""
    assert keys_of(schema) == keys


def test_each_rule_finds_its_own_rows() -> None:
    """Nulls, duplicates and broken checks are told apart, by position."""
    frame = pd.DataFrame(
        {
            "job_id": ["a", "b", "b", ""],
            "title": ["x", None, "", "y"],
            "salary": ["1", None, "none", "2"],
            "skills": [["sql"], [], None, ["go"]],
        },
        index=[7, 7, 7, 7],
    )
    assert broken(RawJobs, frame) == {
        "job_id unique": [1, 2],
        "job_id str_length": [3],
        "title not null": [1],
        "title str_length": [2],
        "salary str_contains": [2],
        "skills non_empty": [1],
    }


def test_a_missing_column_breaks_its_presence_and_leaves_the_rest_open() -> None:
    """What a column that is not there would hold is not evaluated, which is no pass."""
    frame = pd.DataFrame({"job_id": ["a"], "salary": ["1"], "skills": [["sql"]]})
    assert broken(RawJobs, frame) == {
        "title present": "column 'title' does not exist; there are job_id, salary, skills",
        "title dtype": "not evaluated: column 'title' does not exist",
        "title not null": "not evaluated: column 'title' does not exist",
        "title str_length": "not evaluated: column 'title' does not exist",
    }


def test_an_optional_column_may_be_missing() -> None:
    """Rules on a column that need not be there hold without it, and say so."""
    schema = pa.DataFrameSchema({"a": pa.Column(int, required=False), "b": pa.Column(int)})
    frame = pd.DataFrame({"b": [1]})
    assert broken(schema, frame) == {}
    assert evaluate(rules_of(schema)[0], frame) == Whole(
        True, "column 'a' does not exist, which is allowed"
    )


def test_a_check_that_raises_spoils_no_other_rule() -> None:
    """The exception becomes one short line in the place of that rule alone."""

    def fail(cells: Any) -> Any:
        raise RuntimeError("first line\nsecond " + "x" * 1000)

    schema = pa.DataFrameSchema({"a": pa.Column(int, [pa.Check(fail), pa.Check.gt(1)])})
    found = broken(schema, pd.DataFrame({"a": [1, 2]}))
    assert found["a greater_than"] == [0]
    assert found["a fail"].startswith("not evaluated: RuntimeError: first line second xxx")
    assert len(found["a fail"]) < 250


def test_a_check_of_all_rows_together_holds_or_not() -> None:
    """A check that returns one truth, or groups, is on the column as a whole."""
    schema = pa.DataFrameSchema(
        {
            "a": pa.Column(
                float,
                [
                    pa.Check(lambda cells: cells.mean() > 10, name="mean"),
                    pa.Check(
                        lambda groups: groups["x"].mean() > groups["y"].mean(),
                        groupby="g",
                        name="x above y",
                    ),
                ],
            ),
            "g": pa.Column(str),
        }
    )
    frame = pd.DataFrame({"a": [1.0, 2.0], "g": ["x", "y"]})
    said = "the check says so of all rows together"
    assert broken(schema, frame) == {"a mean": said, "a x above y": said}


def test_an_index_is_judged_from_the_column_of_its_name() -> None:
    """A table has no index; the model's named one is the column with that name."""
    schema = pa.DataFrameSchema(
        {"a": pa.Column(int)}, index=pa.Index(int, pa.Check.gt(1), unique=True, name="id")
    )
    rows = {"id": [1, 2, 2], "a": [1, 1, 1]}
    expected = {"id unique": [1, 2], "id greater_than": [0]}
    assert broken(schema, pd.DataFrame(rows)) == expected
    assert broken(schema, pd.DataFrame(rows).set_index("id")) == expected
    assert "id present" in broken(schema, pd.DataFrame({"a": [1]}))


def test_a_schema_wide_dtype_goes_before_the_columns() -> None:
    """As in pandera, a dtype of the whole schema is what each column is held to."""
    schema = pa.DataFrameSchema({"a": pa.Column(int), "b": pa.Column()}, dtype=float)
    assert broken(schema, pd.DataFrame({"a": [1.0], "b": [1]})) == {"b dtype": "it is int64"}


def test_columns_need_not_be_named_by_text() -> None:
    """A file without a header has numbers for names."""
    schema = pa.DataFrameSchema({0: pa.Column(int, pa.Check.gt(1))})
    assert broken(schema, pd.DataFrame([[1], [2]])) == {"0 greater_than": [0]}


def test_equal_column_names_are_each_held_to_the_rule() -> None:
    """A joined frame may have a name twice; a bad cell in either is a bad row."""
    schema = pa.DataFrameSchema({"a": pa.Column(int, pa.Check.gt(1))}, unique_column_names=True)
    frame = pd.DataFrame([[1, 2], [2, 2], [2, 1]], columns=["a", "a"])
    assert broken(schema, frame) == {"a greater_than": [0, 2], "columns unique": "repeated: a"}


def test_lambdas_that_differ_in_a_constant_are_two_rules() -> None:
    """pandera holds them equal; their answers must not be mixed up."""
    checks = [pa.Check(lambda cells: cells > 1), pa.Check(lambda cells: cells > 2)]
    assert checks[0] == checks[1]
    schema = pa.DataFrameSchema({"a": pa.Column(checks=checks)})
    found = broken(schema, pd.DataFrame({"a": [1, 2, 3]}))
    assert found == {"a check": [0], "a check 2": [0, 1]}


# What pandera itself says of the same frame, for rules and frames made at random.

TEXTS = st.one_of(st.sampled_from(["", "a", "A1", "é", "12", "a\n", "日本", " ", "😀"]), st.none())
CELLS: dict[str, Any] = {
    "text": st.one_of(TEXTS, st.just(np.nan)),
    "mixed": st.one_of(TEXTS, st.integers(0, 3)),
    "whole": st.integers(-3, 3),
    "number": st.sampled_from([0.0, -0.0, 1.5, -1.0, 1e300, np.inf, -np.inf, np.nan]),
    "nullable": st.one_of(st.integers(-3, 3), st.just(pd.NA)),
    "moment": st.one_of(
        st.sampled_from([pd.Timestamp("2026-03-01", tz="UTC"), pd.Timestamp(0, tz="UTC")]),
        st.just(pd.NaT),
    ),
}
STORED = {"text": object, "mixed": object, "whole": "int64", "number": "float64"}
STORED |= {"nullable": "Int64", "moment": "datetime64[us, UTC]"}
DTYPES: dict[str, list[Any]] = {
    "text": [str, object, None],
    "mixed": [str, None, int],
    "whole": [int, float, None],
    "number": [float, int, None],
    "nullable": ["Int64", int, None],
    "moment": [pd.DatetimeTZDtype(unit="us", tz="UTC"), "datetime64[ns]", None],
}


@st.composite
def checks_for(draw: st.DrawFn, kind: str) -> pa.Check:
    keeps_null = {"ignore_na": draw(st.booleans())}
    if kind in ("text", "mixed"):
        make = draw(
            st.sampled_from(
                [
                    lambda **key: pa.Check.str_length(1, 2, **key),
                    lambda **key: pa.Check.str_contains(r"\d", **key),
                    lambda **key: pa.Check.str_matches(r"a|é", **key),
                    lambda **key: pa.Check.str_startswith("A", **key),
                    lambda **key: pa.Check.str_endswith("\n", **key),
                    lambda **key: pa.Check.isin(["a", "", None], **key),
                    lambda **key: pa.Check.notin(["a", "日本"], **key),
                    lambda **key: pa.Check.ne("a", **key),
                    lambda **key: pa.Check(lambda cell: len(cell) > 0, element_wise=True, **key),
                    lambda **key: pa.Check.unique_values_eq(["a", ""], **key),
                ]
            )
        )
        return make(**keeps_null)
    if kind == "moment":
        return pa.Check.gt(pd.Timestamp("2026-01-01", tz="UTC"), **keeps_null)
    make = draw(
        st.sampled_from(
            [
                lambda **key: pa.Check.gt(0, **key),
                lambda **key: pa.Check.le(1, **key),
                lambda **key: pa.Check.in_range(-1, 1, include_max=False, **key),
                lambda **key: pa.Check.isin([0, 1, 2], **key),
                lambda **key: pa.Check.notin([-1, 3], **key),
                lambda **key: pa.Check.eq(1, **key),
                lambda **key: pa.Check(lambda cells: cells.sum() > 2, **key),
                lambda **key: pa.Check(lambda cells: cells / None, **key),
                lambda **key: pa.Check(lambda cells: cells.head(1) > 0, **key),
            ]
        )
    )
    return make(**keeps_null)


@st.composite
def schemas_and_frames(draw: st.DrawFn) -> tuple[pa.DataFrameSchema, pd.DataFrame]:
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3))
    size = draw(st.integers(1, 8))
    columns, stored = {}, {}
    for place, kind in enumerate(kinds):
        regex = draw(st.booleans()) and draw(st.booleans())
        name = f"c{place}"
        columns[f"^{name}" if regex else name] = pa.Column(
            draw(st.sampled_from(DTYPES[kind])),
            draw(st.lists(checks_for(kind), max_size=3)),
            nullable=draw(st.booleans()),
            unique=draw(st.booleans()),
            report_duplicates=draw(st.sampled_from(["all", "exclude_first", "exclude_last"])),
            required=draw(st.booleans()),
            regex=regex,
        )
        for suffix in draw(st.sampled_from([[""], [""], [""], [], ["", "_b"] if regex else [""]])):
            cells = draw(st.lists(CELLS[kind], min_size=size, max_size=size))
            stored[name + suffix] = pd.Series(cells, dtype=STORED[kind])
    if draw(st.booleans()):
        stored["other"] = pd.Series(range(size))
    names = draw(st.permutations(sorted(stored)))
    together = [name for name in columns if not name.startswith("^")]
    row_checks = [
        pa.Check(lambda rows: rows.notna().all(axis=1), name="no nulls", ignore_na=False),
        pa.Check(lambda rows: len(rows) > 2, name="enough"),
        pa.Check(lambda row: row.notna().sum() > 1, name="row", element_wise=True),
        pa.Check(lambda rows: rows["other"] > 0, name="other"),
    ]
    schema = pa.DataFrameSchema(
        columns,
        checks=draw(st.lists(st.sampled_from(row_checks), max_size=2, unique_by=id)),
        strict=draw(st.booleans()),
        ordered=draw(st.booleans()),
        unique_column_names=True,
        unique=together if len(together) > 1 and draw(st.booleans()) else None,
        report_duplicates=draw(st.sampled_from(["all", "exclude_first", "exclude_last"])),
    )
    return schema, pd.DataFrame({name: stored[name] for name in names}, index=range(size))


def said_by_pandera(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> dict[str, Any]:
    """What one lazy validation reports, by our labels: rows by position, "whole" or "error"."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        found = errors.schema_errors
    else:
        return {}
    rules = rules_of(schema)
    said: dict[str, Any] = {}
    for error in found:
        column = next(
            (
                pattern
                for pattern, field in schema.columns.items()
                if error.column_name == pattern
                or (field.regex and re.match(pattern, str(error.column_name)))
            ),
            None,
        )
        checks = [rule for rule in rules if rule.check and rule.column == column]
        label = {
            "COLUMN_NOT_IN_DATAFRAME": f"{error.failure_cases} present",
            "INVALID_COLUMN_NAME": f"{error.schema.name} present",
            "COLUMN_NOT_IN_SCHEMA": "columns strict",
            "COLUMN_NOT_ORDERED": "columns ordered",
            "DUPLICATES": f"unique {', '.join(schema.unique or [])}",
            "SERIES_CONTAINS_NULLS": f"{column} not null",
            "SERIES_CONTAINS_DUPLICATES": f"{column} unique",
            "WRONG_DATATYPE": f"{column} dtype",
        }.get(error.reason_code.name) or checks[error.check_index].label
        rows: Any = "whole"
        if error.reason_code.name == "CHECK_ERROR":
            rows = "error"
        elif isinstance(error.failure_cases, pd.DataFrame):
            rows = set(error.failure_cases["index"])
        said[label] = _both(said.get(label, rows), rows)
    return said


def _both(one: Any, other: Any) -> Any:
    """What a regex column's rule comes to on two columns."""
    if isinstance(one, set) and isinstance(other, set):
        return one | other
    return "whole" if "whole" in (one, other) else "error"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(schemas_and_frames())
def test_rule_by_rule_says_what_pandera_says_at_once(
    case: tuple[pa.DataFrameSchema, pd.DataFrame],
) -> None:
    """Every rule breaks on the rows, and fails to run, where one lazy validation says so."""
    schema, frame = case
    said = said_by_pandera(schema, frame)
    for rule in rules_of(schema):
        outcome = evaluate(rule, frame)
        theirs = said.pop(rule.label, None)
        if isinstance(outcome, NotEvaluated):
            if outcome.absent:  # pandera is silent, or judges the columns that are left
                assert rule.kind is Kind.ROWS_UNIQUE or theirs is None
                assert missing(schema, frame)
            else:
                assert theirs == "error", rule.text
        elif isinstance(outcome, Whole):
            assert (theirs is None) == outcome.holds, rule.text
            assert theirs == "whole" or outcome.holds or rule.kind is Kind.DTYPE, rule.text
        elif theirs is None:
            assert not outcome.any(), rule.text
        elif rule.kind in (Kind.UNIQUE, Kind.ROWS_UNIQUE):
            # Its report leaves out duplicates that are null.
            nulls = set(np.flatnonzero(frame.isna().any(axis="columns")))
            assert outcome.any(), rule.text
            assert theirs - nulls == set(np.flatnonzero(outcome)) - nulls, rule.text
        else:
            assert theirs == set(np.flatnonzero(outcome)), rule.text
    assert not said, "pandera reports what no rule of ours stands for"


def missing(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[str]:
    """The labels of the columns that are missing, as far as they are required."""
    rules = [rule for rule in rules_of(schema) if rule.kind is Kind.PRESENT]
    return [rule.label for rule in rules if evaluate(rule, frame) != Whole(True, "it is there")]


def test_a_column_that_fails_outweighs_one_that_cannot_be_judged() -> None:
    """A rule on two columns that raises on one and does not hold on the other does not hold."""

    def sums_up(values: pd.Series) -> bool:
        if values.name == "c2":
            raise RuntimeError("cannot add these")
        return bool(values.sum() > 5)

    schema = pa.DataFrameSchema({"^c": pa.Column(float, pa.Check(sums_up), regex=True)})
    rule = next(each for each in rules_of(schema) if each.check)
    outcome = evaluate(rule, pd.DataFrame({"c1": [1.0], "c2": [9.0]}))
    assert isinstance(outcome, Whole)
    assert not outcome.holds
    alone = evaluate(rule, pd.DataFrame({"c2": [9.0]}))
    assert isinstance(alone, NotEvaluated)
    assert alone.why == "RuntimeError: cannot add these"
