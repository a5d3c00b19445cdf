"""Write every file that follows from the catalogue and the code, or compare it with what is there."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from generate.files import ROOT, flags_are_stale, outdated, write
from generate.notice import COMMAND


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or compare them with `--check`; 1 if any of them is out of date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--root", type=Path, default=ROOT, help="repository to write to (default: this one)")
    options = parser.parse_args(arguments)
    if not options.check:
        stale = flags_are_stale()
        write(options.root)
        # commands read their flags on import, so a new process generates their page
        again = [sys.executable, "-m", "generate", "--root", str(options.root)]
        return subprocess.run(again, cwd=ROOT, check=False).returncode if stale and options.root == ROOT else 0
    complaints = outdated(options.root)
    if complaints:
        sys.stderr.write("\n".join([*complaints, f"to update, run: {COMMAND}"]) + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
