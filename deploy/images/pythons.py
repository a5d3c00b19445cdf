"""Finds the Pythons that this machine has. It needs nothing but the standard library."""

import os
import re
import shutil
import subprocess
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
