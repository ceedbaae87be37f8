"""Writes the check module for a table from its profile; pure."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from gatepost.durations import format_duration
from gatepost.suggesting.fields import ENOUGH, FieldRules, field_rules
from gatepost.suggesting.profile import ColumnProfile, TableProfile
from gatepost.suggesting.source import (
    argument,
    call,
    class_name,
    comment,
    identifier,
    plain,
    quoted,
)
from gatepost.tables.live import ColumnKind
from gatepost.wording import format_time, plural

_IMPORTED = frozenset({"Any", "Database", "Table", "at_least", "check", "conforms_to", "fresh"})
_DAY = timedelta(days=1)


def write_module(profile: TableProfile, target: str, time: str | None) -> str:
    """The text of a module whose checks pass on the table as it was profiled.

    `target` is the fixture of the database, `time` the column with a row's
    time; without one, the column with the newest time is taken.
    """
    fields = [field_rules(profile, each) for each in profile.columns]
    bare = _bare(profile.name)
    model = class_name(bare)
    model = f"{model}Rows" if model in {*_IMPORTED, "Config"} else model
    clock = _clock(profile, time)
    lines = [
        f'"""The table {plain(profile.name)}: rules that held on {profile.at:%Y-%m-%d}.',
        "",
        "The comments say what was found then. Change what was only so by chance.",
        '"""',
        "",
        *_imports(fields, has_clock=_limits(profile, clock) is not None),
        "",
        "",
        *_model(model, profile, fields),
        "",
        "",
        *_check(model, bare, profile, target, clock),
    ]
    return "\n".join(lines) + "\n"


def _bare(name: str) -> str:
    """A table's name without its schema, a path's without its folder and extensions."""
    is_path = re.search(r"\.(parquet|csv|tsv)(\.\w+)?$", name)
    if is_path:
        path = PurePosixPath(name[: is_path.start()])
        return path.name if re.search(r"\w", path.name) else path.parent.name or path.name
    return name.rpartition(".")[2]


def _imports(fields: Sequence[FieldRules], *, has_clock: bool) -> Iterator[str]:
    annotations = {each.annotation for each in fields}
    if "Any" in annotations:
        yield from ("from typing import Any", "")
    if any(each.startswith("pd.") for each in annotations):
        yield "import pandas as pd"
    yield "import pandera.pandas as pa"
    names = ["Database", "Table", "at_least", "check", "conforms_to"]
    names += ["fresh"] if has_clock else []
    yield f"from gatepost import {', '.join([*names, 'row_count'])}"


def _model(model: str, profile: TableProfile, fields: Sequence[FieldRules]) -> Iterator[str]:
    yield f"class {model}(pa.DataFrameModel):"
    words = f"The rows of {plain(profile.name)}."
    yield f'    """{words}"""'
    if profile.rows < ENOUGH:
        few = "It had no rows" if not profile.rows else f"It had {plural(profile.rows, 'row')}"
        yield ""
        yield from comment(f"{few}: too few to take limits from. Suggest again later.", "    ")
    taken = _reserved()
    for each in fields:
        yield ""
        yield from comment(each.seen, "    ")
        name = each.name
        # Python reads an identifier in its normal form, which then is another column's name.
        is_plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
        if not is_plain or name.startswith("_") or name in taken:
            name = identifier(each.name, taken | {other.name for other in fields}, "column")
        taken.add(name)
        arguments = {"alias": each.name} if name != each.name else {}
        given = [argument(key, value) for key, value in {**arguments, **each.arguments}.items()]
        if given:
            yield from call(f"    {name}: {each.annotation} = ", "pa.Field", given)
        else:
            yield f"    {name}: {each.annotation}"


def _reserved() -> set[str]:
    """Names that would hide what a model's annotations mean, or are the model's own."""
    from pandera.pandas import DataFrameModel

    annotations = {"Any", "bool", "float", "int", "object", "pa", "pd", "str"}
    return {*dir(DataFrameModel), *keyword.kwlist, *annotations, "Config"}


def _check(
    model: str, bare: str, profile: TableProfile, target: str, clock: ColumnProfile | None
) -> Iterator[str]:
    yield "@check("
    yield f"    conforms_to({model}),"
    yield from comment(plural(profile.rows, "row"), "    ")
    yield f"    row_count(at_least({_counts(profile.rows)})),"
    limits = _limits(profile, clock)
    if clock is not None and limits is not None and clock.newest is not None:
        if not clock.hidden:
            yield from comment(f"the newest was of {format_time(clock.newest)}", "    ")
        within, alert = (quoted(format_duration(each)) for each in limits)
        name = quoted(clock.column.name)
        yield from call("    ", "fresh", [name, f"within={within}", f"alert={alert}"], ",")
    yield ")"
    function = f"check_{identifier(bare, (), 'table')}"
    yield f"def {function}({target}: Database) -> Table:"
    yield f'    """The rules of {model}."""'
    given = [quoted(profile.name)]
    given += [f"time={quoted(clock.column.name)}"] if clock else []
    yield from call("    return ", f"{target}.table", given)


def _counts(rows: int) -> str:
    """A target of nine tenths of the rows and an alert at half of them, in round numbers."""
    target, alert = _round_down(0.9 * rows), max(_round_down(0.5 * rows), min(rows, 1))
    return f"{target:_}, alert={alert:_}" if target > alert else f"alert={alert:_}"


def _round_down(number: float) -> int:
    """A whole number of two digits and zeros."""
    whole = int(number)
    step: int = 10 ** max(len(str(whole)) - 2, 0)
    return whole // step * step


def _clock(profile: TableProfile, time: str | None) -> ColumnProfile | None:
    """The column that says when a row was made: the named one, or that with the newest time."""
    if time is not None:
        return next(each for each in profile.columns if each.column.name == time)
    past = [each for each in profile.columns if each.newest and each.newest <= profile.at]
    zoned = [each for each in past if each.column.kind is ColumnKind.MOMENT]
    return max(zoned or past, key=_newest, default=None)


def _newest(found: ColumnProfile) -> datetime:
    assert found.newest is not None  # noqa: S101 - the caller chose those that have one
    return found.newest


def _limits(
    profile: TableProfile, clock: ColumnProfile | None
) -> tuple[timedelta, timedelta] | None:
    """Twice the age of the newest time, a day at least, and half as much again for an alert.

    None where there is no time, or one in the future, of which nothing is known.
    """
    if clock is None or clock.newest is None or clock.newest > profile.at:
        return None
    age = profile.at - clock.newest
    within = max(_DAY, -(-2 * age // _DAY) * _DAY)
    hours = -(-1.5 * within // timedelta(hours=1))
    alert = timedelta(hours=hours) if within < 2 * _DAY else -(-1.5 * within // _DAY) * _DAY
    return within, alert
