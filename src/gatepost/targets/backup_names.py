"""File names with times in them: "db_%Y%m%d_%H%M%S.sql.gz" as a pattern; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_PIECE = re.compile(r"%(?P<code>.?)|(?P<any>\*)|(?P<one>\?)|(?P<text>[^%*?]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """Which names are meant, and where in them the time of the backup stands, if it does."""

    text: str
    regex: re.Pattern[str]

    @property
    def is_dated(self) -> bool:
        """Whether names tell times."""
        return "Y" in self.regex.groupindex

    def fits(self, name: str) -> bool:
        """Whether a name is meant; one that has no possible date in it is not."""
        return self.regex.fullmatch(name) is not None and (
            not self.is_dated or self._read(name) is not None
        )

    def time(self, name: str, zone: ZoneInfo, near: datetime) -> datetime:
        """The time in a name that fits, in UTC.

        Of two moments that a local time can stand for, as daylight saving ends,
        it is the one nearer to `near`.
        """
        local = self._read(name)
        if local is None:
            raise ValueError(f"{name!r} holds no time as {self.text!r}")
        moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        return min(moments, key=lambda moment: abs(moment - near))

    def _read(self, name: str) -> datetime | None:
        found = self.regex.fullmatch(name)
        if found is None:
            return None
        parts = {code: int(digits) for code, digits in found.groupdict().items()}
        try:
            # The last days of the calendar have no UTC in zones west of it.
            moment = datetime(  # noqa: DTZ001 - it is local to a zone that is set by `time`
                parts["Y"],
                parts["m"],
                parts["d"],
                parts.get("H", 0),
                parts.get("M", 0),
                parts.get("S", 0),
            )
        except ValueError:
            return None
        return moment if 1 < moment.year < 9999 else None


def read_pattern(text: str) -> NamePattern:
    """Read a pattern of names, with `*` and `?`, and %Y %m %d %H %M %S for a time.

    Raises ValueError for another code, one that is there twice, and a time
    without its day.
    """
    regex, codes = "", []
    for piece in _PIECE.finditer(text):
        if piece["text"]:
            regex += re.escape(piece["text"])
        elif piece["any"]:
            regex += ".*"
        elif piece["one"]:
            regex += "."
        elif piece["code"] == "%":
            regex += "%"
        elif piece["code"] not in _DIGITS:
            raise ValueError(f"unknown {piece[0]!r}; a time is written with %Y %m %d %H %M %S")
        elif piece["code"] in codes:
            raise ValueError(f"{piece[0]} stands twice in it")
        else:
            codes.append(piece["code"])
            regex += rf"(?P<{piece['code']}>[0-9]{{{_DIGITS[piece['code']]}}})"
    if "/" in text or not text:
        raise ValueError("expected names in the folder itself, such as 'db_%Y%m%d.sql.gz'")
    if codes and not {"Y", "m", "d"} <= set(codes):
        raise ValueError("a time in a name needs at least %Y, %m and %d")
    return NamePattern(text, re.compile(regex, re.DOTALL))
