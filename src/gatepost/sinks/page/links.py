"""Everything on the page that leads somewhere: permalinks, runbooks, tickets, downloads."""

from __future__ import annotations

import csv
import hashlib
import io
import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from gatepost.model import Sample
from gatepost.sinks.text import clean_text, one_line

_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Link:
    """Words and where they lead; `href` is empty where it must not become a link."""

    text: str
    href: str


def permalink(check_id: str) -> str:
    """Name a check's row on the page, the same in every run: `page#<permalink>`.

    Characters that are not safe everywhere become `-`, and a digest of the id
    then keeps such ids apart.
    """
    name = _ODD.sub("-", check_id)
    if name == check_id:
        return f"check-{name}"
    digest = hashlib.blake2b(check_id.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"check-{name[:80].strip('-')}-{digest}"


def link_to(address: str, to_root: str) -> Link | None:
    """Link to an URL or to a file of the project; None for nothing.

    Only http, https, mailto and relative paths become links: what else a
    declaration may hold, such as `javascript:`, is shown as words. `to_root` is
    the relative path from the page's folder to the project.
    """
    words = one_line(address)
    if not words:
        return None
    return Link(_short_name(words), _href(address.strip(), to_root))


def download_csv(sample: Sample) -> str:
    """Write a sample as a `data:` URL of a CSV file that no spreadsheet will calculate with.

    A cell that would start a formula gets an apostrophe in front, as OWASP
    advises; a byte order mark makes Excel read UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (sample.columns, *sample.rows):
        writer.writerow([_disarm(clean_text(cell)) for cell in row])
    return "data:text/csv;charset=utf-8,%EF%BB%BF" + quote(text.getvalue())


def _disarm(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _href(address: str, to_root: str) -> str:
    # Browsers drop tabs and line feeds from an address, so "java\tscript:" is one; none may pass.
    if not address.isprintable() or "\\" in address:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        return address if parts.netloc else ""
    if parts.scheme == "mailto":
        return address
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return ""
    path = quote(posixpath.normpath(posixpath.join(to_root, parts.path)))
    return f"{path}#{quote(parts.fragment)}" if parts.fragment else path


def _short_name(address: str) -> str:
    """Shorten an address to its last part: the runbook's or the ticket's own name."""
    path = address.split("#")[0].split("?")[0].rstrip("/")
    name = path.rpartition("/")[2].removesuffix(".md")
    return name or address
