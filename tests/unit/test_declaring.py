"""From a function to a declaration: its id, its runbook, its limits, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gatepost.authoring import Said
from gatepost.config import Configuration
from gatepost.declaring import Declared, declare, expand, find_runbook, place_of
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.falls import falls_at_most
from gatepost.expectations.limits import at_least, at_most
from gatepost.expectations.row_count import row_count
from gatepost.model import Declaration, Limits, Mode, Severity, Verdict
from gatepost.project import Project

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
LIMIT = at_least(95, alert=90, unit="%")


def check_late() -> float:
    """Orders that are late.

    Counted at midnight.
    """
    return 1.0


@dataclass(frozen=True)
class Rules(Expectation[object]):
    """An expectation that becomes several rows."""

    rows: tuple[Expectation[Any], ...] = ()
    name: str = "rules"
    level: Severity | None = None

    @property
    def label(self) -> str:
        return self.name

    @property
    def severity(self) -> Severity | None:
        return self.level

    def expand(self) -> tuple[Expectation[Any], ...]:
        return self.rows or (self,)

    def judge(self, value: object, context: Context) -> Verdict:
        raise NotImplementedError


@dataclass
class Shop:
    """A project with a folder of checks, in which one of them is declared."""

    root: Path
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    cadence: timedelta | None = None

    def declare(
        self, function: Callable[..., Any] = check_late, said: Said | None = None, **known: Any
    ) -> Declared:
        file = self.root / "checks" / "shop" / "check_orders.py"
        project = Project(
            root=self.root,
            checks=(self.root / "checks",),
            reports=self.root / "reports",
            history="",
            mode=Mode.LOCAL,
            run_id="id",
            slot=SLOT,
            started=SLOT,
            cadence=self.cadence,
            configuration=Configuration(limits=self.limits),
        )
        given: dict[str, Any] = {
            "file": file,
            "line": 3,
            "nodeid": "checks/shop/check_orders.py::check_late",
            "name": "check_late",
            "parameter": "",
            "targets": frozenset({"warehouse"}),
            "target": "",
            "expectation": LIMIT,
            "rows": (LIMIT,),
        }
        return declare(function, said=said or Said(), project=project, **given | known)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(
    ("file", "system", "group"),
    [
        ("checks/shop/check_orders.py", "shop", "orders"),
        ("checks/shop/test_orders.py", "shop", "orders"),
        ("checks/shop/eu/check_orders.py", "shop", "eu.orders"),
        ("checks/check_shop.py", "shop", ""),
        ("checks/shop/check_check_in.py", "shop", "check_in"),
        ("more/shop/check_orders.py", "shop", "orders"),
        ("src/tests/test_orders.py", "tests", "orders"),
    ],
)
def test_a_place_is_where_a_module_stands(file: str, system: str, group: str) -> None:
    """Below the checks folder that holds it, or by its own folder where none does."""
    root = Path("/project")
    place = place_of(root / file, root, (root / "checks", root / "more"))
    assert (place.system, place.group, place.file) == (system, group, file)


def test_a_file_outside_of_the_project_is_named_in_full() -> None:
    """There is no path relative to the project."""
    assert place_of(Path("/a/check_b.py"), Path("/project"), ()).file == "/a/check_b.py"


@pytest.mark.parametrize(
    ("name", "parameter", "check_id"),
    [
        ("check_late", "", "shop.orders.late"),
        ("test_late", "", "shop.orders.late"),
        ("late", "", "shop.orders.late"),
        ("check_late", "eu", "shop.orders.late[eu]"),
        ("check_late", "eu-at_least", "shop.orders.late[eu-at_least]"),
        ("TestOrders.test_late", "", "shop.orders.TestOrders.late"),
        ("CheckOrders.check_test_x", "", "shop.orders.CheckOrders.x"),
    ],
)
def test_an_id_is_made_of_place_name_and_parameter(
    shop: Shop, name: str, parameter: str, check_id: str
) -> None:
    """Without the prefixes that pytest collects by."""
    assert shop.declare(name=name, parameter=parameter).declaration.id == check_id


def test_a_module_that_is_a_system_has_ids_of_two_parts(shop: Shop) -> None:
    """No group stands between the system and the name."""
    file = shop.root / "checks" / "check_shop.py"
    assert shop.declare(file=file).declaration.id == "shop.late"


def test_a_declaration_has_everything_that_is_known_before_the_run(shop: Shop) -> None:
    """From the function, its marks, its expectation and where it stands."""
    said = Said((LIMIT,), Severity.HIGH, "data", "https://wiki/late", "T-1", "3 days")
    declared = shop.declare(said=said)
    assert declared.declaration == Declaration(
        id="shop.orders.late",
        system="shop",
        group="orders",
        nodeid="checks/shop/check_orders.py::check_late",
        file="checks/shop/check_orders.py",
        line=3,
        expectation="at least 95 %, alert below 90 %",
        limits=Limits(95, None, 90, None, "at least 95 %, alert below 90 %"),
        unit="%",
        severity=Severity.HIGH,
        owner="data",
        runbook="https://wiki/late",
        ticket="T-1",
        doc="Orders that are late.\n\nCounted at midnight.",
        sustained="3 days",
        targets=("warehouse",),
    )
    assert declared.expectation is LIMIT
    assert declared.siblings == (LIMIT,)
    assert str(declared.sustained) == "3 days"


def test_a_plain_test_has_neither_expectation_nor_limits(shop: Shop) -> None:
    """And is declared all the same."""
    declared = shop.declare(lambda: None, expectation=None, rows=())
    assert declared.expectation is None
    assert declared.sustained is None
    known = declared.declaration
    assert (known.expectation, known.unit, known.doc, known.sustained) == ("", "", "", "")
    assert known.limits == Limits()
    assert known.severity is Severity.MEDIUM


def test_a_row_may_have_a_severity_of_its_own(shop: Shop) -> None:
    """Otherwise it has the check's."""
    said = Said(severity=Severity.HIGH)
    critical = Rules(level=Severity.CRITICAL)
    assert shop.declare(said=said, expectation=critical).declaration.severity is Severity.CRITICAL
    assert shop.declare(said=said, expectation=Rules()).declaration.severity is Severity.HIGH


def test_alert_levels_give_a_check_the_severity_of_the_worst(shop: Shop) -> None:
    """Unless the author says one beside them; what a module says by default is no such word."""
    levels = at_most(1, alert={"low": 5, "critical": 10})
    around = Said(severity=Severity.HIGH)
    beside = Said(severity=Severity.HIGH, severity_beside=True)
    for said, severity in ((around, Severity.CRITICAL), (beside, Severity.HIGH)):
        for expectation in (levels, row_count(levels), falls_at_most(alert={"critical": 5})):
            declared = shop.declare(said=said, expectation=expectation)
            assert declared.declaration.severity is severity
    assert shop.declare(said=around, expectation=at_most(1)).declaration.severity is Severity.HIGH
    own = shop.declare(said=beside, expectation=Rules(level=Severity.LOW))
    assert own.declaration.severity is Severity.LOW


def test_an_override_replaces_limits_by_id(shop: Shop) -> None:
    """Only of the check that it names, and of the parameter."""
    shop.limits = {"shop.orders.late": {"target": 80, "alert": 70}}
    declared = shop.declare()
    assert str(declared.expectation) == "at least 80 %, alert below 70 %"
    assert declared.declaration.limits.bounds == (70, 80)
    assert shop.declare(parameter="eu").expectation is LIMIT
    assert shop.declare(name="check_other").expectation is LIMIT


def test_an_override_that_cannot_work_names_the_file_and_the_id(shop: Shop) -> None:
    """And the mistake, as the expectation tells it."""
    shop.limits = {"shop.orders.late": {"alert": 99}}
    message = 'gatepost.toml: limits."shop.orders.late": limits: the alert level lies on the wrong'
    with pytest.raises(DeclarationError, match=re.escape(message)):
        shop.declare()


def test_a_plain_test_has_no_limits_to_override(shop: Shop) -> None:
    """An override of one would change nothing, so it is refused like a mistyped one."""
    shop.limits = {"shop.orders.late": {"alert": 99}}
    with pytest.raises(DeclarationError, match=r"shop\.orders\.late.*has no expectation"):
        shop.declare(expectation=None, rows=())


def number() -> float: ...
def series() -> pd.Series[float]: ...
def maybe_series() -> pd.Series[float] | None: ...
def unknown(): ...  # type: ignore[no-untyped-def]


def annotated_number() -> float: ...
def annotated_series() -> float: ...
def annotated_union() -> float: ...


annotated_number.__annotations__["return"] = float
annotated_series.__annotations__["return"] = pd.Series
annotated_union.__annotations__["return"] = pd.Series | None


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        (number, True),
        (annotated_number, True),
        (series, False),
        (maybe_series, False),
        (annotated_series, False),
        (annotated_union, False),
        (unknown, False),
    ],
)
def test_a_length_must_fit_the_schedule_of_single_values(
    shop: Shop, function: Callable[..., Any], refused: bool
) -> None:
    """A series has slots of its own, and so may what does not say what it returns."""
    shop.cadence = timedelta(days=1)
    said = Said(sustained="36 h")
    if refused:
        with pytest.raises(DeclarationError, match="is not a multiple of the cadence of 24 h"):
            shop.declare(function, said=said)
    else:
        assert shop.declare(function, said=said).declaration.sustained == "36 h"


def test_without_a_schedule_any_length_is_declared(shop: Shop) -> None:
    """Whether it works is seen when there is something to count."""
    assert shop.declare(number, said=Said(sustained="36 h")).sustained is not None
    assert shop.declare(number, said=Said(sustained=3)).declaration.sustained == "3 runs"


@pytest.mark.parametrize("runbook", ["late", "late.md"])
def test_a_runbook_is_found_beside_the_check(tmp_path: Path, runbook: str) -> None:
    """By its bare name, as a path relative to the project."""
    file = tmp_path / "checks" / "shop" / "check_orders.py"
    beside = file.parent / "runbooks" / "late.md"
    beside.parent.mkdir(parents=True)
    beside.touch()
    assert find_runbook(runbook, file, tmp_path) == "checks/shop/runbooks/late.md"


def test_a_runbook_may_stand_anywhere_in_the_project(tmp_path: Path) -> None:
    """By its path; the folder beside the check comes first."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "late.md").touch()
    file = tmp_path / "checks" / "check_orders.py"
    assert find_runbook("docs/late.md", file, tmp_path) == "docs/late.md"


@pytest.mark.parametrize("runbook", ["", "https://wiki.example/late"])
def test_no_file_is_looked_for_where_none_is_meant(tmp_path: Path, runbook: str) -> None:
    """Without a runbook, or with an URL."""
    assert find_runbook(runbook, tmp_path / "check_orders.py", tmp_path) == runbook


@pytest.mark.parametrize("runbook", ["late", "docs", "docs/late.md"])
def test_a_runbook_that_is_not_there_is_refused(tmp_path: Path, runbook: str) -> None:
    """A folder is none either; the message says where it is expected."""
    (tmp_path / "docs").mkdir()
    message = f"runbook {runbook!r}: there is no checks/runbooks/{runbook.removesuffix('.md')}.md;"
    with pytest.raises(DeclarationError, match=re.escape(message)):
        find_runbook(runbook, tmp_path / "checks" / "check_orders.py", tmp_path)


def test_expectations_become_rows_in_order() -> None:
    """Those that are several stand in the place of the one that was written."""
    one, two, three = Rules(name="one"), Rules(name="two"), at_most(5)
    assert expand(Said((Rules((one, two)), three)), "check_x") == (one, two, three)
    assert expand(Said(), "check_x") == ()


@pytest.mark.parametrize(
    "expectations",
    [(at_least(5), at_least(9)), (Rules((Rules(name="a"),)), Rules(name="a"))],
)
def test_two_rows_of_one_id_are_refused(expectations: tuple[Expectation[Any], ...]) -> None:
    """The message names the check and the label."""
    label = "at_least" if expectations[0] == at_least(5) else "a"
    with pytest.raises(DeclarationError, match=f"^check_x: two expectations are called '{label}'"):
        expand(Said(expectations), "check_x")


def test_declarations_of_equal_functions_are_equal(shop: Shop) -> None:
    """Nothing of a declaration depends on when it was made."""
    assert shop.declare() == replace(shop.declare())
