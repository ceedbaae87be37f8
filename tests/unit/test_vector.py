"""Vectors: picked, summed up and turned into quantiles as PromQL does."""

from __future__ import annotations

import math
import re

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.exposition import read_exposition
from gatepost.targets.histogram import histogram_quantile
from gatepost.targets.vector import Vector, counter_increase

REQUESTS = """
r{service="api",endpoint="login",code="200"} 90
r{service="api",endpoint="login",code="503"} 10
r{service="api",endpoint="search",code="200"} 5
r{service="web",code="200"} 1
"""
INF = math.inf


def vector(page: str, name: str = "r") -> Vector:
    """The series of a name on a page."""
    return Vector(tuple(read_exposition(page).samples.get(name, ())), f"api: {name}")


def test_series_are_picked_by_labels() -> None:
    """By a value or a pattern for all of it; a label that is missing is empty."""
    requests = vector(REQUESTS)
    assert requests.where(code=re.compile("5..")).sum() == 10
    assert requests.where(code=re.compile("20")).sum() is None
    assert requests.where(service="api", endpoint="search").value() == 5
    assert requests.where(endpoint="").value() == 1
    assert len(requests.where(service="nope")) == 0


def test_sums_are_by_label_set() -> None:
    """The sum of each label set, named by its values."""
    requests = vector(REQUESTS)
    assert requests.sum_by("service", "endpoint") == {"api/login": 100, "api/search": 5, "web/": 1}
    assert requests.sum_by("service") == {"api": 105, "web": 1}
    assert requests.by("service", "endpoint", "code")["api/login/503"] == 10


def test_several_series_are_not_one() -> None:
    """Where one is expected, several are an error that names them."""
    with pytest.raises(MeasurementError, match=r"api: r has 4 series, .*r\{code=\"200\".*1 more"):
        vector(REQUESTS).value()
    with pytest.raises(MeasurementError, match=r"has 2 series for service, .* = 'api/login'"):
        vector(REQUESTS).by("service", "endpoint")
    assert vector(REQUESTS, "nope").value() is None


def test_slashes_do_not_melt_label_sets() -> None:
    """Two label sets whose names would be the same are told, not summed up."""
    page = 'r{a="x/y",b="z"} 1\nr{a="x",b="y/z"} 1\n'
    with pytest.raises(MeasurementError, match="two label sets look the same"):
        vector(page).sum_by("a", "b")


@pytest.mark.parametrize(
    ("share", "counts", "expected"),
    [
        # From promql/testdata/histograms.test of Prometheus.
        (0.0, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 0.0),
        (0.2, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 0.1),
        (0.4, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 0.2),
        (0.5, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 0.4),
        (0.9, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 1.0),
        (1.0, {0.1: 5, 0.2: 10, 1: 20, INF: 25}, 1.0),
        (0.5, {-0.2: 1, -0.1: 2, 0.3: 2, INF: 3}, -0.15),
        (0.1, {-0.2: 1, INF: 3}, -0.2),
        (0.5, {0.1: 5, 0.2: 4, INF: 10}, 0.1),  # not monotonic: 4 counts as 5
        (0.5, {0.1: 0, INF: 0}, math.nan),
        (0.5, {INF: 4}, math.nan),
        (0.5, {0.1: math.nan, INF: math.nan}, math.nan),
    ],
)
def test_quantile_is_that_of_prometheus(
    share: float, counts: dict[float, float], expected: float
) -> None:
    """Linear within a bucket, the highest finite bound beyond, NaN where nothing was observed."""
    assert histogram_quantile(share, counts) == pytest.approx(expected, nan_ok=True)


def test_histogram_without_infinity_has_no_quantile() -> None:
    """How many were observed is not known without +Inf, so the histogram is named."""
    page = 'h_bucket{path="/",le="1"} 4\n'
    with pytest.raises(MeasurementError, match=r"api: h_bucket of '/': .* has no \+Inf bucket"):
        vector(page, "h_bucket").quantile_by(0.5, "path")
    with pytest.raises(ValueError, match="95 is no share between 0 and 1"):
        histogram_quantile(95, {1: 1, INF: 1})


def test_quantiles_sum_up_series() -> None:
    """Buckets of several series are added by their bound before the quantile is taken."""
    page = """
h_bucket{path="/a",le="1"} 0
h_bucket{path="/a",le="2"} 10
h_bucket{path="/a",le="+Inf"} 10
h_bucket{path="/b",le="1.0"} 10
h_bucket{path="/b",le="2.0"} 10
h_bucket{path="/b",le="+Inf"} 10
"""
    buckets = vector(page, "h_bucket")
    assert buckets.quantile(0.5) == 1.0
    assert buckets.quantile_by(0.5, "path") == {"/a": 1.5, "/b": 0.5}
    assert vector(page, "nope").quantile(0.5) is None


def test_quantile_needs_buckets() -> None:
    """Series without le are no buckets."""
    with pytest.raises(MeasurementError, match="has no label le that is a number"):
        vector(REQUESTS).quantile(0.5)


@pytest.mark.parametrize(
    ("earlier", "later", "increase"), [(5, 8, 3), (5, 5, 0), (5, 2, 2), (None, 4, 4), (3, 0, 0)]
)
def test_counter_resets_count_from_zero(
    earlier: float | None, later: float, increase: float
) -> None:
    """A counter that fell, or was not there, began again at zero."""
    assert counter_increase(earlier, later) == increase
