"""An endpoint's answer as text and as JSON, or a message that says why it is neither."""

from __future__ import annotations

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.response import Response


def response(body: bytes, content_type: str = "application/json") -> Response:
    """An answer with a body."""
    return Response(200, 0.1, body, {"content-type": content_type}, "http://h/x")


def test_json_is_read() -> None:
    """A JSON body becomes Python's values, with or without a byte order mark."""
    assert response(b'{"status": "ok"}').json() == {"status": "ok"}
    assert response("\ufeff[1]".encode()).json() == [1]


def test_declared_charset_is_used() -> None:
    """The body is decoded by the charset that it declares."""
    assert response("ü".encode("latin-1"), "text/html; Charset=ISO-8859-1").text == "ü"


def test_content_type_is_told_without_parameters() -> None:
    """The media type is in lower case and without its charset."""
    assert response(b"", "Text/HTML; charset=x").content_type == "text/html"


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"\xff{}", "application/json", "is not UTF-8: byte 1 of 3 is 0xff"),
        (b"{}", "text/html; charset=klingon", "unknown charset: 'klingon'"),
        (b"{}", "text/html; charset=base64", "unknown charset: 'base64'"),
        (b"<html>\n<script>", "text/html", "line 1, column 1; it begins '<html> <script>'"),
        (b'{"a": 1,}', "application/json", "at line 1, column"),
        (b" \n", "application/json", "it is empty"),
        (b"[NaN]", "application/json", "NaN is no JSON number"),
        (b"[" * 100_000, "application/json", "is not JSON: maximum recursion depth"),
    ],
)
def test_body_that_cannot_be_read_is_explained(
    body: bytes, content_type: str, message: str
) -> None:
    """The message names the URL, the place and how the body begins."""
    with pytest.raises(MeasurementError) as caught:
        response(body, content_type).json()
    assert str(caught.value).startswith("the body of http://h/x ")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300
