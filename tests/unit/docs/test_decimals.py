"""Examples in the documents can be applied unchanged."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from generate.files import ROOT
from generate.parameters_page import MISTAKES

PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
MISTAKEN = yaml.safe_load(MISTAKES.read_text())


def examples(page: str) -> Iterator[str]:
    """Every text that may be YAML: the YAML blocks, and what is between backticks."""
    yield from re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", page)


def decimals(found: Any) -> list[float]:
    """The decimals in parsed YAML, not those inside strings."""
    if isinstance(found, dict | list):
        return [one for inside in (found.values() if isinstance(found, dict) else found) for one in decimals(inside)]
    return [found] if isinstance(found, float) else []


def read(text: str) -> Any:
    """The parsed YAML; None if the text is not YAML."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_decimals_are_quoted(page: Path) -> None:
    """The API server takes whole numbers and text, and refuses a bare decimal before any of our services sees it."""
    shown = [text for text in examples(page.read_text()) if isinstance(read(text), dict | list)]
    assert [text for text in shown if decimals(read(text))] == []


def test_decimals_are_quoted_in_the_examples_of_mistakes() -> None:
    """No example shows a bare decimal, which the API server would refuse."""
    written = [one.get(field, "") for mistakes in MISTAKEN.values() for one in mistakes for field in ("spec", "policy")]
    assert [text for text in written if decimals(yaml.safe_load(f"{{{text}}}"))] == []


def test_decimals_are_found() -> None:
    """The search for bare decimals finds them."""
    assert decimals(read("cpu: {rules: {step: 0.2, options: [1.5]}, value: '0.5'}")) == [0.2, 1.5]
    assert list(examples("a `gpu: {value: 1.5}` b\n```yaml\na: 0.1\n```\n")) == ["a: 0.1\n", "gpu: {value: 1.5}"]
