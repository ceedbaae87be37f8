"""Whether a user gets what Marketplace is for."""

from __future__ import annotations

import os

from gatepost import Endpoint, MeasurementError, Response, at_most, check

WANTED = "bicycle"
"""What the user searches for."""

FIELDS = ("id", "title", "price", "url", "source", "latitude", "longitude", "last_seen_at")


@check(at_most(2, unit="s"), severity="critical", owner="backend", runbook="journey")
def check_listing_journey(marketplace_api: Endpoint) -> dict[str, float]:
    """Seconds to log in, to search, and to open one listing that carries its fields."""
    user = {"username": secret("USER"), "password": secret("PASSWORD")}
    entered = step("log in", marketplace_api.post("auth/login", json=user))
    token = entered.json().get("token")
    assert token, "log in: the answer has no token"
    signed = {"Authorization": f"Bearer {token}"}
    searched = step("search", marketplace_api.get("listings", params={"q": WANTED}, headers=signed))
    found = searched.json().get("listings")
    assert found, f"search: no listing of a {WANTED}"
    assert "id" in found[0], "search: the first listing has no id"
    path = f"listings/{found[0]['id']}"
    opened = step("open a listing", marketplace_api.get(path, headers=signed))
    missing = [name for name in FIELDS if opened.json().get(name) is None]
    assert not missing, f"open a listing: {path} has no {', '.join(missing)}"
    return {"log in": entered.seconds, "search": searched.seconds, "open": opened.seconds}


def step(name: str, response: Response) -> Response:
    """A step that was answered well; of another answer no body is told, for what it may hold."""
    assert response.status == 200, f"{name}: status {response.status} of {response.url}"
    return response


def secret(name: str) -> str:
    """A credential of the synthetic user, from the environment only."""
    variable = f"MARKETPLACE_JOURNEY_{name}"
    if not (value := os.environ.get(variable)):
        raise MeasurementError(f"{variable} is not set: who is the synthetic user?")
    return value
