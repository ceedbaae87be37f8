"""Whether the listings can be shown."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from sqlalchemy import func, select, text

from gatepost import Database, Table, at_least, check, conforms_to, sql_check

from .tables import users


class Listings(pa.DataFrameModel):
    """What makes a listing worth showing."""

    id: int = pa.Field(unique=True)
    seller_id: object
    title: str = pa.Field(str_length={"min_value": 1})
    price: object = pa.Field(ge=0)
    url: str = pa.Field(str_matches=r"https?://[^\s/]+/.*")
    latitude: float = pa.Field(in_range={"min_value": -90, "max_value": 90})
    longitude: float = pa.Field(in_range={"min_value": -180, "max_value": 180})
    last_seen_at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    @sql_check("last_seen_at", name="not_in_the_future")
    def seen_by_now(last_seen_at):  # noqa: N805 - a column, not the model
        """The scrapers' clocks may be five minutes ahead, which is chosen."""
        return last_seen_at <= func.now() + text("interval '5 minutes'")

    @sql_check("seller_id", name="in_users")
    def seller_exists(seller_id):  # noqa: N805 - a column, not the model
        """No key of the database says so: listings come from elsewhere."""
        return seller_id.in_(select(users.c.id))


@check(
    conforms_to(Listings, by="table", tolerate=at_least(alert=95, unit="%")),
    severity="medium",
    owner="data",
    runbook="listings",
)
def check_listings(marketplace_db: Database) -> Table:
    """Share of the listings that keep all rules, of which one is that the seller exists."""
    return marketplace_db.table("listings", time="first_seen_at")
