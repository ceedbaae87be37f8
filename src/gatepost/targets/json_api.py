"""What targets with a JSON API share: asking, refusing what is no answer, reading records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from gatepost.errors import MeasurementError
from gatepost.targets.response import Response
from gatepost.wording import plural, shorten

T = TypeVar("T")

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
    "w": 604_800,
    "y": 31_536_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdwy])")
_GO_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Record(BaseModel):
    """Base of what is read from an API's answer: frozen; fields it does not know are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


def go_duration(text: object) -> timedelta:
    """Read a duration as Go and Prometheus write them: "1m30s", "12h", "30d", "0s".

    A year has 365 days, as in Prometheus. Raises ValueError for anything else.
    """
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not isinstance(text, str) or "".join(map("".join, parts)) != text or not text:
        raise ValueError(f"{text!r} is not a duration such as '1m30s'")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def _moment(value: object) -> object:
    """Go's zero time stands for never; nanoseconds are cut off."""
    if not isinstance(value, str):
        return value
    at = datetime.fromisoformat(value)
    return None if at == _GO_NEVER else at.astimezone(UTC)


GoDuration = Annotated[timedelta, BeforeValidator(go_duration)]
GoMoment = Annotated[datetime | None, BeforeValidator(_moment)]


def read_as(kind: type[T] | Any, document: Any, response: Response, target: str) -> T:
    """Read a part of an answer as records; MeasurementError names what is not as expected."""
    try:
        found: T = TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the answer"
        raise MeasurementError(
            f"{target}: {response.url} answers otherwise than expected, in "
            f"{plural(error.error_count(), 'place')}: {place}: {first['msg']}"
        ) from None
    return found


def json_of(response: Response, target: str) -> Any:
    """The document of an answer; MeasurementError for another status than 200 and what is no JSON.

    An API's own message is shown where there is one.
    """
    if response.status == 200:
        try:
            return response.json()
        except MeasurementError as error:
            raise MeasurementError(f"{target}: {error}") from None
    advice = "; set token of this target" if response.status in (401, 403) else ""
    said = message_of(response)
    told = f": {said}" if said else ""
    raise MeasurementError(
        f"{target}: {response.url} answered with status {response.status}{told}{advice}"
    )


def message_of(response: Response) -> str:
    """What an answer says of a failure, in one line: its error or message, or how it begins."""
    try:
        document = response.json()
    except MeasurementError:
        return shorten(response.body[:500].decode("utf-8", "replace"), 100)
    if isinstance(document, Mapping):
        document = document.get("error") or document.get("message") or document
    return shorten(str(document), 200)


def clock_of(response: Response, otherwise: datetime) -> datetime:
    """The server's own time of the answer, to the second, so that ages need no common clock."""
    try:
        at = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return otherwise
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
