"""matches_declaration: a live table is what the code declares of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.on_table import not_evaluated
from gatepost.expectations.windows import read_names
from gatepost.model import Level, Verdict
from gatepost.tables.across.drift import Drift, FindDrift, read_declaration
from gatepost.tables.asks import Ask, NotEvaluated, Scan

if TYPE_CHECKING:
    from gatepost.tables.table import Table

_ACCEPTED = "this is for a table of a database"
_AS_DECLARED = {
    "columns": "the columns are",
    "types": "the types of all columns are",
    "nullability": "which columns allow nulls is",
    "keys": "primary, foreign and unique keys are",
    "indexes": "the indexes are",
}


def matches_declaration(declared: Any, *, ignore: str | Sequence[str] = ()) -> Expectation[Table]:
    """The live table is as a SQLAlchemy table, a mapped class or a pandera model declares it.

    Its rows are "columns", that none is missing or undeclared; "types", by kind
    and by length, precision and scale where these are declared; and for
    SQLAlchemy's "nullability"; "keys", the primary, foreign and unique ones;
    and "indexes". Names of keys and indexes do not matter, nor does the order
    of columns. Of a pandera model, undeclared columns count only where it is
    strict. `ignore` names the rows to leave out.

    It is read from the catalogue, and no row is. Raises DeclarationError for
    what declares no table, and for an unknown row to ignore.
    """
    ask = read_declaration(declared)
    ignored = read_names("matches_declaration(ignore=...)", ignore)
    for name in ignored:
        if name not in ask.aspects:
            every = ", ".join(ask.aspects)
            raise DeclarationError(
                f"matches_declaration(ignore=...) names {name!r}; there are {every}"
            )
    rows = tuple(AspectMatched(ask, name) for name in ask.aspects if name not in ignored)
    if not rows:
        raise DeclarationError("matches_declaration(ignore=...) leaves nothing to compare")
    return Declaration(ask.name, rows)


@dataclass(frozen=True, slots=True)
class Declaration(Expectation["Table"]):
    """All that is declared of a table; the run expands it into one row for each aspect."""

    name: str
    rows: tuple[AspectMatched, ...]

    @property
    def label(self) -> str:
        return self.name

    def __str__(self) -> str:
        return f"as {self.name} declares it"

    @property
    def asks(self) -> tuple[Ask, ...]:
        return self.rows[0].asks

    def expand(self) -> tuple[AspectMatched, ...]:
        return self.rows

    def judge(self, value: object, context: Context) -> Verdict:
        """Give the worst of the rows' verdicts."""
        verdicts = [row.judge(value, context) for row in self.rows]
        return max(verdicts, key=lambda verdict: verdict.level.badness)


@dataclass(frozen=True, slots=True)
class AspectMatched(Expectation["Table"]):
    """One aspect of a table, such as its keys, is as declared."""

    ask: FindDrift
    aspect: str

    @property
    def label(self) -> str:
        return self.aspect

    @property
    def asks(self) -> tuple[Ask, ...]:
        return (self.ask,)

    def __str__(self) -> str:
        return f"as {self.ask.name} declares its {self.aspect}"

    @property
    def expected(self) -> str:
        return f"; expected a table {self}"

    def judge(self, value: object, context: Context) -> Verdict:
        del context
        if value is None:
            return no_data(f"nothing was measured{self.expected}", self)
        found = value.answers.get(self.ask) if isinstance(value, Scan) else None
        if isinstance(found, NotEvaluated):
            return not_evaluated(found.why, self)
        if not isinstance(found, Drift):
            return wrong_type(value, _ACCEPTED, self)
        said = found.aspects[self.aspect]
        if isinstance(said, NotEvaluated):
            return not_evaluated(said.why, self)
        name, how = self.ask.name, str(found.how)
        if said.holds:
            sentence = f"{_AS_DECLARED[self.aspect]} as {name} declares"
            return Verdict(Level.OK, sentence, limits=self.limits, how=how)
        sentence = f"not as {name} declares: {said.why}"
        return Verdict(Level.BREACH, sentence, limits=self.limits, how=how)
