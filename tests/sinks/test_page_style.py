"""The page's colours can be told apart by everyone who reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gatepost.sinks.page

STYLE = (Path(gatepost.sinks.page.__file__).parent / "style.css").read_text("utf-8")
LEVELS = ("ok", "learning", "warning", "inhibited", "no-data", "error", "breach")
SCHEMES = ("light", "dark")

Colour = tuple[float, float, float]


def colours(scheme: str) -> dict[str, Colour]:
    """The custom properties of a scheme; dark overrides light."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    text = light if scheme == "light" else light + dark
    return {
        name: tuple(int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
        for name, digits in re.findall(r"--([\w-]+): #(\w{6});", text)
    }


def mix(top: Colour, share: float, under: Colour) -> Colour:
    """What color-mix(in srgb, top share, under) gives."""
    return tuple(a * share + b * (1 - share) for a, b in zip(top, under, strict=True))


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""

    def luminance(colour: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    """Black on white is 21 to 1, and a known grey is what the standard's tools say."""
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (0x76 / 255,) * 3
    assert contrast(grey, (1, 1, 1)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_contrast_with_what_they_stand_on(scheme: str) -> None:
    """Every text colour reaches 4.5 to 1 on every ground it is used on."""
    colour = colours(scheme)
    for name in (*LEVELS, "ink", "soft", "link"):
        for ground in ("paper", "ground"):
            assert contrast(colour[name], colour[ground]) >= 4.5, (name, ground)
    for word in ("pass", "warn", "block"):
        assert contrast(colour["on-decision"], colour[word]) >= 4.5, word
    for level in ("breach", "error", "no-data"):
        tinted = mix(colour[level], 0.09, colour["paper"])
        for name in (*LEVELS, "ink", "link"):
            assert contrast(colour[name], tinted) >= 4.5, (name, "on tinted", level)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_edges_of_fields_are_seen(scheme: str) -> None:
    """Borders of inputs and the outline of the focus reach 3 to 1."""
    colour = colours(scheme)
    for name in ("soft", "link"):
        assert contrast(colour[name], colour["ground"]) >= 3
    for word in ("pass", "warn", "block"):
        assert contrast(colour["on-decision"], colour[word]) >= 3


def test_the_tints_that_are_tested_are_those_that_are_used() -> None:
    """The shares of color-mix in the style are the ones whose contrast is measured."""
    assert set(re.findall(r"var\(--tone\) (\d+)%, var\(--paper\)", STYLE)) == {"9", "30"}


def test_each_level_has_a_shape_of_its_own() -> None:
    """No two levels differ by colour alone: each badge but the square of an alert is cut anew."""
    shapes = re.findall(r"\.badge\.(\w+)::before \{ (.*?) \}", STYLE)
    assert {level for level, _ in shapes} == {name.replace("-", "_") for name in LEVELS} - {
        "breach"
    }
    assert len({shape for _, shape in shapes}) == len(shapes)
