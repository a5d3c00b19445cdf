"""The base image: the one that BASE_IMAGE names, the Dockerfile's default, or one made from this machine's Python."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.images import local_base
from deploy.images.engine import Engine, NotPulledError
from deploy.images.pythons import candidates
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress

DOCKERFILE: Final = Path(__file__).with_name("Dockerfile")
VARIABLE: Final = "BASE_IMAGE"
REPOSITORY: Final = "slipway-python"
"""Repository of the bases that are made here."""
ASK: Final = """
import json, os, platform, sys
print(json.dumps({
    "libc": os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else None,
    "markers": {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": "",
        "platform_system": platform.system(),
        "platform_version": "",
        "python_full_version": platform.python_version(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "sys_platform": sys.platform,
    },
}))
"""


@dataclass(frozen=True)
class Target:
    """What a base image runs."""

    markers: dict[str, str]
    """The environment that markers of requirements ask for."""
    libc: tuple[int, int]
    """The version of its GNU C library."""

    @property
    def python(self) -> str:
        """Its Python's version, such as 3.13."""
        return self.markers["python_version"]

    @property
    def machine(self) -> str:
        """Its processor as wheels name it, such as x86_64."""
        return self.markers["platform_machine"]


def default() -> str:
    """The base that the Dockerfile names."""
    found = re.search(rf"^ARG {VARIABLE}=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "the Dockerfile has a default"
    return found[1]


def base_image(engine: Engine, progress: Progress) -> str:
    """Return the name of the base, which is on this machine then.

    One that BASE_IMAGE names is never replaced by another: PlatformError says why it cannot be pulled.
    """
    if chosen := os.environ.get(VARIABLE):
        return engine.provide(chosen, VARIABLE, progress)
    name = default()
    if engine.identity(name):
        return name
    if here := _here(engine):
        progress.say(f"  base image: {here}, made from this machine's Python; `docker pull {name}` to use that one")
        return here
    progress.say(f"  pulling {name}")
    try:
        engine.pull(name)
    except NotPulledError as error:
        return _made(engine, progress, error)
    return name


def target(engine: Engine, base: str) -> Target:
    """Ask the base what it runs. PlatformError if it has no Python or another C library than GNU's."""
    said = json.loads(engine.said(base, "python", "-c", ASK))
    if not said["libc"]:
        raise PlatformError(f"{base} has no GNU C library, which the wheels need: choose a Debian-based image")
    major, minor = said["libc"].split()[-1].split(".")[:2]
    return Target(said["markers"], (int(major), int(minor)))


def _here(engine: Engine) -> str | None:
    """The base that was made earlier, so that a machine without a registry does not try to pull each time."""
    try:
        name = _name(_newest())
    except PlatformError:
        return None
    return name if engine.identity(name) else None


def _made(engine: Engine, progress: Progress, why: NotPulledError) -> str:
    python = _newest()
    name = _name(python)
    progress.say(f"  {why}; the base is made from this machine's Python {python.version} instead")
    with progress.step(f"making {name}", f"{name} made"):
        local_base.make(engine, python, name)
    return name


def _name(python: local_base.Installed) -> str:
    """Changes with the Python and with how a base is made of it."""
    made = hashlib.sha256(Path(local_base.__file__).read_bytes() + python.description.encode()).hexdigest()
    return f"{REPOSITORY}:{python.version}-{made[:12]}"


def _newest() -> local_base.Installed:
    """The newest Python here that is not newer than the Dockerfile's."""
    found = re.search(r":(\d+)\.(\d+)", default())
    assert found, "the default's tag is a version of Python"
    limit = (int(found[1]), int(found[2]))
    fitting = {version: path for version, path in reversed(list(candidates())) if version <= limit}
    if not fitting:
        raise PlatformError(f"this machine has no Python up to {limit[0]}.{limit[1]} to make a base from")
    return local_base.installed(fitting[max(fitting)])
