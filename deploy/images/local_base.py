"""Makes a base image from a Python that is installed on this machine: for machines that cannot pull one.

It holds the interpreter, its standard library and the shared libraries that these and wheels need, and nothing else:
no shell, no package manager.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.images.archives import EXECUTABLE, archive
from deploy.images.engine import Engine
from deploy.local.errors import PlatformError

ASK: Final = """
import json, os, platform, sys, sysconfig
print(json.dumps({
    "version": platform.python_version(),
    "program": os.path.realpath(sys.executable),
    "library": sysconfig.get_path("stdlib"),
    "wheels": sysconfig.get_config_var("WHEEL_PKG_DIR"),
    "build": sys.version,
}))
"""
LEFT_OUT: Final = frozenset({
    "__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "site-packages", "dist-packages",
})  # fmt: skip
"""Folders of the standard library that no service needs."""
WHEELS_NEED: Final = (
    "libpthread.so.0", "librt.so.1", "libdl.so.2", "libutil.so.1", "libm.so.6", "libresolv.so.2", "libanl.so.1",
    "libgcc_s.so.1", "libstdc++.so.6", "libnss_dns.so.2", "libnss_files.so.2",
)  # fmt: skip
"""Libraries that wheels may expect of every Linux system, and those that look up names of hosts."""
BUNDLE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
ACCOUNTS: Final = {
    "etc/passwd": b"root:x:0:0:root:/root:/sbin/nologin\n",
    "etc/group": b"root:x:0:\n",
    "etc/nsswitch.conf": b"hosts: files dns\n",
}
FOLDERS: Final = {"tmp": 0o1777, "root": 0o700, "proc": EXECUTABLE, "sys": EXECUTABLE, "dev": EXECUTABLE}
CHANGES: Final = (
    "ENV PATH=/usr/local/bin:/usr/bin:/bin",
    f"ENV SSL_CERT_FILE={BUNDLE}",
    'LABEL org.opencontainers.image.title="Python of the machine that built it"',
    'CMD ["python"]',
)


@dataclass(frozen=True)
class Installed:
    """A Python of this machine."""

    version: str
    program: Path
    library: Path
    wheels: Path | None
    """Where Debian keeps the wheel of pip, which others keep in the standard library."""
    description: str
    """A text that differs between any two builds of Python."""

    @property
    def short(self) -> str:
        """Its version without the last number."""
        return self.version.rpartition(".")[0]


def installed(program: str) -> Installed:
    """Ask this Python where its parts are."""
    text = subprocess.run([program, "-c", ASK], capture_output=True, text=True, check=True).stdout
    said = json.loads(text)
    wheels = Path(said["wheels"]) if said["wheels"] else None
    return Installed(said["version"], Path(said["program"]), Path(said["library"]), wheels, text)


def make(engine: Engine, python: Installed, name: str) -> None:
    """Make the image. PlatformError if this is no Linux with GNU's C library."""
    files = dict(_files(python))
    libraries = dict(_placed(set(_libraries(files.values())))) if shutil.which("ldd") else {}
    if not libraries:
        raise PlatformError(
            "a base can only be made on Linux with the GNU C library: set BASE_IMAGE to an image that can be pulled"
        )
    bundle = {str(BUNDLE).lstrip("/"): BUNDLE} if BUNDLE.exists() else {}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as packed:
        stripped = dict(_stripped({**files, **libraries}, Path(folder)))
        archive({**stripped, **_names(python), **bundle, **ACCOUNTS}, packed, FOLDERS)
        packed.seek(0)
        engine.load(packed, name, CHANGES)


def _files(python: Installed) -> Iterator[tuple[str, Path]]:
    yield f"usr/local/bin/python{python.short}", python.program
    for folder, names, files in os.walk(python.library):
        names[:] = [name for name in names if name not in LEFT_OUT and not name.startswith("config-")]
        for file in files:
            path = Path(folder, file)
            if path.exists() and path.suffix != ".a":  # Debian's has links to files that are not installed
                yield f"usr/local/lib/python{python.short}/{path.relative_to(python.library)}", path.resolve()
    for wheel in python.wheels.glob("*.whl") if python.wheels else ():
        yield str(wheel).lstrip("/"), wheel


def _names(python: Installed) -> dict[str, str]:
    """The links by which the interpreter is called."""
    return {f"usr/local/bin/{name}": f"python{python.short}" for name in ("python", "python3")}


def _stripped(files: dict[str, Path], folder: Path) -> Iterator[tuple[str, Path]]:
    """Replace programs and libraries by copies without symbols, if this machine can make them."""
    strip = shutil.which("strip")
    for number, (name, path) in enumerate(files.items()):
        if strip and _is_program(path):
            copy = folder / str(number)
            shutil.copy2(path, copy)
            subprocess.run([strip, "--strip-unneeded", str(copy)], capture_output=True, check=False)
            yield name, copy
        else:
            yield name, path


def _libraries(files: Iterable[Path]) -> Iterator[Path]:
    """The shared libraries that these files and wheels need, where the loader looks for them."""
    programs = [str(path) for path in files if _is_program(path)]
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    yield from map(Path, re.findall(r"(?:=> |^\t)(/\S+) \(0x", said, re.MULTILINE))
    cache = _ldconfig()
    for library in WHEELS_NEED:
        if found := re.search(rf"^\t{re.escape(library)} \([^)]*,[^)]*\) => (\S+)$", cache, re.MULTILINE):
            yield Path(found[1])


def _placed(libraries: Collection[Path]) -> Iterator[tuple[str, Path]]:
    """Leave libraries where they are, except those in a folder of the Python's own, which users may not read.

    Yields nothing where there is no GNU C library.
    """
    common = next((path.parent for path in libraries if path.name == "libc.so.6"), None)
    if common is None:
        return
    for path in libraries:
        folder = path.parent if path.parts[1].startswith("lib") or path.parts[1:3] == ("usr", "lib") else common
        yield str(folder / path.name).lstrip("/"), path.resolve()


def _ldconfig() -> str:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    program = shutil.which("ldconfig", path=path)
    return subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout if program else ""


def _is_program(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"
