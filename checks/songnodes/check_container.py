"""Whether the scrapers' containers are healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import Docker, at_least, check

from .figures import CONTAINER_HEALTHY
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

pytestmark = check(owner="platform", severity="critical", runbook="container-unhealthy")


@check(at_least(alert=1, unit="healthy containers"), sustained="15 min")
@each_scraper
def check_unhealthy(figures: Source, scraper: str) -> pd.Series | float | None:
    """The container's own health check passes, as the scraper tells it: 1, else 0."""
    return figures.course(CONTAINER_HEALTHY, scraper, last="1 h", step="1 min")


@each_scraper
def check_state(songnodes_docker: Docker, scraper: str) -> None:
    """The container runs and is healthy, as its engine tells it, at this moment."""
    container = songnodes_docker.container(f"songnodes-{scraper.lower()}")
    assert container.running, (
        f"{container.name} is {container.state}, exit code {container.exit_code}"
    )
    assert container.health in ("healthy", "starting"), (
        f"{container.name} is {container.health}: {container.health_output}"
    )
