"""Pages of metrics: read as prometheus_client reads them, or refused by line, within bounds."""

from __future__ import annotations

import math
import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gatepost.errors import MeasurementError
from gatepost.targets.exposition import Contents, read_exposition

HISTOGRAM = """
# HELP h Seconds.
# TYPE h histogram
h_bucket{path="/",le="0.1"} 3
h_bucket{path="/",le="+Inf"} 4
h_sum{path="/"} 1.5
h_count{path="/"} 4
"""


def values(contents: Contents) -> dict[str, float]:
    """The value of each series, by how it is written."""
    every = (each for samples in contents.samples.values() for each in samples)
    return {str(each): each.value for each in every}


@pytest.fixture
def registry() -> CollectorRegistry:
    """What a service that uses the official client counts."""
    registry = CollectorRegistry()
    Counter("jobs", "Jobs\nby state \\ kind.", ["state"], registry=registry).labels('a"\\\nb').inc()
    Gauge("pool", "Use.", registry=registry).set(0.5)
    seconds = Histogram("work_seconds", "Time.", ["kind"], buckets=[1, 5], registry=registry)
    seconds.labels("x").observe(3)
    Summary("sizes", "Sizes.", registry=registry).observe(2)
    return registry


@pytest.mark.parametrize("openmetrics", [False, True])
def test_both_formats_give_the_same(registry: CollectorRegistry, openmetrics: bool) -> None:
    """Names, types, labels, buckets and values of the official client's page, in either format."""
    page = (generate_openmetrics if openmetrics else generate_latest)(registry).decode()
    read = read_exposition(page, openmetrics=openmetrics)
    assert (
        values(read).items()
        >= {
            'jobs_total{state="a"\\\nb"}': 1,
            "pool": 0.5,
            'work_seconds_bucket{kind="x", le="1.0"}': 0,
            'work_seconds_bucket{kind="x", le="+Inf"}': 1,
            "sizes_count": 1,
        }.items()
    )
    jobs, work = read.families["jobs_total"], read.families["work_seconds"]
    assert (jobs.type, jobs.help, jobs.labels) == ("counter", "Jobs\nby state \\ kind.", {"state"})
    assert (work.type, work.labels, work.buckets) == ("histogram", {"kind"}, {1, 5, math.inf})
    assert {read.families[name].type for name in ("pool", "sizes")} == {"gauge", "summary"}


def test_names_stay_as_prometheus_stores_them() -> None:
    """A counter without _total keeps its name, and what is not declared is unknown."""
    read = read_exposition("# TYPE a counter\na 1\nb{x='1'} 2\n".replace("'", '"'))
    assert values(read) == {"a": 1, 'b{x="1"}': 2}
    assert [(each.name, each.type) for each in read.families.values()] == [
        ("a", "counter"),
        ("b", "unknown"),
    ]


def test_declared_metric_without_series_is_known() -> None:
    """A labelled counter that has counted nothing yet is on the page."""
    read = read_exposition("# TYPE a_total counter\n# HELP a_total Nothing yet.\n")
    assert read.families["a_total"].help == "Nothing yet."
    assert read.samples == {}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a NaN", math.nan),
        ("a -Inf", -math.inf),
        ("a +Inf", math.inf),
        ("a 1e3", 1000),
        ("a .5", 0.5),
        ("\ta  12 ", 12),
        ("a{} 1", 1),
        ("a 7\r", 7),
    ],
)
def test_spellings_of_values(line: str, value: float) -> None:
    """Numbers, infinities and NaN in every spelling, whatever the white space."""
    (found,) = read_exposition(line + "\n").samples["a"]
    assert found.value == pytest.approx(value, nan_ok=True)
    assert found.at is None


def test_timestamp_is_kept() -> None:
    """A sample that has a time of its own is of that time, in UTC."""
    (found,) = read_exposition("a 1 1700000000500\n").samples["a"]
    assert found.at == datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b{x=1} 3", r"line 3 \(Invalid labels: x=1\): 'b\{x=1\} 3'"),
        ("b", r"line 3.*'b'"),
        ("b one", r"line 3 \(could not convert string to float: 'one'\): 'b one'"),
        ("b 1_000", "line 3"),
        ("<html><body>502</body></html>", "line 3"),
        ('b{x="1" 3', "line 3"),
        ('b{x="1",x="2"} 3', r"line 3 \(.*duplicate label name|line 3 \(Invalid labels"),
        ("{} 1", "line 3"),
        ("b 1 99999999999999999999", r"line 3 \(the timestamp is out of range\)"),
        ("# TYPE b countre", r"line 3 \(there is no type 'countre'\)"),
        ("# TYPE b", r"line 3 \(there is no type ''\)"),
        ("b{" + "x" * 70_000 + "} 1", r"line 3 \(70,0\d\d characters, where 65,536 are allowed\)"),
        ("\0\ufffd", "line 3"),
    ],
)
def test_malformed_line_is_named(line: str, reason: str) -> None:
    """The number of the line, what is wrong with it and the line itself, cut to a readable size."""
    with pytest.raises(MeasurementError, match=reason) as caught:
        read_exposition(f"# TYPE a gauge\na 1\n{line}\nc 2\n")
    assert str(caught.value).startswith("1 line cannot be read: line 3")
    assert len(str(caught.value)) < 300


def test_malformed_lines_are_counted() -> None:
    """All of them are counted, the first three shown."""
    with pytest.raises(MeasurementError, match=r"^5 lines cannot be read: line 1 ") as caught:
        read_exposition("a b\n" * 5)
    assert str(caught.value).count("line ") == 3


def test_repeated_series_is_refused() -> None:
    """A series that stands there twice is named with both lines, whatever the order of labels."""
    page = 'a{x="1",y="2"} 3\nb 1\na{y="2",x="1"} 4\nb 1\n'
    said = r'^2 series appear twice: a\{x="1", y="2"\} on the lines 1 and 3; b on the lines 2 and 4'
    with pytest.raises(MeasurementError, match=said):
        read_exposition(page)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("a 1\na 2\n# EOF\n", "1 series appear twice"),
        ("a 1\n", r"line 1 \(Missing # EOF at end\)"),
        ("# TYPE a counter\na 1\n# EOF\n", "Clashing name: a"),
        ("a one\n# EOF\n", r"line 1 \(could not convert string to float: 'one'\): 'a one"),
        ("a 1\n\n# EOF\n", r"line 2 \(Received blank line\)"),
        (
            '# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\nh_sum 1\n# EOF\n',
            r"line 5 \(\+Inf bucket missing: h\)",
        ),
    ],
)
def test_openmetrics_is_read_strictly(page: str, reason: str) -> None:
    """What breaks the standard is refused: a missing end, a repeated line, a missing bucket."""
    with pytest.raises(MeasurementError, match=reason):
        read_exposition(page, openmetrics=True)


def test_histogram_without_infinity_is_read() -> None:
    """As by Prometheus: only its quantiles do not exist."""
    page = HISTOGRAM.replace('h_bucket{path="/",le="+Inf"} 4\n', "")
    assert read_exposition(page).families["h"].buckets == {0.1}


def test_too_many_series_are_refused() -> None:
    """More series than allowed end the reading, with what to raise."""
    with pytest.raises(MeasurementError, match="more than 2 series; raise max_series"):
        read_exposition('a{x="1"} 1\na{x="2"} 1\n# c\na{x="3"} 1\n', most=2)


@pytest.mark.parametrize("openmetrics", [False, True])
def test_reading_ends_in_time(openmetrics: bool) -> None:
    """Reading stops when its time is up."""
    page = "".join(f"a{number} 1\n" for number in range(1000))
    with pytest.raises(MeasurementError, match="only 0 lines could be read in time; raise timeout"):
        read_exposition(page, openmetrics=openmetrics, seconds=0)


def test_hundred_thousand_series_are_read_in_bounds() -> None:
    """100,000 series take seconds of processor time and memory in proportion to the page."""
    page = "# TYPE a_total counter\n" + "".join(
        f'a_total{{service="api",endpoint="/items/{number}",method="GET"}} {number}\n'
        for number in range(100_000)
    )
    started = time.process_time()
    assert len(read_exposition(page).samples["a_total"]) == 100_000
    assert time.process_time() - started < 10
    tracemalloc.start()
    try:
        contents = read_exposition(page[: len(page) // 10].rpartition("\n")[0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / len(contents.samples["a_total"]) < 2_000


NAMES = st.from_regex(r"[a-z_:]{1,4}", fullmatch=True)
LABELS = st.dictionaries(
    st.from_regex(r"[a-z]{1,3}", fullmatch=True),
    st.text(st.sampled_from('ab"\\\n,={} #/é'), max_size=6),
    max_size=3,
)


def written(name: str, labels: dict[str, str], value: float) -> str:
    """A sample as clients write it."""
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
    pairs = ",".join(f'{key}="{text.translate(escapes)}"' for key, text in labels.items())
    return f"{name}{{{pairs}}} {value!r}\n"


@given(st.lists(st.tuples(NAMES, LABELS, st.floats(allow_nan=False)), max_size=5))
def test_series_are_those_of_the_official_parser(series: list[tuple[str, Any, float]]) -> None:
    """Whatever the labels hold, each series is what prometheus_client's parser makes of it."""
    unique = {(name, frozenset(labels.items())): value for name, labels, value in series}
    page = "".join(written(name, dict(labels), value) for (name, labels), value in unique.items())
    expected = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    read = read_exposition(page)
    found = {
        (each.name, frozenset(each.labels.items())): each.value
        for samples in read.samples.values()
        for each in samples
    }
    assert found == expected == unique


@settings(deadline=2000)
@given(st.text(st.sampled_from('ab{}=",\\\n #0123.eTYPEHLNaInf_'), max_size=60))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    """Any text is read as numbers or refused with a reason; nothing else is raised."""
    for openmetrics in (False, True):
        try:
            read = read_exposition(text, openmetrics=openmetrics)
        except MeasurementError:
            continue
        samples = [each for family in read.samples.values() for each in family]
        assert all(isinstance(each.value, float) for each in samples)
