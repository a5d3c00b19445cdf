"""The version before this one: the checkout as it was before the last commit that changed what the image holds."""

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

from deploy.images.build import ROOT, service_image
from deploy.images.engine import Engine

VARIABLE: Final = "PREVIOUS_IMAGE"
"""Environment variable that names the image of an earlier release instead."""
INSIDE: Final = ("shared", "services", "requirements.lock")
"""What makes a difference between two images."""
MISSING: Final = (
    "two versions: this checkout has no earlier commit, so both are of this code; "
    f"`git fetch --unshallow`, or an image in {VARIABLE}, lets two versions run"
)


def previous_image(folder: Path) -> str | None:
    """The image of the version before this one, built in this folder if it is not there; None without a history."""
    if chosen := os.environ.get(VARIABLE):
        engine = Engine.connect()
        if not engine.identity(chosen):
            engine.pull(chosen)
        return chosen
    packed = _before(ROOT)
    if packed is None:
        return None
    with tarfile.open(fileobj=BytesIO(packed)) as tree:
        tree.extractall(folder, filter="data")
    return service_image(folder)


def _before(root: Path) -> bytes | None:
    """That version of the checkout, as a tar."""
    changed = _git(root, "log", "-1", "--format=%H", "--", *INSIDE)
    return _git(root, "archive", f"{changed.decode().strip()}^") if changed else None


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git prints; None if it cannot, as in a checkout without that history."""
    around = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False, env=around)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
