"""What the containers of simulated nodes answer to logs, attach and port-forward: the same few fixed words for all.

No program runs in them, and none is started for them. `exec` is not answered at all, and that is on purpose: kwok would
run whatever command it is told as a process of this machine, as the user who started the platform and outside any
container; and its port asks nobody who they are, so that every program of this machine, and every page in a browser,
could tell it one. What is answered here names neither a file nor a command: both are ours and fixed.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.local.processes import write_atomically

LOG: Final = (
    "This container is simulated: its node runs no programs.",
    "Everything around it is real: the workload, its policy, the job and its pod.",
    "A notebook would print its address here, such as http://localhost:8888/?token=played",
)
"""What every container has printed, a line each second until the platform was first started."""
PAGE: Final = "This port is simulated: no program listens behind it.\n"
"""What every port of every container answers, over HTTP."""
_API: Final = "kwok.x-k8s.io/v1alpha1"


def write_streams(directory: Path) -> Path:
    """Write what kwok is to answer into `directory`, and return the file that tells it so."""
    log = directory / "container.log"
    if not log.exists():
        write_atomically(log, _log(datetime.now(UTC)))
    answers = [
        _for_all("ClusterLogs", logs=[{"logsFile": str(log)}]),
        _for_all("ClusterAttach", attaches=[{"logsFile": str(log)}]),
        _for_all("ClusterPortForward", forwards=[{"command": _answer()}]),
    ]
    file = directory / "streams.yaml"
    write_atomically(file, "\n---\n".join(json.dumps(answer) for answer in answers) + "\n")
    return file


def _for_all(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": "played"}, "spec": spec}


def _log(now: datetime) -> str:
    """The lines as a container runtime keeps them."""
    times = [now - timedelta(seconds=len(LOG) - number) for number in range(len(LOG))]
    return "".join(
        f"{time.isoformat().replace('+00:00', 'Z')} stdout F {line}\n" for time, line in zip(times, LOG, strict=True)
    )


def _answer() -> Sequence[str]:
    """Wait for the request's first byte, then answer it and no other."""
    lines = ("HTTP/1.1 200 OK", "Content-Type: text/plain", f"Content-Length: {len(PAGE)}", "Connection: close", "")
    head = "".join(f"{line}\r\n" for line in lines)
    return ["/bin/sh", "-c", 'head -c 1 >/dev/null; printf %s "$0" "$1"', head, PAGE]
