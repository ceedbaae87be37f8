"""A schema for the body of an answer: the rules of a pandera model, judged on one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Expectation
from gatepost.expectations.tables import Conformance
from gatepost.model import Level
from gatepost.tables.asks import CountBad, Window
from gatepost.tables.documents import judge_document
from gatepost.wording import join_some, plural


@dataclass(frozen=True, slots=True)
class JudgedBody:
    """How a body keeps its schema: the level, how many rules it breaks, and words for them.

    `said` completes "the body ..."; it is empty where all is well.
    """

    level: Level
    broken: int = 0
    said: str = ""


def read_body(name: str, body: Expectation[Any] | None) -> Conformance | None:
    """The schema that an author gave; raises DeclarationError for what cannot judge a body."""
    if body is None:
        return None
    if not isinstance(body, Conformance):
        raise DeclarationError(f"{name}: body={body!r}; write body=conforms_to(Model)")
    for row in body.rows:
        _refuse_unknowable(name, row.ask)
    return body


def judge_body(document: Any, body: Conformance) -> JudgedBody:
    """Say which rules a JSON document breaks: those that fail first, then those that only warn."""
    broken = sorted(judge_document(document, body), key=lambda each: each.only_warns)
    if not broken:
        return JudgedBody(Level.OK)
    count, level = sum(each.rules for each in broken), Level.BREACH
    said = f"breaks {plural(count, 'rule')} of its schema"
    if broken[0].only_warns:
        level, said = Level.WARNING, f"{said}, which only {'warns' if count == 1 else 'warn'}"
    return JudgedBody(level, count, f"{said}: {join_some(each.said for each in broken)}")


def _refuse_unknowable(name: str, ask: CountBad) -> None:
    if ask.window != Window() or ask.drill:
        raise DeclarationError(
            f"{name}: a body has neither times nor segments; leave per, last, segments and drill "
            "out of its conforms_to"
        )
    for rule in ask.rules:
        if rule.expression:
            raise DeclarationError(
                f"{name}: {rule.text!r} is written in SQL, which cannot judge a body; "
                "write it as a pandera check"
            )
