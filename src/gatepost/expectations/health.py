"""all_healthy: several verdicts as one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.model import Level, Verdict
from gatepost.wording import join_some, plural


@dataclass(frozen=True, slots=True)
class AllHealthy(Expectation[Mapping[str, Verdict]]):
    """Every verdict is ok; the worst one decides the level."""

    @property
    def label(self) -> str:
        return "all_healthy"

    def __str__(self) -> str:
        return "all healthy"

    def judge(self, value: object, context: Context) -> Verdict:
        del context
        if not isinstance(value, Mapping):
            return wrong_type(value, "all_healthy judges the verdicts of other checks", self)
        if not value:
            return no_data("none of the checks it sums up was run", self)
        order = sorted(value, key=lambda name: (-value[name].level.badness, name))
        levels = {name: value[name].level for name in order}
        bad = [name for name in order if levels[name] is not Level.OK]
        if not bad:
            said = f"all {plural(len(order), 'check')} healthy"
            return Verdict(Level.OK, said, bad=0, total=len(order))
        named = join_some((f"{name} ({levels[name].label})" for name in bad), most=5)
        said = f"{len(bad)} of {plural(len(order), 'check')} not healthy: {named}"
        level = Level.BREACH if any(levels[name].fails for name in bad) else Level.WARNING
        return Verdict(level, said, bad=len(bad), total=len(order))


def all_healthy() -> AllHealthy:
    """All the verdicts that the check returns are ok; one that fails is an alert.

    Judges a mapping of check ids to verdicts, as the `verdicts` fixture gives
    those of the check's own group.
    """
    return AllHealthy()
