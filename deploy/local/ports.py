"""Free ports, chosen once and remembered, so that platforms run side by side and come back where they were."""

import json
import random
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.processes import read_json, write_atomically

RANGE: Final = range(20000, 30000)
"""Below what systems hand out to outgoing connections: a port given up for a restart is still free after it."""


class Ports:
    """The ports of one platform by name, in `ports.json` of its folder."""

    def __init__(self, directory: Path, fixed: Mapping[str, int] | None = None) -> None:
        self._file = directory / "ports.json"
        self._fixed = dict(fixed or {})

    def __getitem__(self, name: str) -> int:
        """The port of that name: given, remembered, or chosen now."""
        if name in self._fixed:
            return self._fixed[name]
        known = read_json(self._file)
        return int(known[name]) if name in known else self.choose(name)

    def choose(self, name: str) -> int:
        """Choose another port for that name, and remember it."""
        known = read_json(self._file)
        known[name] = free_port(set(known.values()) | set(self._fixed.values()))
        write_atomically(self._file, json.dumps(known, indent=1))
        return int(known[name])

    def choose_if_taken(self, name: str) -> int:
        """The port of that name, or another one where somebody else listens on it meanwhile."""
        port = self[name]
        return port if name in self._fixed or is_free(port) else self.choose(name)


def free_port(taken: set[int] | None = None) -> int:
    """A port of this machine that nobody listens on and that is not among `taken`."""
    for port in random.SystemRandom().sample(RANGE, len(RANGE)):
        if port not in (taken or ()) and is_free(port):
            return port
    raise OSError("no port between 20000 and 30000 is free")


def is_free(port: int) -> bool:
    """Whether nobody listens on the port now, on any address of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
    return True
