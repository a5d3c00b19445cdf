"""Archives that depend on nothing but their files: sorted, with one owner and one time."""

import io
import stat
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

EPOCH: Final = 315532800
"""1980-01-01, as in inside/install.py."""
EXECUTABLE: Final = 0o755
PLAIN: Final = 0o644


Content = Path | bytes | str
"""A file to read, what a file holds, or what a symbolic link names."""


def archive(files: Mapping[str, Content], target: IO[bytes], folders: Mapping[str, int] | None = None) -> None:
    """Write a tar of these files, by their path in it; `folders` are empty ones with their modes.

    A file that its owner may execute is executable; other modes, owners and times are lost.
    """
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in sorted({**_parents(files), **(folders or {})}.items()):
            tar.addfile(_entry(name, mode, tarfile.DIRTYPE))
        for name, content in sorted(files.items()):
            _add(tar, name, content)


def packed(files: Mapping[str, Content]) -> io.BytesIO:
    """The same in memory, at its beginning."""
    target = io.BytesIO()
    archive(files, target)
    target.seek(0)
    return target


def _parents(files: Mapping[str, Content]) -> dict[str, int]:
    return {str(parent): EXECUTABLE for name in files for parent in Path(name).parents if parent.name}


def _add(tar: tarfile.TarFile, name: str, content: Content) -> None:
    if isinstance(content, bytes):
        entry = _entry(name, PLAIN)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    elif isinstance(content, str):
        entry = _entry(name, EXECUTABLE, tarfile.SYMTYPE)
        entry.linkname = content
        tar.addfile(entry)
    else:
        executable = content.stat().st_mode & stat.S_IXUSR
        entry = _entry(name, EXECUTABLE if executable else PLAIN)
        entry.size = content.stat().st_size
        with content.open("rb") as stream:
            tar.addfile(entry, stream)


def _entry(name: str, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, mode, EPOCH
    return entry
