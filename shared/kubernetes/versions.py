"""Which versions of Kubernetes Slipway works with. Pure."""

import re
from collections.abc import Mapping
from typing import Final

Version = tuple[int, int]
"""Major and minor."""

DEFINITIONS: Final = (1, 33)
"""The oldest API server that accepts Slipway's resource definitions."""
ADMISSION: Final = (1, 36)
"""The oldest API server that has mutating admission policies of version v1, which stamp who submits a workload."""


def version_of(about: Mapping[str, object]) -> Version:
    """Return the version that an API server has, or that it imitates (`--emulated-version`), from its `/version`.

    What another server says there is version 0.0.
    """
    major, minor = (about.get(f"emulation{part}") or about.get(part.lower()) or "0" for part in ("Major", "Minor"))
    return _number(major), _number(minor)


def words(version: Version) -> str:
    """Return the version as people write it."""
    return f"{version[0]}.{version[1]}"


def _number(stated: object) -> int:
    """Return the number at the beginning: some providers write `33+`."""
    found = re.match(r"\d+", str(stated))
    return int(found[0]) if found else 0
