"""Keeps secrets out of everything that is shown, stored or sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

MASK = "***"

_SECRET_KEYS = re.compile(
    r"passw|secret|token|webhook|api_?key|authorization|credential", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?P<before>\w[\w+.-]*://[^\s:/@]*:)(?P<password>[^\s/@]+)(?=@)")
_SHORTEST = 3  # a secret of one or two letters would blot out ordinary words


class Secrets:
    """The secret values of one run, and how to take them out of a text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Remember a secret, as it is and as it stands in an URL."""
        for form in (value, quote(value, safe=""), unquote(value)):
            if len(form) >= _SHORTEST:
                self._values.add(form)
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def learn(self, key: str, value: str) -> None:
        """Remember what is secret in a setting, by its key's name or as an URL's password."""
        if _SECRET_KEYS.search(key):
            self.add(value)
        if password := password_of(value):
            self.add(password)

    def mask(self, text: str) -> str:
        """The text with every known secret, and every URL's password, replaced by `***`."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return _URL_PASSWORD.sub(rf"\g<before>{MASK}", text) if "://" in text else text


def is_secret_key(key: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return bool(_SECRET_KEYS.search(key))


def password_of(url: str) -> str | None:
    """The password inside a URL, as written there; None where there is none."""
    if "://" not in url:
        return None
    try:
        return urlsplit(url).password
    except ValueError:
        return None
