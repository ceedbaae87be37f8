"""matches_declaration: a live table is what the code declares of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.on_table import not_evaluated
from gatepost.expectations.windows import read_names
from gatepost.model import Level, Verdict
from gatepost.tables.across.drift import Difference, Drift, FindDrift, read_declaration
from gatepost.tables.asks import Ask, NotEvaluated, Scan
from gatepost.wording import plural

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


def matches_declaration(
    declared: Any,
    *,
    ignore: str | Sequence[str] = (),
    by: Literal["aspect", "table"] = "aspect",
) -> Expectation[Table]:
    """The live table is as a SQLAlchemy table, a mapped class or a pandera model declares it.

    Its rows are "columns", that none is missing or undeclared; "types", by kind
    and by length, precision and scale where these are declared; and for
    SQLAlchemy's "nullability"; "keys", the primary, foreign and unique ones;
    and "indexes". Names of keys and indexes do not matter, nor does the order
    of columns. Of a pandera model, undeclared columns count only where it is
    strict. `ignore` names the aspects to leave out. With `by="table"` all
    others are one row, which counts the differences and names them by aspect.

    It is read from the catalogue, and no row is. Raises DeclarationError for
    what declares no table, and for an unknown aspect to ignore.
    """
    if by not in ("aspect", "table"):
        raise DeclarationError(f'matches_declaration(by={by!r}): expected "aspect" or "table"')
    ask = read_declaration(declared)
    ignored = read_names("matches_declaration(ignore=...)", ignore)
    for name in ignored:
        if name not in ask.aspects:
            every = ", ".join(ask.aspects)
            raise DeclarationError(
                f"matches_declaration(ignore=...) names {name!r}; there are {every}"
            )
    aspects = tuple(name for name in ask.aspects if name not in ignored)
    if not aspects:
        raise DeclarationError("matches_declaration(ignore=...) leaves nothing to compare")
    return Declaration(ask, aspects, by)


@dataclass(frozen=True, slots=True)
class OnCatalogue(Expectation["Table"]):
    """Judges in what a live table differs from its declaration."""

    ask: FindDrift

    @property
    def asks(self) -> tuple[Ask, ...]:
        return (self.ask,)

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
        return self.judge_drift(found)

    @abstractmethod
    def judge_drift(self, found: Drift) -> Verdict:
        """Judge what the catalogue answered."""

    def say(self, level: Level, sentence: str, found: Drift) -> Verdict:
        """A verdict that tells how it was found."""
        return Verdict(level, sentence, limits=self.limits, how=str(found.how))


@dataclass(frozen=True, slots=True)
class Declaration(OnCatalogue):
    """All that is declared of a table; by aspect the run expands it into one row for each."""

    aspects: tuple[str, ...]
    by: str

    @property
    def label(self) -> str:
        return "declaration"

    def __str__(self) -> str:
        return f"as {self.ask.name} declares its {_join(self.aspects)}"

    def expand(self) -> tuple[OnCatalogue, ...]:
        if self.by == "table":
            return (self,)
        return tuple(AspectMatched(self.ask, name) for name in self.aspects)

    def judge_drift(self, found: Drift) -> Verdict:
        differences: list[Difference] = []
        unknown: dict[str, list[str]] = {}
        for name in self.aspects:
            said = found.aspects[name]
            if isinstance(said, NotEvaluated):
                unknown.setdefault(said.why, []).append(name)
            else:
                differences.extend(said)
        left_open = "; ".join(f"{_join(names)}: {why}" for why, names in unknown.items())
        if differences:
            count = plural(sum(each.count for each in differences), "difference")
            named = "; ".join(map(str, differences))
            also = f"; not evaluated: {left_open}" if left_open else ""
            return self.say(
                Level.BREACH, f"{count} from what {self.ask.name} declares: {named}{also}", found
            )
        if left_open:
            return not_evaluated(left_open, self)
        first, *others = self.aspects
        are = f"{_join(self.aspects)} are" if others else _AS_DECLARED[first]
        return self.say(Level.OK, f"{are} as {self.ask.name} declares", found)


@dataclass(frozen=True, slots=True)
class AspectMatched(OnCatalogue):
    """One aspect of a table, such as its keys, is as declared."""

    aspect: str

    @property
    def label(self) -> str:
        return self.aspect

    def __str__(self) -> str:
        return f"as {self.ask.name} declares its {self.aspect}"

    def judge_drift(self, found: Drift) -> Verdict:
        said = found.aspects[self.aspect]
        if isinstance(said, NotEvaluated):
            return not_evaluated(said.why, self)
        name = self.ask.name
        if not said:
            return self.say(Level.OK, f"{_AS_DECLARED[self.aspect]} as {name} declares", found)
        named = "; ".join(map(str, said))
        return self.say(Level.BREACH, f"not as {name} declares: {named}", found)


def _join(names: Sequence[str]) -> str:
    """Join names as one reads them aloud: "columns, types and keys"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
