"""Where the page leads: permalinks, runbooks, tickets and downloads."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import unquote

import pytest
from page_tree import read_page
from sample_run import HOSTILE, sample_run

from gatepost.model import Sample
from gatepost.sinks.page import permalink, render_page
from gatepost.sinks.page.links import Link, download_csv, link_to


def read_download(address: str) -> list[list[str]]:
    """The cells of a downloaded CSV."""
    head, _, body = address.partition(",")
    assert head == "data:text/csv;charset=utf-8"
    return list(csv.reader(io.StringIO(unquote(body).removeprefix("\ufeff"))))


def test_a_plain_id_is_its_own_permalink() -> None:
    """People can guess and read the address of an ordinary check."""
    assert permalink("finance.health.cpu") == "check-finance.health.cpu"


def test_permalinks_tell_odd_ids_apart() -> None:
    """Ids that differ only in characters that no address may hold keep addresses of their own."""
    ids = [
        "a.b.c[x]",
        "a.b.c(x)",
        "a.b.c x ",
        "a.b.c-x",
        "a.b.c\ud800",
        "a.b.c\u202e",
        HOSTILE,
        "é",
        "è",
    ]
    links = [permalink(check_id) for check_id in ids]
    assert len(set(links)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", link) for link in links)


def test_permalinks_do_not_change() -> None:
    """A link that was sent yesterday leads to the same check tomorrow."""
    assert permalink("a.b.c[x]") == "check-a.b.c-x-8a792134"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("docs/runbooks/disk.md", Link("disk", "../docs/runbooks/disk.md")),
        ("docs/a b.md#first steps", Link("a b", "../docs/a%20b.md#first%20steps")),
        ("../elsewhere/x.md", Link("x", "../../elsewhere/x.md")),
        (
            "https://wiki.example.com/run?of=title&lang=en",
            Link("run", "https://wiki.example.com/run?of=title&lang=en"),
        ),
        (
            "https://tickets.example.com/",
            Link("tickets.example.com", "https://tickets.example.com/"),
        ),
        (
            "mailto:oncall@example.com",
            Link("mailto:oncall@example.com", "mailto:oncall@example.com"),
        ),
    ],
)
def test_what_people_declare_is_linked(address: str, expected: Link) -> None:
    """Files of the project lead one level up from the page; addresses stay as they are."""
    assert link_to(address, "..") == expected


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox",
        "file:///etc/passwd",
        "//evil.example.com/x",
        "\\\\evil.example.com\\x",
        "/\\evil.example.com",
        "/etc/passwd",
        "https://",
        "https:evil",
        "http://[::1",
        "https://example.com/\u202egnp",
        "\ud800",
    ],
)
def test_what_could_act_or_leads_nowhere_is_only_words(address: str) -> None:
    """Other schemes, hidden characters and absolute paths are shown and not followed."""
    link = link_to(address, "..")
    assert link is not None
    assert link.href == ""
    assert link.text


def test_nothing_declared_is_no_link() -> None:
    """A check without a runbook has none."""
    assert link_to("", "..") is None
    assert link_to(" \n", "..") is None


def test_a_spreadsheet_calculates_nothing_of_a_download() -> None:
    """A cell that would start a formula is made text, and every other cell stays itself."""
    formulas = ("=1+1", "+1", "-1", "@x", "\t=1", "  =1", "=cmd|'/c calc'!A0")
    plain = ("", "a,b", 'say "so"', "two\nlines", "é")
    cells = read_download(
        download_csv(Sample(("=head",), tuple((cell,) for cell in formulas + plain)))
    )
    assert [row[0] if row else "" for row in cells[: len(formulas) + 1]] == [
        "'=head",
        *(f"'{cell}" for cell in formulas),
    ]
    assert [row[0] if row else "" for row in cells[len(formulas) + 1 :]] == list(plain)


def test_a_download_survives_what_cannot_be_encoded() -> None:
    """Lone surrogates and controls are replaced, and the rest of the row is kept."""
    address = download_csv(Sample(("key",), (("a\ud800\x00b",),)))
    assert read_download(address)[1] == ["a\ufffd\ufffdb"]


def test_failing_rows_can_be_downloaded_without_scripts() -> None:
    """The page carries the rows as a file in a link of its own."""
    page = read_page(render_page(sample_run()))
    (link,) = [link for link in page.all("a") if "download" in link.attributes]
    assert re.fullmatch(r"check-[\w.-]+\.csv", link.attributes["download"])
    assert read_download(link.attributes["href"])[:3] == [
        ["job_id", "title"],
        ["77120", ""],
        ["77121", "NULL"],
    ]
