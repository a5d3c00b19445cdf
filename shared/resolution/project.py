"""What the namespace of a project says about its workloads. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.names import HOSTS_ANNOTATION, SECURITY_LABEL, is_labelled
from shared.schedulers import SCHEDULER_LABEL


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts of the project and hosts that are reserved, each with all names below it; the nearest one decides."""

    own: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()

    def include(self, host: str) -> bool:
        """Whether the host is one of the project's, or below one."""
        return _nearest(host, self.own) > 0

    def reserve(self, host: str) -> bool:
        """Whether the host is reserved, or below one that is, and no host of the project is nearer to it."""
        return _nearest(host, self.reserved) > 0 and _nearest(host, self.reserved) >= _nearest(host, self.own)


@dataclass(frozen=True, slots=True)
class Project:
    """The labels and annotations of a project's namespace that decide about its workloads."""

    scheduler: str | None = None
    """The scheduler of its jobs; None if it names none."""
    hosts: tuple[str, ...] = ()
    """Hosts that belong to the project."""
    labelled: bool = True
    """Whether the namespace has the label of the project whose name it has."""
    secured: bool = True
    """Whether the namespace has a Pod Security level, whichever it is."""


def project_in(metadata: Mapping[str, Any]) -> Project:
    """The project whose namespace has this metadata."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    scheduler = labels.get(SCHEDULER_LABEL)
    return Project(
        None if scheduler is None else str(scheduler),
        hosts_in(str(annotations.get(HOSTS_ANNOTATION) or "")),
        is_labelled(str(metadata.get("name")), labels),
        bool(labels.get(SECURITY_LABEL)),
    )


def _nearest(host: str, among: tuple[str, ...]) -> int:
    """The length of the longest of these hosts that is `host` or above it; 0 if there is none."""
    return max((len(one) for one in among if host == one or host.endswith(f".{one}")), default=0)


def hosts_in(text: str) -> tuple[str, ...]:
    """The hosts in a text, separated by commas or spaces."""
    return tuple(host.lower() for host in re.split(r"[\s,]+", text) if host)
