"""Which checks somebody asks for: a system, a group or a check of it, and a parameter; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatepost.wording import suggest

_FORM = re.compile(r"([^\s.\[\]]+(?:\.[^\s.\[\]]+)*)(?:\[(.+)\])?")
_KINDS = ("system", "group", "check")


@dataclass(frozen=True, slots=True)
class Asked:
    """`SYSTEM[.GROUP[.NAME]][[PARAMETER]]`: the parts of the name, and the parameter or ""."""

    parts: tuple[str, ...]
    parameter: str = ""

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Read what was written. Raises ValueError, with the form that is expected."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"{text!r} names no checks; write system, system.group or system.group.name, "
                "with [parameter] behind it for some of their rows"
            )
        return cls(tuple(found[1].split(".")), found[2] or "")

    def __str__(self) -> str:
        name = ".".join(self.parts)
        return f"{name}[{self.parameter}]" if self.parameter else name

    def matches(self, check_id: str) -> bool:
        """Whether a check is asked for.

        The parameter [1001TL] also stands for those of several that begin with
        it, such as [1001TL-title complete] or [1001TL/eu].
        """
        parts, parameter = _split(check_id)
        if parts[: len(self.parts)] != self.parts:
            return False
        return (
            not self.parameter
            or parameter == self.parameter
            or parameter.startswith((f"{self.parameter}-", f"{self.parameter}/"))
        )

    def places(self, folders: Iterable[Path]) -> list[Path]:
        """Where such checks can stand in the folders, the narrowest that exist; else nowhere."""
        found: list[Path] = []
        for folder in folders:
            found += _modules(folder, self.parts[0])
            if (folder / self.parts[0]).is_dir():
                found += _narrow(folder / self.parts[0], self.parts[1:])
        return found

    def explain_unknown(self, known: Sequence[str]) -> str:
        """Say what there is none of among the ids, with the names that are nearest."""
        every = [_split(check_id) for check_id in known]
        for at, part in enumerate(self.parts):
            beside = [parts for parts, _ in every if parts[:at] == self.parts[:at]]
            names = sorted({parts[at] for parts in beside if len(parts) > at})
            if part not in names:
                kind = _KINDS[min(at, 2)]
                where = f" in {'.'.join(self.parts[:at])}" if at else ""
                return f"there is no {kind} {part}{where}; {suggest(kind, part, names)}"
        inside = [parameter for parts, parameter in every if parts[: len(self.parts)] == self.parts]
        named = sorted({parameter for parameter in inside if parameter})
        said = f"no check in {'.'.join(self.parts)} has the parameter {self.parameter}"
        return f"{said}; {suggest('parameter', self.parameter, named)}"


def _split(check_id: str) -> tuple[tuple[str, ...], str]:
    name, _, parameter = check_id.partition("[")
    return tuple(name.split(".")), parameter.removesuffix("]")


def _narrow(folder: Path, parts: tuple[str, ...]) -> list[Path]:
    """The modules of a group, and its folder where it has one; else the folder of all.

    A part is a module, a folder or both: `api.py` and what is in `api/` share the group.
    """
    found: list[Path] = []
    for at, part in enumerate(parts):
        found += _modules(folder.joinpath(*parts[:at]), part)
    own = folder.joinpath(*parts)
    return [*found, own] if parts and own.is_dir() else found or [folder]


def _modules(folder: Path, name: str) -> list[Path]:
    files = (folder / f"{prefix}{name}.py" for prefix in ("check_", "test_", ""))
    return [file for file in files if file.is_file()]
