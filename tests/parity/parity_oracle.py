"""What pandera says of the cells of one column, each read with the dtype of its kind."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from gatepost.tables.asks import NotEvaluated, Whole
from gatepost.tables.evaluation import evaluate
from gatepost.tables.live import ColumnKind
from gatepost.tables.rules import Rule

_EXACT = 2**53


def as_series(kind: ColumnKind, cells: Sequence[Any]) -> pd.Series[Any]:
    """The cells as pandas has them."""
    has_null = any(cell is None for cell in cells)
    dtype: Any = object
    match kind:
        case ColumnKind.INTEGER:
            dtype = "float64" if has_null else None
        case ColumnKind.DECIMAL:
            cells = [None if cell is None else _as_float(cell) for cell in cells]
            dtype = "float64"
        case ColumnKind.FLOAT:
            dtype = "float64"
        case ColumnKind.TEXT:
            dtype = "str"
        case ColumnKind.BOOLEAN:
            dtype = object if has_null else bool
        case ColumnKind.TIMESTAMP:
            dtype = "datetime64[us]"
        case ColumnKind.MOMENT:
            dtype = "datetime64[us, UTC]"
    return pd.Series(list(cells), dtype=dtype)


def bad_cells(rule: Rule, kind: ColumnKind, cells: Sequence[Any]) -> list[bool] | str:
    """Which cells break the rule, or why pandera does not say."""
    great = any(isinstance(cell, int) and abs(cell) > _EXACT for cell in cells)
    if kind is ColumnKind.INTEGER and great and None in cells:
        # pandas would round the others for the nulls' sake, so the nulls are asked about apart.
        others = _ask(rule, as_series(kind, [cell for cell in cells if cell is not None]))
        nulls = _ask(rule, as_series(kind, [None]))
        if isinstance(others, str) or isinstance(nulls, str):
            return f"{others} / {nulls}"
        rest = iter(others)
        return [nulls[0] if cell is None else next(rest) for cell in cells]
    return _ask(rule, as_series(kind, cells))


def _ask(rule: Rule, series: pd.Series[Any]) -> list[bool] | str:
    if series.empty:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = evaluate(rule, pd.DataFrame({str(rule.column): series}))
    if isinstance(found, (Whole, NotEvaluated)):
        return found.why
    return [bool(each) for each in np.asarray(found)]


def _as_float(cell: Decimal) -> float:
    return float(cell)
