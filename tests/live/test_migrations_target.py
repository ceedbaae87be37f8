"""Alembic's scripts against live databases: every way in which the two can differ."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from pydantic import ValidationError

from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.migrations import Migrations, MigrationState, Settings, open_target

SCRIPT = """
revision = {revision!r}
down_revision = {down!r}
{more}

def upgrade():
    pass
"""
ENV = """
from alembic import context
from sqlalchemy import create_engine

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""

Open = Callable[..., Migrations]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A script location with the revisions a, b and c, one after the other."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    for revision, down in (("a", None), ("b", "a"), ("c", "b")):
        add(folder, revision, down)
    return folder


def add(folder: Path, revision: str, down: object, more: str = "", name: str = "") -> None:
    """A migration."""
    text = SCRIPT.format(revision=revision, down=down, more=more)
    (folder / "versions" / f"{name or revision}.py").write_text(text)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty SQLite database."""
    (tmp_path / "live.sqlite").touch()
    return f"sqlite:///{tmp_path / 'live.sqlite'}"


@pytest.fixture
def open_migrations(tmp_path: Path, url: str) -> Iterator[Open]:
    """Opens the database and the scripts as a target."""
    opened: list[Migrations] = []

    def open_it(**settings: object) -> Migrations:
        keys = {"kind": "migrations", "url": url, "scripts": "migrations", **settings}
        opened.append(
            open_target("schema", Settings.model_validate(keys), TargetContext(root=tmp_path))
        )
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()


def migrate(url: str, scripts: Path, revision: str) -> None:
    """Let Alembic itself bring the database to a revision."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, revision)


def execute(url: str, *statements: str) -> None:
    """Change a database by hand."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_database_at_the_head_is_current(url: str, scripts: Path, open_migrations: Open) -> None:
    """What Alembic applied last is the newest script."""
    migrate(url, scripts, "head")
    with keep_journal() as journal:
        state = open_migrations().state()
    assert state == MigrationState(("c",), ("c",))
    assert (state.status, str(state)) == ("current", "live is c, the head of the scripts")
    assert journal.statements == [
        "-- catalogue: alembic_version",
        "-- migration scripts of migrations",
    ]


def test_database_behind_lacks_some(url: str, scripts: Path, open_migrations: Open) -> None:
    """Those are named, the next one first."""
    migrate(url, scripts, "a")
    state = open_migrations().state()
    assert (state.status, state.pending) == ("behind", ("b", "c"))
    assert str(state) == "2 migrations behind: live is a, pending b, c"


def test_database_ahead_has_an_unknown_revision(
    url: str, scripts: Path, open_migrations: Open
) -> None:
    """As after a newer release, or with the scripts of another project."""
    migrate(url, scripts, "head")
    (scripts / "versions" / "c.py").unlink()
    state = open_migrations().state()
    assert (state.status, state.unknown) == ("unknown revision", ("c",))
    assert str(state) == "live is c, which no script has; they end in b"


def test_several_heads_of_the_scripts(url: str, scripts: Path, open_migrations: Open) -> None:
    """Two branches that nobody merged; the next upgrade would fail."""
    migrate(url, scripts, "head")
    add(scripts, "d", "b")
    state = open_migrations().state()
    assert (state.status, state.heads, state.pending) == ("several heads", ("c", "d"), ("d",))
    assert str(state) == "several heads: the scripts end in c, d, live is c"


def test_several_live_heads(url: str, scripts: Path, open_migrations: Open) -> None:
    """Merged in the scripts, but not in the database yet."""
    add(scripts, "d", "b")
    migrate(url, scripts, "heads")
    add(scripts, "e", ("c", "d"))
    state = open_migrations().state()
    assert (state.status, state.live, state.pending) == ("several heads", ("c", "d"), ("e",))


def test_database_without_a_version_table(scripts: Path, open_migrations: Open) -> None:
    """Never migrated: everything is pending, and nothing is created to find out."""
    target = open_migrations()
    state = target.state()
    assert (state.status, state.live, state.pending) == ("no version", None, ("a", "b", "c"))
    assert str(state) == "the database has no version table, the scripts end in c"
    assert target.state().live is None


def test_empty_version_table(url: str, scripts: Path, open_migrations: Open) -> None:
    """As after a downgrade to the base."""
    execute(url, "create table alembic_version (version_num varchar(32))")
    state = open_migrations().state()
    assert (state.status, state.live) == ("no version", ())
    assert str(state) == "the database has an empty version table, the scripts end in c"


def test_version_table_of_another_name(url: str, scripts: Path, open_migrations: Open) -> None:
    """A project may name its own."""
    execute(url, "create table v (version_num text)", "insert into v values ('c')")
    assert open_migrations(version_table="v").state().status == "current"


def test_alembic_ini_names_the_scripts(
    tmp_path: Path, url: str, scripts: Path, open_migrations: Open
) -> None:
    """Its own database is not the one that is asked."""
    migrate(url, scripts, "head")
    ini = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = nonsense://\n"
    (tmp_path / "alembic.ini").write_text(ini)
    assert open_migrations(scripts="alembic.ini").state().status == "current"


def test_postgresql_is_read_in_a_schema(
    postgres_server: Server, postgres_database: str, scripts: Path, open_migrations: Open
) -> None:
    """By a role that may only read, in a session that can only read."""
    owner = postgres_server.url(postgres_database, role=CRAWLER)
    execute(
        owner,
        "create schema app",
        "create table app.alembic_version (version_num varchar(32) primary key)",
        "insert into app.alembic_version values ('b')",
    )
    target = open_migrations(
        url=postgres_server.url(postgres_database), version_table="app.alembic_version"
    )
    assert target.state().pending == ("c",)
    assert target.describe().endswith("scripts in migrations")


def test_unreachable_database_is_unavailable(
    tmp_path: Path, scripts: Path, open_migrations: Open
) -> None:
    """An outage is told as one."""
    target = open_migrations(url=f"sqlite:///{tmp_path / 'gone' / 'x.sqlite'}")
    with pytest.raises(Unavailable, match="schema is unavailable: the file does not exist"):
        target.state()


def test_missing_client_says_what_to_install(
    scripts: Path, open_migrations: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alembic is an extra."""
    monkeypatch.setitem(sys.modules, "alembic.script", None)
    with pytest.raises(Unavailable, match=r"pip install gatepost\[alembic\]"):
        open_migrations().state()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("raise RuntimeError('no such module')", "RuntimeError: no such module"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def (", "SyntaxError"),
    ],
)
def test_broken_script_is_no_measurement(
    scripts: Path, open_migrations: Open, more: str, why: str
) -> None:
    """Whatever it does when it is imported, it is one sentence, with the place to mend."""
    add(scripts, "d", "c", more)
    with pytest.raises(MeasurementError, match=rf"schema: the migration scripts .*{why}") as error:
        open_migrations().state()
    assert "scripts of targets.schema" in str(error.value)


@pytest.mark.parametrize(
    ("revision", "down", "why"),
    [("c", "b", "more than once"), ("d", "zzz", "zzz"), ("a2", "d2", "d2")],
)
def test_scripts_that_lead_nowhere_are_no_measurement(
    scripts: Path, open_migrations: Open, revision: str, down: str, why: str
) -> None:
    """A revision that is there twice, or stands on one that is not."""
    add(scripts, revision, down, name="again")
    with pytest.raises(MeasurementError, match=why):
        open_migrations().state()


@pytest.mark.parametrize("scripts_at", ["migrations/versions", "nowhere", "."])
def test_wrong_folder_is_no_measurement(
    tmp_path: Path, scripts: Path, open_migrations: Open, scripts_at: str
) -> None:
    """A folder without migrations is not a database that is up to date."""
    with pytest.raises(MeasurementError, match=r"the migration scripts of .* cannot be read"):
        open_migrations(scripts=scripts_at).state()


def test_nothing_is_written(
    url: str, scripts: Path, open_migrations: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No compiled scripts, no version table, and no migration was run."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = sorted(scripts.rglob("*"))
    open_migrations().state()
    assert sorted(scripts.rglob("*")) == before
    engine = sqlalchemy.create_engine(url)
    assert sqlalchemy.inspect(engine).get_table_names() == []
    engine.dispose()


def test_wrong_url_is_refused() -> None:
    """Without showing it."""
    with pytest.raises(ValidationError, match="not a database URL") as error:
        Settings.model_validate({"kind": "migrations", "url": "geheim", "scripts": "x"})
    assert "geheim" not in str(error.value)
