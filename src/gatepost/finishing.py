"""What happens once every check has been judged: history, decision, sinks, exit status.

Only the controlling process comes here; the workers of a distributed run
measure and judge, and hand their results over.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from gatepost.decision import Decision, Word, decide
from gatepost.errors import HistoryError
from gatepost.history import History
from gatepost.model import Level, Mode, Past, Problem, Result, Run
from gatepost.project import Project
from gatepost.sinks import Outlet, publish
from gatepost.wording import join_some, plural

_LIBRARIES = ("gatepost", "pytest", "pandera", "pandas", "sqlalchemy", "psycopg")
_REVISIONS = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT")


@dataclass(frozen=True, slots=True)
class Collected:
    """What collection found: how many checks were selected, and how many were not.

    `uncollected` counts the modules whose checks are not known; `interrupted`
    says why the run ended early, and is empty when it did not.
    """

    expected: int
    deselected: int = 0
    uncollected: int = 0
    interrupted: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has been stored and told about, and the decision on it."""

    run: Run
    decision: Decision

    @property
    def fails(self) -> bool:
        """Whether the process must not end in success."""
        return self.decision.word is Word.BLOCK


def finish(
    project: Project,
    results: Sequence[Result],
    collected: Collected,
    problems: Sequence[Problem],
    targets: Mapping[str, str],
    readings: Mapping[str, str],
) -> Finished:
    """Compare with history, store, decide, and tell every sink."""
    with History.open(project.history, read_only=project.mode is Mode.LOCAL) as history:
        past, lost = _past(history, project, results)
        run = Run(
            id=project.run_id,
            slot=project.slot,
            mode=project.mode,
            started=project.started,
            finished=datetime.now(UTC),
            results=tuple(replace(each, past=past.get(each.check.id, Past())) for each in results),
            expected=collected.expected,
            schedule=project.schedule,
            deselected=collected.deselected,
            partial=_partial(results, collected),
            revision=_revision(project.root),
            versions=_versions(),
            targets=targets,
            problems=(*problems, *_untold_outages(project, results), *lost),
            compared_with=max((each.slot for each in past.values() if each.slot), default=None),
        )
        decision = decide(run)
        run = replace(run, problems=(*run.problems, *_record(history, run, decision, readings)))
    configuration = project.configuration
    outlet = Outlet(project.root, project.reports, configuration.slack, configuration.secrets)
    return Finished(publish(run, outlet), decision)


def _partial(results: Sequence[Result], collected: Collected) -> str:
    reasons = [collected.interrupted] if collected.interrupted else []
    if collected.uncollected:
        reasons.append(f"{plural(collected.uncollected, 'module')} could not be collected")
    if (missing := collected.expected - len(results)) > 0:
        reasons.append(f"{missing} of {plural(collected.expected, 'check')} did not run")
    elif not collected.uncollected:
        return ""  # stopped behind the last check: nothing is missing
    return ", ".join(reasons)


def _untold_outages(project: Project, results: Sequence[Result]) -> tuple[Problem, ...]:
    """The targets that were down with no failure to show for it, which must not pass.

    The check that was to say so may have been skipped, or have ended well
    before the target went down, in another process.
    """
    entries = project.configuration.targets
    told = {result.verdict.cause for result in results if result.level.fails}
    untold: dict[str, list[str]] = {}
    for result in results:
        cause = result.verdict.cause
        is_down = cause in entries and not entries[cause].absent
        if result.level is Level.INHIBITED and is_down and cause not in told:
            untold.setdefault(cause, []).append(result.check.id)
    return tuple(
        Problem(
            target,
            f"unavailable, and no check has failed for it; not measured: {join_some(sorted(ids))}",
            blocks=True,
        )
        for target, ids in untold.items()
    )


def _past(
    history: History, project: Project, results: Sequence[Result]
) -> tuple[Mapping[str, Past], tuple[Problem, ...]]:
    ids = [result.check.id for result in results]
    try:
        return history.past(ids, schedule=project.schedule, before=project.slot), ()
    except HistoryError as error:
        return {}, (Problem("history", str(error)),)


def _record(
    history: History, run: Run, decision: Decision, readings: Mapping[str, str]
) -> tuple[Problem, ...]:
    if run.mode is Mode.LOCAL:
        return ()
    try:
        recorded = history.record(run, decision=decision.word, readings=readings)
    except HistoryError as error:
        return (Problem("history", f"nothing of this run was stored: {error}"),)
    if not recorded.stored:
        return (Problem("history", recorded.sentence),)
    if recorded.lost:
        what = "the next run has nothing to compare counters with, since what was read of them"
        return (Problem("history", f"{what} was not stored: {recorded.lost}"),)
    return ()


def _revision(root: Path) -> str:
    for name in _REVISIONS:
        if os.environ.get(name):
            return os.environ[name]
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607 - the user's own git
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return described.stdout.strip()


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
