"""Writes equal values as equal texts on every engine, so that hashes of them can be compared.

A text that is written here depends neither on a session's settings nor on
trailing zeros, a time zone, or how an engine lays out floating-point numbers.
Timestamps without a time zone are taken to be in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, cast, column, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.predicates import Refused
from gatepost.wording import shorten

DOUBLE_DIGITS, _SINGLE_DIGITS = 12, 6
"""How many significant digits of floating-point numbers of 64 and of 32 bits have to agree."""
NUMBER_DIGITS = 7
"""How many digits of a hash make a number that every engine can add up over 10^10 rows."""
_IN_BRACKETS = 200


class Shape(Enum):
    """What values have in common that can be compared across engines."""

    NUMBER = "exact numbers"
    FLOAT = "floating-point numbers"
    TEXT = "text"
    UUID = "UUIDs"
    DATE = "dates"
    TIME = "timestamps"


@dataclass(frozen=True, slots=True)
class Form:
    """How two columns are both written.

    `digits` are the significant ones of a FLOAT; `scale` the decimal places to
    which a NUMBER is rounded where an engine keeps it as a double; `padded`
    says that trailing blanks of a TEXT mean nothing, as in CHAR(n).
    """

    shape: Shape
    digits: int = DOUBLE_DIGITS
    scale: int | None = None
    padded: bool = False

    def show(self, text: str | None) -> str:
        """A written cell as people read it."""
        if text is None:
            return "null"
        return f"{float(text):.12g}" if self.shape is Shape.FLOAT else shorten(text, 80)


_SHAPES = {
    ColumnKind.INTEGER: Shape.NUMBER,
    ColumnKind.DECIMAL: Shape.NUMBER,
    ColumnKind.BOOLEAN: Shape.NUMBER,
    ColumnKind.FLOAT: Shape.FLOAT,
    ColumnKind.TEXT: Shape.TEXT,
    ColumnKind.UUID: Shape.UUID,
    ColumnKind.DATE: Shape.DATE,
    ColumnKind.TIMESTAMP: Shape.TIME,
    ColumnKind.MOMENT: Shape.TIME,
}
# The one of two shapes that values of the other can be written in.
_COMMON = {
    frozenset({Shape.NUMBER, Shape.FLOAT}): Shape.FLOAT,
    frozenset({Shape.TEXT, Shape.UUID}): Shape.UUID,
}


@dataclass(frozen=True, slots=True)
class _Engine:
    """How one engine hashes and writes: SQL with `{x}` in place of the cell or the text.

    Each is NULL for NULL, and for NULL only. `boolean` and `moment` turn a cell
    into what the shape's own SQL takes.
    """

    md5: str
    number: str
    write: Mapping[Shape, str]
    padded: str
    boolean: str = "{x}"
    moment: str = "{x}"


def _without_zeros(text: str, strip: str = "rtrim(rtrim({t}, '0'), '.')") -> str:
    return f"case when {text} like '%.%' then {strip.replace('{t}', text)} else {text} end"


_DUCKDB_FLOAT = (
    "case when isnan({x}::double) then 'NaN' when {x}::double = 'infinity' then 'Infinity' "
    "when {x}::double = '-infinity' then '-Infinity' "
    "else printf('%.{decimals}e', {x}::double + 0) end"
)
_POSTGRESQL_FLOAT = (
    "case when {x}::float8::text in ('NaN', 'Infinity', '-Infinity') then {x}::float8::text "
    "else ltrim(to_char({x}::float8 + 0, '9.{nines}EEEE')) end"
)
_MYSQL_TEXT = "cast({x} as char character set utf8mb4)"
_TRIM = "trim(trailing '.' from trim(trailing '0' from {t}))"
_SPARK_FLOAT = (
    "case when isnan({x}) then 'NaN' when double({x}) = double('Infinity') then 'Infinity' "
    "when double({x}) = double('-Infinity') then '-Infinity' "
    "else format_string('%.{decimals}e', double({x}) + 0d) end"
)

# SQLite's columns hold any type of value; its functions turn what they cannot read into zero.
_SQLITE_FLOAT = (
    "case when typeof({x}) in ('text', 'blob') then 'no number: ' || {x} "
    "when {x} > 1.7976931348623157e308 then 'Infinity' "
    "when {x} < -1.7976931348623157e308 then '-Infinity' "
    "when {x} is not null then printf('%.{decimals}e', {x} + 0.0) end"
)
_SQLITE_DECIMAL = (
    "case when typeof({x}) in ('text', 'blob') then 'no number: ' || {x} "
    "when {x} is not null then "
    f"""{_without_zeros("printf('%.{scale}f', round({x}, {scale}) + 0.0)")} end"""
)
_SQLITE_REST = "substr({x}, instr({x}, '.') + 1)"
_SQLITE_FRACTION = (
    "case when instr({x}, '.') = 0 then '' else "
    f"substr({_SQLITE_REST}, 1, length({_SQLITE_REST}) "
    f"- length(ltrim({_SQLITE_REST}, '0123456789'))) end"
)
_SQLITE_TIME = (
    f"coalesce(strftime('%Y-%m-%d %H:%M:%S', replace({{x}}, '.' || {_SQLITE_FRACTION}, '')) "
    f"|| '.' || substr({_SQLITE_FRACTION} || '000000', 1, 6), cast({{x}} as text))"
)

_MYSQL = _Engine(
    md5="md5(convert({x} using utf8mb4))",
    number="cast(conv({x}, 16, 10) as unsigned)",
    write={
        Shape.NUMBER: _without_zeros(_MYSQL_TEXT, _TRIM),
        Shape.TEXT: _MYSQL_TEXT,
        Shape.UUID: f"replace(lower({_MYSQL_TEXT}), '-', '')",
        Shape.DATE: "date_format({x}, '%Y-%m-%d')",
        Shape.TIME: "date_format({x}, '%Y-%m-%d %H:%i:%s.%f')",
    },
    padded=f"trim(trailing ' ' from {_MYSQL_TEXT})",
)

_ENGINES: Mapping[str, _Engine] = {
    "postgresql": _Engine(
        md5="md5(convert_to({x}, 'UTF8'))",
        number="('x' || lpad({x}, 8, '0'))::bit(32)::bigint",
        write={
            Shape.NUMBER: "trim_scale({x}::numeric)::text",
            Shape.FLOAT: _POSTGRESQL_FLOAT,
            Shape.TEXT: "{x}::text",
            Shape.UUID: "replace(lower({x}::text), '-', '')",
            # to_char has no text for an infinite time.
            Shape.DATE: "coalesce(to_char({x}, 'YYYY-MM-DD'), {x}::text)",
            Shape.TIME: "coalesce(to_char({x}, 'YYYY-MM-DD HH24:MI:SS.US'), {x}::text)",
        },
        padded="rtrim({x}::text, ' ')",
        boolean="{x}::int",
        moment="({x} at time zone 'UTC')",
    ),
    "duckdb": _Engine(
        md5="md5({x})",
        number="('0x' || {x})::bigint",
        write={
            Shape.NUMBER: _without_zeros("{x}::varchar"),
            Shape.FLOAT: _DUCKDB_FLOAT,
            Shape.TEXT: "{x}::varchar",
            Shape.UUID: "replace(lower({x}::varchar), '-', '')",
            Shape.DATE: "strftime({x}, '%Y-%m-%d')",
            Shape.TIME: "strftime({x}::timestamp, '%Y-%m-%d %H:%M:%S.%f')",
        },
        padded="rtrim({x}::varchar, ' ')",
        boolean="{x}::integer",
        moment="timezone('UTC', {x})",
    ),
    "spark": _Engine(
        md5="md5({x})",
        number="bigint(conv({x}, 16, 10))",
        write={
            Shape.NUMBER: _without_zeros("string({x})", _TRIM),
            Shape.FLOAT: f"case when {{x}} is not null then {_SPARK_FLOAT} end",
            Shape.TEXT: "string({x})",
            Shape.UUID: "replace(lower(string({x})), '-', '')",
            Shape.DATE: "date_format({x}, 'yyyy-MM-dd')",
            Shape.TIME: "date_format({x}, 'yyyy-MM-dd HH:mm:ss.SSSSSS')",
        },
        padded="rtrim(string({x}))",
        boolean="int({x})",
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    # Not SQLite's own: the target gives its connections these two functions.
    "sqlite": _Engine(
        md5="md5({x})",
        number="hex_number({x})",
        write={
            Shape.NUMBER: _without_zeros("cast({x} as text)"),
            Shape.FLOAT: _SQLITE_FLOAT,
            Shape.TEXT: "cast({x} as text)",
            Shape.UUID: "replace(lower(cast({x} as text)), '-', '')",
            Shape.DATE: "coalesce(date({x}), cast({x} as text))",
            Shape.TIME: _SQLITE_TIME,
        },
        padded="rtrim(cast({x} as text), ' ')",
    ),
}


class _Written(FunctionElement[Any]):
    """SQL in an engine's own words around another expression."""

    inherit_cache = False

    def __init__(self, template: str, inner: ColumnElement[Any], type_: Any) -> None:
        super().__init__(inner)
        self.template = template
        self.type = type_


@compiles(_Written)
def _compile(element: _Written, compiler: Any, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    template = compiler.post_process_text(element.template)
    return str(template.replace("{x}", f"({inner})"))


def common_form(left: LiveColumn, left_backend: str, right: LiveColumn, right_backend: str) -> Form:
    """How two columns are written so that equal values are equal texts.

    Raises Refused where there is no such way.
    """
    shapes = {_shape_of(left), _shape_of(right)}
    shape = shapes.pop() if len(shapes) == 1 else _COMMON.get(frozenset(shapes))
    if shape is None:
        one, other = (f"{each.name} holds {each.kind.value}" for each in (left, right))
        raise Refused(f"{one} on one side, {other} on the other")
    sides = ((left, left_backend), (right, right_backend))
    scale = None
    # SQLite keeps decimals as doubles, which are only as exact as a declared scale makes them.
    if shape is Shape.NUMBER and any(
        backend == "sqlite" and each.kind is ColumnKind.DECIMAL for each, backend in sides
    ):
        scales = [_scale_of(each) for each in (left, right)]
        known = [each for each in scales if each is not None]
        shape, scale = (Shape.FLOAT, None) if None in scales else (shape, max(known))
    for each, backend in sides:
        if shape not in _engine(backend).write:
            raise Refused(f"{each.name}: {backend} does not write {shape.value} as others do")
    is_single = shape is Shape.FLOAT and 32 in (
        each.bits for each, _ in sides if each.kind is ColumnKind.FLOAT
    )
    padded = shape is Shape.TEXT and any(_is_padded(each) for each, _ in sides)
    return Form(shape, _SINGLE_DIGITS if is_single else DOUBLE_DIGITS, scale, padded)


def write(live: LiveColumn, form: Form, backend: str) -> ColumnElement[str]:
    """The column's cells as texts, NULL for a null only."""
    engine = _engine(backend)
    cell: ColumnElement[Any] = column(live.name)
    if live.kind is ColumnKind.BOOLEAN:
        cell = _Written(engine.boolean, cell, Integer())
    if live.kind is ColumnKind.MOMENT:
        cell = _Written(engine.moment, cell, String())
    template = engine.padded if form.padded else engine.write[form.shape]
    if backend == "sqlite" and form.scale is not None and live.kind is ColumnKind.DECIMAL:
        template = _SQLITE_DECIMAL
    decimals = form.digits - 1
    for name, value in (("decimals", decimals), ("nines", "9" * decimals), ("scale", form.scale)):
        template = template.replace(f"{{{name}}}", str(value))
    return _Written(template, cell, String())


def join_texts(texts: Sequence[ColumnElement[str]], forms: Sequence[Form]) -> ColumnElement[str]:
    """Several texts or nulls as one text, which differs where any of them does; never NULL."""
    parts = [_delimit(text, form.shape) for text, form in zip(texts, forms, strict=True)]
    # In brackets, since SQLite nests what it reads from the left at most 1,000 deep.
    groups = [
        _Written("{x}", _concat(parts[start : start + _IN_BRACKETS]), String())
        for start in range(0, len(parts), _IN_BRACKETS)
    ]
    return _concat(groups)


def hash_of(text: ColumnElement[str], backend: str) -> ColumnElement[str]:
    """The MD5 of a text in UTF-8 as 32 hexadecimal digits. Raises Refused where there is none."""
    return _Written(_engine(backend).md5, text, String())


def number_of(digits: ColumnElement[str], backend: str) -> ColumnElement[int]:
    """The number that at most NUMBER_DIGITS hexadecimal digits stand for."""
    return _Written(_engine(backend).number, digits, Integer())


def _engine(backend: str) -> _Engine:
    if backend not in _ENGINES:
        raise Refused(f"{backend} has no hash that is known to be the same on other engines")
    return _ENGINES[backend]


def _concat(texts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    return reduce(lambda one, other: one.concat(other), texts)


def _delimit(text: ColumnElement[str], shape: Shape) -> ColumnElement[str]:
    null: ColumnElement[str] = literal_column("'-'")
    if shape not in (Shape.TEXT, Shape.UUID):  # none of these writes a semicolon
        return func.coalesce(text, null).concat(literal_column("';'"))
    length = cast(func.char_length(text), String(20))
    return func.coalesce(length.concat(literal_column("':'")).concat(text), null)


def _shape_of(live: LiveColumn) -> Shape:
    if live.kind not in _SHAPES:
        what = f"{live.kind.value} ({live.written})"
        raise Refused(f"{live.name} holds {what}, for which engines have no common text")
    return _SHAPES[live.kind]


def _scale_of(live: LiveColumn) -> int | None:
    if live.kind is not ColumnKind.DECIMAL:
        return 0
    found = re.search(r"\(\s*\d+\s*(?:,\s*(\d+)\s*)?\)", live.written)
    return int(found[1] or 0) if found else None


def _is_padded(live: LiveColumn) -> bool:
    return bool(re.match(r"(N?CHAR|CHARACTER|BPCHAR)\s*(\(|$)", live.written, re.IGNORECASE))
