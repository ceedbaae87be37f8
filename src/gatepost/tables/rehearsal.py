"""Tries pandera's own checks on no rows: wrong arguments fail where they are declared.

pandera takes any keyword for a check that it knows, and any argument, and fails
only once it is run.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gatepost.errors import DeclarationError
from gatepost.tables.rules import Kind, Rule, dtype_of
from gatepost.wording import shorten

if TYPE_CHECKING:
    import pandas as pd


def rehearse(rule: Rule) -> None:
    """Run a built-in check of a column on an empty one of its dtype.

    Checks that authors write are left alone, as are hypotheses, since they may
    expect rows, and checks of groups, since they need another column. Raises
    DeclarationError for a check that could not be run on any data.
    """
    from pandera.pandas import Check, Hypothesis

    check = rule.check
    if check is None or rule.kind is not Kind.CHECK:
        return
    if isinstance(check, Hypothesis) or check.groupby is not None:
        return
    if check.registry_name is None or check.registry_name in Check.REGISTERED_CUSTOM_CHECKS:
        return
    cells = _no_cells(dtype_of(rule.schema, rule.field))
    try:
        with warnings.catch_warnings():  # such as that a pattern has groups, for each run to say
            warnings.simplefilter("ignore")
            check(cells)
    except (AttributeError, TypeError, ValueError) as error:
        said = f"{rule.text} can never be run on {cells.dtype}: {shorten(str(error), 160)}"
        raise DeclarationError(f"{said}; correct its arguments, or the column's type") from error


def _no_cells(dtype: Any) -> pd.Series[Any]:
    """An empty column of a pandera dtype; of objects where pandas has no such dtype."""
    import pandas as pd

    try:
        return pd.Series([], dtype=getattr(dtype, "type", object))
    except (TypeError, ValueError):
        return pd.Series([], dtype=object)
