"""One Slack message for a run that somebody should look at, by an incoming webhook."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gatepost.causes import Group, group_failures
from gatepost.decision import Word, decide
from gatepost.model import Result, Run, Severity, Verdict
from gatepost.sinks.delivery import post_json
from gatepost.sinks.page.links import permalink
from gatepost.sinks.text import (
    change_words,
    clean_text,
    count_words,
    moment,
    one_line,
    recovery_words,
    standing,
    value_words,
    web_url,
)
from gatepost.wording import join_some

if TYPE_CHECKING:
    from requests import Session

Piece = dict[str, Any]
"""A block, an attachment or another part of Slack's payload."""

# Slack's limits; that on the whole is undocumented and near 13,000, so it keeps a distance.
_WHOLE = 12_000
_BLOCKS = 50
_ATTACHMENTS = 20
_HEADER = 150

# Ours, so small that one cause fits beside everything else: a section takes 3,000, a field 2,000.
_SENTENCE = 600
_LINE = 300
_LINES = 5
_NAMED = 5
_EXAMPLES = 3

_RED, _ORANGE, _GREEN, _GREY = "#c0392b", "#e67e22", "#27ae60", "#7f8c8d"
_COLOURS = {Severity.CRITICAL: _RED, Severity.HIGH: _RED, Severity.MEDIUM: _ORANGE}
_HINTS = {
    400: "it refused the message, which is a fault of Gatepost; please report it",
    403: "the app or the channel no longer allows this webhook",
    404: "there is no such webhook; make a new one in Slack and configure its address",
    410: "the webhook's channel is archived; choose another one",
}


def should_send(run: Run) -> bool:
    """Whether anything is failing, unknown or recovered; a healthy unchanged run is no news."""
    blocked = decide(run).word is Word.BLOCK
    return blocked or bool(group_failures(run.results)) or bool(_recovered(run))


def publish(
    run: Run,
    webhook: str,
    *,
    report_url: str = "",
    session: Session | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send the run's message; raises DeliveryError, which never shows the webhook, a secret."""
    message = build_message(run, report_url)
    post_json("Slack", webhook, message, hints=_HINTS, session=session, sleep=sleep, clock=clock)


def build_message(run: Run, report_url: str = "") -> Piece:
    """Build the payload: the decision, then one coloured attachment for each root cause.

    It stays within Slack's limits by leaving out the least severe causes, which
    are counted. Whatever comes from a system is inert: markup and mentions are
    escaped, and only http(s) addresses become links.
    """
    decision = decide(run)
    sentence = _escape(decision.sentence, _SENTENCE)
    head = [
        _header(f"{decision.word}: {run.schedule}, {moment(run.slot)}"),
        _section(sentence),
        _context([_escape(_figures(run), _LINE)]),
    ]
    report = web_url(report_url)
    groups = group_failures(run.results)
    tail = [*_recovered_attachment(run), *_problems_attachment(run)]
    reserved = [{"text": sentence, "blocks": head}, *tail, *_ending(len(groups), report)]
    shown = _fitting([_attachment(group, run, report) for group in groups[:_ATTACHMENTS]], reserved)
    return {
        "text": sentence,
        "blocks": head,
        "attachments": [*shown, *tail, *_ending(len(groups) - len(shown), report)],
    }


def _fitting(attachments: list[Piece], reserved: list[Piece]) -> list[Piece]:
    """The first attachments that Slack's limits allow beside what is reserved."""
    shown: list[Piece] = []
    for attachment in attachments:
        pieces = [*reserved, *shown, attachment]
        blocks = sum(len(piece["blocks"]) for piece in pieces)
        if len(pieces) > _ATTACHMENTS or blocks > _BLOCKS or _size(pieces) > _WHOLE:
            break
        shown.append(attachment)
    return shown


def _size(piece: list[Piece]) -> int:
    return len(json.dumps(piece, ensure_ascii=False))


def _attachment(group: Group, run: Run, report: str) -> Piece:
    lead = group.lead
    check, verdict = lead.check, lead.verdict
    sentence = _escape(verdict.sentence, _SENTENCE)
    title = f"*{group.severity} {lead.level.label}* {_code(check.id)}"
    facts = {
        "Failing": standing(lead, run.finished),
        "Owner": check.owner,
        "Value": value_words(verdict),
        "Limits": verdict.limits.text,
    }
    links = [
        _link(check.runbook, "Runbook"),
        _link(check.ticket, "Ticket"),
        _link(f"{report}#{permalink(check.id)}" if report else "", "Report"),
    ]
    notes = [_examples(verdict), _inhibited(group), " | ".join(filter(None, links))]
    blocks = [_section(f"{title}\n{sentence}", facts)]
    if any(notes):
        blocks.append(_context(filter(None, notes)))
    return {"color": _COLOURS.get(group.severity, _GREY), "blocks": blocks}


def _examples(verdict: Verdict) -> str:
    """A few keys of bad rows; the last column is the offending cell, which stays in the report."""
    if verdict.sample is None or len(verdict.sample.columns) < 2:
        return ""
    keys = verdict.sample.columns[:-1]
    rows = [
        ", ".join(f"{key} {cell}" for key, cell in zip(keys, row, strict=False))
        for row in verdict.sample.rows[:_EXAMPLES]
    ]
    return _escape(f"for example {'; '.join(rows)}", _LINE) if rows else ""


def _inhibited(group: Group) -> str:
    names = [result.check.id for result in group.inhibited]
    if not names:
        return ""
    return _escape(f"inhibits {len(names):,}: {join_some(names, most=_NAMED)}", _LINE)


def _recovered(run: Run) -> list[Result]:
    return [result for result in run.worst_first if result.change == "recovered"]


def _recovered_attachment(run: Run) -> list[Piece]:
    lines = [f"{_code(r.check.id)} {recovery_words(r)}" for r in _recovered(run)]
    return _list("Recovered", lines, _GREEN)


def _problems_attachment(run: Run) -> list[Piece]:
    lines = [_escape(f"{problem.source}: {problem.message}", _LINE) for problem in run.problems]
    return _list("Problems of the checker itself", lines, _GREY)


def _list(title: str, lines: list[str], colour: str) -> list[Piece]:
    if not lines:
        return []
    rest = len(lines) - _LINES
    shown = [f"*{title}*", *lines[:_LINES], *([f"and {rest:,} more"] if rest > 0 else [])]
    return [{"color": colour, "blocks": [_section("\n".join(shown))]}]


def _ending(left_out: int, report: str) -> list[Piece]:
    words = [f"and {left_out:,} more"] if left_out else []
    words += [link] if (link := _link(report, "Open the report")) else []
    return [{"color": _GREY, "blocks": [_context([": ".join(words)])]}] if words else []


def _figures(run: Run) -> str:
    counts = count_words(decide(run).counts)
    revision = f", revision {run.revision}" if run.revision else ""
    return f"{counts}; {change_words(run)}{revision}"


def _header(text: str) -> Piece:
    return {"type": "header", "text": {"type": "plain_text", "text": _escape(text, _HEADER)}}


def _section(text: str, facts: dict[str, str] | None = None) -> Piece:
    section: Piece = {"type": "section", "text": _mrkdwn(text)}
    fields = [
        _mrkdwn(f"*{name}*\n{_escape(fact, _LINE)}") for name, fact in (facts or {}).items() if fact
    ]
    return section | {"fields": fields} if fields else section


def _context(texts: Iterable[str]) -> Piece:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def _mrkdwn(text: str) -> Piece:
    # Verbatim: names of channels and people in it stay words.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _link(address: str, label: str) -> str:
    """A link; the address itself as words where it leads nowhere from Slack."""
    url = web_url(address).replace("&", "&amp;")
    if url and len(url) <= _LINE:
        return f"<{url}|{label}>"
    return f"{label}: {_code(address)}" if address else ""


def _code(text: str) -> str:
    return f"`{_escape(one_line(text).replace('`', chr(39)), _LINE)}`"


def _escape(text: str, limit: int) -> str:
    """Clean and escape text, cut to the limit without cutting an entity in two."""
    escaped = clean_text(text).strip()
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        escaped = escaped.replace(raw, entity)
    if len(escaped) <= limit:
        return escaped
    return re.sub(r"&[a-z]*$", "", escaped[: limit - 3]) + "..."
