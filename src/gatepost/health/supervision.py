"""Runs checks in a process that is killed when its time is over, whatever it is doing."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

_RUN = "import sys; from gatepost.health.run import main; main(sys.argv[1:])"
_GRACE = 1.0
"""Seconds after which the system ends a run whose supervisor was killed."""


@dataclass(slots=True)
class Heard:
    """What is known of a run so far.

    `rows` are the results as the run sent them, of `expected` checks; `running`
    is the check that is being measured. `ended` says that the run has come to
    its own end, `signal` is the one that ended us, `status` how the run's
    process ended if it did so by itself. With none of these its time is over.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    expected: int = 0
    running: str = ""
    ended: bool = False
    signal: int | None = None
    status: int | None = None

    def hear(self, event: dict[str, Any]) -> None:
        """Take in one event of the run."""
        match event:
            case {"row": row}:
                self.rows.append(row)
                self.running = ""
            case {"begins": str(check_id)}:
                self.running = check_id
            case {"expected": int(count)}:
                self.expected = count
            case {"trouble": str(said)}:
                self.troubles.append(said)
            case {"ended": True}:
                self.ended = True


def supervise(asked: str, folder: Path, until: float) -> Heard:
    """Run the checks that are asked for in a project's folder, until a time of the monotonic clock.

    Nothing is left of the run afterwards: it leads a group of processes, and all
    of that are killed.
    """
    ours, theirs = os.pipe()
    with _signals() as wake:
        seconds = until - time.monotonic() + _GRACE
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            # -P: as `pytest` does it, without the working directory; -B: no files beside the checks
            [sys.executable, "-P", "-B", "-c", _RUN, str(theirs), asked, str(seconds)],
            pass_fds=[theirs],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            return _listen(process, ours, wake, until)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
            os.close(ours)


def _listen(process: subprocess.Popen[bytes], pipe: int, wake: int, until: float) -> Heard:
    heard, rest = Heard(), b""
    while not heard.ended and heard.signal is None:
        left = 0 if heard.status is not None else max(until - time.monotonic(), 0)
        ready, _, _ = select.select([pipe, wake], [], [], left)
        if wake in ready:
            for number in os.read(wake, 64):
                if number == signal.SIGCHLD:
                    heard.status = process.poll()
                else:
                    heard.signal = number
        if pipe in ready:
            content = os.read(pipe, 65_536)
            *lines, rest = (rest + content).split(b"\n")
            for line in lines:
                heard.hear(json.loads(line))
            if not content:  # the other end is closed: its process is ending
                with suppress(subprocess.TimeoutExpired):
                    heard.status = process.wait(timeout=max(until - time.monotonic(), 0))
                break
        if not ready and left == 0:
            break
    return heard


@contextmanager
def _signals() -> Iterator[int]:
    """A pipe that gets a byte for each signal, none of which interrupts anything else."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.signal(number, _ignore) for number in numbers}
    awake = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(awake)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(theirs)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """The byte in the pipe is all that is wanted."""
