"""The picture of a terminal in the README: two submissions, one refused and one accepted.

Its contents come from the tutorial, whose commands and outputs are checked against a running platform.
"""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

TUTORIAL: Final = Path("docs/tutorial.md")
PICTURE: Final = Path("docs/terminal.svg")
SHOWN: Final = ("runai submit -p vision --name big", "runai submit -p vision -i ubuntu")
"""Prefixes of the commands to show, in this order."""
WIDTH: Final = 106
"""Columns of the terminal; longer lines wrap as in a terminal."""
FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rules that fetch a font; they are removed, so that the reader's own font is used."""
COLOURS: Final = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)


def pictures(root: Path) -> Mapping[Path, str]:
    """The picture, by path in the repository; the tutorial is read from `root`."""
    return {PICTURE: drawn((root / TUTORIAL).read_text())}


def drawn(tutorial: str) -> str:
    """The picture as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", highlight=False)
    for number, beginning in enumerate(SHOWN):
        command, printed = dialogue(tutorial, beginning)
        if number:
            console.print()
        console.print(Text.assemble(("$ ", "green"), (command, "bold")), overflow="fold")
        for line in printed:
            console.print(Text(line, _style(line)), overflow="fold")
    picture = console.export_svg(title="runai", theme=COLOURS, unique_id="terminal")
    return FONTS.sub("", picture).replace("Fira Code", "ui-monospace, Menlo, DejaVu Sans Mono") + "\n"


def dialogue(page: str, beginning: str) -> tuple[str, list[str]]:
    """The command of the page with that prefix, and the lines that it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for step in _steps(block):
            command, *printed = step.rstrip().split("\n")
            if command.startswith(beginning):
                return command, printed
    raise LookupError(f"{TUTORIAL} shows no command that begins with: {beginning}")


def _steps(block: str) -> Iterator[str]:
    yield from re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]


def _style(line: str) -> str:
    if line.startswith("Error:"):
        return "red"
    return "yellow" if re.match(r"  \S+: ", line) else "white"
