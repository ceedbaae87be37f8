"""The pages of the API, as the checks read them: their schemas, and the figures on them.

A page that cannot be read makes its target unavailable: one check tells why,
and what else is on the page is inhibited rather than failing a dozen times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa

from gatepost import Endpoint, HealthPages, MeasurementError, Unavailable, health_schema
from gatepost.targets.health import Health
from gatepost.targets.health_body import Component
from gatepost.targets.response import Response
from gatepost.wording import join_some

from .universe import COMPONENTS

WINDOW = "1h"
"""The time over which the service sums up its requests: 1h, 24h or 7d."""

_PERCENT = pa.Check.in_range(0, 100)
_COUNT = pa.Check.ge(0)
_TIME = pa.Check.str_matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")

HEALTH_BODY = health_schema(components=COMPONENTS).add_columns(
    {
        "timestamp": pa.Column(str, _TIME),
        **{f"components.{name}.last_check": pa.Column(str, _TIME) for name in COMPONENTS},
        **{
            f"metrics.system.{part}_usage_percent": pa.Column(float, _PERCENT)
            for part in ("cpu", "memory", "disk")
        },
        "metrics.system.load_average": pa.Column(
            object, pa.Check(lambda cell: len(cell) == 3, element_wise=True, name="three_numbers")
        ),
    }
)

_ENDPOINT = pa.DataFrameSchema(
    {
        "endpoint": pa.Column(str, unique=True),
        "total_requests": pa.Column(int, _COUNT),
        "failed_requests": pa.Column(int, _COUNT),
        "average_response_time_ms": pa.Column(float, _COUNT, coerce=True),
        "p95_response_time_ms": pa.Column(float, _COUNT, coerce=True),
    }
)


def _are_endpoints(cell: list[Mapping[str, Any]]) -> bool:
    """Whether a list holds the figures of endpoints; a service without requests has none."""
    try:
        return not cell or len(_ENDPOINT.validate(pd.DataFrame(cell))) > 0
    except pa.errors.SchemaError:
        return False


PERFORMANCE_BODY = pa.DataFrameSchema(
    {
        "time_range": pa.Column(str, pa.Check.eq(WINDOW)),
        "timestamp": pa.Column(str, _TIME),
        "api_performance": pa.Column(
            object, pa.Check(_are_endpoints, element_wise=True, name="figures_of_endpoints")
        ),
        "dcf_calculations.total": pa.Column(int, _COUNT),
        "dcf_calculations.successful": pa.Column(int, _COUNT),
        "current_resources.cpu_usage_percent": pa.Column(float, _PERCENT),
    }
)

ALERTS_BODY = pa.DataFrameSchema(
    {
        "total_alerts": pa.Column(int, _COUNT),
        "recent_alerts": pa.Column(
            object, pa.Check(lambda cell: len(cell) <= 10, element_wise=True, name="last_ten")
        ),
    }
)


def read_health(pages: HealthPages) -> Health:
    """What the service says of itself; raises Unavailable for a page that says nothing of it."""
    try:
        return pages.service()
    except Unavailable:
        raise
    except MeasurementError as error:
        raise Unavailable(pages.name, str(error).removeprefix(f"{pages.name}: ")) from None


def find_component(pages: HealthPages, name: str) -> Component:
    """A part of the service; raises MeasurementError where its page does not name it."""
    health = read_health(pages)
    if name not in health.components:
        known = join_some(health.components, most=10) or "none"
        raise MeasurementError(f"{health.response.url} has no component {name!r}; known: {known}")
    return health.components[name]


def system_figure(health: Health, name: str) -> float:
    """A number of `metrics.system`; its `load_average` is that of five minutes.

    Raises MeasurementError where there is none.
    """
    metrics = health.body.get("metrics")
    system = metrics.get("system") if isinstance(metrics, dict) else None
    found = system.get(name) if isinstance(system, dict) else None
    if name == "load_average" and isinstance(found, list) and len(found) == 3:
        found = found[1]
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise MeasurementError(f"there is no number metrics.system.{name} at {health.response.url}")
    return float(found)


def get_performance(api: Endpoint) -> Response:
    """The report on the window; raises Unavailable for another status, and for no JSON object."""
    answer = api.get("/api/v1/metrics/performance", params={"time_range": WINDOW})
    if answer.status != 200:
        raise Unavailable(api.name, f"status {answer.status} instead of a report, at {answer.url}")
    try:
        document = answer.json()
    except MeasurementError as error:
        raise Unavailable(api.name, str(error)) from None
    if not isinstance(document, dict):
        raise Unavailable(
            api.name, f"a {type(document).__name__} instead of a report, at {answer.url}"
        )
    return answer


def reported_endpoints(api: Endpoint) -> dict[str, Mapping[str, Any]]:
    """What the report says of each endpoint that had a request in the window.

    Raises MeasurementError where it has no list of endpoints.
    """
    answer = get_performance(api)
    listed = answer.json().get("api_performance")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise MeasurementError(f"there is no list api_performance at {answer.url}")
    return {str(each.get("endpoint")): each for each in listed}


def figure_of(api: Endpoint, endpoint: str, name: str) -> float | None:
    """A figure of one endpoint; None where it had no request in the window.

    Raises MeasurementError where it had some and there is no such figure.
    """
    figures = reported_endpoints(api).get(endpoint, {})
    if not figures.get("total_requests"):
        return None
    found = figures.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise MeasurementError(f"{api.name} reports no {name} of {endpoint}")
    return float(found)
