"""A whole local platform of a test's own, with stand-ins for the services on the bus, which would need much time."""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local.console import CONSOLE
from deploy.local.platform import Platform
from deploy.local.processes import Component, strays
from deploy.local.progress import Progress
from deploy.local.services import from_checkout

STAND_IN = """
import http.server, os, signal, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_): pass
print(sys.argv[1], "works on", os.environ["SLIPWAY_KUBECONFIG"], "and", os.environ.get("SLIPWAY_NATS_URL"), flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["SLIPWAY_HTTP_PORT"])), Ready).serve_forever()
"""
"""Stands in for a service: prints its environment and reports that it is ready."""


def _stand_in(service: str) -> Sequence[str]:
    return from_checkout(service) if service == CONSOLE else [sys.executable, "-c", STAND_IN, service]


class Local:
    """A test's own platform, its output, and its end."""

    def __init__(self, folder: Path, kubeconfig: Path | None = None) -> None:
        self.folder, self.page = folder, io.StringIO()
        self.platform = Platform(folder, kubeconfig=kubeconfig, command=_stand_in, progress=Progress(self.page))

    def up(self) -> str:
        """Start it; returns its output."""
        return self._said(self.platform.up)

    def down(self) -> str:
        """Stop it; returns its output."""
        return self._said(self.platform.down)

    def part(self, name: str) -> Component:
        """One component by name."""
        return next(component for component in self.platform.components if component.name == name)

    def pids(self) -> dict[str, int | None]:
        """The process id of every component."""
        return {component.name: component.pid for component in self.platform.components}

    def _said(self, action: object) -> str:
        assert callable(action)
        start = len(self.page.getvalue())
        action()
        return self.page.getvalue()[start:]


@contextmanager
def local_in(folder: Path, kubeconfig: Path | None = None) -> Iterator[Local]:
    """A platform in this folder, which is down at the end and has left no process."""
    made = Local(folder, kubeconfig)
    try:
        yield made
    finally:
        made.down()
        assert list(strays(folder)) == []
