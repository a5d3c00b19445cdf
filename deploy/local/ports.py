"""Free ports, chosen once and remembered, so that platforms run side by side and come back where they were."""

import json
import random
import socket
import weakref
from collections.abc import Collection, Mapping
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
        self._held: list[HeldPort] = []

    def __getitem__(self, name: str) -> int:
        """The port of that name: given, remembered, or chosen now."""
        if name in self._fixed:
            return self._fixed[name]
        known = read_json(self._file)
        return int(known[name]) if name in known else self.choose(name)

    def choose(self, name: str) -> int:
        """Choose another port for that name, and remember it. Nobody else chooses it while this object lives."""
        known = read_json(self._file)
        self._held.append(HeldPort(set(known.values()) | set(self._fixed.values())))
        known[name] = self._held[-1].number
        write_atomically(self._file, json.dumps(known, indent=1))
        return int(known[name])

    def choose_if_taken(self, name: str) -> int:
        """The port of that name, or another one where somebody else listens on it meanwhile."""
        port = self[name]
        return port if name in self._fixed or is_free(port) else self.choose(name)


class HeldPort:
    """A free port that no other platform of this machine chooses until this object, or its process, is gone.

    A program takes seconds from being told its port to listening on it, and two platforms may be brought up at once.
    """

    def __init__(self, taken: Collection[int] = ()) -> None:
        """Any but those `taken`. OSError where there is none."""
        for number in random.SystemRandom().sample(RANGE, len(RANGE)):
            if number not in taken and (hold := _hold(number)):
                if is_free(number):
                    self.number = number
                    weakref.finalize(self, hold.close)
                    return
                hold.close()
        raise OSError(f"no port between {RANGE.start} and {RANGE.stop} is free")


def free_port(taken: Collection[int] = ()) -> int:
    """A port of this machine that nobody listens on, nobody holds, and that is not among `taken`."""
    return HeldPort(taken).number


def _hold(port: int) -> socket.socket | None:
    """What nobody else on this machine can have at the same time, and what the system frees with its process."""
    hold = socket.socket(socket.AF_UNIX)
    try:
        hold.bind(f"\0slipway-port-{port}")  # a name in Linux's own list, no file
    except OSError:
        hold.close()
        return None
    return hold


def is_free(port: int) -> bool:
    """Whether nobody listens on the port now, on any address of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
    return True
