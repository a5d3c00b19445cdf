"""The page of promises names tests that exist, and the counts with which they run."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Final, NamedTuple

import pytest

from tests.unit.docs.pages import DOCS, prose

PAGE: Final = DOCS / "explanation" / "promises.md"
PROMISES: Final = 10
NAMED: Final = re.compile(
    r"`(?P<file>tests/\S+\.py)`|`(?P<test>test_\w+)`|`(?P<constant>[A-Z_]+)` = (?P<count>[\d,]*\d)"
)


class Claim(NamedTuple):
    """What the page says of a file of tests: a test that it has, or a count."""

    module: str
    name: str
    times: str | None = None


def claims() -> Iterator[Claim]:
    """All that the page says of tests, each with the file that it names before."""
    module = ""
    for found in NAMED.finditer(prose(PAGE)):
        if found["file"]:
            module = found["file"].removesuffix(".py").replace("/", ".")
        else:
            yield Claim(module, found["test"] or found["constant"], found["count"])


@cache
def functions(module: str) -> frozenset[str]:
    """The functions that the module defines."""
    text = (DOCS.parent / f"{module.replace('.', '/')}.py").read_text()
    return frozenset(
        each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("claim", [each for each in claims() if each.times is None], ids=lambda each: each.name)
def test_every_test_that_proves_a_promise_exists(claim: Claim) -> None:
    """If you rename or move a test, name it anew in docs/explanation/promises.md."""
    assert claim.name in functions(claim.module)


@pytest.mark.parametrize("claim", [each for each in claims() if each.times], ids=lambda each: each.name)
def test_every_count_is_the_tests_own(claim: Claim) -> None:
    """If you change how often a test does something, change docs/explanation/promises.md with it."""
    assert f"{getattr(import_module(claim.module), claim.name):,}" == claim.times


def test_every_promise_has_tests() -> None:
    """Each promise of the page has a section below with tests that prove it."""
    promises, _, proofs = prose(PAGE).partition("## The tests of each promise")
    titles = re.findall(r"^\*\*(.+)\.\*\*", promises, re.MULTILINE)
    sections = re.split(r"^### ", proofs, flags=re.MULTILINE)[1:]
    assert len(titles) == PROMISES
    assert [section.splitlines()[0] for section in sections] == titles
    assert [title for title, section in zip(titles, sections, strict=True) if "`test_" not in section] == []
