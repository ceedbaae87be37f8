"""Rows whose time cannot be read are looked at, as rows without a time are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from sqlalchemy import create_engine
from table_targets import SLOT, verdicts

from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Table]:
    """A recent order, one whose time is no time to SQLite, and an old one."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table orders (price real, made timestamp)")
        connection.exec_driver_sql(
            "insert into orders values (1, '2026-03-09 10:00:00'), (-5, '09/03/2026 11:00'), "
            "(-7, '2026-01-01 10:00:00')"
        )
    engine.dispose()
    settings = Settings.model_validate({"kind": "database", "url": url})
    target = open_target("app", settings, TargetContext(slot=SLOT))
    yield target.table("orders", time="made")
    target.close()


def _verdict(orders: Table, check: Any) -> Any:
    model = pa.DataFrameSchema({"price": pa.Column(checks=check)})
    return list(verdicts(conforms_to(model, last="7 days"), orders).values())[-1]


def test_a_time_that_is_none_counts_as_recent(orders: Table) -> None:
    """It cannot be told to lie outside the window, so the row's rules are not passed over."""
    verdict = _verdict(orders, pa.Check.ge(0))
    assert (verdict.level, verdict.bad, verdict.total) == (Level.BREACH, 1, 2)
    counted = verdicts(row_count(at_least(1), last="7 days"), orders)["row_count"]
    assert counted.value == 2


def test_a_time_that_is_none_is_fetched_too(orders: Table) -> None:
    """Python cannot tell either when it was, and says so instead of judging the other rows."""
    verdict = _verdict(orders, pa.Check(lambda prices: prices >= 0))
    assert verdict.level is Level.ERROR
    assert "the time column 'made' holds no times" in verdict.sentence


def test_times_in_a_column_of_text_are_read_by_python(tmp_path: Path) -> None:
    """SQLite has no type for times, so a column of text may hold them; all rows are fetched."""
    url = f"sqlite:///{tmp_path / 'text.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table orders (made text)")
        connection.exec_driver_sql(
            "insert into orders values ('2026-03-09T10:00:00Z'), ('2026-01-01'), (null)"
        )
    engine.dispose()
    settings = Settings.model_validate({"kind": "database", "url": url})
    target = open_target("app", settings, TargetContext(slot=SLOT))
    counted = verdicts(row_count(at_least(1), last="7 days"), target.table("orders", time="made"))
    target.close()
    assert counted["row_count"].value == 2
    assert "fetched" in counted["row_count"].how
