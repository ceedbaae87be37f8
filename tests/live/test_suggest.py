"""`gatepost suggest`: the modules it writes for live tables pass on these tables at once."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.cli import main
from gatepost.suggesting.profile import profile_table
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target
from gatepost.targets.journal import keep_journal

RAW_JOBS = """
    create table raw_jobs (
        job_id text, title text, job_url text, company_name varchar(80), salary text, skills json,
        location text, deadline timestamp, verified_employer bool, posted_time timestamptz,
        crawled_at timestamptz);
    insert into raw_jobs
    select case when i = 101 then null else 'JB' || i end,
           case when i = 113 then '' else 'Engineer (ref ' || i % 900 || ')' end,
           'https://jobs.example.com/listing/' || i,
           'Company ' || i % 300,
           case when i % 4 = 0 then null else 'LKR ' || 50 + i % 400 || ',000' end,
           case when i % 20 = 1 then null when i % 20 = 2 then '[]' else '["sql"]' end::json,
           (array['Colombo', 'Kandy', 'Hue "x"', 'it''s'])[1 + i % 4],
           case when i % 10 = 3 then null else now() at time zone 'UTC' + interval '30 days' end,
           case when i = 143 then null else i % 3 > 0 end,
           now() - interval '3 hours' - i * interval '1 minute',
           now() - interval '2 hours' - i * interval '1 minute'
    from generate_series(1, 1000) i;
"""

UGLY = """
    create schema "Seiten Schau";
    create table "Seiten Schau"."Große ""Jobs""; Tabelle" (
        id bigint primary key,
        "class" text not null,
        "from" numeric(8, 2),
        "größe in m²" double precision,
        "a b" integer,
        "a-b" integer,
        "a_b" smallint,
        "1st" text,
        "validate" text,
        "int" integer,
        "pd" real,
        "_hidden" text,
        "日本" text,
        "100%" numeric,
        "a:b" text,
        "quo""te'" text,
        "back\\slash" text,
        " " text,
        nothing text,
        none_int integer,
        tags text[],
        payload jsonb,
        nan_here double precision,
        endless double precision,
        negative numeric,
        tiny double precision,
        key_uuid uuid,
        born date,
        clock time,
        lasted interval,
        raw bytea,
        address inet,
        padded char(5),
        kind varchar(3),
        site text,
        digits text,
        email text,
        "when" timestamptz,
        later timestamptz,
        odd timestamp,
        big bigint,
        "A" integer,
        "a" integer);
    insert into "Seiten Schau"."Große ""Jobs""; Tabelle"
    select i, 'c' || i % 3, i / 7.0, case when i % 9 = 0 then null else i / 3.0 end, i, -i, i % 2,
           repeat('x', 1 + i % 40), 'v', i, 0.5, 'h', '値' || i % 2, i * 1e300::numeric,
           ':a %(b)s ' || i % 2,
           E'q"\\'' || i % 2, E'\\\\ \\n' || i % 2,
           case when i % 2 = 0 then '' else ' ' end, null, null,
           case when i % 3 = 0 then '{}'::text[] else '{a,b}'::text[] end, '{"a": 1}'::jsonb,
           case when i % 5 = 0 then 'NaN'::float8 else i end,
           case when i % 5 = 0 then '-Infinity'::float8 else 'Infinity'::float8 end,
           -i - 0.5, 1e-300 * i, gen_random_uuid(), date '2020-01-01' + i::int, time '10:00',
           interval '1 day', '\\x00ff'::bytea, '127.0.0.1'::inet, 'ab', 'abc',
           'http://x.example/' || i, lpad(i::text, 6, '0'), 'u' || i || '@example.org',
           now() - interval '50 days', now() + interval '3 days', now() at time zone 'UTC',
           9223372036854775000 - i, i, i
    from generate_series(1, 150) i;
"""

OTHERS = """
    create table empty_one (id integer primary key, name text, at timestamptz);
    create table single (id integer primary key, name text, at timestamptz);
    insert into single values (7, 'only', now() - interval '1 hour');
    create table "Table" (id integer, constant text);
    insert into "Table" select i, 'same' from generate_series(1, 5000) i;
    create view "import" as select * from "Table";
    create table people (id integer, email text, salary integer, phone text);
    insert into people
    select i, 'person' || i % 3 || '@example.org', 70000 + i, '0770000' || i % 2
    from generate_series(1, 200) i;
"""

CONFIGURATION = """
[targets.jobs]
kind = "database"
url = "{url}"
sensitive = ["email", "sal*", "phone"]

[targets.api]
kind = "endpoint"
url = "http://127.0.0.1:1/"
"""

UGLY_NAME = 'Seiten Schau.Große "Jobs"; Tabelle'


@pytest.fixture
def project(
    tmp_path: Path, postgres_server: Server, postgres_database: str, monkeypatch: Any
) -> Iterator[Path]:
    """A project with a database of tables of all sorts."""
    wide = ", ".join(f'"column {number}" integer' for number in range(300))
    numbers = ", ".join(f"i + {number}" for number in range(300))
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        for statement in (
            RAW_JOBS,
            UGLY,
            OTHERS,
            f"create table wide ({wide})",
            f"insert into wide select {numbers} from generate_series(1, 60) i",  # noqa: S608 - of the test's own
        ):
            connection.execute(statement)
    url = postgres_server.url(postgres_database)
    (tmp_path / "gatepost.toml").write_text(CONFIGURATION.format(url=url), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def levels(project: Path, *arguments: str) -> dict[str, str]:
    """The level of every row of a run of the project's checks."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "checks", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    document = json.loads((project / "reports" / "report.json").read_text("utf-8"))
    return {row["check"]["id"]: row["verdict"]["level"] for row in document["results"]}


def is_formatted(file: Path, width: int) -> bool:
    command = [sys.executable, "-m", "ruff", "--quiet", "--isolated"]
    options = ["--config", f"line-length={width}", str(file)]
    clean = subprocess.run([*command, "format", "--check", *options], check=False)
    lint = [*command, "check", "--select", "F,I,B,UP", *options]
    return clean.returncode == 0 and subprocess.run(lint, check=False).returncode == 0


def test_what_is_suggested_passes_and_is_formatted(project: Path) -> None:
    """For tables and views of all sorts the module passes at once, and ruff has nothing to say."""
    tables = {
        "raw_jobs": "raw_jobs",
        "ugly": UGLY_NAME,
        "empty": "empty_one",
        "single": "single",
        "plain": "Table",
        "view": "import",
        "people": "people",
        "wide": "wide",
    }
    for name, table in tables.items():
        file = f"checks/app/check_{name}.py"
        assert main(["suggest", "--table", table, "--output", file]) == 0
        assert is_formatted(project / file, 88), Path(file).read_text("utf-8")
        assert is_formatted(project / file, 100), Path(file).read_text("utf-8")
    found = levels(project)
    assert {each for each in found if found[each] != "ok"} == set()
    groups = {each.split(".")[1] for each in found}
    assert groups == set(tables)


def test_sensitive_columns_show_no_value(project: Path, capsys: Any) -> None:
    """Neither texts nor the limits of numbers of a sensitive column are written down."""
    assert main(["suggest", "--table", "people", "--target", "jobs"]) == 0
    text = capsys.readouterr().out
    assert "example.org" not in text
    assert "70" not in text
    assert 'str_contains="@"' in text
    assert "salary: int = pa.Field(unique=True)" in text


def test_one_statement_scans_and_one_more_lists_values(
    project: Path, postgres_server: Server, postgres_database: str
) -> None:
    """A table is read once, and the columns with few values once more, in one statement each."""
    url = postgres_server.url(postgres_database)
    settings = Settings.model_validate({"kind": "database", "url": url})
    target = open_target("jobs", settings, TargetContext())
    with keep_journal() as journal:
        profile = profile_table(target.table("raw_jobs"), datetime.now(UTC))
    target.close()
    sent = [each for each in journal.statements if not each.startswith("-- catalogue")]
    assert len(sent) == 2
    found = {each.column.name: each for each in profile.columns}
    assert profile.rows == 1000
    assert found["location"].values == ("Colombo", 'Hue "x"', "Kandy", "it's")
    assert (found["salary"].nulls, found["salary"].distinct) == (250, 300)
    assert (found["title"].empties, found["title"].shortest) == (1, 0)
    assert (found["skills"].nulls, found["skills"].empties) == (50, 50)
    assert found["job_url"].shapes == ("http:// or https:// at its start",)


def test_a_module_names_the_time_that_was_asked_for(project: Path, capsys: Any) -> None:
    """--time takes the place of the newest time; a column that holds none is refused."""
    given = ["suggest", "--table", "raw_jobs"]
    assert main([*given, "--time", "posted_time"]) == 0
    assert 'fresh("posted_time", within="24 h", alert="36 h")' in capsys.readouterr().out
    assert main([*given, "--time", "crawled"]) == 2
    assert "did you mean crawled_at?" in capsys.readouterr().err
    assert main([*given, "--time", "title"]) == 2
    assert "title holds text, not times" in capsys.readouterr().err


def test_nothing_is_overwritten_and_mistakes_are_named(project: Path, capsys: Any) -> None:
    """An existing file stays; unknown tables and targets are told with what is near."""
    file = project / "check_mine.py"
    file.write_text("mine", "utf-8")
    assert main(["suggest", "--table", "raw_jobs", "--output", str(file)]) == 2
    assert "exists and is not overwritten" in capsys.readouterr().err
    assert file.read_text("utf-8") == "mine"
    assert main(["suggest", "--table", "raw_job"]) == 1
    assert "did you mean raw_jobs?" in capsys.readouterr().err
    assert main(["suggest", "--table", "x", "--target", "job"]) == 2
    assert "there is no target job; did you mean jobs?" in capsys.readouterr().err
    assert main(["suggest", "--table", "x", "--target", "api"]) == 2
    assert "api is of kind endpoint, which has no tables" in capsys.readouterr().err
    assert main(["suggest", "--table", "x", "--url", "nothing"]) == 2
    assert "not a database URL" in capsys.readouterr().err
    secret = "postgresql://me:hidden@127.0.0.1:1/x"
    assert main(["suggest", "--table", "x", "--url", secret]) == 3
    said = capsys.readouterr().err
    assert "connection refused" in said
    assert "hidden" not in said


def test_a_url_needs_no_project(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    """Without a gatepost.toml a table is found by its URL, and the module says how to go on."""
    monkeypatch.chdir(tmp_path)
    assert main(["suggest", "--table", "x"]) == 2
    assert "there is no gatepost.toml" in capsys.readouterr().err
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.execute("create table orders (id integer primary key not null, price real)")
        rows = [(number, number / 4) for number in range(1, 121)]
        connection.executemany("insert into orders values (?, ?)", rows)
    given = ["suggest", "--table", "orders", "--url", "sqlite:///shop.sqlite"]
    assert main(given) == 0
    text, said = capsys.readouterr()
    assert "[targets.database]" in said
    assert "id: int = pa.Field(unique=True, ge=0)" in text
    assert "price: float = pa.Field(ge=0, le=50)" in text
    assert "def check_orders(database: Database) -> Table:" in text
    assert main([*given, "--target", "shop", "--output", "orders.py"]) == 0
    assert "def check_orders(shop: Database)" in Path("orders.py").read_text("utf-8")
    assert "pytest collects check_*.py" in capsys.readouterr().err


def test_files_are_profiled_by_duckdb(duckdb_file: Path, monkeypatch: Any) -> None:
    """A Parquet file of a target of kind "files" is suggested for as a table is."""
    import duckdb

    project = duckdb_file.parent
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select i as id, 'kind ' || i % 3 as kind, i / 2.0 as price, "  # noqa: S608 - its own
            "timestamptz '2026-11-01' + i * interval 1 minute as made from range(200) t(i)) "
            f"to '{project / 'sales.parquet'}' (format parquet)"
        )
    (project / "gatepost.toml").write_text('[targets.lake]\nkind = "files"\npath = "."\n', "utf-8")
    monkeypatch.chdir(project)
    file = "checks/lake/check_sales.py"
    assert main(["suggest", "--table", "sales.parquet", "--output", file]) == 0
    text = (project / file).read_text("utf-8")
    assert 'kind: str = pa.Field(isin=["kind 0", "kind 1", "kind 2"])' in text
    assert is_formatted(project / file, 88), text
    assert set(levels(project).values()) == {"ok"}
