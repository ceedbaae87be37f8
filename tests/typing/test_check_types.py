"""What a strict type checker accepts of checks, and what it refuses: one mypy run over snippets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from textwrap import dedent

import pytest

REPOSITORY = Path(__file__).parents[2]

PRELUDE = """
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from gatepost import (
    Database, Endpoint, Response, Table, Verdict, above, all_healthy, answers, at_least, at_most,
    below, between, check, conforms_to, distinct, falls_at_most, fresh, fresh_within, lasts,
    no_steady_growth, numeric, quality_score, recorded, responds, rises_at_least, row_count, share,
    share_of_mean, sql_check, sql_rule,
)

class Model(pa.DataFrameModel):
    a: int

def made() -> Any:
    return None

"""


def judged(expectations: str, returned: str) -> str:
    return f"@check({expectations})\ndef check_it() -> {returned}:\n    raise NotImplementedError\n"


ACCEPTED = {
    "a limit on float": judged("at_least(95)", "float"),
    "a limit on int": judged("at_least(95, alert=90)", "int"),
    "a limit on Decimal": judged("at_most(95)", "Decimal"),
    "a limit on what may be missing": judged("at_least(95)", "float | None"),
    "a limit on a series": judged("at_least(95)", "pd.Series[float]"),
    "a limit on labels": judged("between(5, 9)", "dict[str, float]"),
    "a limit on labels that may be missing": judged("at_least(95)", "Mapping[str, float | None]"),
    "a limit on labelled series": judged("at_least(95)", "dict[str, pd.Series[float]]"),
    "levels by severity": judged('at_most(1, alert={"medium": 5, "high": 9.5})', "float"),
    "levels that are limits": judged(
        'at_least(5, alert={"low": at_least(3), "high": above(0)}), '
        'between(1, 2, alert={"low": (0, 3), "high": at_least(-1)})',
        "float",
    ),
    "a course of stored values": judged(
        'falls_at_most(3, alert=5, unit="%"), rises_at_least(alert={"high": 1}), '
        "no_steady_growth(5), lasts(until=90), share_of_mean(0.5, most=2), share_of_mean(most=2)",
        "float | None",
    ),
    "a course by label": judged(
        "falls_at_most(3), rises_at_least(1), no_steady_growth(), lasts(), share_of_mean(0.5)",
        "dict[str, pd.Series[float]]",
    ),
    "freshness on a time": judged('fresh_within("24 h")', "datetime"),
    "freshness on what may be missing": judged('fresh_within("24 h")', "datetime | None"),
    "rules on a table": judged("conforms_to(Model)", "Table"),
    "rules on a frame": judged("conforms_to(Model)", "pd.DataFrame"),
    "rules and a count": judged("conforms_to(Model), row_count(at_least(5))", "Table"),
    "all that a table can be asked": judged(
        'conforms_to(Model, segments=["a"], drill="b"), row_count(at_least(5), last="7 days"), '
        'fresh("at", within="24 h"), distinct(["a", "b"], at_least(5)), '
        'share(below(5), duplicates=["a"]), share(at_least(95), complete="a", per="day"), '
        'share(at_least(95), valid=lambda row: row.a > 0, name="positive"), '
        'numeric("a", mean=between(1, 2), p95=below(9)), quality_score(Model, at_least(90))',
        "Table",
    ),
    "rules in SQL": """
        class Rules(pa.DataFrameModel):
            @sql_check("a", name="positive")
            def positive(a: Any) -> Any:
                return a > 0

        schema = pa.DataFrameSchema(checks=[sql_rule(lambda row: row.a > row.b, "ordered")])
        """,
    "an answer": judged('responds(200, within="1 s", body=conforms_to(Model))', "Response"),
    "a ping": judged('answers("1 s")', "float"),
    "a share of the mean": judged("share_of_mean(0.5), at_least(5)", "pd.Series[float]"),
    "verdicts": judged("all_healthy()", "Mapping[str, Verdict]"),
    "anything that is Any": judged("at_least(95)", "Any"),
    "only an owner, on anything": judged('owner="data", severity="high"', "float"),
    "only an owner, on a plain test": """
        @check(owner="data")
        def test_it() -> None:
            assert made()
        """,
    "a length of runs, text or timedelta": """
        a = check(at_least(5), sustained="3 days")
        b = check(at_least(5), sustained=3)
        c = check(at_least(5), sustained=timedelta(days=3))
        """,
    "a parameter": """
        @pytest.mark.parametrize("region", [
            pytest.param("eu", marks=check(at_least(95))),
            pytest.param("us", marks=[check(at_least(90)), pytest.mark.xfail]),
        ])
        def check_it(region: str) -> float:
            return 1.0
        """,
    "a module": 'pytestmark = check(owner="x")',
    "a module with other marks": 'pytestmark = [check(owner="x"), pytest.mark.xfail]',
    "a class": """
        class CheckIt:
            pytestmark = check(owner="x")

            @check(at_least(5))
            def check_it(self, db: Database) -> float:
                return 1.0
        """,
    "two marks": """
        @check(owner="data")
        @check(at_least(5))
        def check_it() -> float:
            return 1.0
        """,
}

LIMIT_TAKES = (
    "SupportsFloat | Series[Any] | Mapping[str, SupportsFloat | Series[Any] | None] | None"
)

REFUSED = {
    "freshness on float": (judged('fresh_within("24 h")', "float"), "float", "datetime | None"),
    "freshness on text": (judged('fresh_within("24 h")', "str"), "str", "datetime | None"),
    "a limit on text": (judged("at_least(95)", "str"), "str", LIMIT_TAKES),
    "a limit on a time": (judged("at_least(95)", "datetime"), "datetime", LIMIT_TAKES),
    "a limit on labelled texts": (
        judged("at_least(95)", "dict[str, str]"),
        "dict[str, str]",
        LIMIT_TAKES,
    ),
    "rules on float": (judged("conforms_to(Model)", "float"), "float", "Table | DataFrame"),
    "a count on float": (judged("row_count(at_least(5))", "float"), "float", "Table | DataFrame"),
    "a table's freshness on a time": (
        judged('fresh("at", within="24 h")', "datetime"),
        "datetime",
        "Table | DataFrame",
    ),
    "different values on a list": (
        judged('distinct("a", at_least(5))', "list[str]"),
        "list[str]",
        "Table | DataFrame",
    ),
    "a share on float": (
        judged('share(at_least(95), complete="a")', "float"),
        "float",
        "Table | DataFrame",
    ),
    "statistics on a series": (
        judged('numeric("a", mean=at_least(5))', "pd.Series[float]"),
        "Series[float]",
        "Table | DataFrame",
    ),
    "a score on float": (
        judged("quality_score(Model, at_least(5))", "float"),
        "float",
        "Table | DataFrame",
    ),
    "an answer that is a number": (judged("responds(200)", "int"), "int", "Answer"),
    "a ping that is text": (judged('answers("1 s")', "str"), "str", "float"),
    "a mean of labels": (
        judged("share_of_mean(0.5)", "dict[str, float]"),
        "dict[str, float]",
        "SupportsFloat | Series[Any] | Mapping[str, Series[Any]] | None",
    ),
    "health of a number": (judged("all_healthy()", "float"), "float", "Mapping[str, Verdict]"),
    "rules and a limit": (
        judged("conforms_to(Model), at_least(5)", "pd.DataFrame"),
        "DataFrame",
        "Never",
    ),
    "a limit and freshness": (
        judged('at_least(5), fresh_within("24 h")', "float"),
        "float",
        "None",
    ),
}

MISTAKES = {
    "check(95)": 'Argument 1 to "check" has incompatible type "int"',
    'check(severty="high")': 'Unexpected keyword argument "severty" for "check"',
    "check(at_least(95), sustained=1.5)": 'Argument "sustained" to "check" has incompatible type',
    'at_least("95")': 'Argument 1 to "at_least" has incompatible type "str"',
    "fresh_within(24)": 'Argument 1 to "fresh_within" has incompatible type "int"',
    'at_most(5, alert={"high": "10"})': 'Dict entry 0 has incompatible type "str": "str"',
    "falls_at_most(5, within=24)": 'Argument "within" to "falls_at_most" has incompatible type',
    "no_steady_growth(2.5)": 'Argument 1 to "no_steady_growth" has incompatible type "float"',
    "between(5)": 'Missing positional argument "high"',
    'share(95, complete="a")': 'Argument 1 to "share" has incompatible type "int"',
    'numeric("a", mean=5)': 'Argument "mean" to "numeric" has incompatible type "int"',
    'row_count(at_least(5), per="week")': 'Argument "per" to "row_count" has incompatible type',
    "responds(200, body=Model)": 'Argument "body" to "responds" has incompatible type',
}

SIGNATURE = """
    @check(at_least(95), severity="high")
    def check_it(db: Database, region: str = "eu") -> float:
        return 1.0

    class CheckIt:
        @check(at_least(95))
        def check_it(self, db: Database) -> float:
            return 1.0

    reveal_type(check_it)
    reveal_type(CheckIt().check_it)
    rate: float = check_it(made(), region="us")
    check_it(made(), zone="us")
    """

Messages = dict[str, list[str]]


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    """Every snippet's messages, from one strict run over all of them."""
    snippets = {
        **ACCEPTED,
        **{name: code for name, (code, _, _) in REFUSED.items()},
        **{code: code for code in MISTAKES},
        "signature": SIGNATURE,
    }
    folder = tmp_path_factory.mktemp("snippets")
    names = {f"snippet_{number}.py": name for number, name in enumerate(snippets)}
    for file, name in names.items():
        (folder / file).write_text(PRELUDE + dedent(snippets[name]), encoding="utf-8")
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"),
            *("--config-file=", f"--cache-dir={REPOSITORY / '.mypy_cache' / 'snippets'}"),
            *names,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (1, "")
    found: Messages = defaultdict(list)
    for line in finished.stdout.splitlines():
        message = re.fullmatch(r"(snippet_\d+\.py):\d+: (\w+: .+)", line)
        assert message, line
        found[names[message[1]]].append(message[2])
    return found


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_fits_is_accepted(messages: Messages, name: str) -> None:
    """Under --strict, without a single message."""
    assert messages[name] == []


@pytest.mark.parametrize("name", REFUSED)
def test_an_expectation_that_does_not_fit_is_refused(messages: Messages, name: str) -> None:
    """The error names what the function returns, and what would be judged."""
    _, returned, accepted = REFUSED[name]
    assert messages[name] == [
        'error: Argument 1 to "__call__" of "CheckMark" has incompatible type '
        f'"Callable[[], {returned}]"; expected "Callable[[], {accepted}]"  [arg-type]'
    ]


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_in_a_declaration_is_refused(messages: Messages, code: str) -> None:
    """Before anything is run."""
    assert MISTAKES[code] in messages[code][0]


def test_a_check_keeps_its_parameters(messages: Messages) -> None:
    """A unit test that calls it is checked, and gets what it can use as the value it is."""
    revealed = [each for each in messages["signature"] if each.startswith("note: Revealed")]
    function = "def (db: gatepost.targets.database.Database, region: str =) -> Any"
    method = "def (db: gatepost.targets.database.Database) -> Any"
    assert revealed == [f'note: Revealed type is "{each}"' for each in (function, method)]
    errors = [each for each in messages["signature"] if each.startswith("error: ")]
    assert errors == ['error: Unexpected keyword argument "zone" for "check_it"  [call-arg]']
