"""check(...): what an author says about a check, as a mark on an ordinary function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, cast

import pytest

from gatepost.errors import DeclarationError
from gatepost.model import Severity

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # for its default; at run time nothing needs it

    from gatepost.expectations.base import Expectation

    P = ParamSpec("P")
    V_contra = TypeVar("V_contra", contravariant=True, default=Any)

    class CheckMark(pytest.MarkDecorator, Generic[V_contra]):
        """The mark that `check(...)` makes; decorates functions that return what it judges."""

        # The types of Python cannot say "the function's own type, if what it returns is
        # judged": a call gives Any, rather than everything that would be judged.
        def __call__(  # type: ignore[override]
            self, function: Callable[P, V_contra], /
        ) -> Callable[P, Any]: ...


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that the marks on one check say; the innermost mark wins.

    `severity_beside` tells that the severity stands beside the expectations or
    within them, rather than being a default from around.
    """

    expectations: tuple[Expectation[Any], ...] = ()
    severity: Severity = Severity.MEDIUM
    owner: str = ""
    runbook: str = ""
    ticket: str = ""
    sustained: str | int | timedelta | None = None
    target: str = ""
    witness: bool = False
    on_request: bool = False
    severity_beside: bool = False


def check(
    *expectations: Expectation[V_contra],
    severity: str | None = None,
    owner: str | None = None,
    runbook: str | None = None,
    ticket: str | None = None,
    sustained: str | int | timedelta | None = None,
    target: str | None = None,
    witness: bool | None = None,
    on_request: bool | None = None,
) -> CheckMark[V_contra]:
    """Declare what is acceptable of the value that the function returns.

    Each expectation is a row of its own. A mark like any other: it leaves the
    function as it is, works in `pytest.param(..., marks=check(...))`, and on a
    module as `pytestmark = check(owner="data")`, where it gives defaults.

    `severity` is critical, high, medium or low; `runbook` names a Markdown file
    in the `runbooks` folder beside the checks, or is an URL; `sustained` is how
    long a breach must last before it fails: "3 days", "5 runs".

    `target` names the target that the function's argument `target` is to be,
    by its parameters: "shop_{region}". A `witness` carries the outage of its
    targets, where several checks need them. With `on_request` it runs with
    `--gatepost-on-request` only, as what waits for a restart does.

    Raises DeclarationError for what can be seen to be wrong by itself.
    """
    from gatepost.expectations.alert_levels import read_severity
    from gatepost.expectations.base import Expectation
    from gatepost.expectations.sustained import parse_sustained

    for expectation in expectations:
        if not isinstance(expectation, Expectation):
            raise DeclarationError(
                f"check: {expectation!r} is no expectation; call it with one, such as at_least(95)"
            )
    if severity is not None:
        read_severity("check", severity)
    if sustained is not None:
        parse_sustained(sustained)
    for name, value in (("witness", witness), ("on_request", on_request)):
        if not isinstance(value, (bool, NoneType)):
            raise DeclarationError(f"check: {name} is True or False, not {value!r}")
    if target is not None and not (target and isinstance(target, str)):
        raise DeclarationError(f"check: target is a name such as 'shop_{{region}}', not {target!r}")
    said = {
        "severity": severity,
        "owner": owner,
        "runbook": runbook,
        "ticket": ticket,
        "sustained": sustained,
        "target": target,
        "witness": witness,
        "on_request": on_request,
    }
    given = {name: value for name, value in said.items() if value is not None}
    return cast("CheckMark[V_contra]", pytest.mark.check.with_args(*expectations, **given))


def read_marks(marks: Iterable[pytest.Mark]) -> Said:
    """Merge `check` marks, outermost first: what an inner one says replaces the outer's word."""
    said: dict[str, Any] = {}
    for mark in marks:
        said.update(mark.kwargs)
        if mark.args:
            said["expectations"] = mark.args
        if mark.args or "severity" in mark.kwargs:
            said["severity_beside"] = "severity" in mark.kwargs
    if "severity" in said:
        said["severity"] = Severity(said["severity"])
    return Said(**said)
