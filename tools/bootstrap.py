"""Make `.venv` ready for the Makefile: `python3 tools/bootstrap.py [--upgrade] [GROUP ...]`.

Installs Gatepost editable with dependency groups of pyproject.toml, at the
versions of constraints.txt. A stamp in `.venv` tells what is installed, so that
a second run has nothing to do. `--upgrade` takes the newest versions instead,
and writes them to constraints.txt.

Needs the standard library alone. Old Pythons must be able to parse this file,
because one may be what `python3` means here: it then looks for a newer one.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "constraints.txt"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "gatepost-stamp.json"

OLDEST = (3, 11)
NEWER = ("python3", "python3.13", "python3.12", "python3.11", "python3.14", "python")
LINES_OF_A_FAILURE = 15
APART = ("py4j", "pyspark")  # what `make spark` installs in a folder of its own keeps its pins


class Problem(Exception):  # noqa: N818 - reads as what it is
    """Why `.venv` cannot be made ready: one line that says what to do, and an exit status."""

    def __init__(self, message, status=2):
        super().__init__(message)
        self.status = status


def main(arguments):
    upgrade = "--upgrade" in arguments
    groups = {argument for argument in arguments if argument != "--upgrade"}
    try:
        if upgrade or not ready(groups):
            hand_over_to_a_fitting_python(arguments)
            with one_at_a_time():
                if upgrade or not ready(groups):  # another run may have done it meanwhile
                    prepare(groups, upgrade)
    except Problem as problem:
        print(f"gatepost: {problem}", file=sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        print("gatepost: interrupted; the next run makes .venv afresh", file=sys.stderr)
        return 130
    return 0


def ready(groups):
    """Whether `.venv` holds what pyproject.toml and constraints.txt ask for now."""
    stamp = read_stamp()
    return (
        stamp.get("complete") is True
        and stamp["place"] == str(ROOT)
        and stamp["pins"] == pins()
        and groups <= set(stamp["groups"])
        and serviceable()
    )


def prepare(groups, upgrade):
    """Make or mend `.venv`; raises Problem."""
    if not os.access(str(VENV if VENV.exists() else ROOT), os.W_OK):
        raise Problem(f"{VENV} is not writable by this user; use a checkout of your own")
    stamp = read_stamp()
    # After a move, scripts point at the old place. After a kill, nothing tells which packages
    # are whole. Without a stamp it is somebody's own environment, which is added to.
    moved = stamp.get("place", str(ROOT)) != str(ROOT)
    killed = stamp.get("complete") is False
    afresh = upgrade or moved or killed or not serviceable()
    if not afresh:
        groups = groups.union(stamp.get("groups", ()))
    wanted = requirements(groups)
    unfinished = {"complete": False, "place": str(ROOT), "groups": sorted(groups)}
    if afresh:
        version = ".".join(map(str, sys.version_info[:3]))
        print(f"gatepost: making .venv with Python {version}, about a minute", flush=True)
        create(unfinished)
    else:
        print("gatepost: updating .venv", flush=True)
        write_stamp(unfinished)
    try:
        install(wanted, pinned=not upgrade)
    except Problem:
        STAMP.unlink()  # pip gave up by itself, and then it leaves every package whole
        raise
    if upgrade:
        freeze()
    write_stamp({**unfinished, "complete": True, "pins": pins()})


def serviceable():
    """Whether `.venv` has a Python that runs, fits, and is of the version that PYTHON= names."""
    version = venv_version()
    asked = sys.version_info[:2] if os.environ.get("PYTHON") else version
    return fits(version) and version == asked and site_packages(version).is_dir()


def create(unfinished):
    """Make an empty `.venv` in place of what is there."""
    try:
        if VENV.exists():
            shutil.rmtree(str(VENV))
        VENV.mkdir()
        write_stamp(unfinished)  # before anything else, in case of a kill half-way
        venv.create(str(VENV), symlinks=True, with_pip=has("ensurepip"))
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem(f".venv could not be made: {error}") from error


def install(wanted, pinned):
    constraints = ["-c", str(CONSTRAINTS)] if pinned else []
    command = [*pip(), "install", "--progress-bar", "off", *constraints]
    # The build backend is installed rather than fetched for each build: so it is pinned too,
    # and a later install needs no network. Hatchling needs editables for editable installs.
    run([*command, "hatchling", "editables"])
    run([*command, "--no-build-isolation", "-e", str(ROOT), *wanted])


def requirements(groups):
    """The requirements of dependency groups, which pip reads by itself only since 25.1."""
    import tomllib

    known = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    unknown = sorted(groups - set(known))
    if unknown:
        raise Problem(f"no dependency group {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return [requirement for group in sorted(groups) for requirement in members(group, known)]


def members(group, known):
    """The requirements of one group, with those of the groups that it includes."""
    for entry in known[group]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from members(entry["include-group"], known)


def freeze():
    """Write the versions now in `.venv` to constraints.txt, below its opening comment."""
    before = CONSTRAINTS.read_text(encoding="utf-8")
    comment = re.match(r"(#.*\n)*", before).group()
    frozen = run([*pip(), "freeze", "--exclude-editable", "--exclude", "setuptools"])
    pinned = [line for line in frozen.splitlines() if "==" in line]
    pinned += [line for line in before.splitlines() if line.partition("==")[0] in APART]
    pinned.sort(key=str.lower)
    CONSTRAINTS.write_text(comment + "\n".join(pinned) + "\n", encoding="utf-8")


def pip():
    """The environment's own pip, else that of this Python, which can install elsewhere."""
    if (site_packages(venv_version()) / "pip").is_dir():
        owner = [str(VENV_PYTHON), "-m", "pip"]
    else:
        owner = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]
    return [*owner, "--no-input", "--disable-pip-version-check"]


def run(command):
    """What a command prints; raises Problem with its last lines and its exit status."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=str(ROOT),
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-LINES_OF_A_FAILURE:])
        raise Problem(f"the packages were not installed; pip says:\n{last}", done.returncode)
    return done.stdout


def hand_over_to_a_fitting_python(arguments):
    """Go on with this Python if it can make the environment, else with the first that can."""
    if fits(sys.version_info) and (has("ensurepip") or has("pip")):
        return
    here = "Python {}.{} ({})".format(*sys.version_info[:2], sys.executable)
    bare = fits(sys.version_info)
    for name in () if os.environ.get("PYTHON") else NEWER:
        if can_make_environments(name):
            os.execvp(name, [name, __file__, *arguments])  # noqa: S606 - no shell is wanted
    if bare:
        raise Problem(
            f"{here} has neither ensurepip nor pip: install them (Debian and Ubuntu:"
            " apt install python3-venv), or name another one: make PYTHON=/path/to/python3"
        )
    oldest = ".".join(map(str, OLDEST))
    raise Problem(
        f"Python {oldest} or newer is needed, and {here} is what was found:"
        " install one, or name one: make PYTHON=/path/to/python3"
    )


def can_make_environments(name):
    """Whether a command is a Python that fits; pyenv's shims exist even where none is behind."""
    question = (
        "import sys, importlib.util as u;"
        f"sys.exit(sys.version_info < {OLDEST}"
        " or not (u.find_spec('ensurepip') or u.find_spec('pip')))"
    )
    with contextlib.suppress(OSError):
        return subprocess.run([name, "-c", question], stderr=subprocess.DEVNULL).returncode == 0
    return False


def has(module):
    return importlib.util.find_spec(module) is not None


def fits(version):
    return version is not None and tuple(version[:2]) >= OLDEST


def venv_version():
    """Major and minor version of the Python in `.venv`; None if it does not run."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(VENV_PYTHON), "-I", "-S", "-c", question],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return tuple(map(int, answer.stdout.split())) or None


def site_packages(version):
    return VENV / "lib" / "python{}.{}".format(*version) / "site-packages"


def pins():
    digest = hashlib.sha256(PROJECT.read_bytes())
    digest.update(CONSTRAINTS.read_bytes())
    return digest.hexdigest()


def read_stamp():
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_stamp(stamp):
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(STAMP)


@contextlib.contextmanager
def one_at_a_time():
    """Hold a lock on the checkout, so that `make check` and `make test` can start together."""
    descriptor = os.open(str(ROOT), os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
