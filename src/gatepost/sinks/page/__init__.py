"""The report page: one static, self-contained HTML file over a finished run.

`view.py` works out what is shown, `charts.py` where the lines go, `links.py`
what may be followed; the templates only lay it out. Nothing on the page comes
from the network, which its content security policy enforces.
"""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.durations import format_duration
from gatepost.model import Run
from gatepost.sinks.files import replace_file
from gatepost.sinks.page.links import permalink as permalink
from gatepost.sinks.text import CHANGES, age, clean_text, count_words, moment, shorten

if TYPE_CHECKING:
    from jinja2 import Template

_HERE = Path(__file__).parent


def render_page(run: Run, to_root: str = "..") -> str:
    """Render a run as a page; pure.

    `to_root` is the relative path from the page's folder to the project's
    root, which runbooks are written against.
    """
    from gatepost.sinks.page.view import MOST_ACTIONS, view_of

    view = view_of(run, to_root)
    page = _template().render(
        view=view, now=run.finished, most_actions=MOST_ACTIONS, words_of=CHANGES
    )
    # Once over the whole page rather than at each text: what a system says cannot slip through.
    return clean_text(page)


def publish(run: Run, path: Path, root: Path | None = None) -> None:
    """Write the page to `path` at once or not at all; `root` is the project, by default one above.

    Raises OSError when the folder cannot be written to.
    """
    folder = path.parent.resolve()
    root = folder.parent if root is None else root.resolve()
    page = render_page(run, Path(os.path.relpath(root, folder)).as_posix())
    replace_file(path, page.encode())


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style = (_HERE / "style.css").read_text("utf-8")
    script = (_HERE / "script.js").read_text("utf-8")
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_HERE),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
    )
    environment.filters.update(
        age=age,
        count_words=count_words,
        duration=_duration,
        moment=moment,
        shorten=shorten,
        timestamp=_timestamp,
    )
    return environment.get_template("page.html.j2")


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _duration(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


def _csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
