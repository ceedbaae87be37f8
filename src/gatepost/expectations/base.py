"""What every expectation is: an immutable value that judges a measurement."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from gatepost.errors import DeclarationError
from gatepost.expectations.sustained import Sustained
from gatepost.model import Level, Limits, Point, Severity, Verdict
from gatepost.wording import shorten

if TYPE_CHECKING:
    from gatepost.tables.asks import Ask

V_contra = TypeVar("V_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Context:
    """What a judgement may know besides the value.

    `slot` is the moment the run stands for, the only clock there is; `history`
    are the check's own earlier values, oldest first; `cadence` is the time
    between two runs of the schedule, where it has one.
    """

    slot: datetime
    history: tuple[Point, ...] = ()
    cadence: timedelta | None = None
    sustained: Sustained | None = None


class Expectation(ABC, Generic[V_contra]):
    """An acceptable range of measurements. Subclasses are frozen dataclasses.

    `str(expectation)` is a fragment that completes "is expected to be ...".
    """

    __slots__ = ()

    @property
    @abstractmethod
    def label(self) -> str:
        """What tells this row from the others of its check, when a check has several.

        It becomes part of the check's id, so it never contains a limit: an
        edited threshold keeps its history.
        """

    @property
    def limits(self) -> Limits:
        """The limits as numbers, for plots; their text is the expectation's own."""
        return Limits(text=str(self))

    @property
    def expected(self) -> str:
        """What ends a sentence that has no value to compare."""
        return f"; expected {self}"

    @property
    def unit(self) -> str:
        """The unit of the verdict's value; empty for a plain number."""
        return ""

    @property
    def severity(self) -> Severity | None:
        """The severity of this row, where it is another than the check's."""
        return None

    @property
    def highest_severity(self) -> Severity | None:
        """The severity of the worst alert there can be, where alert levels name theirs."""
        return None

    @property
    def counts_slots(self) -> bool:
        """Whether `judge` heeds the context's `sustained`."""
        return False

    @property
    def looks_back(self) -> int | timedelta:
        """How many slots, or how much time, of the check's own history `judge` looks at."""
        return 0

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What a table has to be asked for this expectation; all asks of a check are one scan."""
        return ()

    def expand(self) -> tuple[Expectation[V_contra], ...]:
        """The rows this expectation becomes: itself, or one for each of its rules."""
        return (self,)

    def override(self, values: dict[str, Any]) -> Self:
        """This expectation with limits from the configuration.

        Raises DeclarationError when it has no such limit.
        """
        raise DeclarationError(f"{self} has no {' or '.join(values)} that could be overridden")

    @abstractmethod
    def judge(self, value: V_contra, context: Context) -> Verdict:
        """Say how the value compares. Pure: no I/O, no clock, no change of state."""

    def judge_outage(self, reason: str) -> Verdict | None:
        """Say what it means that the target could not be reached.

        None, as for most expectations, where the outage is not theirs to judge.
        """
        del reason
        return None


def no_data(sentence: str, expectation: Expectation[Any]) -> Verdict:
    """The measurement ran and found nothing that could be judged."""
    return Verdict(Level.NO_DATA, sentence, unit=expectation.unit, limits=expectation.limits)


def not_finite(value: float, expectation: Expectation[Any]) -> Verdict:
    """The measured number is none that could be judged."""
    name = "NaN (not a number)" if math.isnan(value) else "infinite"
    return no_data(f"the measured value is {name}{expectation.expected}", expectation)


def wrong_type(value: object, accepted: str, expectation: Expectation[Any]) -> Verdict:
    """The check returned something this expectation cannot judge."""
    kind = type(value).__name__
    article = "an" if kind[:1].lower() in "aeiou" else "a"
    sentence = f"the check returned {article} {kind} ({shorten(repr(value), 80)}); {accepted}"
    return Verdict(Level.ERROR, sentence, unit=expectation.unit, limits=expectation.limits)
