"""What Marketplace consists of, and where each of its services is looked at.

What a deployment has more or less is changed here; what a page of metrics shows beyond it is
told by `marketplace.metrics.contract`.
"""

from __future__ import annotations

import pytest

from gatepost import HealthPages

SERVICES = ("api", "processor", "scraper", "notification")

COMPONENTS = {
    "api": ("database", "auth_provider", "rate_limiter", "dependent_services"),
    "processor": ("database", "kafka_consumer", "kafka_producer"),
    "scraper": ("network", "scraper_modules"),
    "notification": ("email_provider", "sms_provider", "kafka_consumer", "database"),
}

ENDPOINTS = {
    "api": ("/auth/login", "/listings", "/search", "/alerts"),
    "scraper": ("/jobs",),
    "notification": ("/deliveries",),
}

TABLES = {
    "api": ("users", "api_keys", "listings", "alerts"),
    "processor": ("listings",),
    "notification": ("users", "alerts"),
}
"""The tables that each service works on."""

SCRAPERS = ("facebook", "craigslist", "ebay")

REASONS = ("rate_limited", "blocked", "timeout", "parse_error")
"""Why a scrape fails."""

ERRORS = {
    "normaliser": ("validation", "encoding"),
    "geocoder": ("timeout",),
    "price_parser": ("validation",),
}
"""The processors of listings, and the types of their errors."""

GROUPS = {
    "processor": ("listings.raw",),
    "notification": ("listings.processed", "alerts.triggered"),
}
"""The consumer groups, each named as the service that it is of, and the topics that they read."""

WRITERS = {"scraper": ("listings.raw",), "processor": ("listings.processed", "alerts.triggered")}
"""The services that write topics."""

each_service = pytest.mark.parametrize("service", SERVICES)


def health_of(request: pytest.FixtureRequest, service: str) -> HealthPages:
    """The pages on which a service tells how it is."""
    return request.getfixturevalue(f"marketplace_{service}_health")


def each_of(parts: dict[str, tuple[str, ...]], names: str) -> pytest.MarkDecorator:
    """One row for each pair, such as service and endpoint, whose id has both: "api/listings"."""
    pairs = [(whole, part) for whole, every in parts.items() for part in every]
    ids = [f"{whole}/{part.removeprefix('/')}" for whole, part in pairs]
    return pytest.mark.parametrize(names, pairs, ids=ids)
