"""Tests read as a specification: each states its property, and none is too long to read."""

import ast
from functools import cache
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
LONGEST_FILE: Final = 400
"""Lines of a file of tests."""
LONGEST_TEST: Final = 40
"""Lines of a test, its docstring and decorators not counted."""
Test = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_test_states_its_property() -> None:
    """A docstring says in the domain's words what the test proves."""
    assert [place for place, test in _tests() if not ast.get_docstring(test)] == []


def test_no_test_is_too_long_to_be_read() -> None:
    """A test has at most 40 lines, and a file of tests at most 400."""
    assert [place for place, test in _tests() if _lines(test) > LONGEST_TEST] == []
    files = [(str(path.relative_to(TESTS)), len(path.read_text().splitlines())) for path in _files()]
    assert [(name, lines) for name, lines in files if lines > LONGEST_FILE] == []


def _files() -> list[Path]:
    found = sorted(TESTS.rglob("test_*.py"))
    assert len(found) > 100, "the search finds them"
    return found


@cache
def _tests() -> list[tuple[str, Test]]:
    trees = ((path.relative_to(TESTS), ast.parse(path.read_text())) for path in _files())
    return [
        (f"{name}: {node.name}", node)
        for name, tree in trees
        for node in tree.body
        if isinstance(node, Test) and node.name.startswith("test_")
    ]


def _lines(test: Test) -> int:
    first = test.body[1] if ast.get_docstring(test) and len(test.body) > 1 else test.body[0]
    return (test.end_lineno or 0) - first.lineno + 1
