"""Describes a live table from its catalogue: its columns, and what its constraints prove."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gatepost.tables.kinds import read_kind
from gatepost.tables.live import LiveColumn, LiveTable, Reference

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Inspector
    from sqlalchemy.engine.interfaces import ReflectedColumn

# Nothing is proved of a view or a foreign table, whose rows no constraint holds, nor of a table
# with inheriting ones, whose rows are read with it but have constraints of their own, nor of one
# with a foreign partition. A NOT NULL that was added NOT VALID, as PostgreSQL 18 allows, says
# nothing of the rows that were there. A foreign key may be broken while its triggers are off, and
# one with PERIOD holds ranges.
_POSTGRESQL = """
    select c.reltuples,
           c.relkind in ('r', 'p') and not (c.relkind = 'r' and c.relhassubclass)
               and not exists (select from pg_partition_tree(c.oid) part
                               join pg_class p on p.oid = part.relid
                               where p.relkind = 'f') as proves,
           (select json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod))
            from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as types,
           array(select a.attname from pg_attribute a
                 where a.attrelid = c.oid and a.attnotnull and not exists (
                     select from pg_constraint n
                     where n.conrelid = c.oid and n.contype = 'n' and not n.convalidated
                       and a.attnum = any (n.conkey)))::text[] as not_null,
           (select json_agg(json_build_array(i.indexrelid::regclass::text,
                       (select json_agg(a.attname) from pg_attribute a
                        where a.attrelid = c.oid
                          and a.attnum = any (i.indkey[:i.indnkeyatts - 1]))))
            from pg_index i
            where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate
              and i.indpred is null and i.indexprs is null) as unique_keys,
           c.oid::text as path,
           (select json_agg(json_build_array(f.conname, f.confrelid::text,
                       (select json_agg(json_build_array(mine.attname, theirs.attname))
                        from unnest(f.conkey, f.confkey) as pair (mine, theirs)
                        join pg_attribute mine
                          on mine.attrelid = f.conrelid and mine.attnum = pair.mine
                        join pg_attribute theirs
                          on theirs.attrelid = f.confrelid and theirs.attnum = pair.theirs)))
            from pg_constraint f
            where f.conrelid = c.oid and f.contype = 'f' and c.relkind = 'r' and f.convalidated
              and coalesce((to_jsonb(f) ->> 'conenforced')::bool, true)
              and not coalesce((to_jsonb(f) ->> 'conperiod')::bool, false)
              and not exists (select from pg_trigger t where t.tgconstraint = f.oid
                              and t.tgenabled not in ('O', 'A'))) as foreign_keys
    from pg_class c
    where c.oid = to_regclass(%s)
"""

# The counters of a table, its size and its file tell whether its rows have changed, as long as the
# server runs, and its columns' own rows in the catalogue whether what they are has; its sessions
# may report their changes to the counters up to a minute late. A standby does not count what it
# replays, and what a policy lets a role see depends on more than the rows.
_STATE = """
    select concat_ws(' ', s.n_tup_ins, s.n_tup_upd, s.n_tup_del, pg_relation_size(c.oid),
                     pg_relation_filenode(c.oid), c.oid, pg_postmaster_start_time(),
                     d.datid, d.stats_reset,
                     (select md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.xmin), ','
                                            order by a.attnum))
                      from pg_attribute a where a.attrelid = c.oid))
    from pg_class c join pg_stat_all_tables s on s.relid = c.oid,
         pg_stat_database d
    where c.oid = to_regclass(%s) and d.datname = current_database()
      and c.relkind in ('r', 'm') and not c.relhassubclass and not c.relrowsecurity
      and current_setting('track_counts')::bool and not pg_is_in_recovery()
"""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the catalogue says besides columns and types."""

    not_null: frozenset[str] = frozenset()
    unique: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rows: int | None = None
    state: str | None = None
    path: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


def describe(connection: Connection, name: str, schema: str | None) -> LiveTable:
    """Read a table or view. Raises SQLAlchemy's NoSuchTableError when there is none."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SAWarning
    from sqlalchemy.types import NullType

    backend = connection.dialect.name
    state = _read_state(connection, name, schema) if backend == "postgresql" else None
    catalogue = inspect(connection)
    with warnings.catch_warnings(action="ignore", category=SAWarning):  # of types it does not know
        reflected = catalogue.get_columns(name, schema)
    if backend == "postgresql":
        facts = replace(_read_postgresql(connection, name, schema), state=state)
    else:
        facts = _read_any(catalogue, reflected, name, schema)
    columns = {}
    for each in reflected:
        kind, bits = read_kind(each["type"], backend)
        if isinstance(each["type"], NullType):
            written = facts.types.get(each["name"], "an unknown type")
        else:
            written = each["type"].compile(connection.dialect)
        not_null = each["name"] in facts.not_null
        columns[each["name"]] = LiveColumn(each["name"], kind, written, not_null, bits)
    return LiveTable(
        name, columns, facts.unique, facts.rows, facts.state, facts.path, facts.references
    )


def _read_state(connection: Connection, name: str, schema: str | None) -> str | None:
    """The state of a PostgreSQL table, read before the check's snapshot is taken.

    Read after, it might count changes that the snapshot does not show, and their
    absence would be remembered. None where the snapshot has been taken.
    """
    if connection.in_transaction():
        return None
    state: str | None = connection.exec_driver_sql(_STATE, (_quoted(name, schema),)).scalar()
    connection.rollback()
    return state


def _quoted(name: str, schema: str | None) -> str:
    # SQLAlchemy's own quoting doubles a percent sign, as is right in a statement only.
    parts = (schema, name) if schema else (name,)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _read_postgresql(connection: Connection, name: str, schema: str | None) -> _Facts:
    path = _quoted(name, schema)
    found = connection.exec_driver_sql(_POSTGRESQL, (path,)).one()
    rows = int(found.reltuples) if found.reltuples >= 0 else None
    if not found.proves:
        return _Facts(rows=rows, path=found.path, types=found.types or {})
    unique = {index: frozenset(columns) for index, columns in found.unique_keys or ()}
    references = {
        key: Reference(path, frozenset((mine, theirs) for mine, theirs in pairs))
        for key, path, pairs in found.foreign_keys or ()
    }
    return _Facts(
        frozenset(found.not_null),
        unique,
        rows,
        path=found.path,
        references=references,
        types=found.types or {},
    )


def _read_any(
    catalogue: Inspector, reflected: Iterable[ReflectedColumn], name: str, schema: str | None
) -> _Facts:
    path = f"{schema or catalogue.default_schema_name}.{name}"
    if name in catalogue.get_view_names(schema):
        return _Facts(path=path)
    not_null = frozenset(each["name"] for each in reflected if not each["nullable"])
    unique: dict[str, frozenset[str]] = {}
    for read in (catalogue.get_unique_constraints, catalogue.get_indexes, _primary_keys(catalogue)):
        try:
            found: Iterable[Mapping[str, Any]] = read(name, schema)
        except NotImplementedError:
            continue
        for each in found:
            names = each.get("column_names") or each.get("constrained_columns") or ()
            partial = any(key.endswith("_where") for key in each.get("dialect_options", ()))
            if names and None not in names and each.get("unique", True) and not partial:
                unique[str(each.get("name") or f"on {', '.join(names)}")] = frozenset(names)
    references = _read_references(catalogue, name, schema)
    return _Facts(not_null, unique, path=path, references=references)


def _read_references(catalogue: Inspector, name: str, schema: str | None) -> dict[str, Reference]:
    # SQLite and MySQL can be told not to heed them, and then keep what breaks them.
    if catalogue.dialect.name != "duckdb":
        return {}
    return {
        str(each["name"]): Reference(
            f"{each['referred_schema'] or catalogue.default_schema_name}.{each['referred_table']}",
            frozenset(zip(each["constrained_columns"], each["referred_columns"], strict=True)),
        )
        for each in catalogue.get_foreign_keys(name, schema)
    }


def _primary_keys(catalogue: Inspector) -> Any:
    return lambda name, schema: [catalogue.get_pk_constraint(name, schema)]
