"""Finds, downloads or builds the control plane's programs.

Programs are searched in $KUBEBUILDER_ASSETS, then in the cache. Missing ones are added to the cache: as the official
download if it starts at once and matches its published checksum, otherwise built from the modules pinned beside this
file.
"""

import fcntl
import os
import platform
import re
import secrets
import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from deploy.local import golang
from deploy.local.download import NotDownloadedError, Releases, UnreachableError
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress
from deploy.local.versions import BINARIES, ETCD, KUBERNETES, KWOK


def find(names: Collection[str], directory: Path | None = None) -> Mapping[str, Path]:
    """Find these programs in `directory`, $KUBEBUILDER_ASSETS or the cache. PlatformError lists missing ones."""
    found = {name: path for name in names if (path := _place(name, directory))}
    if missing := [name for name in names if name not in found]:
        raise PlatformError(f"missing programs: {', '.join(missing)}; run `make binaries` to download or build them")
    return found


def provide(
    names: Collection[str] = BINARIES, progress: Progress | None = None, releases: Releases | None = None
) -> Mapping[str, Path]:
    """Find these programs, or download or build missing ones. PlatformError says what failed and what to do."""
    progress = progress or Progress()
    if any(_place(name) is None for name in names):
        with alone(cache(), progress):
            _make([name for name in names if _place(name) is None], progress, releases or Releases.from_environment())
    return find(names)


def cache() -> Path:
    """The folder for programs of these versions on this machine."""
    return root() / f"kubernetes-{KUBERNETES}_etcd-{ETCD}_kwok-{KWOK}_{system()}-{processor()}" / "bin"


def root() -> Path:
    """The folder of everything that is prepared once for all checkouts: $SLIPWAY_CACHE, else in the user's cache."""
    own = os.environ.get("SLIPWAY_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "slipway"


def system() -> str:
    """This machine's operating system, as Go names it."""
    return platform.system().lower()


def processor() -> str:
    """This machine's processor architecture, as Go names it."""
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _place(name: str, directory: Path | None = None) -> Path | None:
    places = [directory] if directory else [*_assets(), cache()]
    return next((place / name for place in places if os.access(place / name, os.X_OK)), None)


def _assets() -> list[Path]:
    """$KUBEBUILDER_ASSETS, unless its API server has a different version from the programs that run beside it."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    return [Path(named)] if named and _minor(Path(named) / "kube-apiserver") == KUBERNETES.rsplit(".", 1)[0] else []


@lru_cache
def _minor(api_server: Path) -> str:
    try:
        said = subprocess.run([str(api_server), "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    found = re.search(r"v(\d+\.\d+)", said)
    return found[1] if found else ""


@contextmanager
def alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Let one process at a time add programs to this cache; the lock is released when its process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step(
                "another Slipway on this machine is preparing the same programs; waiting for it", "waited"
            ):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(names: Collection[str], progress: Progress, releases: Releases) -> None:
    if not names:
        return
    progress.say(f"The control plane's programs are prepared once for all checkouts, in {cache()}.")
    missing = _download(names, progress, releases)
    if missing:
        progress.say(f"  building {', '.join(missing)}: about 6 minutes on two cores, or seconds if Go has them cached")
    for name in missing:
        with new_file(cache() / name) as target:
            golang.build(name, target, cache().parent, progress)


def _download(names: Collection[str], progress: Progress, releases: Releases) -> list[str]:
    """Download what is available; return the names of the rest."""
    missing, silent = list(names), set[str]()
    for name in names:
        place = releases.place(name)
        if place in silent:
            continue
        try:
            content = _fetch(name, progress, releases)
        except UnreachableError as error:
            progress.say(f"    {error}; no further attempts there")
            silent.add(place)
            continue
        except NotDownloadedError as error:
            progress.say(f"    {error}")
            continue
        with new_file(cache() / name) as target:
            target.write_bytes(content)
        missing.remove(name)
    return missing


def _fetch(name: str, progress: Progress, releases: Releases) -> bytes:
    came = 0

    def count(total: int) -> None:
        nonlocal came
        came = total

    with progress.step(f"downloading {name}", f"{name} downloaded, checksum verified", lambda: f"{came >> 20} MB"):
        return releases.fetch(name, system(), processor(), count)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file that replaces `path` when complete, and is removed otherwise."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
