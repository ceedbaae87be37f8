"""The values of Neo4j's driver as Python and pandas have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def plain_value(value: Any) -> Any:
    """Return nodes and relationships as their properties, moments aware in UTC, also inside."""
    from neo4j.graph import Entity

    if isinstance(value, (Entity, dict)):
        return {key: plain_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain_value(each) for each in value]
    if hasattr(value, "to_native"):  # the driver's own times, to the nanosecond
        native = value.to_native()
        if isinstance(native, datetime) and native.tzinfo is not None:
            return native.astimezone(UTC)
        return native
    return value
