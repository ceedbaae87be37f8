"""What is compared on other engines, on a Spark in a process that alone can import pyspark."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.pytest_fixtures import miss
from fixtures.spark import SparkError, require_spark, run_tests
from tests.parity.parity_engines import ENGINES, EXAMPLES


@pytest.mark.parametrize("file", ["test_cell_parity.py", "test_value_parity.py"])
def test_spark_agrees_with_pandera(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of the file holds on a driver and two workers, with fewer tables."""
    if "spark" in ENGINES:
        pytest.skip("this is the process that can")
    try:
        require_spark()
    except SparkError as error:
        miss(str(error))
    monkeypatch.setenv("GATEPOST_PARITY_ENGINES", "spark")
    monkeypatch.setenv("GATEPOST_PARITY_EXAMPLES", str(max(2, EXAMPLES // 10)))
    done = run_tests(Path(__file__).with_name(file), "--tb=short", "-q", "-s")
    print(done.stdout[-500:])
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
