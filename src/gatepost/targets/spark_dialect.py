"""Spark SQL for SQLAlchemy: how its statements are written, and what its catalogue says."""

from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import compiler

from gatepost.targets import spark_session
from gatepost.targets.own_types import OtherType

if TYPE_CHECKING:
    from sqlalchemy import Connection


class _Types(compiler.GenericTypeCompiler):
    """Spark's names of types."""

    def visit_string(self, *_: Any, **__: Any) -> str:
        return "STRING"

    visit_VARCHAR = visit_TEXT = visit_text = visit_unicode = visit_string  # noqa: N815 - SQLAlchemy's

    def visit_INTEGER(self, *_: Any, **__: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "INT"

    def visit_float(self, *_: Any, **__: Any) -> str:
        return "DOUBLE"  # FLOAT is the one with four bytes

    def visit_REAL(self, *_: Any, **__: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "FLOAT"

    def visit_NUMERIC(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        if type_.precision is None:
            raise exc.CompileError("Spark's NUMERIC has no decimals; give precision and scale")
        return super().visit_NUMERIC(type_, **options)

    def visit_datetime(self, type_: Any, **_: Any) -> str:
        return "TIMESTAMP" if type_.timezone else "TIMESTAMP_NTZ"

    def visit_TIMESTAMP(self, type_: Any, **_: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return self.visit_datetime(type_)

    def visit_BLOB(self, *_: Any, **__: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "BINARY"


class _Statements(compiler.SQLCompiler):
    """Where Spark writes an expression in its own way."""

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # noqa: ARG002 - its name is SQLAlchemy's
        return f"regexp_like({self._sides(binary, **kw)})"

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # noqa: ARG002 - its name is SQLAlchemy's
        return f"NOT regexp_like({self._sides(binary, **kw)})"

    def visit_empty_set_expr(self, *_: Any, **__: Any) -> str:
        return "SELECT 1 WHERE 1 != 1"

    def render_literal_value(self, value: Any, type_: Any) -> str:
        if isinstance(value, str):  # in which a backslash escapes, a quote too
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        return super().render_literal_value(value, type_)

    def _sides(self, binary: Any, **options: Any) -> str:
        if binary.modifiers["flags"]:
            raise exc.CompileError("Spark takes a pattern's flags within it: (?i)")
        sides = (binary.left, binary.right)
        return ", ".join(self.process(side, **options) for side in sides)


class _Names(compiler.IdentifierPreparer):
    """Quotes with backticks whatever is not plainly a name."""

    def __init__(self, dialect: Any, **options: Any) -> None:
        super().__init__(dialect, **{**options, "initial_quote": "`", "escape_quote": "`"})

    def _requires_quotes(self, value: str) -> bool:
        return super()._requires_quotes(value) or value.lower() in _RESERVED


# Where ANSI mode reserves words; what the base class knows as reserved is not repeated.
_RESERVED = frozenset(
    {"anti", "at", "by", "collation", "cube", "interval", "minus", "rollup", "semi"}
)

_PLAIN: dict[str, Any] = {
    "bigint": types.BIGINT,
    "binary": types.BLOB,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "double": types.DOUBLE,
    "float": types.REAL,
    "int": types.INTEGER,
    "smallint": types.SMALLINT,
    "string": types.String,
    "tinyint": types.SMALLINT,
}


def read_type(spelling: str) -> types.TypeEngine[Any]:
    """Turn a type as Spark writes it into SQLAlchemy's."""
    if plain := _PLAIN.get(spelling):
        made: types.TypeEngine[Any] = plain()
        return made
    if found := re.fullmatch(r"decimal\((\d+),(\d+)\)", spelling):
        return types.DECIMAL(int(found[1]), int(found[2]))
    if spelling in ("timestamp", "timestamp_ntz"):
        return types.TIMESTAMP(timezone=spelling == "timestamp")
    return OtherType(spelling)


class SparkDialect(DefaultDialect):
    """Executes through a session of pyspark, which plans the statement where the data is."""

    name = "spark"
    driver = "gatepost"
    statement_compiler = _Statements
    type_compiler_cls = _Types
    preparer = _Names  # type: ignore[assignment]
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_sane_rowcount = False
    div_is_floordiv = False
    postfetch_lastrowid = False
    default_paramstyle = "named"

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The module that stands for Spark's DB-API; ImportError without pyspark."""
        # To say here that it is missing.
        import pyspark  # type: ignore[import-not-found, unused-ignore]  # noqa: F401

        return spark_session

    def _get_default_schema_name(self, connection: Connection) -> str:
        return str(connection.exec_driver_sql("SELECT current_schema()").scalar())

    def get_table_names(
        self, connection: Connection, schema: str | None = None, **_: Any
    ) -> list[str]:
        """The tables and views of a schema."""
        catalogue = connection.connection.dbapi_connection.native.catalog  # type: ignore[union-attr]
        return sorted(table.name for table in catalogue.listTables(schema))

    def get_view_names(self, *_: Any, **__: Any) -> list[str]:
        """None of its own: the tables' names have them."""
        return []

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """The columns of a table or a file in order; NoSuchTableError when there is none."""
        parts = [*(schema.split(".") if schema else ()), table_name]
        path = ".".join(map(self.identifier_preparer.quote_identifier, parts))
        session: Any = connection.connection.dbapi_connection
        try:
            found = session.read_columns(path)
        except spark_session.Error as error:
            if re.match(r"\[(TABLE_OR_VIEW|PATH|SCHEMA)_NOT_FOUND", str(error)):
                raise exc.NoSuchTableError(table_name) from None
            raise exc.DBAPIError(path, None, error) from None
        # Nullable is what a file's schema says, and no constraint that Spark holds rows to.
        return [
            {"name": name, "type": read_type(kind), "nullable": True, "default": None}
            for name, kind, _nullable in found
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Spark holds no table to a key."""
        return {"name": None, "constrained_columns": []}

    def get_unique_constraints(self, *_: Any, **__: Any) -> list[Any]:
        """Spark holds no table to one."""
        return []

    def get_foreign_keys(self, *_: Any, **__: Any) -> list[Any]:
        """Spark holds no table to one."""
        return []

    def get_check_constraints(self, *_: Any, **__: Any) -> list[Any]:
        """Spark holds no table to one."""
        return []

    def get_indexes(self, *_: Any, **__: Any) -> list[Any]:
        """Spark has none."""
        return []
