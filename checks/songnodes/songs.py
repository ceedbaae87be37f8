"""What a song is declared to be: the fields of the scrapers' item, and what makes a row valid."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa


class Song(pa.DataFrameModel):
    """The fields that a scraper's item has, by the types of their columns."""

    id: int
    title: str
    artist_id: int
    source: str
    source_id: str
    duration_seconds: int
    bpm: float
    isrc: str
    created_at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    class Config:
        """No other column is declared."""

        strict = True
