"""What the namespace of a project says about its workloads. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.names import HOSTS_ANNOTATION, SECURITY_LABEL
from shared.schedulers import SCHEDULER_LABEL


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts under which workloads may choose addresses: those of the project and below them, but none `reserved`."""

    own: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()

    def include(self, host: str) -> bool:
        """Whether the host is one of the project's, or below one."""
        return any(host == one or host.endswith(f".{one}") for one in self.own)


@dataclass(frozen=True, slots=True)
class Project:
    """The labels and annotations of a project's namespace that decide about its workloads."""

    scheduler: str | None = None
    """The scheduler of its jobs; None if it names none."""
    hosts: tuple[str, ...] = ()
    """Hosts that belong to the project."""
    secured: bool = True
    """Whether the namespace has a Pod Security level, whichever it is."""


def project_in(metadata: Mapping[str, Any]) -> Project:
    """The project whose namespace has this metadata."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    scheduler = labels.get(SCHEDULER_LABEL)
    return Project(
        None if scheduler is None else str(scheduler),
        hosts_in(str(annotations.get(HOSTS_ANNOTATION) or "")),
        bool(labels.get(SECURITY_LABEL)),
    )


def hosts_in(text: str) -> tuple[str, ...]:
    """The hosts in a text, separated by commas or spaces."""
    return tuple(host.lower() for host in re.split(r"[\s,]+", text) if host)
