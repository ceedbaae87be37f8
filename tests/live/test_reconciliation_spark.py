"""Spark's tables are compared with those of other engines, in a process that can import pyspark."""

from __future__ import annotations

from pathlib import Path

from fixtures.pytest_fixtures import miss
from fixtures.spark import SparkError, require_spark, run_tests


def test_spark_is_compared_like_a_database() -> None:
    """Every case of spark_comparison_cases.py holds."""
    try:
        require_spark()
    except SparkError as error:
        miss(str(error))
    done = run_tests(Path(__file__).with_name("spark_comparison_cases.py"), "--tb=short", "-q")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
