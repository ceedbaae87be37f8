"""`gatepost suggest`: the modules it writes for live tables pass on these tables at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.cli import main

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
