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
FILE: Final = r"`(?P<file>tests/\S+\.py)`"
TEST: Final = r"`(?P<test>test_\w+)`"
COUNT: Final = r"`(?P<constant>[A-Z_]+)` = (?P<usual>[\d,]*\d)(?:\s+\((?P<full>[\d,]+) in full\))?"
NAMED: Final = re.compile("|".join((FILE, TEST, COUNT)))


class Named(NamedTuple):
    """A test of a module."""

    module: str
    name: str


class Counted(NamedTuple):
    """A constant of a module, its value in `make test`, and its value in `make test-long` if it differs."""

    module: str
    name: str
    usual: str
    full: str | None


def named() -> Iterator[Named | Counted]:
    """Every test that the page names, with the file that it names before it."""
    module = ""
    for found in NAMED.finditer(prose(PAGE)):
        if found["file"]:
            module = found["file"].removesuffix(".py").replace("/", ".")
        elif found["test"]:
            yield Named(module, found["test"])
        else:
            yield Counted(module, found["constant"], found["usual"], found["full"])


@cache
def source(module: str) -> str:
    """The text of the module."""
    return (DOCS.parent / f"{module.replace('.', '/')}.py").read_text()


@cache
def functions(module: str) -> frozenset[str]:
    """The functions that the module defines."""
    body = ast.parse(source(module)).body
    return frozenset(each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("test", [each for each in named() if isinstance(each, Named)], ids=lambda each: each.name)
def test_every_test_that_proves_a_promise_exists(test: Named) -> None:
    """If you rename or move a test, name it anew in docs/explanation/promises.md."""
    assert test.name in functions(test.module)


@pytest.mark.parametrize("count", [each for each in named() if isinstance(each, Counted)], ids=lambda each: each.name)
def test_every_count_is_the_tests_own(count: Counted) -> None:
    """If you change how often a test does something, change docs/explanation/promises.md with it."""
    both = re.search(rf"^{count.name}\b.* = count\(([\d_]+), ([\d_]+)\)", source(count.module), re.MULTILINE)
    if both:
        assert (count.usual, count.full) == tuple(f"{int(each):,}" for each in both.groups())
    else:
        assert (count.usual, count.full) == (f"{getattr(import_module(count.module), count.name):,}", None)


def test_every_promise_has_tests() -> None:
    """Each promise of the page has a section below with tests that prove it."""
    promises, _, proofs = prose(PAGE).partition("## The tests of each promise")
    titles = re.findall(r"^\*\*(.+)\.\*\*", promises, re.MULTILINE)
    sections = re.split(r"^### ", proofs, flags=re.MULTILINE)[1:]
    assert len(titles) == PROMISES
    assert [section.splitlines()[0] for section in sections] == titles
    assert [title for title, section in zip(titles, sections, strict=True) if "`test_" not in section] == []
