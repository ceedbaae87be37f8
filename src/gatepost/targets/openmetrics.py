"""Reads a page of metrics in the OpenMetrics format by prometheus_client's strict parser; pure."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError
from gatepost.targets.exposition import Contents, Family, Lines, moment, refuse_repeated
from gatepost.targets.vector import Sample

if TYPE_CHECKING:
    from prometheus_client import Metric


def read_openmetrics(lines: Lines) -> Contents:
    """Read a whole page; the bounds are those of its lines.

    Raises MeasurementError for the first line that breaks the standard: what
    follows cannot be judged without it. Native histograms are left out.
    """
    from prometheus_client.openmetrics import parser

    parse: Any = parser.text_fd_to_metric_families
    contents = Contents()
    try:
        taken = sum(_add(metric, contents) for metric in parse(lines))
    except MeasurementError:
        raise
    except Exception as error:  # the parser stumbles in many ways over what is no metric
        raise MeasurementError(f"the page cannot be read: {lines.wrong(error)}") from None
    # The parser drops a line that repeats a series, without a word.
    refuse_repeated(contents, unnamed=lines.samples - taken)
    return contents


def _add(metric: Metric, contents: Contents) -> int:
    """Add a family's samples; returns how many lines they were."""
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    family = Family(name, metric.type, metric.documentation, metric.unit)
    contents.families[name] = family
    for each in metric.samples:
        if each.value is not None:  # as that of a native histogram is
            labels = {intern(key): intern(value) for key, value in each.labels.items()}
            at = moment(each.timestamp)
            contents.add(family, Sample(intern(each.name), labels, float(each.value), at), 0)
    return len(metric.samples)
