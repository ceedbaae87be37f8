"""One SQL statement with its parameters bound, and as the report shows it; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError
from gatepost.targets.engines import bound_time

if TYPE_CHECKING:
    from sqlalchemy import Engine, Executable, Select

    from gatepost.targets.estimates import Estimate


@dataclass(frozen=True, slots=True)
class Statement:
    """What is sent: SQLAlchemy's clause, the values of its parameters, and both as text."""

    clause: Executable
    values: Mapping[str, Any]
    text: str


class NotSent(BaseException):
    """A statement that a check would send now, where a run only tells what it would send.

    It ends the check as `pytest.skip` would, so `except Exception` does not catch it.
    """

    def __init__(self, text: str, estimate: Estimate | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.estimate = estimate


def bind(
    sql: str | Select[Any], params: Mapping[str, object], spare: AbstractSet[str], engine: Engine
) -> Statement:
    """Bind a statement's `:parameters`; those named in `spare` need not be used.

    Raises MeasurementError for a parameter that the statement names and nobody
    gave, or that was given and is not named.
    """
    from sqlalchemy import text

    clause = text(dedent(sql).strip()) if isinstance(sql, str) else sql
    # As it is sent, with each value of a list a parameter of its own.
    compiled = clause.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
    own = {key: value for key, value in compiled.params.items() if not isinstance(sql, str)}
    if missing := compiled.params.keys() - own.keys() - params.keys():
        name = min(missing)
        raise MeasurementError(
            f"the statement names the parameter :{name}, which is not given; pass {name}=..., "
            f"write \\:{name} where it is no parameter, cast(:{name} as ...) where a cast follows"
        )
    if unused := params.keys() - compiled.params.keys() - spare:
        raise MeasurementError(f"the statement does not name the parameter :{min(unused)}")
    values = {name: _bound(params[name], engine) for name in compiled.params if name in params}
    plain = str(clause) if isinstance(sql, str) else str(compiled)
    return Statement(clause, values, _shown(plain, {**own, **values}))


def _bound(value: object, engine: Engine) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return bound_time(value, engine.dialect.name)
    return value


def _shown(sql: str, values: Mapping[str, object]) -> str:
    if not values:
        return sql
    listed = ", ".join(f"{name} = {_literal(value)}" for name, value in values.items())
    return f"{sql}\n-- {listed}"


def _literal(value: object) -> str:
    """A value as SQL writes it, to be pasted; on one line, so that it stays in its comment."""
    match value:
        case None | bool():
            return "null" if value is None else str(value).lower()
        case float() if not math.isfinite(value):
            return f"'{value}'"
        case int() | float() | Decimal():
            return str(value)
        case date() | time():
            return f"'{value}'"
        case str() if value.isprintable():
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
    return repr(value)
