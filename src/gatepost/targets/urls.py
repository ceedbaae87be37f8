"""What an endpoint does with URLs: join, compare, show without secrets; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from gatepost.masking import MASK, is_secret_key

_PORTS = {"http": 80, "https": 443}


def join_url(base: str, path: str, params: Mapping[str, Any] | None = None) -> str:
    """Append a path and query parameters to a base URL, whose own path and query stay.

    Raises ValueError for a path that is a whole URL of its own.
    """
    if re.match(r"\w+://", path):
        raise ValueError(f"{path!r} is a URL; give a path below the target's own url")
    parts = urlsplit(base)
    path, _, query = path.partition("?")
    if path:
        parts = parts._replace(path=f"{parts.path.rstrip('/')}/{path.lstrip('/')}")
    added = urlencode({k: v for k, v in (params or {}).items() if v is not None}, doseq=True)
    return parts._replace(query="&".join(filter(None, (parts.query, query, added)))).geturl()


def mask_url(url: str) -> str:
    """Show a URL without its user and password, and without values of secret-looking parameters."""
    parts = urlsplit(url)
    shown = [
        (name, MASK if is_secret_key(name) or name.lower() in ("key", "sig") else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    query = urlencode(shown, safe="*/:,") if shown else parts.query
    return parts._replace(netloc=host, query=query).geturl()


def is_same_site(here: str, there: str) -> bool:
    """Whether a redirect stays on its host and port, or only changes http to https."""
    a, b = urlsplit(here), urlsplit(there)
    if a.hostname != b.hostname:
        return False
    ports = (a.port or _PORTS[a.scheme], b.port or _PORTS.get(b.scheme))
    return (a.scheme == b.scheme and ports[0] == ports[1]) or (
        (a.scheme, b.scheme, *ports) == ("http", "https", 80, 443)
    )
