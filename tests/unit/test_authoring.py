"""check(...): a mark that leaves the function alone, and how marks are merged."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from gatepost.authoring import Said, check, read_marks
from gatepost.errors import DeclarationError
from gatepost.expectations.limits import at_least, at_most
from gatepost.model import Severity

LEAST, MOST = at_least(95), at_most(5)


def test_a_check_stays_the_function_that_it_is() -> None:
    """It can be called in a unit test, and carries the mark."""

    def check_rate(value: float = 97) -> float:
        """Share of runs that ended in success."""
        return value

    marked = check(LEAST, severity="high")(check_rate)
    assert marked is check_rate
    assert marked(3) == 3
    (mark,) = marked.pytestmark  # type: ignore[attr-defined]
    assert (mark.name, mark.args, mark.kwargs) == ("check", (LEAST,), {"severity": "high"})


def test_a_single_callable_is_not_taken_for_the_function() -> None:
    """pytest's own marks decorate what they are called with; this one takes arguments."""

    class Callable(type(LEAST)):  # type: ignore[misc]
        __name__ = "callable"

        def __call__(self) -> None: ...

    expectation = Callable("x", None, None)
    assert check(expectation).mark.args == (expectation,)


def test_only_what_was_said_is_on_the_mark() -> None:
    """So that what is left out can come from the module's mark, and be selected with -m."""
    assert check().mark.kwargs == {}
    assert check(owner="data", sustained=3).mark.kwargs == {"owner": "data", "sustained": 3}
    assert check(runbook="", ticket="T-1").mark.kwargs == {"runbook": "", "ticket": "T-1"}


def test_a_check_fits_a_parameter() -> None:
    """Each parameter may have limits of its own."""
    parameter = pytest.param("eu", marks=check(LEAST))
    assert [mark.args for mark in parameter.marks] == [(LEAST,)]


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((95,), {}, "check: 95 is no expectation; call it with one, such as at_least(95)"),
        ((at_least,), {}, "is no expectation"),
        ((LEAST, "5"), {}, "check: '5' is no expectation"),
        (
            (),
            {"severity": "hgih"},
            "unknown severity 'hgih'; expected critical, high, medium, low; did you mean 'high'?",
        ),
        ((), {"severity": "P1"}, "check: unknown severity 'P1'; expected critical, high, medium"),
        ((), {"severity": "High"}, "did you mean 'high'?"),
        ((), {"severity": 1}, "unknown severity 1"),
        ((), {"severity": ""}, "unknown severity ''"),
        ((), {"sustained": "soon"}, "sustained='soon': 'soon' is not a duration"),
        ((), {"sustained": 1}, "sustained=1: one run is the default"),
        ((), {"target": ""}, "target is a name such as 'shop_{region}', not ''"),
        ((), {"target": 5}, "target is a name such as 'shop_{region}', not 5"),
        ((), {"on_request": "yes"}, "on_request is True or False, not 'yes'"),
    ],
)
def test_a_wrong_declaration_is_refused(
    arguments: tuple[Any, ...], keywords: dict[str, Any], message: str
) -> None:
    """Where it stands, with what was meant."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        check(*arguments, **keywords)


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_can_be_said(severity: Severity) -> None:
    """As text, or as the member that it is."""
    for said in (severity, str(severity)):
        assert read_marks([check(severity=said).mark]).severity is severity


def test_without_marks_there_are_defaults() -> None:
    """No expectation, medium severity, nobody's."""
    assert read_marks([]) == Said((), Severity.MEDIUM, "", "", "", None)


def test_the_inner_mark_wins_where_both_speak() -> None:
    """Key by key; what it does not say is the outer's."""
    module = check(MOST, severity="low", owner="data", runbook="r", sustained="3 days")
    function = check(LEAST, severity="critical", ticket="T-1")
    assert read_marks([module.mark, function.mark]) == Said(
        (LEAST,), Severity.CRITICAL, "data", "r", "T-1", "3 days", severity_beside=True
    )


@pytest.mark.parametrize(
    ("marks", "beside"),
    [
        ([check(LEAST, severity="low")], True),
        ([check(LEAST), check(severity="low")], True),
        ([check(severity="low"), check(LEAST)], False),
        ([check(severity="low"), check(LEAST), check(owner="data")], False),
        ([check(LEAST, severity="low"), check(MOST)], False),
        ([check(LEAST)], False),
    ],
)
def test_a_severity_stands_beside_the_expectations_or_around_them(
    marks: list[pytest.MarkDecorator], beside: bool
) -> None:
    """What is said with them or nearer to the function was said with them in mind."""
    assert read_marks([each.mark for each in marks]).severity_beside is beside


def test_a_mark_without_expectations_keeps_those_outside() -> None:
    """An owner said nearer does not silence the limits."""
    said = read_marks([check(LEAST, MOST).mark, check(owner="data").mark])
    assert (said.expectations, said.owner) == ((LEAST, MOST), "data")


def test_an_empty_word_is_a_word() -> None:
    """A check may opt out of its module's runbook, and of nothing else."""
    said = read_marks([check(runbook="r", owner="data").mark, check(runbook="").mark])
    assert (said.runbook, said.owner) == ("", "data")


def test_a_length_is_kept_as_it_was_said() -> None:
    """Whoever runs the check turns it into slots."""
    for sustained in ("3 days", 5, timedelta(days=1)):
        assert read_marks([check(sustained=sustained).mark]).sustained == sustained
