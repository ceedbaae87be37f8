"""The model of `raw_jobs`: what a crawled row has to be."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from sqlalchemy import case, func

from gatepost import sql_check


class RawJobs(pa.DataFrameModel):
    """The rules of `raw_jobs` that a row has to keep to count as valid."""

    job_id: str = pa.Field(unique=True, str_length={"min_value": 1})
    title: str = pa.Field(str_length={"min_value": 1})
    company_name: str = pa.Field(str_length={"min_value": 1})
    salary: str = pa.Field(str_contains="[0-9]")
    skills: object = pa.Field()
    location: str = pa.Field(str_length={"min_value": 1})
    crawled_at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    @sql_check("skills", name="not_empty")
    def skills_not_empty(skills):  # noqa: N805 - a column, not the model
        """A list with something in it."""
        is_list = func.json_typeof(skills) == "array"
        return case((is_list, func.json_array_length(skills) > 0), else_=False)
