"""Keeps secrets out of what pytest itself shows: tracebacks, captured output, reasons, warnings."""

from __future__ import annotations

import warnings
from collections.abc import Generator

import pytest

from gatepost.masking import Secrets
from gatepost.records import storable


class Masking:
    """Masks every report as it is made, that of collecting a module included.

    Plugins that read a report while it is made have to be registered after this
    one, since pytest lets the last registered wrapper see it last.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Mask why a module could not be collected, and what it printed."""
        report = yield
        self._mask_report(report)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mask how an item ended, and what it printed, logged and recorded."""
        report = yield
        self._mask_report(report)
        report.user_properties = [
            (name, self._mask(value) if isinstance(value, str) else value)
            for name, value in report.user_properties
        ]
        if hasattr(report, "wasxfail"):
            report.wasxfail = self._mask(report.wasxfail)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Mask a warning for the summary of warnings."""
        said = str(warning_message.message)
        masked = self._mask(said)
        if masked != said:
            warning_message.message = masked

    def _mask_report(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, self._mask(reason))
        elif report.longrepr is not None:
            text = report.longreprtext
            masked = self._mask(text)
            if masked != text:  # else it stays what pytest can colour
                report.longrepr = masked
        report.sections = [(title, self._mask(content)) for title, content in report.sections]

    def _mask(self, text: str) -> str:
        return storable(self._secrets.mask(text))
