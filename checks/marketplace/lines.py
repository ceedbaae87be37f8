"""The lines of a service's log in the last hour, from files or from Elasticsearch alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gatepost import Elasticsearch, Log

INDEX = "facebook-marketplace"

FIELDS = ("timestamp", "level", "message", "service", "logger", "path", "function")
OF_EXCEPTIONS = ("exception.type", "exception.value", "exception.traceback")

LAST = "1 h"

Source: TypeAlias = Log | Elasticsearch
"""Where a log is read: which of the two is said in gatepost.toml."""


@dataclass(frozen=True)
class Contract:
    """How many lines there are, how many of them break it, and how many by each of their wrongs."""

    lines: int
    broken: int
    bad: Mapping[str, int]


@dataclass(frozen=True)
class Lines:
    """One service's lines; what is asked for is the same in both kinds of log."""

    log: Source
    service: str

    def total(self) -> int:
        """The number of lines; where there is none, nothing can be said of them."""
        return self.log.count(LAST) if isinstance(self.log, Log) else self._count()

    def contract(self) -> Contract:
        """Judge every line by the fields that it must have."""
        if isinstance(self.log, Log):
            audit = self.log.audit(LAST, fields=FIELDS, wrong=lack_of_exception)
            return Contract(audit.lines, sum(audit.bad.values()), audit.bad)
        bad = {f"no {name!r}": self._count(without=name) for name in FIELDS}
        for name in OF_EXCEPTIONS:
            bad[f"no {name!r}"] = self._count("exception", without=name)
        # A line may lack several fields, and is one line all the same.
        lines, whole = self._count(), self._count(*FIELDS)
        raised, told = (self._count(*FIELDS, "exception", *more) for more in ((), OF_EXCEPTIONS))
        broken = lines - whole + raised - told
        return Contract(lines, broken, {why: count for why, count in bad.items() if count})

    def messages(self, level: str, most: int = 5) -> tuple[int, Mapping[str, int]]:
        """The number of lines of a level, and their most frequent messages."""
        if isinstance(self.log, Log):
            counts = self.log.counts("message", LAST, {"level": level})
            return sum(counts.values()), dict(list(counts.items())[:most])
        query = self._query({"term": {"level.keyword": level}})
        found = self.log.top_messages(f"{INDEX}-*", query, window=LAST, most=most)
        return found.total, found.messages

    def saying(self, phrase: str, slower_than: float | None = None) -> int:
        """The number of lines with a phrase, and with more milliseconds than these."""
        if isinstance(self.log, Log):
            where: dict[str, object] = {"message": re.compile(re.escape(phrase), re.IGNORECASE)}
            if slower_than is not None:
                where["processing_time_ms"] = lambda taken: taken > slower_than
            return self.log.count(LAST, where)
        filters = [{"match_phrase": {"message": phrase}}]
        if slower_than is not None:
            filters.append({"range": {"processing_time_ms": {"gt": slower_than}}})
        return self.log.count(f"{INDEX}-*", self._query(*filters), window=LAST)

    def _count(self, *having: str, without: str = "") -> int:
        exist = [{"exists": {"field": name}} for name in having]
        every = self.log.count(f"{INDEX}-*", self._query(*exist), window=LAST)
        if not without:
            return every
        good = self._query(*exist, {"exists": {"field": without}})
        return every - self.log.count(f"{INDEX}-*", good, window=LAST)

    def _query(self, *filters: Mapping[str, object]) -> Mapping[str, object]:
        return {"bool": {"filter": [{"term": {"service.keyword": self.service}}, *filters]}}


def lack_of_exception(record) -> str | None:
    """What an exception that a line carries does not tell."""
    if record.get("exception") is None:
        return None
    lacking = (name for name in OF_EXCEPTIONS if not record.get(name))
    return next((f"no {name!r}" for name in lacking), None)
