"""Gatepost in a user's own repository: the built wheel, what it brings along, and no more."""

from __future__ import annotations

import configparser
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

PROJECT = {
    "gatepost.toml": """\
[targets.shop]
kind = "database"
url = "sqlite:///shop.sqlite"
""",
    "checks/check_shop.py": '''\
import pandera.pandas as pa

from gatepost import Database, Table, at_least, check, conforms_to


class Order(pa.DataFrameModel):
    number: int = pa.Field(unique=True)
    price: float = pa.Field(ge=0)


@check(at_least(3, alert=2), severity="high", owner="sales")
def check_orders(shop: Database) -> float:
    """Orders there are."""
    return shop.scalar("select count(*) from orders")


@check(conforms_to(Order))
def check_rows(shop: Database) -> Table:
    """What holds of every order."""
    return shop.table("orders")
''',
}


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel: its Python, and where its packages are."""

    python: Path
    packages: Path

    def run(self, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; nothing of this process's environment reaches it."""
        return subprocess.run(
            command,
            cwd=folder,
            env={"PATH": f"{self.python.parent}{os.pathsep}{os.defpath}", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by what is installed already."""
    folder = tmp_path_factory.mktemp("wheel")
    build("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment of its own with the wheel and, borrowed from here, what it requires."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ("--no-download", "--no-periodic-update", "--app-data", str(folder / "data"))
    build("-m", "virtualenv", "--quiet", *offline, str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(build("-I", "-c", where, python=python).strip())
    build("-m", "pip", "install", "--no-index", "--no-deps", str(wheel), python=python)
    (gatepost,) = distributions(name="gatepost", path=[str(packages)])
    for dependency in brought_along(gatepost.requires or ()):
        lend(dependency, packages)
    return Installed(python, packages)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A gatepost.toml, a checks folder and a database with one bad row; nothing else."""
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection, connection:
        connection.execute("create table orders (number integer, price real)")
        connection.executemany("insert into orders values (?, ?)", [(1, 9.5), (2, 3), (3, -1)])
    return tmp_path


def build(*arguments: str, python: Path | str = sys.executable) -> str:
    """Run a Python and return what it prints."""
    done = subprocess.run(
        [python, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def brought_along(wanted: Iterable[str], known: set[str] | None = None) -> Iterator[Distribution]:
    """The installed distributions that requirements come to on this platform, transitively."""
    known = set() if known is None else known
    for requirement in map(Requirement, wanted):
        if str(requirement) in known or (requirement.marker and not requirement.marker.evaluate()):
            continue
        known.add(str(requirement))
        found = distribution(requirement.name)
        yield found
        yield from brought_along(required_by(found, requirement.extras), known)


def required_by(found: Distribution, extras: set[str]) -> Iterator[str]:
    """What a distribution requires with some of its extras; without markers, which are settled."""
    for child in map(Requirement, found.requires or ()):
        marker, child.marker = child.marker, None
        if not marker or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield str(child)


def lend(dependency: Distribution, packages: Path) -> None:
    """Link what a distribution put among the packages here into another environment's."""
    for top in {file.parts[0] for file in dependency.files or ()} - {"..", "__pycache__"}:
        link = packages / top
        if not link.exists():
            link.symlink_to(Path(str(dependency.locate_file(top))))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file below src/gatepost is in it, templates and schema included, and only its own."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.startswith("gatepost-")}
    source = ROOT / "src" / "gatepost"
    files = (path for path in source.rglob("*") if path.is_file())
    expected = {
        f"gatepost/{path.relative_to(source).as_posix()}"
        for path in files
        if "__pycache__" not in path.parts
    }
    assert names - about == expected
    for name in ("py.typed", "plugin.py", "sinks/report.schema.json", "sinks/page/page.html.j2"):
        assert f"gatepost/{name}" in names
    assert {name.partition(".dist-info/")[2] for name in about} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_wheel_announces_plugin_and_command(wheel: Path) -> None:
    """pytest finds the plugin, and the shell the command, by entry points."""
    points = configparser.ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        points.read_string(archive.read(name).decode())
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {"gatepost": "gatepost.cli:main"},
        "pytest11": {"gatepost": "gatepost.plugin"},
    }


def test_what_is_installed_is_the_wheel(installed: Installed, tmp_path: Path) -> None:
    """The environment sees its own copy, none of this checkout, and nothing undeclared."""
    program = "import gatepost, sys; print(gatepost.__file__, *sys.path, sep='\\n')"
    seen = installed.run(tmp_path, "python", "-I", "-c", program)
    file, *path = seen.stdout.splitlines()
    assert file == str(installed.packages / "gatepost" / "__init__.py"), seen.stderr
    assert not [place for place in path if Path(place).is_relative_to(ROOT)]
    assert installed.run(tmp_path, "python", "-I", "-c", "import hypothesis").returncode == 1


def test_a_minimal_project_is_checked(installed: Installed, project: Path) -> None:
    """Without any pytest configuration: rows, exit status, and every report."""
    done = installed.run(project, "python", "-m", "pytest", "checks")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "warnings summary" not in done.stdout
    assert "= gatepost =" in done.stdout
    assert "report: reports/index.html" in done.stdout
    reports = project / "reports"
    assert {"index.html", "junit.xml", "report.json"} <= {file.name for file in reports.iterdir()}
    rows = json.loads((reports / "report.json").read_text("utf-8"))["results"]
    levels = {row["check"]["id"]: row["verdict"]["level"] for row in rows}
    assert levels["shop.orders"] == "ok"
    assert [name for name, level in levels.items() if level == "breach"] == [
        "shop.rows[price greater_than_or_equal_to]"
    ]
    page = (reports / "index.html").read_text("utf-8")
    assert all(name in page for name in ("shop.orders", "<style>", "BLOCK"))


def test_a_healthy_selection_succeeds(installed: Installed, project: Path) -> None:
    """What passes ends with exit status 0."""
    done = installed.run(project, "python", "-m", "pytest", "checks", "-k", "orders")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_lists_checks(installed: Installed, project: Path) -> None:
    """`gatepost list --json` tells every row, and connects to nothing."""
    (project / "shop.sqlite").unlink()
    done = installed.run(project, str(installed.python.parent / "gatepost"), "list", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = {row["id"]: row for row in json.loads(done.stdout)}
    orders = listed["shop.orders"]
    assert (orders["severity"], orders["owner"]) == ("high", "sales")
    assert len(listed) > 2
    assert not (project / "shop.sqlite").exists()
