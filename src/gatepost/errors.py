"""The errors that Gatepost raises on purpose; each message says what, where and how to mend it."""

from __future__ import annotations


class DeclarationError(ValueError):
    """A check or an expectation was declared in a way that cannot work."""


class ConfigurationError(ValueError):
    """`gatepost.toml`, an option or an environment variable is wrong."""


class MeasurementError(Exception):
    """A target was reached, but it could not be measured: a missing table, a time-out."""


class Unavailable(MeasurementError):  # noqa: N818 - reads as what happened, as authors say it
    """A target could not be reached; whatever depends on it is inhibited.

    `target` is the target's name in the configuration, `reason` one sentence
    without secrets that says what was tried and what came back.
    """

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"{target} is unavailable: {reason}")
        self.target = target
        self.reason = reason

    def __reduce__(self) -> tuple[type[Unavailable], tuple[str, str]]:
        return type(self), (self.target, self.reason)


class Absent(Unavailable):
    """A target does not exist in this environment, as its `absent` in the configuration says.

    No failure: what depends on it is inhibited, and says the reason. A fixture
    that can do without the target catches it.
    """

    def __init__(self, target: str, reason: str) -> None:
        MeasurementError.__init__(self, f"{target} is absent here: {reason}")
        self.target = target
        self.reason = reason


class HistoryError(Exception):
    """The history could not be read or written; what was stored before is unchanged.

    The message says which file or database, what is wrong and how to mend it,
    without secrets.
    """
