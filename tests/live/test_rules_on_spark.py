"""The rules of a model on Spark, by the same statement as on a database."""

from __future__ import annotations

from pathlib import Path

from fixtures.pytest_fixtures import miss
from fixtures.spark import SparkError, require_spark, run_tests


def test_rules_are_judged_by_spark_as_by_pandera() -> None:
    """Every case of spark_rules_cases.py holds on a driver and two workers."""
    try:
        require_spark()
    except SparkError as error:
        miss(str(error))
    done = run_tests(Path(__file__).with_name("spark_rules_cases.py"), "--tb=short", "-q")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
