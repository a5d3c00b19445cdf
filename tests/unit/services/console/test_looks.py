"""The console's style: readable in light and in dark, small, and nothing in a template that its policy stops."""

import re
from pathlib import Path
from typing import Final

import pytest

import services.console

HERE: Final = Path(services.console.__file__).parent
STYLE: Final = (HERE / "static" / "console.css").read_text()
TEMPLATES: Final = sorted((HERE / "templates").glob("*.html"))
LARGEST: Final = {"console.css": 16 * 1024, "console.js": 3 * 1024}
"""Bytes that our own files may have, as they are."""
LARGEST_SCRIPTS: Final = 64 * 1024
"""Bytes of all scripts of a page."""
TOKEN: Final = re.compile(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)")
TOKENS: Final = {name: (light, dark) for name, light, dark in TOKEN.findall(STYLE)}
TEXT, CONTROL = 4.5, 3.0
"""The least contrast of a text, and of the edge of a control, by WCAG 2.2 AA."""
SOFT: Final = [(tone, f"{tone}-soft") for tone in ("sea", "lead", "violet", "ok", "warn", "bad")]
PAIRS: Final = [
    *[(text, under, TEXT) for text in ("ink", "soft", "sea", "bad", "ok") for under in ("paper", "card", "hover")],
    *[(text, under, TEXT) for text, under in SOFT],
    *[("ink", under, TEXT) for _, under in SOFT],
    *[("sea", under, TEXT) for under in ("bad-soft", "warn-soft", "ok-soft")],
    ("soft", "sunk", TEXT),
    ("ink", "sunk", TEXT),
    ("on-sea", "sea", TEXT),
    ("edge", "card", CONTROL),
    ("edge", "paper", CONTROL),
]


@pytest.mark.parametrize(("text", "under", "least"), PAIRS)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_is_readable_on_what_is_under_it(text: str, under: str, least: float, scheme: int) -> None:
    """Each pair of colours that meets on a page has the contrast of WCAG 2.2 AA, in light and in dark."""
    assert contrast(TOKENS[text][scheme], TOKENS[under][scheme]) >= least


def test_contrast_is_what_the_standard_says() -> None:
    """Black on white is 21, and a colour on itself is 1."""
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#0a6577", "#0a6577") == 1
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def test_style_and_scripts_stay_small() -> None:
    """A page loads little: our own files are small, and all scripts together fit their budget."""
    sizes = {path.name: path.stat().st_size for path in (HERE / "static").rglob("*.*")}
    assert [name for name, most in LARGEST.items() if sizes[name] > most] == []
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= LARGEST_SCRIPTS


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_content_policy_stops(template: Path) -> None:
    """No template has a style, a script or a handler of its own, and none turns off escaping."""
    assert forbidden(template.read_text()) == []


def test_what_the_content_policy_stops_is_found() -> None:
    """Each of these is found."""
    bad = '<p style="x"><style><script>alert(1)</script><a onclick="x" hx-on:click="x" href="javascript:x">{{ y|safe }}'
    assert len(forbidden(bad)) == 7
    assert forbidden('<script src="/static/a.js" defer></script><p id="contents">on = 1</p>') == []


def forbidden(text: str) -> list[str]:
    """What a template must not hold."""
    return re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=|hx-on|javascript:|\|\s*safe\b|autoescape", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_class_of_a_template_has_a_rule(template: Path) -> None:
    """A class that a template uses is one of console.css: no page is left without its looks by a slip."""
    known = set(re.findall(r"\.([a-z][\w-]*)", STYLE))
    assert classes(template.read_text()) - known == set()


def classes(text: str) -> set[str]:
    """The classes that a template writes out, without those that an expression yields."""
    found = re.findall(r'\sclass="([^"]*)"', re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\0", text, flags=re.DOTALL))
    return {name for names in found for name in names.replace("\0", " \0").split() if "\0" not in name}


def test_every_icon_exists() -> None:
    """An icon that a template names is drawn."""
    drawn = set(re.findall(r'^  "([\w-]+)": "M', (HERE / "templates" / "icons.html").read_text(), re.MULTILINE))
    used = {name for path in TEMPLATES for name in re.findall(r'\bicon\("([\w-]+)"', path.read_text())}
    assert len(drawn) > 20
    assert used - drawn == set()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG: from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
