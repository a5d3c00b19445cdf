"""Runs inside the build, by the base image's Python and with its standard library only.

`python -m inside.install packages` installs the wheels in /build; `sources` compiles Slipway's own code. Both leave
their result in /out, with one fixed time on every file, so that the same inputs give the same layer.
"""

import compileall
import importlib.util
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

from .slim import slim  # relative: the build knows this package by a shorter name

BUILD = Path("/build")
OUT = Path("/out")
APP = OUT / "app"
EPOCH = 315532800
"""1980-01-01, the earliest time that every archive format can hold."""


def main() -> None:
    """Do what the argument says."""
    {"packages": packages, "sources": sources}[sys.argv[1]]()
    compiled()
    undated()


def packages() -> None:
    """Install exactly what requirements.txt pins, from the wheels, each checked against its hash.

    pip refuses a package that another one needs and requirements.txt lacks.
    """
    if importlib.util.find_spec("pip") is None:
        run("-m", "ensurepip")
    run(
        *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"),
        *("--no-index", "--find-links", str(BUILD / "wheels"), "--only-binary=:all:", "--require-hashes"),
        *("--no-cache-dir", "--no-compile", "--no-warn-script-location", "--target", str(APP / "packages")),
        *("--requirement", str(BUILD / "requirements.txt")),
    )
    shutil.rmtree(APP / "packages" / "bin", ignore_errors=True)  # commands, whose first line names this stage's Python
    slim(APP / "packages")


def sources() -> None:
    """Add the program that Docker asks for the health of a container."""
    shutil.copy(Path(__file__).with_name("healthy.py"), APP)


def compiled() -> None:
    """Compile everything, so that nothing is compiled at a start, where the file system is read-only."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(APP, quiet=1, stripdir=str(OUT), invalidation_mode=mode, workers=1):
        raise SystemExit("not everything can be compiled: see above")


def undated() -> None:
    """Give every file the same owner, time and mode."""
    for path in (APP, *APP.rglob("*")):
        os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in (*APP.rglob("*"), APP, OUT):
        os.utime(path, (EPOCH, EPOCH))


def run(*arguments: str) -> None:
    """Run Python with these arguments; end with its exit code if it fails."""
    done = subprocess.run([sys.executable, *arguments], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
