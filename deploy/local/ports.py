"""Free ports, chosen once and remembered, so that platforms run side by side and keep their ports on a restart."""

import json
import random
import socket
import weakref
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from deploy.local.processes import read_json, write_atomically

RANGE: Final = range(20000, 30000)
"""Below the range for outgoing connections, so that a port stays free while its program restarts."""


class Ports:
    """The ports of one platform by name, kept in `ports.json` in its folder."""

    def __init__(self, directory: Path, fixed: Mapping[str, int] | None = None) -> None:
        self._file = directory / "ports.json"
        self._fixed = dict(fixed or {})
        self._held: list[HeldPort] = []

    def __getitem__(self, name: str) -> int:
        """The port with that name: fixed, remembered, or newly chosen."""
        if name in self._fixed:
            return self._fixed[name]
        known = read_json(self._file)
        return int(known[name]) if name in known else self.choose(name)

    def choose(self, name: str) -> int:
        """Choose another port for that name, and remember it. No other platform chooses it while this object lives."""
        known = read_json(self._file)
        self._held.append(HeldPort(set(known.values()) | set(self._fixed.values())))
        known[name] = self._held[-1].number
        write_atomically(self._file, json.dumps(known, indent=1))
        return int(known[name])

    def choose_if_taken(self, name: str) -> int:
        """The port with that name, or another one if a different program has started to listen on it."""
        port = self[name]
        return port if name in self._fixed or is_free(port) else self.choose(name)


class HeldPort:
    """A free port that no other platform on this machine chooses until this object, or its process, is gone.

    A program can take seconds until it listens on its port, and two platforms may start at the same time.
    """

    def __init__(self, taken: Collection[int] = ()) -> None:
        """Hold any port that is not in `taken`. OSError if none is free."""
        for number in random.SystemRandom().sample(RANGE, len(RANGE)):
            if number not in taken and (hold := _hold(number)):
                if is_free(number):
                    self.number = number
                    weakref.finalize(self, hold.close)
                    return
                hold.close()
        raise OSError(f"no port between {RANGE.start} and {RANGE.stop} is free")


def free_port(taken: Collection[int] = ()) -> int:
    """A port of this machine on which nothing listens, that is not held, and that is not in `taken`."""
    return HeldPort(taken).number


def _hold(port: int) -> socket.socket | None:
    """Hold the port by an exclusive lock, which the system releases with the process; None if it is held already."""
    hold = socket.socket(socket.AF_UNIX)
    try:
        hold.bind(f"\0slipway-port-{port}")  # a name in Linux's abstract namespace, not a file
    except OSError:
        hold.close()
        return None
    return hold


def is_free(port: int) -> bool:
    """Whether nothing listens on the port now, on any address of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
    return True
