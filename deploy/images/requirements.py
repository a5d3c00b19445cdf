"""Picks the runtime's packages out of requirements.lock, with their hashes. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name


@dataclass(frozen=True)
class Pin:
    """One package of the lock file."""

    requirement: Requirement
    """Its name, exact version and marker."""
    hashes: tuple[str, ...]
    """As written there, such as `sha256:...`, one for each file of that version."""
    via: frozenset[NormalizedName]
    """The packages that need it."""

    @property
    def name(self) -> NormalizedName:
        """Its name in the form in which names are compared."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The exact version."""
        return str(self.requirement.specifier).removeprefix("==")

    def __str__(self) -> str:
        return " \\\n    ".join([f"{self.name}=={self.version}", *(f"--hash={text}" for text in self.hashes)])


def runtime(pyproject: str, lock: str, environment: Mapping[str, str]) -> list[Pin]:
    """Return what `[project] dependencies` need, also indirectly, in the environment that the markers ask for.

    ValueError names a dependency that the lock file lacks.
    """
    pins = {pin.name: pin for pin in read(lock)}
    wanted = [
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, tomllib.loads(pyproject)["project"]["dependencies"])
        if holds(requirement, environment)
    ]
    if missing := sorted(set(wanted) - set(pins)):
        raise ValueError(f"requirements.lock lacks {', '.join(missing)}: run `make lock`")
    found: set[NormalizedName] = set()
    while wanted:
        name = wanted.pop()
        if name not in found and holds(pins[name].requirement, environment):
            found.add(name)
            wanted += [pin.name for pin in pins.values() if name in pin.via]
    return [pins[name] for name in sorted(found)]


def holds(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    """Whether the requirement's marker, if it has one, is true in this environment."""
    return requirement.marker is None or requirement.marker.evaluate(dict(environment))


def read(lock: str) -> Iterator[Pin]:
    """Read a lock file as `uv pip compile --generate-hashes` writes it."""
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock):
        first, *rest = block.splitlines()
        if not re.match(r"[a-zA-Z0-9]", first):
            continue
        via = (re.sub(r"^\s*#\s*(via\s*)?", "", line) for line in rest if line.lstrip().startswith("#"))
        yield Pin(
            Requirement(first.rstrip("\\ ")),
            tuple(re.findall(r"--hash=(\S+)", block)),
            frozenset(canonicalize_name(text.split()[0]) for text in via if text),
        )
