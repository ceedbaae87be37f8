"""Calls that end in time, whatever the client library behind them waits for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def run_within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, or raise what it raises.

    Raises TimeoutError when it has not come back after so many seconds. Its
    thread cannot be stopped: it ends when its own socket does, or with the
    process. Time-outs of sockets are for each of their reads, so a peer that
    drips would otherwise hold the run for as long as it likes.
    """
    ending: Future[T] = Future()

    def run() -> None:
        try:
            ending.set_result(call())
        except BaseException as error:  # sys.exit() too would end the thread without a word
            ending.set_exception(error)

    Thread(target=run, name="gatepost-call", daemon=True).start()
    wait([ending], max(seconds, 0))
    if not ending.done():
        raise TimeoutError
    return ending.result()
