"""What the services use up: memory, CPU, files, threads, replicas."""

from __future__ import annotations

import math

from gatepost import Docker, Metrics, at_most, between, check, no_steady_growth

from .services import each_service

pytestmark = check(owner="platform", runbook="resources", target="marketplace_{service}_metrics")

MB = 10**6
MOST_REPLICAS = 10
CPU_GOAL, MEMORY_GOAL = 70.0, 80.0
MEMORY_MB = 500
"""What memory is in percent of, for want of another figure: where it is an alert."""


def gauge(metrics: Metrics, service: str, name: str) -> float | None:
    """A service's own figure, as it is now."""
    return metrics.page().value(name, service=service)


@check(at_most(alert=MEMORY_MB, unit="MB"), sustained="5 min", severity="medium")
@each_service
def check_memory(target: Metrics, service: str) -> float | None:
    """Resident memory."""
    found = gauge(target, service, "process_memory_usage_bytes")
    return None if found is None else found / MB


@check(at_most(alert=80, unit="%"), sustained="5 min", severity="medium")
@each_service
def check_cpu(target: Metrics, service: str) -> float | None:
    """CPU of the process."""
    return gauge(target, service, "process_cpu_usage_percent")


@check(no_steady_growth(over=10, unit="files"), severity="low")
@each_service
def check_files(target: Metrics, service: str) -> float | None:
    """Open file descriptors; more in each of ten runs is a leak."""
    return gauge(target, service, "process_open_file_descriptors")


@check(no_steady_growth(over=10, unit="threads"), severity="low")
@each_service
def check_threads(target: Metrics, service: str) -> float | None:
    """Threads; more in each of ten runs is a leak."""
    return gauge(target, service, "process_thread_count")


@check(
    between(2, MOST_REPLICAS, alert=at_most(MOST_REPLICAS), unit="replicas"),
    sustained="5 min",
    severity="high",
)
@each_service
def check_scaling(target: Metrics, marketplace_docker: Docker, service: str) -> int | None:
    """Replicas that run; at the ceiling, as many as its CPU and memory ask for."""
    cpu = gauge(target, service, "process_cpu_usage_percent")
    memory = gauge(target, service, "process_memory_usage_bytes")
    if cpu is None or memory is None:
        return None
    found = marketplace_docker.containers(label=f"com.docker.compose.service={service}")
    running = sum(container.running for container in found)
    return running if running < MOST_REPLICAS else wanted_replicas(running, cpu, memory)


def wanted_replicas(running: int, cpu: float, memory: float) -> int:
    """As many as would bring CPU (percent) and memory (bytes) to their goals.

    This is the formula of Kubernetes' HorizontalPodAutoscaler.
    """
    used = 100 * memory / (MEMORY_MB * MB)
    return max(running, math.ceil(running * max(cpu / CPU_GOAL, used / MEMORY_GOAL)))
