"""Makes the images that are missing or stale, and returns their names.

service_image()                # "slipway:0.2.0-3f0a9c21d4be", built from this checkout
service_image(other)           # the same from another one, such as an earlier version's
server_image("etcd")           # "slipway-etcd:3.6.8-5c1d0b7e9a42", or what ETCD_IMAGE names
"""

import os
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from deploy.images import bases, sbom, servers
from deploy.images.context import LOCK, PACKAGES, PYPROJECT, context, key
from deploy.images.engine import Engine
from deploy.images.requirements import holds, runtime
from deploy.images.wheels import wheels
from deploy.local import binaries
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress

ROOT: Final = Path(__file__).parents[2]
"""This checkout."""
REPOSITORY: Final = "slipway"


def service_image(root: Path = ROOT, progress: Progress | None = None) -> str:
    """Return the name of the image of all services, built if anything has changed. PlatformError says what failed."""
    progress = progress or Progress()
    engine = Engine.connect()
    with _alone(progress):
        base = bases.base_image(engine, progress)
        name = f"{REPOSITORY}:{version(root)}-{key(root, engine.identity(base) or '')}"
        if not engine.identity(name):
            build(engine, root, base, name, progress)
    return name


def server_image(name: str, progress: Progress | None = None) -> str:
    """Return the name of this server's image, made if it is missing. PlatformError says what failed."""
    if name not in servers.SERVERS:
        raise PlatformError(f"no image is made of {name}: expected {', '.join(servers.SERVERS)}")
    progress = progress or Progress()
    with _alone(progress):
        return servers.provide(Engine.connect(), servers.SERVERS[name], progress)


def build(engine: Engine, root: Path, base: str, name: str, progress: Progress, *, anew: bool = False) -> None:
    """Build the image of this checkout under this name; `anew` repeats steps whose result is known."""
    made = inputs(engine, root, base, progress)
    about = labels(root, base, engine.digest(base))
    arguments = {bases.VARIABLE: base}
    with progress.step(f"building {name}", f"{name} built"):
        engine.build(made, name, arguments, about, anew=anew)


def inputs(engine: Engine, root: Path, base: str, progress: Progress) -> bytes:
    """Return the context that the image is built from: a tar."""
    target = bases.target(engine, base)
    pyproject = (root / PYPROJECT).read_text(encoding="utf-8")
    try:
        pins = runtime(pyproject, (root / LOCK).read_text(encoding="utf-8"), target.markers)
    except ValueError as error:
        raise PlatformError(str(error)) from error
    files = wheels(pins, target, home(), progress)
    wanted = map(Requirement, tomllib.loads(pyproject)["project"]["dependencies"])
    direct = [requirement.name for requirement in wanted if holds(requirement, target.markers)]
    below = sbom.Base(base, engine.digest(base))
    bill = sbom.bill(version(root), below, [sbom.opened(path) for path in files], direct, target.markers)
    return context(root, pins, files, bill).getvalue()


def version(root: Path) -> str:
    """Slipway's version in this checkout."""
    return str(tomllib.loads((root / PYPROJECT).read_text(encoding="utf-8"))["project"]["version"])


def labels(root: Path, base: str, digest: str | None) -> dict[str, str]:
    """What the image says of its origin: what is not known, as the revision of a checkout without history, is left out.

    `digest` is the base's in its registry.
    """
    known = {"version": version(root), "base.name": base, "base.digest": digest, "revision": _revision(root)}
    return {f"org.opencontainers.image.{name}": text for name, text in known.items() if text}


def home() -> Path:
    """The folder of what is prepared once for all checkouts."""
    return binaries.root() / "images"


def _revision(root: Path) -> str | None:
    """The last commit that changed what is in the image, with `-dirty` if something is not committed."""
    inside = [*PACKAGES, LOCK, PYPROJECT, "deploy/images"]

    def git(*arguments: str) -> str:
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
        command = ["git", "-C", str(root), *arguments, "--", *inside]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()

    try:
        commit = git("log", "-1", "--format=%H")
        return f"{commit}-dirty" if commit and git("status", "--porcelain") else commit or None
    except (OSError, subprocess.CalledProcessError):
        return None


@contextmanager
def _alone(progress: Progress) -> Iterator[None]:
    """Let one process of this machine at a time make images."""
    with binaries.alone(home() / "wheels", progress):
        yield
