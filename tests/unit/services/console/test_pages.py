"""Pages show the texts of others as they are, with what acts or hides in them in sight."""

import re
from pathlib import Path

import pytest

from services.console.pages import HERE, TEMPLATES

PATHS = sorted((HERE / "templates").glob("*.html"))
ACTS = "a\x1b[31mred\x07\u202etxt\rb"


def shown(template: str, text: str) -> str:
    """What a template makes of a text."""
    return TEMPLATES.from_string(template).render(text=text)


def test_what_acts_or_hides_in_a_text_is_in_sight() -> None:
    """Escape sequences and marks of direction are written out, as the command line does; lines and tabs stay."""
    assert shown("{{ text }}", ACTS) == r"a\x1b[31mred\x07\u202etxt\rb"
    assert shown("{{ text }}", "one\n\ttwo <b>") == "one\n\ttwo &lt;b&gt;"
    assert shown("{% macro it(x) %}<i>{{ x }}</i>{% endmacro %}{{ it(text) }}", "\x1b<") == r"<i>\x1b&lt;</i>"


def test_the_value_of_a_control_is_exact() -> None:
    """What is sent back is what was there: only markup in it is escaped."""
    assert shown('<input value="{{ text | e }}">', f'{ACTS}"<') == f'<input value="{ACTS}&#34;&lt;">'


@pytest.mark.parametrize("template", PATHS, ids=lambda path: path.name)
def test_every_control_has_its_exact_value(template: Path) -> None:
    """Each value and each text area of a template ends with `| e`."""
    assert inexact(template.read_text()) == []


def test_an_inexact_value_is_found() -> None:
    """Each of these is found."""
    bad = '<input value="{{ a }}"><option value="{{ b if c else d }}">x</option><textarea>{{ e }}</textarea>'
    good = '<input value="{{ a | e }}" name="{{ b }}"><textarea>{{ (c or d) | e }}</textarea><p>{{ e }}</p>'
    assert (len(inexact(bad)), inexact(good)) == (3, [])


def inexact(text: str) -> list[str]:
    """The values of controls that a page may show otherwise than they are."""
    areas = re.findall(r"<textarea.*?</textarea>", text, re.DOTALL)
    contents = [found for area in areas for found in re.findall(r">\s*(\{\{[^{}]*\}\})</textarea>", area)]
    values = re.findall(r'\bvalue="[^"{]*(\{\{.*?\}\})', text)
    assert len(contents) == len(areas), "a text area holds one text"
    return [one for one in (*values, *contents) if not re.search(r"\|\s*e\s*\}\}$", one)]
