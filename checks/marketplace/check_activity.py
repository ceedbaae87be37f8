"""What users do: logins, registrations, visits, keys."""

from __future__ import annotations

import re

import pandas as pd

from gatepost import Database, Metrics, at_most, check, falls_at_most, share_of_mean

from .counted import counted, percent

pytestmark = check(owner="backend", severity="medium", runbook="logins")


@check(at_most(20, alert=40, unit="%"))
def check_logins(marketplace_api_metrics: Metrics) -> float | None:
    """Share of the logins since the last run that failed; the alert at 40 % is chosen."""
    metrics = marketplace_api_metrics
    logins = counted(metrics, "http_requests_total", endpoint="/auth/login")
    return percent(logins.where(status_code=re.compile("[45]..")).sum(), logins.sum())


@check(share_of_mean(0.3, most=3.0, over=28, unit="users"))
def check_registrations(marketplace_db: Database) -> pd.Series:
    """New users of a day, against the four weeks before: a third to three times is chosen."""
    return marketplace_db.series(
        """
        select (created_at at time zone 'UTC')::date as day, count(*) as users
        from users
        where created_at >= :since and created_at < :until
        group by day
        """,
        days=29,
        fill=0,
    )


@check(falls_at_most(alert=50, within="7 days", unit="%"))
def check_active_users(marketplace_db: Database) -> int:
    """Users who logged in within the last day; half of the week's best is chosen."""
    return marketplace_db.scalar("""
        select count(*) from users
        where last_login_at >= cast(:slot as timestamptz) - interval '1 day'
    """)


@check(falls_at_most(alert=50, within="7 days", unit="%"))
def check_api_keys(marketplace_db: Database) -> int:
    """Keys that were used within the last day; half of the week's best is chosen."""
    return marketplace_db.scalar("""
        select count(*) from api_keys
        where last_used_at >= cast(:slot as timestamptz) - interval '1 day'
    """)
