"""What goes wrong while listings are processed."""

from __future__ import annotations

from gatepost import Metrics, at_most, check

from .services import ERRORS, each_of


@check(
    at_most(1, alert=10, unit="errors/min"),
    severity="medium",
    owner="backend",
    runbook="processing",
)
@each_of(ERRORS, "processor, error_type")
def check_errors(marketplace_processor_metrics: Metrics, processor: str, error_type: str) -> float:
    """Errors per minute since the last run; one that never happened has no series, and counts 0."""
    rates = marketplace_processor_metrics.interval().rate("processing_errors_total")
    found = rates.where(processor=processor, error_type=error_type)
    return 60 * (found.sum() or 0)
