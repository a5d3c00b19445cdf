"""Run all benchmarks, and write `docs/bench.md` with its pictures: `python -m bench`.

Each benchmark describes what it measures and how. The page shows what they print, and on which machine.
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
HEAD: Final = """# Benchmark

Written by `make bench`, on {machine}, {day}. Absolute numbers depend on the machine; ratios
within one run carry over.
"""


class _Both(io.StringIO):
    """Records the output while printing it."""

    def write(self, text: str) -> int:
        print(text, end="", file=sys.__stdout__)
        return super().write(text)


def main() -> None:
    """Run all benchmarks, print their results and write the page."""
    argparse.ArgumentParser(prog="python -m bench", description=__doc__).parse_args()
    PICTURES.mkdir(exist_ok=True)
    gigabytes = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores and {gigabytes:.0f} GiB, Python {platform.python_version()}"
    page = [HEAD.format(machine=machine, day=datetime.now(UTC).date())]
    for title, measure in PARTS.items():
        with redirect_stdout(_Both()) as said:
            pictures = measure(())
        for picture in pictures:
            picture.write(PICTURES)
        page += [f"## {title}\n", *(f"![{picture.title}](bench/{picture.name}.svg)\n" for picture in pictures)]
        page.append(f"```text\n{said.getvalue().strip()}\n```\n")
    PAGE.write_text("\n".join(page))


if __name__ == "__main__":
    main()
