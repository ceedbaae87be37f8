"""Reads the arguments of checks as what compares with a column exactly, or refuses them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import Refused
from gatepost.wording import shorten


def plain(value: object) -> Any:
    """A numpy scalar as Python's own."""
    import numpy as np

    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.longdouble)):
        return value.item()
    return value


def is_missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or value != value


def mismatch(value: object, column: LiveColumn) -> Refused:
    given = shorten(repr(value), 60)
    return Refused(f"{given} is not surely compared alike with {column.kind.value}")


def as_number(value: object, column: LiveColumn) -> int | float:
    value = plain(value)
    if isinstance(value, (int, float)) and value == value:
        return int(value) if isinstance(value, bool) else value
    raise mismatch(value, column)


def as_text(value: object, column: LiveColumn) -> str:
    if not isinstance(value, str):
        raise mismatch(value, column)
    if "\0" in value:
        raise Refused("pandas may leave out a NUL where it compares text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused("half of a surrogate pair is no character in SQL")
    return str(value)


def as_time(value: object, column: LiveColumn) -> date | datetime:
    import pandas as pd

    if column.kind is ColumnKind.DATE:
        if type(value) is date:
            return value
        raise mismatch(value, column)
    moment = _read_time(value, column)
    if not isinstance(moment, datetime) or pd.isna(moment):
        raise mismatch(value, column)
    if isinstance(moment, pd.Timestamp):
        if moment.nanosecond:
            raise Refused(f"{moment} is finer than a microsecond")
        moment = moment.to_pydatetime()
    is_aware = moment.utcoffset() is not None
    if is_aware != (column.kind is ColumnKind.MOMENT):
        raise mismatch(value, column)
    try:
        return moment.astimezone(UTC) if is_aware else moment.replace(fold=0)
    except OverflowError:
        raise mismatch(value, column) from None


def _read_time(value: Any, column: LiveColumn) -> Any:
    """What pandas makes of a text or a numpy time; of a text, the column's zone is the zone."""
    import numpy as np
    import pandas as pd

    is_text = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value)
    if not is_text and not isinstance(value, np.datetime64):
        return value
    try:
        read = pd.Timestamp(value)
    except ValueError:
        raise mismatch(value, column) from None
    lacks_zone = is_text and column.kind is ColumnKind.MOMENT and read.tzinfo is None
    return read.tz_localize("UTC") if lacks_zone else read
