"""Slipway's own services as processes of the local platform."""

import http.client
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.ports import Ports
from deploy.local.processes import Component

ROOT: Final = Path(__file__).parents[2]
"""The checkout that the services run from."""
SERVICES: Final = ("status", "runner", "creator", "resolver", "watcher")
"""Those on the bus, one process each; consumers of a message start before its publishers."""

Command = Callable[[str], Sequence[str]]
"""Returns the command that starts the service with that name."""


def from_checkout(service: str) -> Sequence[str]:
    """The command that runs the service from this checkout with the current Python."""
    return [sys.executable, "-m", f"services.{service}"]


def service(
    name: str, directory: Path, ports: Ports, told: Callable[[], Mapping[str, str]], command: Command = from_checkout
) -> Component:
    """One service; `told` returns its settings, and is called at each start."""

    def environment() -> Mapping[str, str]:
        own = {"SLIPWAY_HTTP_PORT": str(ports.choose_if_taken(name)), "SLIPWAY_HTTP_HOST": "127.0.0.1"}
        return {
            **told(),
            **own,
            "SLIPWAY_LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
        }

    def answers() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", ports[name], timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    return Component(name, directory, lambda: command(name), answers, environment, ROOT)
