"""Programs that Slipway does not run with, but is installed or tested with; built once a version, for all checkouts.

A program of another project is built inside the project's own module: its go.mod and go.sum pin all that it needs, and
the module itself is pinned by its checksum here.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import golang
from deploy.local.binaries import alone, new_file, processor, root, system
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress


@dataclass(frozen=True)
class Module:
    """A project's published module."""

    path: str
    version: str
    checksum: str
    """Of its content, as in a go.sum file."""

    def folder(self, go: Path) -> Path:
        """Its files, downloaded if they are missing. PlatformError if they are not those of the checksum."""
        command = [str(go), "mod", "download", "-json", f"{self.path}@v{self.version}"]
        done = subprocess.run(
            command, cwd="/", env={**os.environ, **golang.ENVIRONMENT}, capture_output=True, text=True, check=False
        )
        told = json.loads(done.stdout) if done.stdout.startswith("{") else {"Error": done.stderr.strip()}
        if error := told.get("Error"):
            raise PlatformError(f"the module {self.path} v{self.version} cannot be downloaded: {error}\n{golang.HINT}")
        if told["Sum"] != self.checksum:
            raise PlatformError(
                f"the module {self.path} v{self.version} has checksum {told['Sum']}, not {self.checksum}"
            )
        return Path(told["Dir"])

    @property
    def identity(self) -> str:
        """What tells its content from that of other versions."""
        return self.version


@dataclass(frozen=True)
class OwnModule:
    """A module of this repository."""

    place: Path

    def folder(self, go: Path) -> Path:
        """Its files."""
        return self.place

    @property
    def identity(self) -> str:
        """A digest of its files."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self.place.rglob("*") if path.is_file()):
            digest.update(path.relative_to(self.place).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Tool:
    """A program, and the package of a module that it is built from."""

    name: str
    module: Module | OwnModule
    package: str = "."
    flags: Sequence[str] = ()
    """Of the linker."""
    tags: str = ""

    @property
    def path(self) -> Path:
        """Where it is kept; the folder is named after the version, the file after the program."""
        return root() / f"tools_{system()}-{processor()}" / f"{self.name}-{self.module.identity}" / self.name


HELM: Final = Tool(
    "helm",
    Module("helm.sh/helm/v4", "4.3.2", "h1:zdd8DgKTlLrlYIzdoAntDHLH0V3RkgNIpQ3yjzuD84M="),
    "./cmd/helm",
    ["-X helm.sh/helm/v4/internal/version.version=v4.3.2"],
)
PROMTOOL: Final = Tool(
    "promtool",
    Module("github.com/prometheus/prometheus", "0.316.0", "h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM="),
    "./cmd/promtool",
)


def provide(tools: Collection[Tool], progress: Progress | None = None) -> Mapping[str, Path]:
    """Find these programs by name, and build those that are missing. PlatformError says what failed and what to do."""
    progress = progress or Progress()
    if any(not tool.path.exists() for tool in tools):
        home = root() / f"tools_{system()}-{processor()}"
        with alone(home / "bin", progress):
            go = golang.compiler(home, progress)
            for tool in tools:
                if not tool.path.exists():
                    _build(tool, go, home, progress)
    return {tool.name: tool.path for tool in tools}


def _build(tool: Tool, go: Path, home: Path, progress: Progress) -> None:
    tool.path.parent.mkdir(parents=True, exist_ok=True)
    what = f"{tool.name} {tool.module.identity}"
    with progress.step(f"building {what} from its module", f"{what} built"), new_file(tool.path) as target:
        log = home / "logs" / f"build-{tool.name}.log"
        golang.build_in(tool.module.folder(go), tool.package, target, go, log, flags=tool.flags, tags=tool.tags)
