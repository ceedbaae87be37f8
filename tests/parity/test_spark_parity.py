"""What is compared on other engines, on a Spark in a process that alone can import pyspark."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.pytest_fixtures import miss
from fixtures.spark import SparkError, require_spark, run_tests
from tests.parity.parity_engines import ENGINES, EXAMPLES

_SPARK_EXAMPLES = EXAMPLES // 40
"""A table takes Spark seconds, so that few are drawn, and none among the tests of every day."""


@pytest.mark.skipif("spark" in ENGINES, reason="this is the process that can")
@pytest.mark.skipif(not _SPARK_EXAMPLES, reason="slow: `make parity` compares Spark as well")
def test_spark_agrees_with_pandera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are judged and grouped alike by a driver and two workers, table by table."""
    try:
        require_spark()
    except SparkError as error:
        miss(str(error))
    monkeypatch.setenv("GATEPOST_PARITY_ENGINES", "spark")
    monkeypatch.setenv("GATEPOST_PARITY_EXAMPLES", str(_SPARK_EXAMPLES))
    here = Path(__file__).parent
    done = run_tests(
        here / "test_cell_parity.py", str(here / "test_value_parity.py"), "--tb=short", "-q", "-s"
    )
    print(*(line for line in done.stdout.splitlines() if "seed" in line), sep="\n")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
