"""Whether the services' pages of metrics are what dashboards, alerts and these checks rely on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gatepost import Metrics, Page, check

from .services import (
    ENDPOINTS,
    ERRORS,
    GROUPS,
    REASONS,
    SCRAPERS,
    SERVICES,
    TABLES,
    WRITERS,
    each_service,
)

pytestmark = check(owner="platform")


@dataclass(frozen=True)
class Metric:
    """What a metric has to be: its type, its labels, and the bounds of its buckets.

    `buckets` are their number, the lowest and the highest, without +Inf.
    """

    type: str
    labels: str
    services: tuple[str, ...]
    buckets: tuple[int, float, float] | None = None


WORKING = tuple(dict.fromkeys([*WRITERS, *GROUPS]))
METRICS = {
    "http_requests_total": Metric("counter", "service endpoint method status_code", (*ENDPOINTS,)),
    "http_request_duration_seconds": Metric(
        "histogram", "service endpoint method", (*ENDPOINTS,), (13, 0.01, 10)
    ),
    "db_operations_total": Metric("counter", "service operation table status", (*TABLES,)),
    "db_operation_duration_seconds": Metric(
        "histogram", "service operation table", (*TABLES,), (11, 0.001, 5)
    ),
    "scrapes_total": Metric("counter", "scraper status reason", ("scraper",)),
    "scrape_duration_seconds": Metric("histogram", "scraper", ("scraper",), (9, 1, 600)),
    "processing_errors_total": Metric("counter", "service processor error_type", ("processor",)),
    "kafka_messages_total": Metric("counter", "service topic operation", WORKING),
    "kafka_message_processing_seconds": Metric("histogram", "service topic", (*GROUPS,)),
    "process_memory_usage_bytes": Metric("gauge", "service", SERVICES),
    "process_cpu_usage_percent": Metric("gauge", "service", SERVICES),
    "process_open_file_descriptors": Metric("gauge", "service", SERVICES),
    "process_thread_count": Metric("gauge", "service", SERVICES),
}


@check(
    severity="medium",
    runbook="metrics",
    target="marketplace_{service}_metrics",
    witness=True,
)
@each_service
def check_contract(target: Metrics, service: str) -> None:
    """The page can be read, has these metrics, and names nothing that no check looks at.

    Counters fall only when the process starts again.
    """
    page = target.page()
    wrong = [*differences(page, service), *unwatched(page, service)]
    wrong += [f"{sample} fell without a restart" for sample in target.fallen()]
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    assert not wrong, f"{len(wrong)} against the contract: {'; '.join(wrong[:3])}{more}"


def differences(page: Page, service: str) -> Iterator[str]:
    """What is missing of a service's metrics, or of another type, labels or buckets."""
    for name, wanted in METRICS.items():
        if service not in wanted.services:
            continue
        family = page.families.get(name)
        if family is None:
            yield f"{name} is missing"
            continue
        if family.type != wanted.type:
            yield f"{name} is a {family.type}, not a {wanted.type}"
        if family.type == wanted.type == "gauge" and not page.vector(name):
            yield f"{name} has no series"
        if family.labels and family.labels != set(wanted.labels.split()):
            yield f"{name} has the labels {', '.join(sorted(family.labels))}"
        bounds = sorted(bound for bound in family.buckets if math.isfinite(bound))
        if wanted.buckets and bounds:
            found = (len(bounds), bounds[0], bounds[-1])
            if found != wanted.buckets:
                yield f"{name} has {found[0]} buckets from {found[1]:g} to {found[2]:g} s"


def unwatched(page: Page, service: str) -> Iterator[str]:
    """What stands on the page and is not listed in services.py, so that no check looks at it."""
    topics = {topic for every in (*WRITERS.values(), *GROUPS.values()) for topic in every}
    listed = {
        ("http_requests_total", ("endpoint",)): set(ENDPOINTS.get(service, ())),
        ("db_operations_total", ("table",)): set(TABLES.get(service, ())),
        ("scrapes_total", ("scraper",)): set(SCRAPERS),
        ("scrapes_total", ("reason",)): {*REASONS, ""},
        ("processing_errors_total", ("processor", "error_type")): {
            f"{processor}/{kind}" for processor, kinds in ERRORS.items() for kind in kinds
        },
        ("kafka_messages_total", ("topic",)): topics,
    }
    for (name, labels), known in listed.items():
        found = page.vector(name).sum_by(*labels) if name in page else {}
        for value in sorted(found.keys() - known):
            yield f"no check looks at {name} with {'/'.join(labels)} {value}: list it"
