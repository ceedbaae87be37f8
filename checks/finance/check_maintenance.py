"""Whether the upkeep that My Finance needs has happened. The checks look and change nothing."""

from __future__ import annotations

import pytest

from gatepost import Directory, Host, Neo4j, at_most, check
from gatepost.wording import join_some, shorten

pytestmark = check(owner="platform")

INDEXES = """
    SHOW INDEXES
    YIELD name, state, populationPercent, failureMessage
"""


@check(at_most(alert=0, unit="files"), severity="low", runbook="log-retention")
def check_log_retention(finance_logs: Directory) -> dict[str, int]:
    """Files that should have been removed, in the folder of the logs and below it."""
    return {
        f"{pattern} older than {age}": len(finance_logs.files(f"**/{pattern}", older_than=age))
        for pattern, age in (("*.log", "7 days"), ("*.json", "30 days"))
    }


@check(at_most(alert=80, unit="%"), severity="medium", runbook="resources")
@pytest.mark.parametrize("disk", ["data", "logs"])
def check_disk(finance_host: Host, disk: str) -> float:
    """Used share of a file system: of the store's data, and of the logs.

    As the host tells it: the service reports one disk, and not which.
    """
    return finance_host.disk(disk).used_percent


@check(severity="medium", runbook="graph")
def check_graph(finance_graph: Neo4j) -> None:
    """Every index of the store is online, by its own status query.

    One that is not leaves out answers or makes them slow, and a constraint
    whose index failed holds no more.
    """
    indexes = finance_graph.rows(INDEXES)
    ill = [each for each in indexes if each["state"] != "ONLINE"]
    named = join_some(
        f"{each['name']} {each['state']} at {each['populationPercent']:.0f} % "
        f"({shorten(each['failureMessage'] or 'no reason is given', 100)})"
        for each in ill
    )
    assert indexes, "the store has no index at all"
    assert not ill, f"{len(ill)} of {len(indexes)} indexes not online: {named}"
