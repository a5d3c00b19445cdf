"""A mirror of the projects' releases on this machine, which misbehaves as configured."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deploy.local.binaries import processor, system
from deploy.local.versions import KUBERNETES

HANG = b"hang"
"""Content that never comes: the mirror takes the request and is silent."""


class Mirror(ThreadingHTTPServer):
    """Serves `files` by path, and records the requested paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """The URL of the mirror."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def publish(self, name: str, content: bytes, checksum: str | None = None) -> None:
        """Offer a Kubernetes program, with its own checksum unless another one is given."""
        path = kubernetes_path(name)
        self.files[path] = content
        self.files[f"{path}.sha512"] = (checksum or hashlib.sha512(content).hexdigest()).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content == HANG:
            self.server.over.wait()
            return
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Log nothing: `asked` has the requests."""


def kubernetes_path(name: str) -> str:
    """The path at which Kubernetes publishes that program for this machine."""
    return f"/v{KUBERNETES}/bin/{system()}/{processor()}/{name}"


@contextmanager
def mirror() -> Iterator[Mirror]:
    """A mirror with nothing on it yet."""
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
