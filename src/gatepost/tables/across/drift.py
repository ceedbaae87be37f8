"""Compares a live table's catalogue with what is declared of it: a SQLAlchemy table or a model.

No row is read. Names of constraints and indexes do not matter, nor does the
order of columns; what they are on does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.errors import DeclarationError
from gatepost.tables.across.declared_types import compare_type
from gatepost.tables.asks import How, NotEvaluated, SeparateAnswer, SeparateAsk, Tier
from gatepost.tables.live import LiveTable
from gatepost.tables.table import Table
from gatepost.wording import join_some, plural, shorten

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import Connection, Dialect

    from gatepost.tables.rules import Rule

_HOW = How(Tier.PROVED, "from the catalogue")
_MOST = 6
"""How many columns or keys a sentence names of each sort."""

MODEL_ASPECTS = ("columns", "types")
"""What a pandera model declares of the catalogue."""
TABLE_ASPECTS = ("columns", "types", "nullability", "keys", "indexes")
"""What a SQLAlchemy table declares of it."""


# Identity, not equality: what SQLAlchemy and pandera declare with has none that is meant so.
@dataclass(frozen=True, slots=True, eq=False)
class FindDrift(SeparateAsk):
    """In what a table differs from its declaration, aspect by aspect.

    Either `table` or the `rules` of a model are given.
    """

    name: str
    table: sa.Table | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def aspects(self) -> tuple[str, ...]:
        """What is compared."""
        return MODEL_ASPECTS if self.table is None else TABLE_ASPECTS

    def measure(self, value: object, slot: datetime) -> Drift | NotEvaluated | None:
        del slot
        if value is None or isinstance(value, Table):
            return None if value is None else find_drift(value, self)
        return NotEvaluated(
            'only a table has a catalogue: return database.table("...") from the check'
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs in one way: "2 columns not declared: extra, more"."""

    noun: str
    verb: str
    names: tuple[str, ...]
    separator: str = ", "

    @property
    def count(self) -> int:
        """How many columns, keys or indexes differ so."""
        return len(self.names)

    def __str__(self) -> str:
        many = self.count != 1 and self.noun == "index"
        counted = f"{self.count:,} indexes" if many else plural(self.count, self.noun)
        return f"{counted} {self.verb}: {self._named}"

    @property
    def _named(self) -> str:
        more = self.count - _MOST
        return self.separator.join(self.names[:_MOST]) + (f" and {more:,} more" if more > 0 else "")


Aspect: TypeAlias = tuple[Difference, ...] | NotEvaluated
"""In what one aspect differs; in nothing where it is as declared."""


@dataclass(frozen=True, slots=True)
class Drift(SeparateAnswer):
    """For each aspect in what the live table differs from its declaration."""

    aspects: Mapping[str, Aspect]
    how: How = _HOW


def read_declaration(declared: object) -> FindDrift:
    """Turn a SQLAlchemy table, an ORM class or a pandera model into what is asked.

    Raises DeclarationError for anything else.
    """
    from sqlalchemy import Table as SqlTable

    found = getattr(declared, "__table__", declared)
    if isinstance(found, SqlTable):
        return FindDrift(found.fullname, found)
    from pandera.pandas import DataFrameModel, DataFrameSchema

    from gatepost.tables.rules import as_schema, rules_of

    if isinstance(declared, DataFrameSchema) or (
        isinstance(declared, type) and issubclass(declared, DataFrameModel)
    ):
        schema = as_schema(declared)
        name = getattr(declared, "__name__", None) or schema.name or "the model"
        return FindDrift(str(name), rules=rules_of(schema))
    raise DeclarationError(
        "matches_declaration takes a SQLAlchemy Table, a mapped class, or a pandera model, "
        f"got {shorten(repr(declared), 80)}"
    )


def find_drift(table: Table, ask: FindDrift) -> Drift:
    """Compare a live table with its declaration; reads the catalogue only.

    Raises what the table's source raises: MeasurementError, Unavailable.
    """
    live = table.source.describe_table(table.name)
    if ask.table is None:
        return Drift(_compare_model(ask.rules, live))
    reflected = table.source.look_up(_reflect, table.name)
    return Drift(_compare_table(ask.table, live, reflected, table.source.backend))


@dataclass(frozen=True, slots=True)
class _Reflected:
    """A table with its keys as the engine's catalogue has it; None where it has no such table."""

    dialect: Dialect
    table: sa.Table | None
    is_view: bool = False


def _reflect(connection: Connection, name: str, schema: str | None) -> _Reflected:
    from sqlalchemy import MetaData, inspect
    from sqlalchemy import Table as SqlTable
    from sqlalchemy.exc import NoSuchTableError

    catalogue = inspect(connection)
    try:
        found = SqlTable(
            name, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False
        )
    except NoSuchTableError:  # a file that is queried like a table
        return _Reflected(connection.dialect, None)
    if connection.dialect.name == "sqlite":
        _add_unique(found, connection)
    return _Reflected(connection.dialect, found, name in catalogue.get_view_names(schema))


def _add_unique(table: sa.Table, connection: Connection) -> None:
    """Add SQLite's unique constraints, of which SQLAlchemy finds those of a simple type only."""
    from sqlalchemy import UniqueConstraint

    found = connection.exec_driver_sql(
        "select i.name, c.name from pragma_index_list(?, ?) as i, pragma_index_info(i.name, ?) as c"
        " where i.origin = 'u'",
        (table.name, table.schema or "main", table.schema or "main"),
    )
    by_index: dict[str, list[str]] = {}
    for index, name in found:
        by_index.setdefault(index, []).append(name)
    for names in by_index.values():
        table.append_constraint(UniqueConstraint(*names))


def _compare_table(
    declared: sa.Table, live: LiveTable, reflected: _Reflected, backend: str
) -> dict[str, Aspect]:
    wanted = {column.name: column for column in declared.columns}
    both = [(column, live.columns[name]) for name, column in wanted.items() if name in live.columns]
    types = [compare_type(column, found, reflected.dialect, backend) for column, found in both]
    aspects: dict[str, Aspect] = {
        "columns": _compare("column", wanted, live.columns),
        "types": _other_types([each for each in types if each]),
    }
    found = reflected.table
    if found is None or reflected.is_view:
        what = "a view" if reflected.is_view else "no table of the database"
        why = f"it is {what}, which has no constraints; leave this out by ignore=[...]"
        return {**aspects, **dict.fromkeys(TABLE_ASPECTS[2:], NotEvaluated(why))}
    mysql = backend in ("mysql", "mariadb")
    aspects["nullability"] = _compare_nullability(wanted, found)
    aspects["keys"] = _compare("key", _keys(declared), _keys(found))
    # MySQL makes an index for each foreign key by itself.
    served = _foreign_columns(found) if mysql else frozenset()
    aspects["indexes"] = _compare("index", _indexes(declared) - served, _indexes(found) - served)
    return aspects


def _compare_model(rules: Iterable[Rule], live: LiveTable) -> dict[str, Aspect]:
    import pandas as pd

    from gatepost.tables.evaluation import columns_of
    from gatepost.tables.kinds import judge_dtype
    from gatepost.tables.rules import Kind
    from gatepost.tables.sql.predicates import Refused

    nothing = pd.DataFrame(columns=list(live.columns))
    missing, types, refused = [], [], []
    declared: set[str] = set()
    is_strict = False
    for rule in rules:
        names = [str(name) for name in columns_of(rule, nothing) if name in live.columns]
        declared.update(names if rule.column is not None else ())
        is_strict |= rule.kind is Kind.STRICT
        if rule.kind is Kind.PRESENT and not names:
            missing.append(str(rule.column))
        if rule.kind is not Kind.DTYPE:
            continue
        for name in names:
            try:
                said = judge_dtype(rule, live.columns[name])
            except Refused as reason:
                refused.append(f"{name}: {reason}")
                continue
            if not said.holds:
                types.append(f"{name} is to be {rule.what}: {said.why}")
    extra = [name for name in live.columns if name not in declared] if is_strict else []
    judged: Aspect = _other_types(types)
    if refused and not types:
        judged = NotEvaluated(f"{plural(len(refused), 'column')}: {join_some(refused)}")
    return {"columns": _differ("column", missing, extra), "types": judged}


def _compare_nullability(wanted: Mapping[str, Any], found: sa.Table) -> tuple[Difference, ...]:
    both = [(column, found.c[name]) for name, column in wanted.items() if name in found.c]
    loose = [
        mine.name
        for mine, live in both
        if live.nullable and not mine.nullable and not _is_row_id(live, found)
    ]
    tight = [mine.name for mine, live in both if mine.nullable and not live.nullable]
    return tuple(
        Difference(
            "column",
            f"{verb}{'s' if len(names) == 1 else ''} nulls, against the declaration",
            tuple(names),
        )
        for names, verb in ((loose, "allow"), (tight, "forbid"))
        if names
    )


def _is_row_id(column: sa.Column[Any], table: sa.Table) -> bool:
    """Whether it is SQLite's INTEGER PRIMARY KEY, which is never null without being told so."""
    from sqlalchemy import INTEGER

    alone = list(table.primary_key.columns) == [column]
    return alone and isinstance(column.type, INTEGER)


def _keys(table: sa.Table) -> set[str]:
    """Primary key, foreign keys and unique keys, in words that are equal when the keys are."""
    from sqlalchemy import UniqueConstraint

    keys = {_foreign_key(each, table) for each in table.foreign_key_constraints}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            keys.add(_on("unique", (column.name for column in constraint.columns)))
    for index in table.indexes:
        if index.unique and not _is_special(index):
            keys.add(_on("unique", (column.name for column in index.columns)))
    primary = [column.name for column in table.primary_key.columns]
    if primary:  # for which some engines list a unique index as well
        keys.discard(_on("unique", primary))
        keys.add(_on("primary key", primary))
    return keys


def _on(what: str, names: Iterable[str]) -> str:
    return f"{what} ({', '.join(sorted(names))})"


def _foreign_key(constraint: sa.ForeignKeyConstraint, table: sa.Table) -> str:
    targets = [each.target_fullname.rpartition(".") for each in constraint.elements]
    mine = [each.parent.name for each in constraint.elements]
    pairs = sorted(zip(mine, (column for *_, column in targets), strict=True))
    # One side may name the schema that goes without saying on the other: the table's own.
    target = targets[0][0].removeprefix(f"{table.schema}.")
    left, right = (", ".join(names) for names in zip(*pairs, strict=True))
    return f"({left}) to {target} ({right})"


def _indexes(table: sa.Table) -> set[str]:
    """The columns, in order, of the indexes that are not unique."""
    plain = [each for each in table.indexes if not each.unique and not _is_special(each)]
    return {_in_order(column.name for column in each.columns) for each in plain}


def _foreign_columns(table: sa.Table) -> frozenset[str]:
    return frozenset(
        _in_order(column.name for column in each.columns) for each in table.foreign_key_constraints
    )


def _in_order(names: Iterable[str]) -> str:
    return f"on ({', '.join(names)})"


def _is_special(index: sa.Index) -> bool:
    """Whether it is on expressions, or on a part of the rows: engines write these in own ways."""
    from sqlalchemy import Column

    is_partial = any(
        value is not None and key.endswith("_where") for key, value in index.dialect_kwargs.items()
    )
    return is_partial or not all(isinstance(each, Column) for each in index.expressions)


def _compare(
    noun: str, declared: Collection[str], found: Collection[str]
) -> tuple[Difference, ...]:
    missing = [each for each in declared if each not in found]
    return _differ(noun, missing, [each for each in found if each not in declared])


def _differ(noun: str, missing: Collection[str], extra: Collection[str]) -> tuple[Difference, ...]:
    return tuple(
        Difference(noun, verb, tuple(sorted(names)))
        for names, verb in ((missing, "missing"), (extra, "not declared"))
        if names
    )


def _other_types(names: Sequence[str]) -> tuple[Difference, ...]:
    if not names:
        return ()
    return (Difference("column", "of another type", tuple(names), separator="; "),)
