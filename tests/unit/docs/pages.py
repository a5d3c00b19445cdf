"""The hand-written and generated pages, and the blocks of code in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from generate.files import ROOT

DOCS: Final = ROOT / "docs"
PAGES: Final = sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md")})
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code: its page, its language, its text."""

    page: Path
    language: str
    text: str


def title(page: Path) -> str:
    """The page's path in the repository, for the names of tests."""
    return str(page.relative_to(ROOT))


def blocks(*languages: str) -> Iterator[Block]:
    """The blocks in these languages from all pages."""
    for page in PAGES:
        for language, text in BLOCK.findall(page.read_text()):
            if language in languages:
                yield Block(page, language, text)


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return BLOCK.sub("", page.read_text())
