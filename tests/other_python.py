"""Print the Python that the unit tests run on besides this one: the oldest supported, or else the newest there is.

Nothing is printed if this machine has one supported Python only; the reason goes to standard error.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OLDEST: Final = (3, 11)
"""As in `requires-python`."""
NEWEST: Final = (3, 14)
"""The newest that is looked for; the classifiers name those that pass."""
PYENV: Final = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"


def candidates() -> Iterator[tuple[tuple[int, int], str]]:
    """Every supported Python on this machine, by version."""
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        installed = sorted(PYENV.glob(f"3.{minor}.*/bin/python"))
        for path in (shutil.which(f"python3.{minor}"), *map(str, reversed(installed))):
            if path and works(path, minor):
                yield (3, minor), path


def works(path: str, minor: int) -> bool:
    """Whether it is that version, and can make environments; a shim of pyenv may be neither."""
    code = "import sys, ensurepip, venv; print(sys.version_info.minor)"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    return re.fullmatch(rf"{minor}\n", done.stdout) is not None


def main() -> None:
    """Print it."""
    here = sys.version_info[:2]
    others = {version: path for version, path in candidates() if version != here}
    if not others:
        sys.stderr.write(f"unit tests run on Python {here[0]}.{here[1]} only: there is no other supported one here\n")
        return
    sys.stdout.write(others.get(OLDEST) or others[max(others)])


if __name__ == "__main__":
    main()
