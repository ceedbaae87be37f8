"""DuckDB for SQLAlchemy: how its statements are written, and what its catalogue says.

The dialect that others publish, duckdb-engine 0.17, reads PostgreSQL's catalogue,
which fails with SQLAlchemy 2.1 on every table. It is also PostgreSQL's
operator `~` that means a match of the whole text in DuckDB, so that a search
for a pattern silently finds less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from threading import TIMEOUT_MAX
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc, text, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import compiler

from gatepost.targets.duckdb_session import Session
from gatepost.targets.own_types import OtherType

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, TextClause


class OtherInteger(types.Integer):
    """An integer that standard SQL has no name for: HUGEINT, UBIGINT, ..."""

    __visit_name__ = "other_integer"

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling


class _Types(compiler.GenericTypeCompiler):
    """Names of types whose usual name is another type in DuckDB."""

    def visit_other_integer(self, type_: OtherInteger, **_: Any) -> str:
        return type_.spelling

    def visit_float(self, *_: Any, **__: Any) -> str:
        return "DOUBLE"  # FLOAT is the one with four bytes

    def visit_NUMERIC(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        if type_.precision is None:
            raise exc.CompileError("DuckDB's NUMERIC has 3 decimals; give precision and scale")
        return super().visit_NUMERIC(type_, **options)

    def visit_datetime(self, type_: Any, **_: Any) -> str:
        return "TIMESTAMP WITH TIME ZONE" if type_.timezone else "TIMESTAMP"

    def visit_TIMESTAMP(self, type_: Any, **_: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return self.visit_datetime(type_)

    def visit_JSON(self, *_: Any, **__: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "JSON"

    def visit_enum(self, type_: types.Enum, **_: Any) -> str:
        quoted = (value.replace("'", "''") for value in type_.enums)
        return "ENUM({})".format(", ".join(f"'{value}'" for value in quoted))


class _Statements(compiler.SQLCompiler):
    """Where DuckDB writes an expression in its own way."""

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # noqa: ARG002 - its name is SQLAlchemy's
        return f"regexp_matches({self._sides(binary, **kw)})"

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # noqa: ARG002 - its name is SQLAlchemy's
        return f"NOT regexp_matches({self._sides(binary, **kw)})"

    def visit_empty_set_expr(self, *_: Any, **__: Any) -> str:
        return "SELECT 1 WHERE 1 != 1"

    def _sides(self, binary: Any, **options: Any) -> str:
        sides = [self.process(side, **options) for side in (binary.left, binary.right)]
        if flags := binary.modifiers["flags"]:
            sides.append(self.render_literal_value(flags, types.STRINGTYPE))
        return ", ".join(sides)


_RESERVED = """
    all analyse analyze and any array as asc asymmetric at both case cast check collate column
    constraint create default deferrable desc describe distinct do else end except false fetch
    for foreign from group having in initially intersect into lambda lateral leading limit not
    null offset on only or order pivot pivot_longer pivot_wider placing primary qualify references
    returning select show some summarize symmetric table then to trailing true union unique
    unpivot using variadic when where window with
    anti asof authorization binary collation concurrently cross freeze full generated glob ilike
    inner is isnull join left like map natural notnull outer overlaps positional right semi
    similar struct tablesample try_cast verbose
"""


class _Names(compiler.IdentifierPreparer):
    """Quotes what duckdb_keywords() of 1.5 does not call unreserved, functions' names apart."""

    reserved_words = set(_RESERVED.split())  # noqa: RUF012 - as the base class declares it


_PLAIN: Mapping[str, Any] = {
    "BIGINT": types.BIGINT,
    "BLOB": types.BLOB,
    "BOOLEAN": types.BOOLEAN,
    "DATE": types.DATE,
    "DOUBLE": types.DOUBLE,
    "FLOAT": types.REAL,
    "INTEGER": types.INTEGER,
    "JSON": types.JSON,
    "SMALLINT": types.SMALLINT,
    "TIME": types.TIME,
    "UUID": types.UUID,
    "VARCHAR": types.VARCHAR,
}
_INTEGERS = {"HUGEINT", "TINYINT", "UBIGINT", "UHUGEINT", "UINTEGER", "USMALLINT", "UTINYINT"}


def read_type(spelling: str) -> types.TypeEngine[Any]:
    """Turn a type as DuckDB's catalogue writes it into SQLAlchemy's."""
    if plain := _PLAIN.get(spelling):
        made: types.TypeEngine[Any] = plain()
        return made
    if spelling in _INTEGERS:
        return OtherInteger(spelling)
    if found := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", spelling):
        return types.DECIMAL(int(found[1]), int(found[2]))
    if re.fullmatch(r"TIMESTAMP(_\w+|( WITH TIME ZONE))?", spelling):
        return types.TIMESTAMP(timezone=spelling.endswith("ZONE"))
    if re.fullmatch(r"ENUM\(.*\)", spelling, re.DOTALL):
        values = re.findall(r"'((?:[^']|'')*)'", spelling)
        return types.Enum(*(value.replace("''", "'") for value in values), name="ENUM")
    return OtherType(spelling)


class DuckDBDialect(DefaultDialect):
    """Executes through the package duckdb, and reads the catalogue that DuckDB itself keeps."""

    name = "duckdb"
    driver = "gatepost"
    statement_compiler = _Statements
    type_compiler_cls = _Types
    preparer = _Names
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_enum = True
    supports_native_uuid = True
    supports_native_decimal = True
    supports_sane_rowcount = False
    div_is_floordiv = False
    postfetch_lastrowid = False

    def __init__(self, **options: Any) -> None:
        # Numbered parameters, unlike "?", keep two uses of one value recognisable as the same
        # expression, as GROUP BY demands.
        super().__init__(**{**options, "paramstyle": "numeric_dollar"})

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The package duckdb."""
        import duckdb

        return duckdb

    def create_connect_args(self, url: URL) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The file, or `:memory:NAME` for memory that equal names share; the query configures."""
        return (url.database or ":memory:",), {"config": dict(url.query)}

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Open a session; `statement_timeout` is in seconds."""
        timeout = options.pop("statement_timeout", TIMEOUT_MAX)
        native = self.loaded_dbapi.connect(*arguments, **options)
        native.execute("SET TimeZone = 'UTC'")
        return Session(native, timeout)

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin the transaction that all statements of the session then see."""
        dbapi_connection.native.begin()

    def _get_default_schema_name(self, connection: Connection) -> str:
        return str(connection.exec_driver_sql("SELECT current_schema()").scalar())

    def _get_server_version_info(self, _connection: Connection) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", self.loaded_dbapi.__version__)[:3]))

    def get_schema_names(self, connection: Connection, **_: Any) -> list[str]:
        """The schemas of the open database."""
        return _names(connection, "schemas", "schema_name", "database_name = current_database()")

    def get_table_names(
        self, connection: Connection, schema: str | None = None, **_: Any
    ) -> list[str]:
        """The tables of a schema."""
        return _names(connection, "tables", "table_name", _HERE, schema=schema)

    def get_view_names(
        self, connection: Connection, schema: str | None = None, **_: Any
    ) -> list[str]:
        """The views of a schema."""
        return _names(connection, "views", "view_name", f"{_HERE} AND NOT internal", schema=schema)

    def has_table(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        """Whether there is a table or a view of this name."""
        return bool(_rows(connection, _COLUMNS, table_name, schema))

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The columns of a table or view in order; NoSuchTableError when there is none."""
        found = _rows(connection, _COLUMNS, table_name, schema)
        if not found:
            raise exc.NoSuchTableError(table_name)
        return [
            {"name": name, "type": read_type(kind), "nullable": nullable, "default": default}
            for name, kind, nullable, default in found
        ]

    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """The primary key; without columns where there is none."""
        for name, columns, *_rest in _constraints(connection, "PRIMARY KEY", table_name, schema):
            return {"name": name, "constrained_columns": columns}
        return {"name": None, "constrained_columns": []}

    def get_unique_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The unique constraints."""
        found = _constraints(connection, "UNIQUE", table_name, schema)
        return [{"name": name, "column_names": columns} for name, columns, *_rest in found]

    def get_check_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The check constraints."""
        found = _constraints(connection, "CHECK", table_name, schema)
        return [{"name": row[0], "sqltext": row[2]} for row in found]

    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The foreign keys; DuckDB has them within one schema only."""
        return [
            {
                "name": name,
                "constrained_columns": columns,
                "referred_schema": schema,
                "referred_table": table,
                "referred_columns": referred,
                "options": {},
            }
            for name, columns, _text, table, referred in _constraints(
                connection, "FOREIGN KEY", table_name, schema
            )
        ]

    def get_indexes(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The indexes; of one over an expression, the columns are None."""
        columns = {row[0] for row in _rows(connection, _COLUMNS, table_name, schema)}
        indexes = []
        for name, unique, listed in _rows(connection, _INDEXES, table_name, schema):
            parts = [part.strip("'\"") for part in listed.strip("[]").split(", ")]
            named = [part if part in columns else None for part in parts]
            indexes.append({"name": name, "unique": unique, "column_names": named})
            if None in named:
                indexes[-1]["expressions"] = parts
        return indexes


_HERE = "database_name IN (current_database(), 'temp') AND schema_name = coalesce(:schema, 'main')"
_OF_TABLE = f"WHERE table_name = :name AND {_HERE} ORDER BY"
_COLUMNS = text(
    "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "  # noqa: S608 - constants
    f"{_OF_TABLE} column_index"
)
_CONSTRAINTS = text(
    "SELECT constraint_name, constraint_column_names, expression, referenced_table, "  # noqa: S608 - constants
    "referenced_column_names, constraint_type FROM duckdb_constraints() "
    f"{_OF_TABLE} constraint_index"
)
_INDEXES = text(
    "SELECT index_name, is_unique, expressions FROM duckdb_indexes() "  # noqa: S608 - constants
    f"{_OF_TABLE} index_name"
)


def _rows(
    connection: Connection, query: TextClause, name: str, schema: str | None
) -> Sequence[Any]:
    return connection.execute(query, {"name": name, "schema": schema}).all()


def _constraints(
    connection: Connection, kind: str, name: str, schema: str | None
) -> list[tuple[Any, ...]]:
    return [row[:-1] for row in _rows(connection, _CONSTRAINTS, name, schema) if row[-1] == kind]


def _names(
    connection: Connection, what: str, column: str, condition: str, **values: str | None
) -> list[str]:
    # Names of the catalogue's own functions and columns, none of them from outside.
    query = f"SELECT {column} FROM duckdb_{what}() WHERE {condition} ORDER BY 1"  # noqa: S608 - constants
    return list(connection.execute(text(query), values).scalars())
