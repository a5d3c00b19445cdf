"""The keys of seals that the services of this test process use, and messages sealed as the resolver does."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from deploy.local.seals import SealKeys
from shared.messages import WorkloadResolved
from shared.objects import Manifest
from shared.resolution.decided import sealed
from shared.resolution.seal import sealing_key


@cache
def seal_keys() -> SealKeys:
    """The keys of all services that this process starts, in a folder that is removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-seals-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return SealKeys(folder / "seals").make()


def sealed_by_the_resolver(message: WorkloadResolved, workload: Manifest) -> WorkloadResolved:
    """The message about this workload, as the resolver sends it."""
    key = sealing_key(seal_keys().private.read_bytes())
    return sealed(message, workload["spec"], workload["metadata"].get("annotations") or {}, key)
