"""What a machine must have so that a node can run on it."""

import os
import platform
import shutil
from typing import Final

from deploy.local.errors import PlatformError

PROGRAMS: Final = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
    "iptables": "iptables",
    "runc": "runc",
    "busybox": "busybox-static",
}
"""Programs that are not built here, and Debian's packages of them."""


def check() -> None:
    """Raise PlatformError with everything that is missing, in one sentence."""
    lacks = [] if platform.system() == "Linux" else ["Linux"]
    if not lacks and os.geteuid() != 0:
        lacks.append("root")
    if missing := sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)}):
        lacks.append(f"the programs of these packages: {' '.join(missing)}")
    if lacks:
        raise PlatformError(f"a real node cannot run here: it needs {' and '.join(lacks)}")
