"""The engines that answers are compared on: their columns, and how cells get into them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

from gatepost.tables.live import ColumnKind
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from tests.parity import parity_cells as cells

EXAMPLES = int(os.environ.get("GATEPOST_PARITY_EXAMPLES", "4"))
"""How many tables are drawn for each engine; `make parity` draws many."""
SEED = int(os.environ.get("GATEPOST_PARITY_SEED", "20260310"))
"""Draws the same tables and rules again."""
ENGINES = os.environ.get("GATEPOST_PARITY_ENGINES", "postgresql sqlite duckdb mariadb").split()
SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column of an engine: its declaration, the kind it has to be read as, and its cells."""

    declared: str
    kind: ColumnKind
    cells: st.SearchStrategy[Any]


POSTGRESQL: Mapping[str, Typed] = {
    "small": Typed("smallint", ColumnKind.INTEGER, cells.SMALL),
    "whole": Typed("bigint", ColumnKind.INTEGER, cells.WHOLE),
    "ratio": Typed("double precision", ColumnKind.FLOAT, cells.REAL),
    "price": Typed("numeric(12, 2)", ColumnKind.DECIMAL, cells.PRICE),
    "wide": Typed("numeric(30, 10)", ColumnKind.DECIMAL, cells.WIDE),
    "exact": Typed("numeric", ColumnKind.DECIMAL, cells.EXACT),
    "words": Typed("text", ColumnKind.TEXT, cells.WORDS),
    "short": Typed('varchar(40) collate "C.utf8"', ColumnKind.TEXT, cells.WORDS),
    "mood": Typed("mood", ColumnKind.TEXT, st.sampled_from(["a", "A", "ab"])),
    "flag": Typed("boolean", ColumnKind.BOOLEAN, st.booleans()),
    "on_day": Typed("date", ColumnKind.DATE, cells.DATES),
    "made": Typed("timestamp", ColumnKind.TIMESTAMP, cells.TIMES),
    "moment": Typed("timestamptz", ColumnKind.MOMENT, cells.MOMENTS),
}

SQLITE: Mapping[str, Typed] = {
    "whole": Typed("bigint", ColumnKind.INTEGER, cells.WHOLE),
    "ratio": Typed("double precision", ColumnKind.FLOAT, cells.REAL),
    "price": Typed(
        "numeric(12, 2)",
        ColumnKind.DECIMAL,
        st.one_of(cells.FINITE, st.integers(-(2**60), 2**60)),
    ),
    "words": Typed("text collate nocase", ColumnKind.TEXT, cells.WORDS),
    "short": Typed("varchar(40)", ColumnKind.TEXT, cells.WORDS),
    "flag": Typed("boolean", ColumnKind.BOOLEAN, st.booleans()),
    "on_day": Typed("date", ColumnKind.DATE, cells.DATES),
    "made": Typed("datetime", ColumnKind.TIMESTAMP, cells.TIMES),
}

_WITH_NUL = cells.WORDS | st.text(st.sampled_from("a\0b"), max_size=3)

DUCKDB: Mapping[str, Typed] = {
    "tiny": Typed("utinyint", ColumnKind.INTEGER, st.integers(0, 255)),
    "whole": Typed("bigint", ColumnKind.INTEGER, cells.WHOLE),
    "huge": Typed("hugeint", ColumnKind.INTEGER, cells.WHOLE | st.integers(-(2**100), 2**100)),
    "single": Typed("float", ColumnKind.FLOAT, cells.SINGLE | cells.SMALL.map(float)),
    "ratio": Typed("double", ColumnKind.FLOAT, cells.REAL),
    "price": Typed("decimal(12, 2)", ColumnKind.DECIMAL, cells.PRICE),
    "wide": Typed("decimal(30, 10)", ColumnKind.DECIMAL, cells.WIDE),
    "words": Typed("varchar", ColumnKind.TEXT, _WITH_NUL),
    "short": Typed("varchar collate nocase", ColumnKind.TEXT, cells.WORDS),
    "mood": Typed("enum('ab', 'A', 'a')", ColumnKind.TEXT, st.sampled_from(["a", "A", "ab"])),
    "flag": Typed("boolean", ColumnKind.BOOLEAN, st.booleans()),
    "on_day": Typed("date", ColumnKind.DATE, cells.DATES),
    "made": Typed("timestamp", ColumnKind.TIMESTAMP, cells.TIMES),
    "moment": Typed("timestamptz", ColumnKind.MOMENT, cells.MOMENTS),
}

MARIADB: Mapping[str, Typed] = {
    "small": Typed("smallint", ColumnKind.INTEGER, cells.SMALL),
    "whole": Typed("bigint", ColumnKind.INTEGER, cells.WHOLE),
    "great": Typed("bigint unsigned", ColumnKind.INTEGER, st.integers(0, 2**64 - 1)),
    "ratio": Typed("double", ColumnKind.FLOAT, cells.FINITE),
    "price": Typed("decimal(12, 2)", ColumnKind.DECIMAL, cells.PRICE),
    "wide": Typed("decimal(30, 10)", ColumnKind.DECIMAL, cells.WIDE),
    "words": Typed("text", ColumnKind.TEXT, _WITH_NUL),
    "short": Typed("varchar(40) collate utf8mb4_general_ci", ColumnKind.TEXT, cells.WORDS),
    "latin": Typed(
        "varchar(40) character set latin1",
        ColumnKind.TEXT,
        st.text(st.sampled_from("aA\u00e9\u00df \n%1"), max_size=4),
    ),
    "mood": Typed("enum('ab', 'x', 'a')", ColumnKind.TEXT, st.sampled_from(["a", "x", "ab"])),
    "flag": Typed("boolean", ColumnKind.BOOLEAN, st.booleans()),
    "on_day": Typed("date", ColumnKind.DATE, cells.DATES),
    "made": Typed("datetime(6)", ColumnKind.TIMESTAMP, cells.TIMES),
    "full": Typed(
        "datetime", ColumnKind.TIMESTAMP, cells.TIMES.map(lambda at: at.replace(microsecond=0))
    ),
}

SPARK: Mapping[str, Typed] = {
    "small": Typed("smallint", ColumnKind.INTEGER, cells.SMALL),
    "whole": Typed("bigint", ColumnKind.INTEGER, cells.WHOLE),
    "single": Typed("float", ColumnKind.FLOAT, cells.SINGLE | cells.SMALL.map(float)),
    "ratio": Typed("double", ColumnKind.FLOAT, cells.REAL),
    "price": Typed("decimal(12, 2)", ColumnKind.DECIMAL, cells.PRICE),
    "wide": Typed("decimal(30, 10)", ColumnKind.DECIMAL, cells.WIDE),
    "words": Typed("string", ColumnKind.TEXT, _WITH_NUL),
    "flag": Typed("boolean", ColumnKind.BOOLEAN, st.booleans()),
    "on_day": Typed("date", ColumnKind.DATE, cells.DATES),
    "made": Typed("timestamp_ntz", ColumnKind.TIMESTAMP, cells.TIMES),
    "moment": Typed("timestamp", ColumnKind.MOMENT, cells.MOMENTS),
}


@dataclass(frozen=True, slots=True)
class Bench:
    """A table `seen` of an engine, whose rows can be replaced, and the target that measures it."""

    columns: Mapping[str, Typed]
    database: Database
    replace: Callable[[Sequence[Sequence[Any]]], None]

    def draw(
        self,
        data: st.DataObject,
        rows: int,
        instead: Mapping[str, st.SearchStrategy[Any]] | None = None,
    ) -> dict[str, list[Any]]:
        """Fill the table with drawn rows, and return them as columns."""
        drawn = {}
        for name, each in self.columns.items():
            cells = (instead or {}).get(name, each.cells) | st.none()
            drawn[name] = data.draw(st.lists(cells, min_size=rows, max_size=rows))
        self.replace([[place, *row] for place, row in enumerate(zip(*drawn.values(), strict=True))])
        return drawn


def as_drawn(test: Callable[[], None]) -> Callable[[], None]:
    """Run a test on as many examples as are asked for, the same ones for the same seed.

    Failures are not made smaller, which would take longer than to read them.
    """
    limits = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return seed(SEED)(limits(test))


def open_database(url: str) -> Database:
    """A target on the database."""
    made = Settings.model_validate({"kind": "database", "url": url})
    return open_target("app", made, TargetContext(slot=SLOT))


def declaration(columns: Mapping[str, Typed]) -> str:
    """The columns of `seen`, after one that numbers the rows."""
    typed = ", ".join(f"{name} {column.declared}" for name, column in columns.items())
    return f"create table seen (place integer, {typed})"
