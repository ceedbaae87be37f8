"""Who checks the same table by the same rules, and where each says what it found.

Commands run inside the folder of the peers' scripts. Versions are those that the scripts were
written for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

OUT = "verdicts.json"
Verdicts = dict[str, bool]
"""Whether each rule holds, by the rule's id in `rules.py`: R01 to R21."""

GATEPOST_LABELS = {
    "job_id not null": "R01",
    "job_id unique": "R02",
    "job_id str_matches": "R03",
    "title not null": "R04",
    "title not_equal_to": "R05",
    "title str_length": "R06",
    "company_name not null": "R07",
    "company_name not_equal_to": "R08",
    "salary complete": "R09",
    "salary str_contains": "R10",
    "skills": "R11",
    "location not null": "R12",
    "location isin": "R13",
    "verified_employer not null": "R14",
    "job_url str_matches": "R15",
    "deadline after posting": "R16",
    "crawled_at fresh": "R17",
    "row_count": "R18",
    "company_name distinct": "R19",
    "posted before crawled": "R20",
    "title, company_name, location duplicates": "R21",
}

QUIET = {
    # Their telemetry stalls where there is no network.
    "SODA_CORE_TELEMETRY_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PYTHONDONTWRITEBYTECODE": "",
}


@dataclass(frozen=True)
class Contender:
    """A tool, the environment it runs in, and how it is started.

    `packages` is what pip installs into `environment`. In `command`, {bin} is
    the environment's folder of programs, {table} the table, {out} a folder of
    the contender's own, {root} this repository. `read` takes that folder and
    what was printed. `repeats` says that what counts is a second run, which
    finds the folder as the first left it.
    """

    name: str
    environment: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    read: Callable[[Path, str], Verdicts]
    repeats: bool = False


def read_json(out: Path, _printed: str) -> Verdicts:
    """The verdicts that a peer's script writes itself."""
    return {_rule(name): found["ok"] for name, found in _load(out / OUT).items()}


def read_nothing(_out: Path, _printed: str) -> Verdicts:
    return {}


def read_soda(_out: Path, printed: str) -> Verdicts:
    """From the table that Soda prints, since only its paid service stores results."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    lines = re.findall(r"\| (R\d\d)_\w+ .*\b(PASSED|FAILED)\b", plain)
    return {rule: word == "PASSED" for rule, word in lines}


def read_dbt(out: Path, _printed: str) -> Verdicts:
    results = _load(out / "target" / "run_results.json")["results"]
    return {_rule(result["unique_id"]): result["status"] == "pass" for result in results}


def read_gatepost(out: Path, _printed: str) -> Verdicts:
    """From the JSON report; what it says beyond the 21 rules, of columns and types, is left out."""
    levels = {
        result["check"]["id"].partition("[")[2][:-1]: result["verdict"]["level"]
        for result in _load(out / "reports" / "report.json")["results"]
    }
    return {rule: levels[label] in ("ok", "warning") for label, rule in GATEPOST_LABELS.items()}


def _load(file: Path) -> Mapping[str, Mapping[str, object]]:
    return json.loads(file.read_text(encoding="utf-8"))


def _rule(name: str) -> str:
    found = re.search(r"R\d\d", name)
    return found.group() if found else name


def _script(name: str, packages: tuple[str, ...], *words: str) -> Contender:
    """A peer that is a script of its own, with its verdicts in a JSON file."""
    script, *options = words
    command = ("{bin}/python", script, *options, "--table", "{table}", "--out", "{out}/" + OUT)
    return Contender(name, name.partition("/")[0], packages, command, read_json)


_BY_HAND = ("psycopg[binary]~=3.2",)
_PANDERA = "pandera[{}]~=0.35"
_IBIS = "ibis-framework[postgres]~=12.0"

FLOOR = Contender(
    "count",
    "by-hand",
    _BY_HAND,
    ("{bin}/python", "limits.py", "count", "--table", "{table}"),
    read_nothing,
)

BY_HAND = (
    _script(
        "by-hand", _BY_HAND, "limits2.py", "twoconn", "--set", "enable_presorted_aggregate=off"
    ),
    _script("by-hand/presorted", _BY_HAND, "limits2.py", "twoconn"),
    _script("by-hand/fused", _BY_HAND, "limits2.py", "fusedopt"),
    _script("by-hand/plain", _BY_HAND, "limits.py", "fused"),
    _script("by-hand/21-queries", _BY_HAND, "limits.py", "separate"),
)
"""Hand-written SQL. PostgreSQL 16 and newer sort for a distinct count before they aggregate, which
takes half as long again for hashes: the first leaves that out, and so is the best."""


def _gatepost(name: str, check: str, repeats: bool) -> Contender:
    project = "{root}/bench/tables"
    command = (
        *("{bin}/python", "-m", "pytest", f"{project}/check_raw_jobs.py::{check}"),
        *("-q", "-p", "no:cacheprovider", "-c", f"{project}/pytest.ini"),
        *("--rootdir", "{out}", "--gatepost-config", f"{project}/gatepost.toml"),
        *("--gatepost-reports", "{out}/reports"),
    )
    return Contender(name, "gatepost", ("--editable", "{root}"), command, read_gatepost, repeats)


GATEPOST = (
    _gatepost("gatepost", "check_raw_jobs", repeats=False),
    _gatepost("gatepost/unchanged", "check_again", repeats=True),
)

PEERS = (
    Contender(
        "soda4",
        "soda4",
        ("soda-postgres~=4.28",),
        (
            *("{bin}/soda", "contract", "verify", "-ds", "soda4/ds.yml"),
            *("-c", "soda4/contract_{table}.yml"),
        ),
        read_soda,
    ),
    _script(
        "gx",
        ("great-expectations~=1.24", "sqlalchemy~=2.0", "psycopg2-binary~=2.9"),
        "gx_peer.py",
    ),
    Contender(
        "dbt",
        "dbt",
        # dbt-core 2 fetches a program from outside the package index when it is installed.
        ("dbt-core~=1.11", "dbt-postgres~=1.11"),
        (
            *("{bin}/dbt", "test", "--project-dir", "dbtproj", "--profiles-dir", "dbtproj"),
            *("--vars", "tbl: {table}"),
            *("--target-path", "{out}/target", "--log-path", "{out}/logs"),
        ),
        read_dbt,
    ),
    _script("pointblank", ("pointblank~=1.1", _IBIS, "polars"), "pointblank_peer.py"),
    _script(
        "pandera-polars",
        (_PANDERA.format("polars"), "connectorx", "adbc-driver-postgresql", "pyarrow"),
        *("pandera_polars.py", "--engine", "adbc"),
    ),
    _script(
        "pandera-pandas",
        (_PANDERA.format("pandas"), "sqlalchemy~=2.0", "psycopg[binary]~=3.2"),
        "pandera_pandas.py",
    ),
    _script("pandera-ibis", (_PANDERA.format("ibis"), _IBIS), "pandera_ibis.py"),
)
