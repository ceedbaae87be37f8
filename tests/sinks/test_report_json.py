"""The JSON report: complete, strict, and as its schema says."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sample_run import fine_run, hostile_run, sample_run

import gatepost.sinks.report_json as report_json
from gatepost.model import Level, Run
from gatepost.records import result_from_dict
from gatepost.sinks.report_json import as_document, publish

SCHEMA = json.loads(
    Path(report_json.__file__).with_name("report.schema.json").read_text(encoding="utf-8")
)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


def violations(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """Judge a value by the part of JSON Schema that the report's schema uses."""
    unknown = set(schema) - KEYWORDS
    assert not unknown, f"the test's validator does not know {unknown}"
    found: list[str] = []
    if "$ref" in schema:
        found += violations(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema and all(violations(value, one, at) for one in schema["anyOf"]):
        found.append(f"{at}: fits none of anyOf")
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        allowed = tuple(kind for name in names for kind in TYPES[name])
        if type(value) not in allowed:
            return [*found, f"{at}: {value!r} is no {names}"]
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{at}: {value!r} is below {schema['minimum']}")
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        found.append(f"{at}: {value!r} is naive")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{at}: lacks {key}" for key in schema.get("required", []) if key not in value]
        for key, part in value.items():
            rest = schema.get("additionalProperties", True)
            found += violations(key, schema.get("propertyNames", {}), f"{at} key")
            if key in known:
                found += violations(part, known[key], f"{at}.{key}")
            elif isinstance(rest, dict):
                found += violations(part, rest, f"{at}.{key}")
            elif not rest:
                found.append(f"{at}: {key} is not in the schema")
    if isinstance(value, list):
        for place, part in enumerate(value):
            found += violations(part, schema.get("items", {}), f"{at}[{place}]")
    return found


KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "properties", "required"),
    *("additionalProperties", "propertyNames", "items", "enum", "const", "anyOf", "minimum"),
    "format",
}


def read_strictly(path: Path) -> Any:
    """Read JSON as a strict reader does: UTF-8, no NaN, no Infinity."""

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    return json.loads(path.read_bytes().decode("utf-8"), parse_constant=refuse)


@pytest.mark.parametrize("build", [sample_run, fine_run, hostile_run])
def test_fits_the_schema(build: Callable[[], Run], tmp_path: Path) -> None:
    """The file of any run, a hostile one included, is strict JSON that its schema describes."""
    publish(build(), tmp_path / "reports" / "report.json")
    document = read_strictly(tmp_path / "reports" / "report.json")
    assert violations(document, SCHEMA) == []
    assert document == as_document(build())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "gatepost-report/2"),
        (("run", "mode"), "nightly"),
        (("run", "slot"), "2026-03-10T02:00:00"),
        (("decision", "counts", "sad"), 1),
        (("results", 0, "verdict", "value"), "83"),
        (("results", 0, "check", "extra"), ""),
        (("groups", 0, "since"), 5),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: tuple[Any, ...], value: object) -> None:
    """The schema is no rubber stamp: a wrong word, type, key or naive time breaks it."""
    document = as_document(sample_run())
    part: Any = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    assert violations(document, SCHEMA) != []


def test_results_can_be_read_back() -> None:
    """Nothing of a result is lost: the document builds the results again, worst first."""
    run = sample_run()
    own = {"change", "failing_since"}
    rows = [
        {key: part for key, part in row.items() if key not in own}
        for row in as_document(run)["results"]
    ]
    assert tuple(result_from_dict(row) for row in rows) == run.worst_first


def test_decision_and_groups_are_named_by_id() -> None:
    """The decision's sentence and the groups stand as the core made them."""
    document = as_document(sample_run())
    assert document["decision"]["word"] == "BLOCK"
    assert document["decision"]["sentence"].startswith("BLOCK: 1 new critical alert, ")
    assert document["decision"]["counts"]["inhibited"] == 4
    dead = next(g for g in document["groups"] if g["lead"] == "finance.health.warehouse")
    assert len(dead["inhibited"]) == 4
    assert dead["severity"] == "critical"


def test_changes_are_told_against_the_run_before() -> None:
    """Each row says whether it is new, known or recovered, and since when it fails."""
    rows = {row["check"]["id"]: row for row in as_document(sample_run())["results"]}
    known = rows["jobinsight.kpi.crawler_success_rate"]
    assert (known["change"], known["failing_since"]) == ("still", "2026-03-07T02:00:00+00:00")
    assert rows["jobinsight.quality.valid[salary]"]["change"] == "recovered"


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_odd_numbers_become_null(odd: float) -> None:
    """JSON has no NaN and no infinity; null says that there is no number."""
    run = sample_run()
    first = run.results[0]
    odd_one = replace(first, verdict=replace(first.verdict, value=odd))
    document = as_document(replace(run, results=(odd_one,)))
    assert document["results"][0]["verdict"]["value"] is None


def test_control_characters_survive_as_escapes(tmp_path: Path) -> None:
    """What a system sent is kept, but never as raw control bytes."""
    publish(hostile_run(), tmp_path / "report.json")
    raw = (tmp_path / "report.json").read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]", raw)
    assert "\x1b[31m" in read_strictly(tmp_path / "report.json")["run"]["schedule"]


def test_an_empty_run_blocks() -> None:
    """A run without any check is written too, and does not pass."""
    document = as_document(replace(sample_run(), results=(), expected=0, partial=""))
    assert violations(document, SCHEMA) == []
    assert document["decision"]["word"] == "BLOCK"
    assert document["results"] == []


def test_every_level_is_in_the_schema() -> None:
    """A level that the model gains must be added to the schema."""
    assert set(SCHEMA["$defs"]["level"]["enum"]) == {level.value for level in Level}
