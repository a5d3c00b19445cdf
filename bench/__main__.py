"""Run all benchmarks, and write `docs/bench.md` with its pictures: `python -m bench`.

Each benchmark describes what it measures and how. The page shows what they print, and on which machine. With a name, it
runs one of them and writes only its section: `python -m bench console --minutes 2`.
"""

import argparse
import io
import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from bench import cli, console, resolve, submission
from bench.pictures import Picture

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "bench.md"
PICTURES: Final = PAGE.parent / "bench"
PARTS: Final[dict[str, Callable[[Sequence[str]], list[Picture]]]] = {
    "A submission": submission.measure,
    "Resolving the values": resolve.measure,
    "The command line": cli.measure,
    "The console": console.measure,
}
NAMES: Final = {measure.__module__.rpartition(".")[2]: title for title, measure in PARTS.items()}
"""The titles of the parts, by the names of their modules."""
HEAD: Final = """# Benchmark

Written by `make bench`. Absolute numbers depend on the machine; ratios within one run carry over.
"""


class _Both(io.StringIO):
    """Records the output while printing it."""

    def write(self, text: str) -> int:
        print(text, end="", file=sys.__stdout__)
        return super().write(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all benchmarks or one of them, print their results and write their sections of the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=[*NAMES], help="run only this one, with its own options")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.part is None:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    written = {NAMES[options.part]: section(NAMES[options.part], rest)} if options.part else {}
    if not options.part:
        written = {title: section(title, ()) for title in PARTS}
    known = sections(PAGE.read_text() if PAGE.exists() else "")
    PAGE.write_text("\n".join([HEAD, *({**known, **written}[title] for title in PARTS if title in known | written)]))


def section(title: str, options: Sequence[str]) -> str:
    """Run one benchmark, draw its pictures, and return its section of the page."""
    PICTURES.mkdir(exist_ok=True)
    with redirect_stdout(_Both()) as said:
        pictures = PARTS[title](options)
    for picture in pictures:
        picture.write(PICTURES)
    gigabytes = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores and {gigabytes:.0f} GiB, Python {platform.python_version()}"
    shown = "".join(f"![{picture.title}](bench/{picture.name}.svg)\n\n" for picture in pictures)
    when = f"On {machine}, {datetime.now(UTC).date()}:\n\n"
    return f"## {title}\n\n{when}{shown}```text\n{said.getvalue().strip()}\n```\n"


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their titles."""
    found = (f"## {part.strip()}\n" for part in f"\n{page}".split("\n## ")[1:])
    return {text.partition("\n")[0].removeprefix("## "): text for text in found}


if __name__ == "__main__":
    main()
