"""What makes a check the same check from run to run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_HEX_DIGITS = 16
"""64 bits, as Alertmanager's: two of 10,000 checks collide with a chance of 3e-12."""


def fingerprint(check_id: str) -> str:
    """Return the key of a check in history: 16 hexadecimal digits.

    It depends on the id alone, so that an edited limit, severity or sentence
    keeps the check's history.
    """
    return _digest(check_id)


def manifest_hash(check_ids: Iterable[str]) -> str:
    """Return a hash of a set of checks, whatever their order: 16 hexadecimal digits."""
    return _digest("\0".join(sorted(set(check_ids))))


def storable(text: str) -> str:
    """Escape what a database cannot keep as text: lone surrogates and NUL."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _digest(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return hashlib.sha256(data).hexdigest()[:_HEX_DIGITS]
