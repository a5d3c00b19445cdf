"""The keys of seals that the services of this test process use, and messages sealed as the resolver does."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from deploy.local.seals import SealKeys
from shared.messages import WorkloadResolved
from shared.resolution.decided import sealed
from shared.resolution.seal import sealing_key


@cache
def seal_keys() -> SealKeys:
    """The keys of all services that this process starts, in a folder that is removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-seals-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return SealKeys(folder / "seals").make()


def sealed_by_the_resolver(message: WorkloadResolved, spec: dict[str, Any]) -> WorkloadResolved:
    """The message as the resolver sends it."""
    return sealed(message, spec, sealing_key(seal_keys().private.read_bytes()))
