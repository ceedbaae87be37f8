"""reconciles_with: two tables, often of two databases, hold the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gatepost.errors import DeclarationError
from gatepost.expectations.agreement import Agreement, TwoTables
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.limits import Limit, at_least
from gatepost.expectations.pairs import Columns, read_pairs
from gatepost.expectations.regions import as_duration
from gatepost.expectations.tolerances import as_percentage, read_tolerances
from gatepost.expectations.windows import read_samples
from gatepost.model import Verdict
from gatepost.tables.across.comparison import Compare
from gatepost.tables.asks import Ask


def reconciles_with(
    *,
    key: Columns = (),
    columns: Columns = (),
    sums: Columns = (),
    tolerate: Limit | Mapping[str, Limit] | None = None,
    last: str | timedelta | None = None,
    settle: str | timedelta | None = None,
    samples: int = 5,
) -> Expectation[TwoTables]:
    """The two tables that a check returns agree, whichever engines hold them.

    Its rows are "rows", the number of rows; "sum amount" for each column in
    `sums`; and with a `key` "contents": each row of one has a row of the same
    key, and with the same values in `columns`, in the other. Columns that are
    named differently are a mapping from the left table's names to the right's.
    Up to `samples` rows that disagree are shown.

    Each is judged by the percentage that agrees: of rows, or of the greater
    sum. Less than all of it is an alert, unless `tolerate` says otherwise, for
    all rows or by label. By the tables' time columns, `last="7 days"` compares
    the newest rows only, and `settle="10 minutes"` leaves out those that may
    still be on their way.

    Raises DeclarationError for what cannot be compared so.
    """
    where = "reconciles_with"
    read = {
        name: read_pairs(f"{where}({name}=...)", given)
        for name, given in (("key", key), ("columns", columns), ("sums", sums))
    }
    if read["columns"] and not read["key"]:
        raise DeclarationError(
            f'{where}(columns=...) needs key="...", the columns by which rows belong together'
        )
    ask = Compare(
        read["key"],
        tuple(pair for pair in read["columns"] if pair not in read["key"]),
        read["sums"],
        None if last is None else as_duration(f"{where}(last={last!r})", last),
        None if settle is None else as_duration(f"{where}(settle={settle!r})", settle),
        read_samples(where, samples),
    )
    labels = ["rows", *(f"sum {left}" for left, _ in ask.sums), *(["contents"] if ask.key else [])]
    if isinstance(tolerate, Limit):
        every = as_percentage(f"{where}(tolerate=...)", tolerate)
        limits = dict.fromkeys(labels, every)
    else:
        limits = read_tolerances(tolerate or {}, labels)
    strictest = at_least(alert=100, unit="%")
    return Reconciliation(
        tuple(Agreement(ask, label, limits.get(label, strictest)) for label in labels)
    )


@dataclass(frozen=True, slots=True)
class Reconciliation(Expectation[TwoTables]):
    """All that is compared of two tables; the run expands it into one row for each."""

    rows: tuple[Agreement, ...]

    @property
    def label(self) -> str:
        return "reconciles"

    def __str__(self) -> str:
        return "reconciling with each other"

    @property
    def asks(self) -> tuple[Ask, ...]:
        return self.rows[0].asks

    def expand(self) -> tuple[Agreement, ...]:
        return self.rows

    def judge(self, value: object, context: Context) -> Verdict:
        """Give the worst of the rows' verdicts."""
        verdicts = [row.judge(value, context) for row in self.rows]
        return max(verdicts, key=lambda verdict: verdict.level.badness)
