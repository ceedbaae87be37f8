"""Reads a page of metrics in Prometheus's text format, within bounds; pure."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from sys import intern
from typing import Any

from gatepost.errors import MeasurementError
from gatepost.targets.vector import Sample
from gatepost.wording import plural, shorten

_LONGEST_LINE = 65_536
_MOST_EXAMPLES = 3

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*+"'
_PLAIN = re.compile(
    rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{((?:{_LABEL},)*+(?:{_LABEL})?)\}})? "
    r"([-+]?[0-9][-+0-9.eE]*|NaN|[-+]Inf)\n?"
)
"""A sample as almost all are written; prometheus_client reads the others, 20 times slower."""
_PAIRS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"]*)"')
_DECLARATION = re.compile(r"\s*#\s*(TYPE|HELP)\s+(\S+)\s*(.*?)\s*", re.DOTALL)
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
_PARTS = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}


@dataclass(slots=True)
class Family:
    """A metric as its page declares it, and what its series have.

    `name` is what it is asked for by: a counter's with `_total` where its
    series have that. `type` is "unknown" where none is declared. `labels` are
    those of any of its series, without a histogram's `le` and a summary's
    `quantile`; `buckets` are a histogram's upper bounds, +Inf included.
    """

    name: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""
    labels: set[str] = field(default_factory=set)
    buckets: set[float] = field(default_factory=set)


@dataclass(slots=True)
class Contents:
    """What stands on a page: families by name, and samples by the name of their series."""

    families: dict[str, Family] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, frozenset[tuple[str, str]]], int] = field(default_factory=dict)

    def add(self, family: Family, sample: Sample, line: int) -> None:
        """Add a sample from a line to the family that it belongs to."""
        labels = sample.labels
        family.labels.update(labels)
        if family.type in ("histogram", "gaugehistogram") and "le" in labels:
            family.labels.discard("le")
            family.buckets.add(_bound(labels["le"]))
        elif family.type == "summary":
            family.labels.discard("quantile")
        self.samples.setdefault(sample.name, []).append(sample)
        first = self._seen.setdefault((sample.name, frozenset(labels.items())), line)
        if first != line:
            shown = shorten(str(sample), 100)
            self.repeated.append(f"{shown} on the lines {first:,} and {line:,}")


@dataclass(slots=True)
class Lines:
    """The lines of a page, counted and bounded while they are taken."""

    text: io.StringIO
    most: int
    deadline: float
    number: int = 0
    line: str = ""
    samples: int = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if time.monotonic() > self.deadline:
            read = plural(self.number, "line")
            raise MeasurementError(
                f"only {read} could be read in time; raise timeout, or serve less"
            )
        line = self.line = next(self.text)
        self.number += 1
        if len(line) > _LONGEST_LINE:
            raise ValueError(f"{len(line):,} characters, where {_LONGEST_LINE:,} are allowed")
        if not line.startswith("#") and not line.isspace():
            self.samples += 1
            if self.samples > self.most:
                raise MeasurementError(
                    f"more than {self.most:,} series; raise max_series, or serve less"
                )
        return line

    def wrong(self, error: Exception) -> str:
        """Say what is wrong with the present line."""
        said = str(error).partition(":")[0] if self.line.strip() in str(error) else str(error)
        reason = f" ({shorten(said, 80)})" if said else ""
        return f"line {self.number:,}{reason}: {shorten(self.line, 100)!r}"


def read_exposition(
    text: str, *, openmetrics: bool = False, most: int = 200_000, seconds: float = 60.0
) -> Contents:
    """Read a whole page, OpenMetrics by prometheus_client's strict parser.

    Raises MeasurementError for lines that cannot be read, each with its
    number; for a series that stands there twice; for more than `most` series;
    and when reading takes longer than `seconds`.
    """
    lines = Lines(io.StringIO(text), most, time.monotonic() + seconds)
    if openmetrics:
        from gatepost.targets.openmetrics import read_openmetrics

        return read_openmetrics(lines)
    contents = Contents()
    wrong = list(_read_text(lines, contents))
    if wrong:
        shown = "; ".join(wrong[:_MOST_EXAMPLES])
        raise MeasurementError(f"{plural(len(wrong), 'line')} cannot be read: {shown}")
    refuse_repeated(contents)
    return contents


def refuse_repeated(contents: Contents, unnamed: int = 0) -> None:
    """Raise MeasurementError where series stand there twice: which value would be meant?"""
    if count := len(contents.repeated) + unnamed:
        shown = "; ".join(contents.repeated[:_MOST_EXAMPLES])
        raise MeasurementError(f"{count:,} series appear twice{': ' if shown else ''}{shown}")


def moment(seconds: Any) -> datetime | None:
    """A parser's timestamp in UTC; ValueError for what is out of a calendar's range."""
    try:
        return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("the timestamp is out of range") from None


def _read_text(lines: Lines, contents: Contents) -> Iterator[str]:
    """Read to the end; yields a sentence for each line that is refused."""
    owners: dict[str, Family] = {}
    while True:
        try:
            for line in lines:
                if line.lstrip().startswith("#"):
                    _declare(line, contents.families, owners)
                elif sample := _read_plain(line) or _read_other(line):
                    family = owners.get(sample.name)
                    if family is None:
                        family = Family(sample.name)
                        contents.families[sample.name] = owners[sample.name] = family
                    contents.add(family, sample, lines.number)
            return
        except MeasurementError:
            raise
        except Exception as error:  # the parser stumbles in many ways over what is no metric
            yield lines.wrong(error)


def _declare(line: str, families: dict[str, Family], owners: dict[str, Family]) -> None:
    if not (found := _DECLARATION.fullmatch(line)):
        return
    what, name, said = found.groups()
    name = intern(name.strip('"'))
    family = families.setdefault(name, Family(name))
    if what == "HELP":
        family.help = re.sub(r"\\([\\n])", lambda e: "\n" if e[1] == "n" else "\\", said)
    elif said not in _TYPES:
        raise ValueError(f"there is no type {shorten(said, 40)!r}")
    else:
        family.type = "unknown" if said == "untyped" else said
    owners[name] = family
    for part in _PARTS.get(family.type, ()):
        owners.setdefault(f"{name}{part}", family)


def _read_plain(line: str) -> Sample | None:
    if not (found := _PLAIN.fullmatch(line)):
        return None
    name, labels, value = found.groups()
    pairs = _PAIRS.findall(labels) if labels else []
    by_name = {intern(key): intern(value) for key, value in pairs}
    if len(by_name) != len(pairs) or "__name__" in by_name:
        return None
    return Sample(intern(name), by_name, float(value))


def _read_other(line: str) -> Sample | None:
    from prometheus_client.parser import text_fd_to_metric_families as parse

    for metric in parse([line]):  # type: ignore[arg-type]  # any lines will do
        (found,) = metric.samples
        at = moment(found.timestamp)
        return Sample(intern(found.name), found.labels, float(found.value), at)
    return None


def _bound(le: str) -> float:
    try:
        return float(le)
    except ValueError:
        raise ValueError("the label le is not a number") from None
