"""The benchmark's 21 rules on its generated table, as Gatepost's users would write them."""

from __future__ import annotations

import os

import pandera.pandas as pa
import sqlalchemy as sa

from gatepost import (
    Database,
    Table,
    above,
    at_least,
    below,
    between,
    check,
    conforms_to,
    distinct,
    fresh,
    row_count,
    share,
    sql_check,
)

LOCATIONS = (
    *("Colombo", "Kandy", "Galle", "Jaffna", "Negombo", "Matara", "Kurunegala", "Gampaha"),
    *("Kalutara", "Badulla", "Ratnapura", "Anuradhapura", "Trincomalee", "Batticaloa"),
    *("Hambantota", "Puttalam", "Matale", "Kegalle", "Remote", "Ampara"),
)


class RawJobs(pa.DataFrameModel):
    """What every row has to keep."""

    job_id: str = pa.Field(unique=True, str_matches=r"^[A-Z]{2}[0-9]+$")
    title: str = pa.Field(ne="", str_length={"min_value": 3, "max_value": 200})
    job_url: str = pa.Field(nullable=True, str_matches=r"^https?://")
    company_name: str = pa.Field(ne="")
    salary: str = pa.Field(nullable=True, str_contains="[0-9]")
    location: str = pa.Field(isin=LOCATIONS)
    verified_employer: bool = pa.Field()

    @sql_check(name="deadline after posting")
    def _deadline(row):  # noqa: N805 - it takes the table's columns
        return sa.or_(
            row.deadline.is_(None), row.posted_time.is_(None), row.deadline >= row.posted_time
        )

    @sql_check(name="posted before crawled")
    def _posted(row):  # noqa: N805 - it takes the table's columns
        return sa.or_(
            row.posted_time.is_(None), row.crawled_at.is_(None), row.posted_time <= row.crawled_at
        )


RULES = check(
    conforms_to(RawJobs),
    share(at_least(alert=70), complete="salary"),
    share(
        at_least(alert=80),
        valid=lambda row: sa.func.json_array_length(row.skills) > 0,
        name="skills",
    ),
    fresh("crawled_at", alert="36 h"),
    row_count(between(50, 20_000_000)),
    distinct("company_name", above(alert=40)),
    share(below(alert=5), duplicates=["title", "company_name", "location"]),
)

TABLE = os.environ["GATEPOST_BENCH_TABLE"]


@RULES
def check_raw_jobs(warehouse: Database) -> Table:
    """The table, read in each run."""
    return warehouse.table(TABLE)


@RULES
def check_again(remembering: Database) -> Table:
    """The table, which is not read again when it has not changed since the last run."""
    return remembering.table(TABLE)
