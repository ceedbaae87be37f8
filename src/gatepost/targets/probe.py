"""A probe: a small piece of the system's real work, done on request, that succeeds or fails."""

from __future__ import annotations

import pkgutil
import re
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Literal, Self

from pydantic import SecretStr, field_validator, model_validator

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.journal import note
from gatepost.wording import shorten

_CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Settings(TargetSettings):
    """The table of a probe in `gatepost.toml`; it has either `url` or `call`.

    `url` is an endpoint that does the work when it is asked, and answers with
    a JSON object: {"success": true or false, "error": optional, ...}. `call`
    is a Python function without arguments, as "package.module:function", found
    from the project's root; it returns such a mapping, or only the bool.
    `timeout` is the budget in all; `connect_timeout` is that of an endpoint.
    """

    kind: Literal["probe"]
    url: SecretStr | None = None
    call: str | None = None
    connect_timeout: Duration = timedelta(seconds=3)
    timeout: Duration = timedelta(seconds=30)

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        return url and endpoint.check_url(url)

    @field_validator("call")
    @classmethod
    def _is_named(cls, call: str | None) -> str | None:
        if call is not None and not _CALL.fullmatch(call):
            raise ValueError('expected "package.module:function"')
        return call

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.url is None) == (self.call is None):
            raise ValueError("expected either url or call")
        return self


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How a probe ended: what it says of itself in one line, and how many seconds it took."""

    success: bool
    detail: str
    seconds: float


def open_target(name: str, settings: Settings, context: TargetContext) -> Probe:
    """Make the target; nothing is requested or imported yet."""
    return Probe(name, settings, context)


class Probe:
    """An endpoint or a function that does a piece of the real work when it is asked."""

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._context = context
        self._call = settings.call or ""
        self._timeout = settings.timeout
        self._page: endpoint.Endpoint | None = None
        if settings.url is not None:
            page = endpoint.Settings(
                kind="endpoint",
                url=settings.url,
                connect_timeout=settings.connect_timeout,
                timeout=settings.timeout,
            )
            self._page = endpoint.open_target(name, page, context)

    def describe(self) -> str:
        """The URL without secrets, or the function."""
        return self._page.describe() if self._page else f"{self._call}()"

    def close(self) -> None:
        """Close the connection."""
        if self._page:
            self._page.close()

    def run(self) -> ProbeResult:
        """Do the work once, and tell how it ended.

        It failed when the answer says so, when a success comes with a status
        other than 2xx, and when the function raises. Raises Unavailable when
        the endpoint cannot be reached or the function cannot be imported, and
        MeasurementError for an answer without a boolean `success` and for one
        that is not there within `timeout`. A function that takes longer runs
        on in its thread, which cannot be stopped; it ends with the process.
        """
        return self._request(self._page) if self._page else self._run_function()

    def _request(self, page: endpoint.Endpoint) -> ProbeResult:
        response = page.get()
        try:
            answer = response.json()
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: status {response.status}, and {error}") from None
        said = _read(answer)
        if said is None:
            raise MeasurementError(
                f"{self.name}: {response.url} answered with status {response.status} and "
                f'{shorten(repr(answer), 80)}; expected an object with a boolean "success"'
            )
        success, detail = said
        if success and not 200 <= response.status < 300:
            success, detail = False, f"status {response.status}, although the body says success"
        return ProbeResult(success, detail, response.seconds)

    def _run_function(self) -> ProbeResult:
        function = self._context.outages.connect(self.name, self._find_function)
        note(f"{self._call}()")
        started = time.perf_counter()
        ending = _start(function)
        wait([ending], self._timeout.total_seconds())
        seconds = time.perf_counter() - started
        if not ending.done():
            raise MeasurementError(
                f"{self.name}: {self._call}() did not return within "
                f"{format_duration(self._timeout)} (timeout of targets.{self.name})"
            )
        if error := ending.exception():
            return ProbeResult(False, _in_a_line(error), seconds)
        returned = ending.result()
        said = _read({"success": returned} if isinstance(returned, bool) else returned)
        if said is None:
            raise MeasurementError(
                f"{self.name}: {self._call}() returned {shorten(repr(returned), 80)} "
                f'({type(returned).__name__}); expected a bool, or a mapping with a bool "success"'
            )
        success, detail = said
        return ProbeResult(success, detail, seconds)

    def _find_function(self) -> Callable[[], object]:
        _make_importable(self._context.root)
        where = f"call of targets.{self.name}"
        try:
            found = pkgutil.resolve_name(self._call)
        except (Exception, SystemExit) as error:  # whatever a module does when it is imported
            said = f"{self._call} cannot be imported ({where}): {_in_a_line(error)}"
            raise Unavailable(self.name, said) from None
        if not callable(found):
            said = f"{self._call} is no function but {shorten(repr(found), 80)} ({where})"
            raise Unavailable(self.name, said)
        function: Callable[[], object] = found
        return function


def _start(function: Callable[[], object]) -> Future[object]:
    """Call a function in a thread that does not keep the process from ending."""
    ending: Future[object] = Future()

    def call() -> None:
        try:
            ending.set_result(function())
        except BaseException as error:  # sys.exit() too would end the thread without a word
            ending.set_exception(error)

    Thread(target=call, name="gatepost-probe", daemon=True).start()
    return ending


def _make_importable(root: Path) -> None:
    # For good, as pytest itself does: a function may import more when it is called.
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))


def _read(answer: object) -> tuple[bool, str] | None:
    """Success, and the error or else the other facts in one line; None without a boolean."""
    success = answer.get("success") if isinstance(answer, Mapping) else None
    if not isinstance(answer, Mapping) or not isinstance(success, bool):
        return None
    if error := answer.get("error"):
        return success, shorten(str(error))
    facts = [f"{key} {fact}" for key, fact in answer.items() if key not in ("success", "error")]
    return success, shorten(", ".join(facts)) or ("" if success else "it gives no reason")


def _in_a_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {shorten(str(error))}".removesuffix(": ")
