"""What a check may wrongly return, and what the row then says. Never green."""

from __future__ import annotations

import pytest
from project import Outcome, Project

CHECKS = """
    from datetime import UTC, datetime, timedelta
    from decimal import Decimal

    import numpy as np
    import pandas as pd
    from gatepost import at_least, check, conforms_to, fresh_within, row_count, share_of_mean
    import pandera.pandas as pa

    class Model(pa.DataFrameModel):
        a: int

    limit = check(at_least(95, alert=90, unit="%"))
    fresh = check(fresh_within("24 h"))

    @limit
    def check_nothing(): return None
    @limit
    def check_nan(): return float("nan")
    @limit
    def check_infinity(): return float("-inf")
    @limit
    def check_text(): return "97"
    @limit
    def check_truth(): return True
    @limit
    def check_frame(): return pd.DataFrame({"a": [1]})
    @limit
    def check_empty_series(): return pd.Series([], dtype=float)
    @limit
    def check_empty_mapping(): return {}
    @limit
    def check_nan_today():
        days = pd.period_range(end=pd.Timestamp.now("UTC").tz_localize(None), periods=3, freq="D")
        return pd.Series([99.0, None, 99.0], index=days)
    @limit
    def check_naive_series(): return pd.Series([99.0], index=pd.DatetimeIndex(["2026-01-01"]))
    @limit
    def check_future_series():
        return pd.Series([99.0], index=[pd.Timestamp.now("UTC") + pd.Timedelta("2D")])
    @limit
    def check_numbered_series(): return pd.Series([99.0])
    @limit
    def check_series_of_texts():
        return pd.Series(["a"], index=[pd.Timestamp.now("UTC")])
    @fresh
    def check_never(): return None
    @fresh
    def check_not_a_time(): return pd.NaT
    @fresh
    def check_naive(): return datetime(2026, 1, 1)
    @fresh
    def check_future(): return datetime.now(UTC) + timedelta(hours=3)
    @fresh
    def check_number(): return 12.5
    @check(conforms_to(Model, by="column"))
    def check_empty_frame(): return pd.DataFrame({"a": pd.Series([], dtype=int)})
    @check(conforms_to(Model, by="column"))
    def check_no_frame(): return 3.5
    @check(row_count(at_least(alert=1)))
    def check_no_rows(): return pd.DataFrame({"a": []})
    @check(at_least(3))
    def check_numpy(): return np.float32(4)
    @check(at_least(3))
    def check_decimal(): return Decimal("4.5")
    def check_forgotten(): return 4
"""

EXPECTED = {
    "nothing": ("no_data", "nothing was measured; expected at least 95 %, alert below 90 %"),
    "nan": ("no_data", "the measured value is NaN (not a number)"),
    "infinity": ("no_data", "the measured value is infinite"),
    "text": ("error", "the check returned a str ('97'); a limit judges a number"),
    "truth": ("error", "the check returned a bool (True)"),
    "frame": ("error", "the check returned a DataFrame"),
    "empty_series": ("no_data", "no complete slot was measured"),
    "empty_mapping": ("no_data", "a mapping without labels was measured"),
    "nan_today": ("no_data", "no value for"),
    "naive_series": ("error", "a Series with naive times; make them aware"),
    "future_series": ("error", "in the future; clocks or time zones differ"),
    "numbered_series": ("error", "a Series indexed by int64"),
    "series_of_texts": ("error", "a Series of str; a limit judges numbers"),
    "never": ("breach", "nothing was ever recorded"),
    "not_a_time": ("breach", "nothing was ever recorded"),
    "naive": ("error", "has no time zone"),
    "future": ("error", "lies 3 h in the future"),
    "number": ("error", "fresh_within judges a datetime or None"),
    "empty_frame[a]": ("no_data", "no rows"),
    "no_frame[a]": ("error", "the check returned a float (3.5)"),
    "no_rows": ("breach", "0 rows is below 1"),
    "numpy": ("ok", "4 is at least 3"),
    "decimal": ("ok", "4.5 is at least 3"),
    "forgotten": ("error", "returned 4, but declares no expectation"),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run over every bad value."""
    project = Project(tmp_path_factory.mktemp("project"))
    return project.write({"gatepost.toml": "", "checks/bad/check_values.py": CHECKS}).run("-n0")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bad_value_gets_a_level_and_a_reason(outcome: Outcome, name: str) -> None:
    """Each bad value has the level and the sentence that say what was wrong with it."""
    level, said = EXPECTED[name]
    check_id = f"bad.values.{name}"
    assert outcome.levels[check_id] == level
    assert said in outcome.sentence(check_id)


def test_bad_values_fail_the_run(outcome: Outcome) -> None:
    """Every row is accounted for, and the run blocks."""
    assert set(outcome.levels) == {f"bad.values.{name}" for name in EXPECTED}
    assert outcome.status == 1
