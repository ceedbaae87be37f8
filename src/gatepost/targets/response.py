"""What an endpoint answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from gatepost.errors import MeasurementError
from gatepost.wording import shorten


@dataclass(frozen=True, slots=True)
class Response:
    """An answer over HTTP, read to its end.

    `seconds` is the time from the request to the last byte of the body,
    redirects and retries included. `url` is what was asked last, without
    secrets; the names of `headers` are in lower case.
    """

    status: int
    seconds: float
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when none was sent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body, decoded by the declared charset or as UTF-8.

        Raises MeasurementError when it is not in that encoding.
        """
        declared = re.search(r"(?i)charset=\"?([^\s;\"]+)", self.headers.get("content-type", ""))
        charset = declared[1] if declared else "UTF-8"
        try:
            return self.body.decode(charset)
        except UnicodeDecodeError as error:
            byte = (
                f"byte {error.start + 1:,} of {len(self.body):,} is {self.body[error.start]:#04x}"
            )
            raise MeasurementError(f"the body of {self.url} is not {charset}: {byte}") from None
        except (LookupError, ValueError):
            raise MeasurementError(
                f"the body of {self.url} declares an unknown charset: {shorten(charset, 40)!r}"
            ) from None

    def json(self) -> Any:
        """The body read as JSON, which has no NaN and no Infinity.

        Raises MeasurementError with the position and how the body begins.
        """
        text = self.text.removeprefix("\ufeff")
        try:
            return json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            reason = f"{error.msg} at line {error.lineno}, column {error.colno}"
        except (ValueError, RecursionError) as error:
            reason = shorten(str(error))
        begins = f"it begins {shorten(text, 60)!r}" if text.strip() else "it is empty"
        raise MeasurementError(f"the body of {self.url} is not JSON: {reason}; {begins}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
