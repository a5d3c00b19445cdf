"""Writes the archive of an image with one layer, from files of this machine; equal files give an equal archive."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

EPOCH: Final = "1970-01-01T00:00:00Z"
PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """What `docker save` would write of an image made of these files."""

    name: str
    files: Mapping[str, Path | bytes]
    """Content by its place in the image; what may be run on this machine may be run in the image."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Targets of symbolic links, by their place."""
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = "65532:65532"

    def archive(self) -> bytes:
        """The archive, as `ctr images import` reads it."""
        layer = self._layer()
        configuration = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": EPOCH,
                "config": {
                    "Env": [PATH],
                    "User": self.user,
                    "Entrypoint": list(self.entrypoint) or None,
                    "Cmd": list(self.command) or None,
                },
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
            },
            sort_keys=True,
        ).encode()
        named = f"{hashlib.sha256(configuration).hexdigest()}.json"
        manifest = json.dumps([{"Config": named, "RepoTags": [self.name], "Layers": ["layer.tar"]}]).encode()
        return _tar({named: (configuration, 0o644), "layer.tar": (layer, 0o644), "manifest.json": (manifest, 0o644)})

    def _layer(self) -> bytes:
        contents = {place: (_content(source), _mode(source)) for place, source in self.files.items()}
        return _tar(contents, self.links, ("tmp", 0o1777))


def _content(source: Path | bytes) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source


def _mode(source: Path | bytes) -> int:
    runs = os.access(source, os.X_OK) if isinstance(source, Path) else source.startswith(b"#!")
    return 0o755 if runs else 0o644


def _tar(
    contents: Mapping[str, tuple[bytes, int]], links: Mapping[str, str] | None = None, *folders: tuple[str, int]
) -> bytes:
    output = io.BytesIO()
    links = links or {}
    modes = {str(parent): 0o755 for place in (*contents, *links) for parent in PurePosixPath(place).parents}
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, mode in sorted({**modes, **dict(folders)}.items()):
            if name not in (".", "/"):
                tar.addfile(_entry(name, tarfile.DIRTYPE, mode))
        for place, (content, mode) in contents.items():
            entry = _entry(place, tarfile.REGTYPE, mode)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for place, target in links.items():
            entry = _entry(place, tarfile.SYMTYPE, 0o777)
            entry.linkname = target
            tar.addfile(entry)
    return output.getvalue()


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name.lstrip("/"))
    entry.type, entry.mode = kind, mode
    return entry
