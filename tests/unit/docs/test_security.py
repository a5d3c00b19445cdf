"""The page on security names a test for every attack, and each of them exists."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.unit.docs.pages import DOCS

TESTS: Final = Path(__file__).parents[2]
ROWS: Final = [
    line.split("|")[1:4]
    for line in (DOCS / "security.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| attack ")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:60])
def test_every_attack_has_a_test_that_exists(row: list[str]) -> None:
    """P9: what the page says is prevented is tried."""
    _, prevented_by, tests = row
    named = re.findall(r"`(test_\w+\.py)`", tests)
    assert prevented_by.strip()
    assert named
    assert [name for name in named if not list(TESTS.rglob(name))] == []


def test_every_file_of_attacks_is_on_the_page() -> None:
    """P9: no attack is tried without the page saying so."""
    files = {path.name for path in (TESTS / "integration" / "attacks").glob("test_*.py")}
    assert files - {name for row in ROWS for name in re.findall(r"`(test_\w+\.py)`", row[2])} == set()
