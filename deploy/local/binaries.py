"""The control plane's programs: found, downloaded, or built."""

import os
import platform
from collections.abc import Collection, Mapping
from pathlib import Path

from deploy.local.errors import PlatformError
from deploy.local.versions import ETCD, KUBERNETES, KWOK


def find(names: Collection[str], directory: Path | None = None) -> Mapping[str, Path]:
    """Where these programs are: in `directory`, $KUBEBUILDER_ASSETS or the cache. PlatformError names the missing."""
    found = {name: path for name in names if (path := _place(name, directory))}
    if missing := [name for name in names if name not in found]:
        raise PlatformError(f"not there yet: {', '.join(missing)}. `make binaries` finds or makes them")
    return found


def _place(name: str, directory: Path | None) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    places = [directory] if directory else [*([Path(assets)] if assets else []), cache()]
    return next((place / name for place in places if os.access(place / name, os.X_OK)), None)


def cache() -> Path:
    """Where programs of these versions for this machine are kept: $SLIPWAY_CACHE, else in the user's cache."""
    own = os.environ.get("SLIPWAY_CACHE")
    root = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "slipway"
    system = f"{platform.system().lower()}-{architecture()}"
    return root / f"kubernetes-{KUBERNETES}_etcd-{ETCD}_kwok-{KWOK}_{system}" / "bin"


def architecture() -> str:
    """This machine's processor as Go calls it."""
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
