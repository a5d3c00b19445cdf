"""The wheelhouse: the runtime's packages as wheels for a base image, downloaded once and checked by their hashes."""

import hashlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.images.bases import Target
from deploy.images.requirements import Pin
from deploy.local import golang
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress

HINT: Final = "The wheels come from pip's package index: check the network and pip's settings."
LEAST_LIBC: Final = 5
"""The oldest minor version of the GNU C library 2 that wheels are named after."""


def wheels(pins: Sequence[Pin], target: Target, home: Path, progress: Progress) -> list[Path]:
    """Return the wheels of exactly these packages for this base, sorted; they are kept in `home`.

    PlatformError with the end of pip's log if one is missing or has another hash.
    """
    text = "".join(f"{pin}\n" for pin in pins)
    digest = hashlib.sha256("\n".join([text, *options(target)]).encode()).hexdigest()
    folder = home / "wheels" / digest[:16]
    if not folder.exists():
        with progress.step(f"downloading {len(pins)} wheels", f"{len(pins)} wheels downloaded"):
            _download(text, target, folder)
    return sorted(folder.glob("*.whl"))


def options(target: Target) -> Iterator[str]:
    """The options by which pip chooses wheels for the base instead of for this Python."""
    yield from ("--only-binary=:all:", "--implementation", "cp", "--python-version", target.python)
    for abi in (f"cp{target.python.replace('.', '')}", "abi3", "none"):
        yield from ("--abi", abi)
    for minor in range(target.libc[1], LEAST_LIBC - 1, -1):
        yield from ("--platform", f"manylinux_2_{minor}_{target.machine}")
    for older in ("manylinux2014", "manylinux2010", "manylinux1"):
        yield from ("--platform", f"{older}_{target.machine}")


def _download(text: str, target: Target, folder: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        raise PlatformError("the wheels are downloaded by pip, which .venv lacks: run `make clean`, then try again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        (temporary / "requirements.txt").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", *options(target)]
        arguments = ["--dest", str(temporary), "--requirement", str(temporary / "requirements.txt")]
        golang.run([*command, *arguments], folder.parent / f"{folder.name}.log", {}, HINT)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
