"""Live tables against what SQLAlchemy and pandera declare of them, on real engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateIndex, CreateTable

from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError
from gatepost.tables.across.drift import find_drift, read_declaration
from gatepost.tables.asks import NotEvaluated
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)


class Job(Base):
    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("companies.id"))
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str | None] = mapped_column(sa.Text)
    salary: Mapped[float | None] = mapped_column(sa.Numeric(10, 2))
    score: Mapped[float | None] = mapped_column(sa.Float)
    is_open: Mapped[bool]
    day: Mapped[Any] = mapped_column(sa.Date, nullable=True)
    crawled_at: Mapped[Any] = mapped_column(sa.DateTime(timezone=True), index=True)
    token: Mapped[Any] = mapped_column(sa.Uuid, nullable=True)
    __table_args__ = (
        sa.Index("ix_title_day", "title", "day"),
        sa.UniqueConstraint("title", "company_id"),
    )


Open = Callable[[str], Database]


@pytest.fixture
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Makes the tables in an engine as its dialect writes them, and opens it."""
    opened: list[Database] = []

    def open_it(backend: str) -> Database:
        url = MAKE[backend](request, tmp_path)
        keys = {"kind": "database", "url": url}
        context = TargetContext(slot=SLOT, root=tmp_path)
        opened.append(open_target("app", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for database in opened:
        database.close()


def make_by_sqlalchemy(url: str) -> str:
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


def make_postgresql(request: pytest.FixtureRequest, _folder: Path) -> str:
    server: Server = request.getfixturevalue("postgres_server")
    name = request.getfixturevalue("postgres_database")
    make_by_sqlalchemy(server.url(name, CRAWLER))
    return server.url(name)


def make_sqlite(_request: pytest.FixtureRequest, folder: Path) -> str:
    return make_by_sqlalchemy(f"sqlite:///{folder}/s.db")


def make_mariadb(request: pytest.FixtureRequest, _folder: Path) -> str:
    server = request.getfixturevalue("mariadb_server")
    name = request.getfixturevalue("mariadb_database")
    connection = server.connect(name)
    dialect = sa.create_engine("mariadb+pymysql://").dialect
    with connection.cursor() as cursor:
        for statement in statements(dialect):
            cursor.execute(statement)
    connection.close()
    return str(server.url(name))


def make_duckdb(request: pytest.FixtureRequest, _folder: Path) -> str:
    path = request.getfixturevalue("duckdb_file")
    import duckdb

    from gatepost.targets.duckdb_dialect import DuckDBDialect

    with duckdb.connect(str(path)) as connection:
        for statement in statements(DuckDBDialect()):
            connection.execute(statement)
    return f"duckdb:///{path}"


def statements(dialect: sa.Dialect) -> Iterator[str]:
    for table in Base.metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect))


MAKE = {
    "postgresql": make_postgresql,
    "sqlite": make_sqlite,
    "mariadb": make_mariadb,
    "duckdb": make_duckdb,
}


def drift(database: Database, name: str, declared: Any) -> dict[str, str]:
    """What differs, by aspect."""
    found = find_drift(database.table(name), read_declaration(declared))
    return {
        aspect: said.why if isinstance(said, NotEvaluated) else "; ".join(map(str, said))
        for aspect, said in found.aspects.items()
        if said
    }


@pytest.mark.parametrize("backend", MAKE)
def test_what_sqlalchemy_made_is_as_declared(open_database: Open, backend: str) -> None:
    """On each engine, with the types, keys and indexes that its dialect writes."""
    database = open_database(backend)
    with keep_journal() as journal:
        assert drift(database, "jobs", Job) == {}
        assert drift(database, "companies", Company.__table__) == {}
    assert all(statement.startswith("-- catalogue") for statement in journal.statements)


DRIFT = """
    drop index ix_title_day;
    alter table jobs drop column day, add column extra int, add column more int,
        alter column title type varchar(100), alter column salary type numeric(12, 2),
        alter column score type text, alter column is_open drop not null,
        alter company_id set not null, drop constraint jobs_company_id_fkey;
    create unique index on jobs (extra);
    create index on jobs (body);
    create index on jobs (lower(body));
    create index on jobs (token) where token is not null;
    alter table companies alter id type bigint;
    create view seen as select * from jobs;
"""


@pytest.fixture
def drifted(
    open_database: Open, postgres_server: Server, postgres_database: str
) -> Iterator[Database]:
    database = open_database("postgresql")
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute(DRIFT)
    return database


def test_each_aspect_names_what_drifted(drifted: Database) -> None:
    """Counts before names; partial indexes and those on expressions are left out."""
    assert drift(drifted, "jobs", Job) == {
        "columns": "1 column missing: day; 2 columns not declared: extra, more",
        "types": "3 columns of another type: title is VARCHAR(100) instead of VARCHAR(200); "
        "salary is NUMERIC(12, 2) instead of NUMERIC(10, 2); score is TEXT instead of FLOAT",
        "nullability": "1 column allows nulls, against the declaration: is_open; "
        "1 column forbids nulls, against the declaration: company_id",
        "keys": "1 key missing: (company_id) to companies (id); 1 key not declared: unique (extra)",
        "indexes": "1 index missing: on (title, day); 1 index not declared: on (body)",
    }
    assert drift(drifted, "companies", Company) == {
        "types": "1 column of another type: id is BIGINT instead of INTEGER"
    }


def test_a_view_has_columns_and_types_only(drifted: Database) -> None:
    """The rest is an error that says how to leave it out, never a pass."""
    found = find_drift(drifted.table("seen"), read_declaration(Job)).aspects
    unanswered = {name for name, said in found.items() if isinstance(said, NotEvaluated)}
    assert unanswered == {"nullability", "keys", "indexes"}
    keys = found["keys"]
    assert isinstance(keys, NotEvaluated)
    assert "it is a view" in keys.why
    assert "ignore=[...]" in keys.why


def test_a_schema_of_ones_own_is_no_drift(
    postgres_server: Server, postgres_database: str, open_database: Open
) -> None:
    """Whether the search path or the table's name says it, and the declaration or not."""
    database = open_database("postgresql")
    assert drift(database, "public.jobs", Job) == {}
    elsewhere = sa.MetaData(schema="public")
    for model in (Company, Job):
        model.__table__.to_metadata(elsewhere)
    assert drift(database, "jobs", elsewhere.tables["public.jobs"]) == {}


def test_a_row_id_of_sqlite_is_not_null(tmp_path: Path) -> None:
    """An INTEGER PRIMARY KEY never is, another one may well be."""
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.executescript(
            "create table companies (id integer primary key, code varchar(20) not null unique);"
            "create table codes (code text primary key);"
        )
    keys = {"kind": "database", "url": "sqlite:///s.db"}
    context = TargetContext(slot=SLOT, root=tmp_path)
    codes = sa.Table("codes", sa.MetaData(), sa.Column("code", sa.Text, primary_key=True))
    with closing(open_target("app", Settings.model_validate(keys), context)) as database:
        assert drift(database, "companies", Company) == {}
        assert drift(database, "codes", codes) == {
            "nullability": "1 column allows nulls, against the declaration: code"
        }


def test_a_model_is_compared_by_columns_and_types(drifted: Database) -> None:
    """A strict one minds what it does not declare; a pattern declares what it matches."""

    class Strict(pa.DataFrameModel):
        id: int
        title: str
        body: float
        nothing: str
        anything: str = pa.Field(regex=True, alias="^(company|is|crawled|s|t).*")

        class Config:
            strict = True

    class Loose(pa.DataFrameModel):
        id: int
        body: str

    found = drift(drifted, "jobs", Strict)
    assert found["columns"] == "1 column missing: nothing; 2 columns not declared: extra, more"
    assert "body is to be dtype(float64): it is TEXT, text" in found["types"]
    assert drift(drifted, "jobs", Loose) == {}


def test_a_table_that_does_not_exist_is_an_error(drifted: Database) -> None:
    """The database's own refusal, with the nearest names."""
    with pytest.raises(MeasurementError, match="there is no table jbos; did you mean jobs"):
        drift(drifted, "jbos", Job)
