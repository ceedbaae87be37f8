"""Keeps secrets out of everything that is shown, stored or sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

MASK = "***"

_SECRET_KEYS = re.compile(
    r"pass(?:w|phrase|$)|pwd|secret|token|webhook|(?:api|access|private)[_-]?key"
    r"|authorization|credential|cookie",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(?P<before>://[^\s:/@]*:)[^\s/]+(?=@|…)")
_DATABASE_PASSWORD = re.compile(r"(?!http)[\w+]+://[^:/]*:(?P<password>[^@]+)@")
_SHORTEST = 3  # a secret of one or two letters would blot out ordinary words


class Secrets:
    """The secret values of one run, and how to take them out of a text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Remember a secret, as it is and as it stands in an URL."""
        forms = {form for form in (value, unquote(value)) if len(form) >= _SHORTEST}
        self._values = tuple(sorted({*self._values, *forms}, key=lambda each: (-len(each), each)))
        if self._values:
            self._pattern = re.compile("|".join(map(_every_spelling, self._values)))

    def learn(self, key: str, value: str) -> None:
        """Remember what is secret in a setting, by its key's name or as an URL's password."""
        if is_secret_key(key):
            self.add(value)
        if password := password_of(value):
            self.add(password)

    def mask(self, text: str) -> str:
        """The text with every known secret, and every URL's password, replaced by `***`."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        if "…" in text:
            text = self._mask_cut(text)
        return _URL_PASSWORD.sub(rf"\g<before>{MASK}", text) if "://" in text else text

    def _mask_cut(self, text: str) -> str:
        """Mask the beginnings of secrets that were cut off with an ellipsis to shorten a text."""
        for secret in self._values:
            for kept in range(len(secret) - 1, _SHORTEST - 1, -1):
                text = text.replace(f"{secret[:kept]}…", f"{MASK}…")
        return text


def is_secret_key(key: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return bool(_SECRET_KEYS.search(key))


def password_of(url: str) -> str | None:
    """The password inside a URL, as written there; None where there is none.

    A database's may hold a slash or a bracket, which SQLAlchemy reads as part of it.
    """
    if "://" not in url:
        return None
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    if password is None and (found := _DATABASE_PASSWORD.match(url)):
        return found["password"]
    return password


def _every_spelling(secret: str) -> str:
    """A pattern for a secret as it is, in a URL, in JSON, in Python, and on one line."""
    return "".join(map(_spellings, re.findall(r"\s+|\S", secret)))


def _spellings(part: str) -> str:
    if part.isspace():  # of any length, since a shortened text has one space for each run
        encoded = "|".join(each for letter in sorted({" ", *part}) for each in _encoded(letter))
        return rf"(?:\s|\+|{encoded})+"
    if part.isascii() and part.isalnum():
        return part
    return f"(?:{'|'.join([*_encoded(part), re.escape(part)])})"


def _encoded(letter: str) -> list[str]:
    """Patterns of a letter in a URL, JSON or Python, where it is not the letter itself."""
    quoted = "".join(f"%{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    escaped = {f"\\{letter}", repr(letter)[1:-1], json.dumps(letter)[1:-1]} - {letter}
    return [f"(?i:{quoted})", *map(re.escape, sorted(escaped))]
