"""What containers of simulated nodes answer to logs, attach and port-forward: the same fixed text for all.

No program runs in them, and none is started for them. `exec` is not answered at all, on purpose: kwok would run any
command it receives as a process of this machine, as the user who started the platform and outside any container. Its
port does not authenticate clients, so every program on this machine, and every page in a browser, could send it one.
Requests that are answered here name neither a file nor a command: both are ours and fixed.
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
"""The log of every container: one line a second, up to the first start of the platform."""
PAGE: Final = "This port is simulated: no program listens behind it.\n"
"""The HTTP answer of every port of every container."""
_API: Final = "kwok.x-k8s.io/v1alpha1"


def write_streams(directory: Path) -> Path:
    """Write kwok's answers into `directory`, and return its configuration file."""
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
    """The lines in the format of a container runtime's log file."""
    times = [now - timedelta(seconds=len(LOG) - number) for number in range(len(LOG))]
    return "".join(
        f"{time.isoformat().replace('+00:00', 'Z')} stdout F {line}\n" for time, line in zip(times, LOG, strict=True)
    )


def _answer() -> Sequence[str]:
    """The command that waits for a request's first byte, then answers this one request."""
    lines = ("HTTP/1.1 200 OK", "Content-Type: text/plain", f"Content-Length: {len(PAGE)}", "Connection: close", "")
    head = "".join(f"{line}\r\n" for line in lines)
    return ["/bin/sh", "-c", 'head -c 1 >/dev/null; printf %s "$0" "$1"', head, PAGE]
