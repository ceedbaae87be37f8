"""The report page in a real browser: filters, links, schemes, widths, scripts on and off."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gatepost.model import Run
from gatepost.sinks.page import permalink, publish

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SAMPLES: dict[str, Callable[[], Run]] = runpy.run_path(
    str(Path(__file__).parents[1] / "sinks" / "sample_run.py")
)
TITLE = "jobinsight.quality.completeness[title]"
FINE = "finance.health.cpu"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        complaint = f"{CHROMIUM} is missing: install chromium to see the page in a browser"
        if os.environ.get("CI"):
            pytest.fail(complaint)
        pytest.skip(complaint)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Opens a sample's page in a context of its own; nothing may be logged or fetched meanwhile."""
    contexts = []
    seen: list[str] = []
    own: set[str] = set()

    def open_sample(sample: str = "sample_run", fragment: str = "", **context: Any) -> Page:
        path = tmp_path / "reports" / f"{sample}.html"
        publish(SAMPLES[sample](), path)
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on(
            "dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on("request", lambda request: seen.append(request.url))
        page.goto(path.as_uri() + fragment)
        own.add(path.as_uri())
        return page

    yield open_sample
    for context in contexts:
        context.close()
    assert own <= set(seen)
    assert [line for line in seen if line not in own and not line.startswith("data:")] == []


def shown(page: Page) -> list[str]:
    """The ids of the checks that can be seen."""
    return page.locator("[data-f]:visible > summary > code").all_inner_texts()


def row(page: Page, check_id: str) -> Any:
    return page.locator(f"[id='{permalink(check_id)}']")


def test_failing_checks_are_unfolded_and_the_others_are_not(open_page: OpenPage) -> None:
    """What is to be read is open without a click."""
    page = open_page()
    assert row(page, TITLE).locator("pre").is_visible()
    assert not row(page, FINE).locator("svg").first.is_visible()


def test_filters_work_with_the_mouse(open_page: OpenPage) -> None:
    """Level, severity, owner and system narrow the rows together, and Clear brings all back."""
    page = open_page()
    everything = len(shown(page))
    page.locator("#filters").get_by_label("Level").select_option("breach")
    assert len(shown(page)) == 3
    page.locator("#filters").get_by_label("Severity").select_option("high")
    page.locator("#filters").get_by_label("Owner").select_option(label="valuation")
    page.locator("#filters").get_by_label("System").select_option(label="finance")
    assert [text.split()[0] for text in shown(page)] == ["finance.latency.p95[/api/v1/dcf]"]
    assert page.locator("output").inner_text() == f"1 of {everything} shown"
    assert page.locator("section.level:visible").count() == 1
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("output")).to_have_text(f"all {everything} shown")
    assert len(shown(page)) == everything


def test_filters_work_with_the_keyboard(open_page: OpenPage) -> None:
    """Words, levels and Clear can be reached and used without a mouse; Enter loses nothing."""
    page = open_page()
    everything = len(shown(page))
    page.locator("#filters").get_by_label("Find").focus()
    page.keyboard.type("DAG_RUN")
    page.keyboard.press("Enter")
    assert [text.split()[0] for text in shown(page)] == ["jobinsight.kpi.crawler_success_rate"]
    page.keyboard.press("Tab")
    page.keyboard.type("error")
    assert shown(page) == []
    assert page.locator("output").inner_text() == f"0 of {everything} shown"
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("output")).to_have_text(f"all {everything} shown")


def test_a_row_is_unfolded_with_the_keyboard(open_page: OpenPage) -> None:
    """A folded check opens on Enter where the focus is."""
    page = open_page()
    row(page, FINE).locator("summary").focus()
    page.keyboard.press("Enter")
    assert row(page, FINE).get_by_role("img").first.is_visible()


def test_a_permalink_opens_its_check(open_page: OpenPage) -> None:
    """A link from a message unfolds the check, and one on the page finds it behind a filter."""
    page = open_page(fragment=f"#{permalink(FINE)}")
    assert row(page, FINE).locator(".detail").is_visible()
    page.locator("#filters").get_by_label("Level").select_option("warning")
    page.locator(".action h3 a", has_text=TITLE).click()
    row(page, TITLE).locator(".detail").wait_for(state="visible")
    assert row(page, TITLE).evaluate("row => row.matches(':target')")


def test_a_cell_of_the_matrix_shows_its_checks(open_page: OpenPage) -> None:
    """Following a cell leaves the checks of that group of that system."""
    page = open_page()
    page.locator(".systems a", has_text="latency").click()
    assert [text.split()[0] for text in shown(page)] == ["finance.latency.p95[/api/v1/dcf]"]


def test_a_statement_is_copied(open_page: OpenPage) -> None:
    """The button beside SQL puts it on the clipboard and says so."""
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    button = row(page, TITLE).locator("pre + button")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("SELECT count(*)")


def test_a_statement_is_selected_where_it_cannot_be_copied(open_page: OpenPage) -> None:
    """Without a clipboard the statement is left selected, so that one key copies it."""
    page = open_page()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error('no')); }")
    button = row(page, TITLE).locator("pre + button")
    button.click()
    expect(button).to_have_text("Selected")
    assert page.evaluate("getSelection().toString()").startswith("SELECT count(*)")


def test_failing_rows_are_downloaded(open_page: OpenPage) -> None:
    """The file has the check's name and disarmed cells."""
    page = open_page()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == f"{permalink(TITLE)}.csv"
    assert "'=cmd|" in Path(download.value.path()).read_text("utf-8")


def test_the_page_reads_without_scripts(open_page: OpenPage) -> None:
    """Rows, details and downloads are there; what needs a script is not shown."""
    page = open_page(java_script_enabled=False)
    assert len(shown(page)) == 23
    assert page.locator("h1").is_visible()
    assert not page.locator("#filters").is_visible()
    assert row(page, TITLE).locator("pre").is_visible()
    row(page, FINE).locator("summary").click()
    assert row(page, FINE).locator(".trend").is_visible()
    with page.expect_download():
        page.get_by_role("link", name="Download CSV").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reader_chooses_the_scheme(open_page: OpenPage, scheme: str) -> None:
    """Dark mode is followed without a switch."""
    page = open_page(color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in paper.strip("rgb()").split(","))
    assert brightness < 120 if scheme == "dark" else brightness > 700


@pytest.mark.parametrize("sample", ["sample_run", "hostile_run"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_sticks_out_sideways(open_page: OpenPage, sample: str, width: int) -> None:
    """The page fits a phone with every check unfolded, whatever its words are."""
    page = open_page(sample, viewport={"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_words_at_the_ends_of_a_bar_stay_inside(open_page: OpenPage) -> None:
    """Words near an end of a bar grow inwards, so that a phone does not cut them off."""
    page = open_page(viewport={"width": 360, "height": 800})
    anchors = (
        "words => words.map(each => "
        "[each.getAttribute('text-anchor'), getComputedStyle(each).textAnchor])"
    )
    drawn = page.locator(".bar text").evaluate_all(anchors)
    assert {"start", "end"} & {said for said, _ in drawn}
    assert all(used == (said or "middle") for said, used in drawn)


def test_a_hostile_page_stays_quiet(open_page: OpenPage) -> None:
    """What a checked system sent runs nothing: the fixture has seen no dialog and no request."""
    page = open_page("hostile_run")
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("h1").is_visible()


def test_paper_has_no_buttons(open_page: OpenPage) -> None:
    """In print the filters and buttons are gone and the levels keep their shapes."""
    page = open_page()
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert not page.get_by_role("button", name="Copy").first.is_visible()
    assert page.locator(".badge").first.is_visible()


def test_screen_readers_find_their_way(open_page: OpenPage) -> None:
    """Landmarks, a skip link as first stop, and pictures with words."""
    page = open_page()
    for role in ("banner", "main", "contentinfo", "search"):
        assert page.get_by_role(role).count() == 1, role
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the checks"
    picture = row(page, TITLE).get_by_role("img", name="88.87 % against at least 95 %")
    assert picture.count() == 1
