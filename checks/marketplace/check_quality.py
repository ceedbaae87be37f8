"""Whether the listings can be shown."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from sqlalchemy import func, text

from gatepost import Database, Table, at_least, check, conforms_to, references, sql_check

MOSTLY = at_least(alert=95, unit="%")


class Listings(pa.DataFrameModel):
    """What makes a listing worth showing."""

    id: int = pa.Field(unique=True)
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


@check(
    conforms_to(
        Listings,
        by="column",
        tolerate=dict.fromkeys(
            ("title", "price", "url", "latitude", "longitude", "last_seen_at"), MOSTLY
        ),
    ),
    references("users", {"seller_id": "id"}, tolerate=MOSTLY),
    severity="medium",
    owner="data",
    runbook="listings",
)
def check_listings(marketplace_db: Database) -> Table:
    """Share of the listings that keep each rule, and whose seller exists."""
    return marketplace_db.table("listings", time="first_seen_at")
