"""What an engine expects a statement to take, by its own EXPLAIN; nothing is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatepost.wording import plural

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gatepost.targets.statements import Statement


_QUERY = re.compile(r"\s*(?:select|with|values|table|from)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The engine's expectation of one statement.

    `cost` is in the engine's own unit, comparable only with its other costs;
    `rows` is how many rows come back, `steps` how the tables are read. None
    and nothing where the engine does not tell.
    """

    cost: float | None = None
    rows: int | None = None
    steps: tuple[str, ...] = ()


def read_estimate(connection: Connection, statement: Statement) -> Estimate | None:
    """Ask the engine; None of what is no plain query, or of one whose EXPLAIN is not read here.

    Raises DBAPIError for a query that would be refused as well.
    """
    backend = connection.dialect.name
    if backend not in _ENGINES or not _QUERY.match(statement.text):
        return None
    explain, read = _ENGINES[backend]
    return read(_rows(connection, explain, statement))


def _rows(connection: Connection, explain: str, statement: Statement) -> list[tuple[Any, ...]]:
    from sqlalchemy import ClauseElement, Executable
    from sqlalchemy.ext.compiler import compiles

    class Explain(Executable, ClauseElement):
        inherit_cache = False

    def write(_element: Explain, compiler: Any, **given: Any) -> str:
        return f"{explain} {compiler.process(statement.clause, **given)}"

    compiles(Explain)(write)
    with connection.execute(Explain(), statement.values) as result:
        return [tuple(row) for row in result]


def _read_postgresql(rows: list[tuple[Any, ...]]) -> Estimate:
    (found,) = rows[0]
    document = json.loads(found) if isinstance(found, str) else found
    plan = document[0]["Plan"]
    steps = [
        f"{node['Node Type']} on {node['Relation Name']}"
        for node in _nodes(plan)
        if "Relation Name" in node
    ]
    return Estimate(plan["Total Cost"], plan["Plan Rows"], tuple(dict.fromkeys(steps)))


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _read_sqlite(rows: list[tuple[Any, ...]]) -> Estimate:
    return Estimate(steps=tuple(dict.fromkeys(str(row[-1]) for row in rows)))


def _read_duckdb(rows: list[tuple[Any, ...]]) -> Estimate:
    boxes = "\n".join(str(row[-1]) for row in rows).split("┌")
    steps = []
    for box in boxes:  # drawn around each step, its name first and the rows it yields last
        if scan := re.search(r"\w*SCAN\w*|READ_\w+", box):
            table = re.search(r"Table:[\s│]*([^\s│]+)", box)
            count = re.search(r"~\s?([\d,]+) rows?\b", box)
            on = f" on {table[1]}" if table else ""
            steps.append(scan[0] + on + (f", about {count[1]} rows" if count else ""))
    return Estimate(steps=tuple(dict.fromkeys(steps)))


def _read_mysql(rows: list[tuple[Any, ...]]) -> Estimate:
    block = json.loads(rows[0][0])["query_block"]
    cost = block.get("cost", block.get("cost_info", {}).get("query_cost"))
    steps = [_step_of_mysql(table) for table in _tables(block)]
    return Estimate(None if cost is None else float(cost), steps=tuple(dict.fromkeys(steps)))


def _step_of_mysql(table: Mapping[str, Any]) -> str:
    access = str(table.get("access_type", "ALL"))
    way = "table scan" if access == "ALL" else access
    rows = table.get("rows", table.get("rows_examined_per_scan"))
    return f"{way} on {table['table_name']}" + (
        "" if rows is None else f", about {plural(rows, 'row')}"
    )


def _tables(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, list):
        for each in part:
            yield from _tables(each)
    elif isinstance(part, dict):
        if "table_name" in part:
            yield part
        for each in part.values():
            yield from _tables(each)


_ENGINES: dict[str, tuple[str, Callable[[list[tuple[Any, ...]]], Estimate]]] = {
    "postgresql": ("EXPLAIN (FORMAT JSON)", _read_postgresql),
    "sqlite": ("EXPLAIN QUERY PLAN", _read_sqlite),
    "duckdb": ("EXPLAIN", _read_duckdb),
    "mysql": ("EXPLAIN FORMAT=JSON", _read_mysql),
    "mariadb": ("EXPLAIN FORMAT=JSON", _read_mysql),
}
"""How each engine is asked, and its answer read. PostgreSQL's ANALYZE would run the statement."""
