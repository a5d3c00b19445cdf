"""Where a New Job form is: its kind of workload, its project, and the workload that it starts from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from shared.inquiry.errors import MissingError
from shared.names import API_VERSION, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS, Kind

BASE: Final = "base"
"""The part of the address that names the base workload."""
BY_NAME: Final[Mapping[str, Kind]] = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Place:
    """A form for new workloads of one kind in one project; `base` is empty if it starts from nothing."""

    kind: Kind
    project: str
    base: str = ""

    @property
    def namespace(self) -> str:
        """The project's namespace."""
        return PROJECT_PREFIX + self.project

    @property
    def collection(self) -> str:
        """The API server's path of its workloads."""
        return resource_path(self.kind.workload_plural, self.namespace)

    def address(self, below: str = "", **query: str) -> str:
        """The address of the form, or of what is below it."""
        path = "/".join(["", "p", quote(self.project, safe=""), "new", self.kind.name, *([below] if below else [])])
        asked = {**({BASE: self.base} if self.base else {}), **query}
        return f"{path}?{urlencode(asked)}" if asked else path

    def starting_from(self, base: str) -> str:
        """The address of the form that starts from another workload."""
        return replace(self, base=base).address()

    def of_kind(self, kind: Kind) -> str:
        """The address of the empty form of another kind."""
        return replace(self, kind=kind, base="").address()

    def workload(self, spec: JsonObject, name: str = "", **metadata: Any) -> JsonObject:
        """The workload with this spec."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.kind.workload,
            "metadata": {"name": name, "namespace": self.namespace, **metadata},
            "spec": spec,
        }


def place_at(project: str, kind: str, base: str) -> Place:
    """The place that an address names. Raises MissingError if there is no such kind."""
    if kind not in BY_NAME:
        raise MissingError(f"there are no {kind} workloads: expected one of {', '.join(BY_NAME)}")
    return Place(BY_NAME[kind], project, base)
