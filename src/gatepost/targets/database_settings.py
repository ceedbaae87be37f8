"""The settings of a database in `gatepost.toml`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from pydantic import Field, PositiveInt, SecretStr, field_validator

from gatepost.targets.base import Duration, TargetSettings


class Settings(TargetSettings):
    """The table of a database in `gatepost.toml`.

    `statement_timeout` bounds one statement, `lock_timeout` its wait for a
    lock, `max_rows` what `frame` and a table's rules may fetch. `schema` is
    PostgreSQL's search path for tables that are named without one. The values
    of `sensitive` columns ("email", "*_phone") are not shown where rows are.
    Rules that constraints prove are not measured unless `trust_constraints`
    is off, and an unchanged table is not read again unless `reuse` is off.
    """

    kind: Literal["database"]
    url: SecretStr
    connect_timeout: Duration = timedelta(seconds=10)
    statement_timeout: Duration = timedelta(seconds=30)
    lock_timeout: Duration = timedelta(seconds=2)
    pool_size: PositiveInt = 4
    application_name: str = "gatepost"
    schema_name: str = Field("", alias="schema")
    max_rows: PositiveInt = 1_000_000
    sensitive: tuple[str, ...] = ()
    trust_constraints: bool = True
    reuse: bool = True

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"\w+(\+\w+)?://", url.get_secret_value()):
            raise ValueError("not a database URL; write dialect://user@host:port/name")
        return url
