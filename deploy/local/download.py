"""Downloads official releases: only with a matching published checksum, giving up soon if they are slow."""

import hashlib
import io
import os
import queue
import tarfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final

from deploy.local.versions import ETCD, KUBERNETES, KUBERNETES_BINARIES, NODE_BINARIES

PATIENCE: Final = 5.0
"""Seconds to wait for the next block; the first timeout ends all downloads from that server."""
BLOCK: Final = 4 << 20
"""Bytes: less than a block in PATIENCE seconds is slower than building."""
OF_KUBERNETES: Final = (*KUBERNETES_BINARIES, *NODE_BINARIES)


class NotDownloadedError(Exception):
    """The program cannot be downloaded; the message says why."""


class UnreachableError(NotDownloadedError):
    """The server does not answer, so nothing can be downloaded from it."""


@dataclass(frozen=True)
class Releases:
    """The addresses where the projects publish their releases."""

    kubernetes: str = "https://dl.k8s.io"
    etcd: str = "https://github.com/etcd-io/etcd/releases/download"
    patience: float = PATIENCE

    @classmethod
    def from_environment(cls) -> "Releases":
        """The projects' own servers, unless SLIPWAY_KUBERNETES_URL or SLIPWAY_ETCD_URL names a mirror."""
        kubernetes, etcd = os.environ.get("SLIPWAY_KUBERNETES_URL"), os.environ.get("SLIPWAY_ETCD_URL")
        return cls((kubernetes or cls.kubernetes).rstrip("/"), (etcd or cls.etcd).rstrip("/"))

    def place(self, name: str) -> str:
        """The base address of this program's project."""
        return self.kubernetes if name in OF_KUBERNETES else self.etcd

    def fetch(
        self, name: str, system: str, processor: str, on_bytes: Callable[[int], object] = lambda _: None
    ) -> bytes:
        """The program for that system and processor, its checksum verified; `on_bytes` gets the bytes received so far.

        NotDownloadedError if it has no published checksum or a different one; UnreachableError if the server is silent.
        """
        if name in OF_KUBERNETES:
            url = f"{self.kubernetes}/v{KUBERNETES}/bin/{system}/{processor}/{name}"
            published = self._get(f"{url}.sha512").decode(errors="replace").split()
            return self._verified(url, "sha512", published[0] if published else "", on_bytes)
        if name == "etcd" and system == "linux":
            archive = f"etcd-v{ETCD}-{system}-{processor}.tar.gz"
            lines = self._get(f"{self.etcd}/v{ETCD}/SHA256SUMS").decode(errors="replace").splitlines()
            published = next((line.split() for line in lines if line.endswith(archive)), [""])
            return _member(self._verified(f"{self.etcd}/v{ETCD}/{archive}", "sha256", published[0], on_bytes), "etcd")
        raise NotDownloadedError("no checksum is published for it")

    def _verified(self, url: str, kind: str, published: str, on_bytes: Callable[[int], object]) -> bytes:
        content = self._get(url, on_bytes)
        if not published or hashlib.new(kind, content).hexdigest() != published.lower():
            raise NotDownloadedError(f"refused: the download from {url} does not match the published {kind}")
        return content

    def _get(self, url: str, on_bytes: Callable[[int], object] = lambda _: None) -> bytes:
        content = bytearray()
        for block in _blocks(url, self.patience):
            content += block
            on_bytes(len(content))
        return bytes(content)


def _blocks(url: str, patience: float) -> Iterator[bytes]:
    """Yield the answer in blocks. A thread reads them, because a name lookup cannot have a time limit."""
    inbox: queue.Queue[bytes | Exception] = queue.Queue()

    def read() -> None:
        try:
            with urllib.request.urlopen(url, timeout=2 * patience) as answer:  # the waiting thread gives up first
                while block := answer.read(BLOCK):
                    inbox.put(block)
            inbox.put(b"")
        except (OSError, HTTPException, ValueError) as error:
            inbox.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            block = inbox.get(timeout=patience)
        except queue.Empty:
            raise UnreachableError(f"{url} did not answer within {patience:g} s") from None
        if isinstance(block, urllib.error.HTTPError):
            raise NotDownloadedError(f"{url}: {block.code} {block.reason}") from block
        if isinstance(block, Exception):
            raise UnreachableError(f"{url}: {getattr(block, 'reason', block)}") from block
        if not block:
            return
        yield block


def _member(archive: bytes, name: str) -> bytes:
    with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            file = tar.extractfile(entry) if Path(entry.name).name == name and entry.isfile() else None
            if file:
                return file.read()
    raise NotDownloadedError(f"the published archive does not contain {name}")
