"""Nothing that a checked system says can act in the page, and nothing is fetched for it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

from page_tree import read_page
from sample_run import fine_run, hostile_run, result, sample_run

from gatepost.model import Level
from gatepost.sinks.page import render_page


def test_a_hostile_system_cannot_act_in_the_page() -> None:
    """Markup, controls, overrides and lone surrogates are inert, and the page is whole UTF-8."""
    page = render_page(hostile_run())
    page.encode("utf-8")
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page
    )
    tree = read_page(page)
    assert len(tree.all("script")) == 1
    assert not [
        name for element in tree.all() for name in element.attributes if name.startswith("on")
    ]
    addresses = [link.attributes["href"] for link in tree.all("a")]
    assert all(address.startswith(("#", "data:text/csv")) for address in addresses)
    assert "<script>alert(1)</script>" in tree.one(kind="trouble").text


def test_endless_words_are_cut() -> None:
    """A sentence of 100 kB takes no more than a few lines of the page."""
    page = render_page(replace(fine_run(), results=(result("a.b.c", Level.BREACH, "x" * 100_000),)))
    assert len(page) < 60_000


def test_odd_numbers_do_not_break_a_chart() -> None:
    """Infinities, NaN and the ends of the float range leave a page without `nan` in its shapes."""
    for svg in read_page(render_page(hostile_run())).all("svg"):
        shapes = " ".join(
            value
            for element in svg.all()
            for name, value in element.attributes.items()
            if name in ("x", "y", "width", "height", "d")
        )
        assert not re.search("nan|inf|e[+-]", shapes)


def test_nothing_is_fetched_from_anywhere() -> None:
    """No element or style refers outside the file, and the policy forbids what is not our own."""
    page = render_page(sample_run())
    tree = read_page(page)
    assert not [element for element in tree.all() if "src" in element.attributes]
    assert [link.attributes["href"] for link in tree.all("link")] == ["data:,"]
    assert not re.search(r"url\(|@import|\bfetch\(", page)
    (policy,) = [
        meta.attributes["content"]
        for meta in tree.all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none';")
    for name in ("style", "script"):
        content = "".join(tree.one(name)._texts()).encode()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in policy


def test_no_style_is_given_in_place() -> None:
    """Attributes that the policy would block are not used."""
    assert not [e for e in read_page(render_page(sample_run())).all() if "style" in e.attributes]
