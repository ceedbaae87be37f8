"""Answers of Prometheus, and the metrics that a query names."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.promql import Matrix, metrics_in, read_ranges, read_vector

START = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(values: list[tuple[int, str]], **labels: str) -> dict[str, Any]:
    """A series of a range query, with values so many minutes after the start."""
    return {"metric": labels, "values": [[START.timestamp() + 60 * m, v] for m, v in values]}


def matrix(*rows: dict[str, Any]) -> Matrix:
    """A matrix over three minutes."""
    ranges = read_ranges("matrix", list(rows), "prom: q")
    return Matrix(ranges, START, START + 3 * MINUTE, MINUTE, "prom: q")


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), ("NaN", math.nan), ("+Inf", math.inf), ("-Inf", -math.inf)]
)
def test_values_come_as_they_are(text: str, value: float) -> None:
    """NaN and infinities are for the limits to judge."""
    result = [{"metric": {"__name__": "a", "b": "c"}, "value": [START.timestamp(), text]}]
    (found,) = read_vector("vector", result, "prom: a")
    assert found.value == pytest.approx(value, nan_ok=True)
    assert (found.name, found.labels, found.at) == ("a", {"b": "c"}, START)


def test_scalar_is_a_series_without_labels() -> None:
    """A scalar can be asked for as one value."""
    assert read_vector("scalar", [START.timestamp(), "3"], "prom: 3").value() == 3
    assert read_vector("vector", [], "prom: x").value() is None


@pytest.mark.parametrize(
    ("kind", "result", "message"),
    [
        ("matrix", [], r"prom: q selects a range; put it into a function, such as rate"),
        ("string", [1, "x"], "prom: q answers a string, not figures"),
        ("None", None, "prom: q answers a None, not figures"),
        ("vector", None, "is not answered as Prometheus does: TypeError"),
        ("vector", [{}], "is not answered as Prometheus does: KeyError"),
        ("vector", [{"metric": {}, "value": [1]}], "ValueError: not enough values"),
        ("vector", [{"metric": {}, "value": [1, "x"]}], "could not convert string to float"),
        ("vector", [{"metric": {}, "value": [1e300, "1"]}], "is not answered as Prometheus does"),
        ("vector", [{"metric": {}, "histogram": []}], "a native histogram is no number"),
    ],
)
def test_other_answers_are_refused(kind: str, result: Any, message: str) -> None:
    """A type that is no figure says what to ask instead, a malformed one what is wrong."""
    with pytest.raises(MeasurementError, match=message):
        read_vector(kind, result, "prom: q")


def test_steps_without_value_are_gaps() -> None:
    """Every step has its place, so that a gap is seen and not skipped."""
    found = matrix(row([(0, "1"), (2, "3")])).series()
    assert list(found.index) == [START + place * MINUTE for place in range(4)]
    assert found.isna().tolist() == [False, True, False, True]
    assert matrix().series().isna().all()


def test_series_are_by_label_set() -> None:
    """Several series are told apart by labels; too few labels are an error."""
    both = matrix(row([(0, "1")], a="x", b="y"), row([(1, "2")], a="x", b="z"))
    assert {name: each.max() for name, each in both.by("a", "b").items()} == {"x/y": 1, "x/z": 2}
    with pytest.raises(MeasurementError, match="has several series for a = 'x'"):
        both.by("a")
    with pytest.raises(MeasurementError, match="prom: q has 2 series, where one is expected"):
        both.series()
    with pytest.raises(MeasurementError, match="answers a vector, not a matrix"):
        read_ranges("vector", [], "prom: q")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('sum(rate(x_total{a="b",c=~"d|e"}[5m])) by (f) / on(job) group_left(z) y', "x_total y"),
        ("sum by (job) (a) > bool 1e3 and absent(b offset 5m) unless c", "a b c"),
        ('histogram_quantile(0.95, sum(rate(h_bucket{j="$j"}[$__rate_interval])) by (le))', "h_b"),
        ('{__name__="foo", x="y"}', "foo"),
        ("${metric}_total + a_$b + c", "c"),
        ("up # comment foo\n @ end()", "up"),
        ("max_over_time(deriv(foo[10m])[1h:30s]) - time()", "foo"),
        ("a{x='}'} + NaN - inf + x:y:z + 0x1F", "a x:y:z"),
        ('label_replace(up, "a", "$1", "b", "(.*)")', "up"),
        ("1 + 1", ""),
    ],
)
def test_metrics_of_a_query(query: str, names: str) -> None:
    """Functions, labels, strings, comments, durations and Grafana's variables are no metrics."""
    expected = {"h_bucket" if name == "h_b" else name for name in names.split()}
    assert metrics_in(query) == expected
