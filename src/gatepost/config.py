"""gatepost.toml: targets, limits by check id, and channels, read once and validated.

A wrong file raises one ConfigurationError that lists every mistake with file,
key and what is expected there.
"""

from __future__ import annotations

import keyword
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatepost.errors import ConfigurationError
from gatepost.masking import Secrets, is_secret_key, password_of
from gatepost.wording import shorten

if TYPE_CHECKING:
    from gatepost.targets.base import TargetSettings

_SECTIONS = {"targets": "a table for each target", "limits": "a table for each check id"}
_CHANNELS = {
    "slack": {"webhook": "the incoming webhook's URL", "report_url": "where people open it"}
}
_TAKEN = ("request", "target", "verdicts")
_VARIABLE = re.compile(
    r"\$(?:\$|\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>(?:(?!\$\{)[^}])*))?\}|(?P<wrong>\{))"
)


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """One `[targets.NAME]` table: its validated settings, or why it cannot be used here.

    `unusable` names the environment variable that is not set: only checks that
    take the target need it, so the file as a whole is still right. `absent` is
    the reason for which this environment does not have the target at all.
    """

    name: str
    kind: str
    settings: TargetSettings | None
    unusable: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class SlackEntry:
    """`[slack]`: the incoming webhook, and where people open the report."""

    webhook: str
    report_url: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What gatepost.toml says; empty where there is no such file."""

    path: Path | None = None
    targets: Mapping[str, TargetEntry] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    slack: SlackEntry | None = None
    secrets: Secrets = field(default_factory=Secrets)


def read_configuration(path: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read and validate a gatepost.toml.

    Raises ConfigurationError for a file that cannot be read or is wrong.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path.name}: {error}") from None
    reader = _Reader(environment)
    configuration = reader.read(path, document)
    if reader.mistakes:
        listed = "\n".join(f"{path.name}: {mistake}" for mistake in reader.mistakes)
        raise ConfigurationError(reader.secrets.mask(listed))
    return configuration


def expand_text(where: str, text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Replace `${NAME}` and `${NAME:-default}` in one text; `$$` is a dollar sign.

    Raises ConfigurationError for a variable that is not set and has no default,
    and for what only looks like one.
    """
    try:
        return _VARIABLE.sub(lambda found: _variable(where, found, environment), text)
    except _Unset as unset:
        raise ConfigurationError(str(unset)) from None


def _variable(where: str, found: re.Match[str], environment: Mapping[str, str]) -> str:
    name, default = found["name"], found["default"]
    if found["wrong"]:
        raise ConfigurationError(
            f"{where}: write ${{NAME}} or ${{NAME:-default}} for a variable, $$ for a dollar sign"
        )
    if name is None:
        return "$"
    if environment.get(name):
        return environment[name]
    if default is None:
        raise _Unset(f"{where}: the environment variable {name} is not set")
    return str(default)


class _Unset(Exception):  # noqa: N818 - a signal between two functions, not an error
    """An environment variable without a default is not set."""


class _Reader:
    """Collects the mistakes of one file while reading it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.mistakes: list[str] = []
        self.secrets = Secrets()

    def read(self, path: Path, document: dict[str, Any]) -> Configuration:
        known = [*_SECTIONS, *_CHANNELS]
        for section, content in document.items():
            if section not in known:
                self.mistakes.append(f"{section}: unknown section{_nearest(section, known)}")
            elif not isinstance(content, dict):
                expected = _SECTIONS.get(section, "a table")
                # A text is not repeated: a webhook in the wrong place is still a secret.
                got = content if isinstance(content, (int, float)) else type(content).__name__
                self.mistakes.append(f"{section}: expected {expected}, got {got}")
        tables = {name: part for name, part in document.items() if isinstance(part, dict)}
        targets = {
            name: entry
            for name, table in tables.get("targets", {}).items()
            if (entry := self._target(name, table)) is not None
        }
        limits = {
            check_id: table
            for check_id, table in tables.get("limits", {}).items()
            if self._limits(check_id, table)
        }
        slack = self._slack(tables["slack"]) if "slack" in tables else None
        return Configuration(path, targets, limits, slack, self.secrets)

    def _target(self, name: str, table: Any) -> TargetEntry | None:
        from gatepost.targets.registry import kinds, settings_of

        where = f"targets.{name}"
        if not name.isidentifier() or keyword.iskeyword(name):
            self.mistakes.append(f"{where}: a target's name becomes a fixture; use a Python name")
            return None
        if name in _TAKEN:
            self.mistakes.append(f"{where}: a fixture is called {name} already; use another name")
            return None
        if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
            self.mistakes.append(f"{where}.kind: expected one of {', '.join(kinds())}")
            return None
        kind = table["kind"]
        if kind not in kinds():
            expected = ", ".join(kinds())
            hint = _nearest(kind, kinds())
            self.mistakes.append(f"{where}.kind: expected one of {expected}, got {kind!r}{hint}")
            return None
        try:
            if absent := self._absent(f"{where}.absent", table):
                return TargetEntry(name, kind, None, absent=absent)
            expanded = self._expand(where, {k: v for k, v in table.items() if k != "absent"})
        except _Unset as unset:
            return TargetEntry(name, kind, None, str(unset))
        from pydantic import ValidationError

        try:
            return TargetEntry(name, kind, settings_of(kind).model_validate(expanded))
        except ValidationError as error:
            self._explain(where, error, [*settings_of(kind).model_fields, "absent"])
            return None

    def _absent(self, where: str, table: dict[str, Any]) -> str:
        """Why the target does not exist here: empty where it does."""
        reason = table.get("absent", "")
        if isinstance(reason, str):
            return shorten(str(self._expand(where, reason)), 200)
        self.mistakes.append(
            f'{where}: expected the reason as text, such as "no Prometheus on this machine", '
            f"or an empty text, got {reason!r}"
        )
        return ""

    def _limits(self, check_id: str, table: Any) -> bool:
        if isinstance(table, dict) and table and not set(table) - {"target", "alert"}:
            return True
        self.mistakes.append(
            f'limits."{check_id}": expected target and alert, such as '
            f"{{ target = 95, alert = 90 }}, got {table!r}"
        )
        return False

    def _slack(self, table: dict[str, Any]) -> SlackEntry | None:
        known = _CHANNELS["slack"]
        for key in table:
            if key not in known:
                self.mistakes.append(f"slack.{key}: unknown key{_nearest(key, list(known))}")
        webhook, report_url = (self._optional("slack", key, table) for key in known)
        if webhook == "":
            return None  # the channel is not set up here, as on a developer's machine
        if not isinstance(webhook, str) or not webhook.startswith(("https://", "http://")):
            self.mistakes.append(f"slack.webhook: expected {known['webhook']}")
            return None
        return SlackEntry(webhook, str(report_url or ""))

    def _optional(self, where: str, key: str, table: dict[str, Any]) -> Any:
        """A key's value; None without it, and an empty text where its variable is not set."""
        try:
            return self._expand(f"{where}.{key}", table.get(key))
        except _Unset:
            return ""

    def _expand(self, where: str, value: Any) -> Any:
        """Replace `${NAME}` and `${NAME:-default}` in every text; learn what is secret."""
        if isinstance(value, dict):
            return {key: self._expand(f"{where}.{key}", part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._expand(where, part) for part in value]
        key = where.rpartition(".")[2]
        if not isinstance(value, str):
            if is_secret_key(key) and type(value) in (int, float):
                self._refuse_secret(where, key, str(value))
            return value
        has_variable = any(found["name"] for found in _VARIABLE.finditer(value))
        if password_of(_VARIABLE.sub("", value)) or (
            is_secret_key(key) and value and not has_variable
        ):
            self._refuse_secret(where, key, value)
        try:
            expanded = _VARIABLE.sub(lambda found: _variable(where, found, self.environment), value)
        except ConfigurationError as error:
            self.mistakes.append(str(error))
            return value
        self.secrets.learn(key, expanded)
        return expanded

    def _refuse_secret(self, where: str, key: str, value: str) -> None:
        self.secrets.learn(key, value)
        self.mistakes.append(
            f"{where}: a secret is written in the file; take it from the environment, "
            'as in "${NAME}"'
        )

    def _explain(self, where: str, error: Any, keys: list[str]) -> None:
        for mistake in error.errors(include_url=False, include_context=False):
            location = ".".join(str(part) for part in mistake["loc"])
            message = mistake["msg"].removeprefix("Value error, ")
            message = message[:1].lower() + message[1:]
            if mistake["type"] == "extra_forbidden":
                hint = _nearest(location, keys) or f"; there are {', '.join(keys)}"
                message = f"unknown key{hint}"
            elif mistake["type"] == "missing":
                message = "expected, but not given"
            elif location and not {"url", "source"} & set(mistake["loc"]):  # may hold a password
                message += f", got {mistake['input']!r}"
            self.mistakes.append(f"{where}.{location}".rstrip(".") + f": {message}")


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
