"""Whether the parts that JobInsight stands on work: database, directories, host, crawler."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gatepost import (
    Database,
    Directory,
    Host,
    Probe,
    Verdict,
    all_healthy,
    answers,
    at_least,
    at_most,
    below,
    check,
    recorded,
)

pytestmark = check(owner="platform")

MB, GB = 10**6, 10**9
DISKS = ["root", "data", "raw_backup", "cdc", "logs"]


@check(answers(within="1 s"), severity="critical", runbook="database")
def check_database(jobinsight_db: Database) -> float:
    """A new connection answers a query. The target of 1 s is chosen; the system states none."""
    return jobinsight_db.ping()


@check(recorded(unit="MB"), severity="low")
def check_database_size(jobinsight_db: Database) -> float:
    """What the database takes on disk."""
    return jobinsight_db.size() / MB


@check(at_most(80, alert=below(100), unit="%"), severity="high", runbook="connections")
def check_connections(jobinsight_db: Database) -> float:
    """Used share of the connections that ordinary users may open."""
    return jobinsight_db.connections().utilisation


@check(severity="high", runbook="directories", target="jobinsight_{directory}")
@pytest.mark.parametrize("directory", ["raw_backup", "cdc"])
def check_directory(target: Directory, directory: str) -> None:
    """A directory that the crawler writes to exists and is writable."""
    assert target.exists(), f"{directory} does not exist"
    assert target.writable(), f"{directory} is not writable"


@check(at_most(80, alert=90, unit="%"), severity="high", runbook="memory")
def check_memory(jobinsight_host: Host) -> float:
    """System memory in use."""
    return jobinsight_host.memory_percent()


@check(at_most(200, alert=500, unit="MB"), severity="medium", runbook="memory")
def check_process_memory(jobinsight_host: Host) -> float:
    """Resident memory of the crawler's process."""
    return jobinsight_host.process("crawler").resident_bytes / MB


@check(at_most(80, alert=90, unit="%"), severity="critical", runbook="disk")
@pytest.mark.parametrize("disk", DISKS)
def check_disk_usage(jobinsight_host: Host, disk: str) -> float:
    """Used share of a file system."""
    return jobinsight_host.disk(disk).used_percent


@check(at_least(5, alert=1, unit="GB"), severity="critical", runbook="disk")
@pytest.mark.parametrize("disk", DISKS)
def check_disk_free(jobinsight_host: Host, disk: str) -> float:
    """Free space on a file system."""
    return jobinsight_host.disk(disk).free_bytes / GB


@check(severity="critical", runbook="crawler-probe")
def check_crawler(jobinsight_probe: Probe) -> None:
    """A crawl of one page succeeds."""
    result = jobinsight_probe.run()
    assert result.success, f"the probe failed: {result.detail}"


@check(all_healthy(), severity="critical", runbook="overall")
def check_overall(verdicts: Mapping[str, Verdict]) -> Mapping[str, Verdict]:
    """All of the above, as one line."""
    return verdicts
