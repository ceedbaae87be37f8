"""What is said of single rules by their label: how many bad rows they allow, and how severe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from difflib import get_close_matches

from gatepost.errors import DeclarationError
from gatepost.expectations.limits import Limit
from gatepost.model import Severity
from gatepost.wording import join_some


def read_tolerances(
    tolerate: Limit | Mapping[str, Limit], known: Collection[str]
) -> dict[str, Limit]:
    """The tolerances as limits in percent.

    Raises DeclarationError for what is not by label, for one that cannot be
    meant as a percentage of good rows, and for a label that no rule has, with
    the nearest that there are.
    """
    if not isinstance(tolerate, Mapping):
        raise DeclarationError(
            f"conforms_to(tolerate=...) takes limits by label, such as {{{min(known)!r}: "
            f'at_least(95)}}; one limit goes with by="table", got {tolerate}'
        )
    _refuse_unknown("tolerance", tolerate, known)
    return {
        label: as_percentage(f"the tolerance of {label!r}", limit)
        for label, limit in tolerate.items()
    }


def read_severities(severity: Mapping[str, str], known: Collection[str]) -> dict[str, Severity]:
    """The severities by label; raises DeclarationError for an unknown label or severity."""
    _refuse_unknown("severity", severity, known)
    for label, name in severity.items():
        if name not in tuple(Severity):
            raise DeclarationError(
                f"the severity of {label!r} is {name!r}; expected {', '.join(Severity)}"
            )
    return {label: Severity(name) for label, name in severity.items()}


def as_percentage(where: str, limit: object, *, of_bad: bool = False) -> Limit:
    """A limit as one in percent, of good rows or of bad ones.

    Raises DeclarationError for what cannot be meant so.
    """
    rows, example = ("bad", "below(5)") if of_bad else ("good", "at_least(95)")
    if not isinstance(limit, Limit) or limit.unit not in ("", "%"):
        raise DeclarationError(
            f"{where} is a limit on the percentage of {rows} rows, such as {example}, not {limit}"
        )
    for region in (limit.target, *(level.region for level in limit.alerts)):
        if region is None:
            continue
        bound, other = (region.high, region.low) if of_bad else (region.low, region.high)
        if bound is None or other is not None:
            takes = "at_most or below" if of_bad else "at_least or above"
            raise DeclarationError(
                f"{where} is {limit}; it counts {rows} rows, so it takes {takes}"
            )
        # Less than 1 % of bad rows is a limit that people set; of good rows it is a share.
        if not 0 <= bound <= 100 or (0 < bound <= 1 and not of_bad):
            raise DeclarationError(
                f"{where} is {limit}; it is a percentage, from 0 to 100: write 95, not 0.95"
            )
    return replace(limit, measured_in="%")


def _refuse_unknown(noun: str, labels: Collection[str], known: Collection[str]) -> None:
    for label in labels:
        if label not in known:
            near = get_close_matches(label, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
            every = f"there are {join_some(map(repr, known), most=12)}"
            raise DeclarationError(
                f"conforms_to has a {noun} for {label!r}, but no such rule; {hint or every}"
            )
