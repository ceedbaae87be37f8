"""URLs of endpoints: joined, compared, and shown without secrets."""

from __future__ import annotations

import pytest

from gatepost.targets.urls import is_same_site, join_url, mask_url


@pytest.mark.parametrize(
    ("base", "path", "params", "url"),
    [
        ("http://h/api", "", None, "http://h/api"),
        ("http://h/api/", "/health", None, "http://h/api/health"),
        ("http://h", "health?deep=1", {"n": 2}, "http://h/health?deep=1&n=2"),
        ("http://h/api?key=1", "x", {"q": ["a", "b"]}, "http://h/api/x?key=1&q=a&q=b"),
        ("http://h", "x", {"q": None, "r": "ü &"}, "http://h/x?r=%C3%BC+%26"),
    ],
)
def test_path_is_put_below_the_base(
    base: str, path: str, params: dict[str, object] | None, url: str
) -> None:
    """The base's own path and query stay, whatever slashes are written."""
    assert join_url(base, path, params) == url


def test_path_that_is_a_url_is_refused() -> None:
    """A check cannot leave its target by a path."""
    with pytest.raises(ValueError, match="give a path below"):
        join_url("http://h", "http://elsewhere/x")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:geheim@h:80/x", "http://h:80/x"),
        ("http://token@h/x", "http://h/x"),
        ("http://h/x?access_token=geheim&n=1", "http://h/x?access_token=***&n=1"),
        ("http://h/x?api_key=geheim", "http://h/x?api_key=***"),
        ("http://h/x?at=2026-03-01T06:00", "http://h/x?at=2026-03-01T06:00"),
    ],
)
def test_secrets_of_a_url_are_not_shown(url: str, shown: str) -> None:
    """Users, passwords and secret-looking parameters are left out or masked."""
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("http://h/a", "http://h/b", True),
        ("http://h/a", "http://H:80/b", True),
        ("http://h/a", "https://h/a", True),
        ("https://h/a", "http://h/a", False),
        ("http://h/a", "http://h:8080/a", False),
        ("http://h/a", "http://h.evil.example/a", False),
        ("http://h/a", "file:///etc/passwd", False),
    ],
)
def test_redirect_stays_on_its_site(here: str, there: str, same: bool) -> None:
    """Only the same host and port count, or http's step up to https."""
    assert is_same_site(here, there) is same
