"""Read the policy that applies, the base workload and the project's scheduler, never older than the workload itself.

This module does all reading of the resolver. Anything acknowledged before the workload was created is always seen,
however stale any cache is: all reads are consistent (no resourceVersion) and begin after the workload was observed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from services.resolver.fresh import Fresh
from shared.errors import NotFoundError
from shared.kubernetes.api import Api
from shared.names import GLOBAL_NAMESPACE, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import Kind
from shared.resolution.choice import applying, is_at, projects_among, ref_of, ref_of_base
from shared.resolution.model import Origin, Source
from shared.resolution.policy import Policy, compile_policy
from shared.schedulers import SCHEDULER_LABEL

REMEMBERED: Final = 4096
"""Compiled policies that are kept; beyond this number the oldest is compiled again when needed."""


@dataclass(frozen=True)
class Applied:
    """The policy that applies to a workload, and the others of its kind in its namespace, which do not."""

    policy: Policy
    shadowed: tuple[str, ...] = ()


@dataclass
class Gather:
    """Reads what a workload's resolution depends on."""

    api: Api
    _lists: dict[str, Fresh[list[JsonObject]]] = field(default_factory=dict)
    _bases: dict[str, Fresh[JsonObject | None]] = field(default_factory=dict)
    _compiled: dict[tuple[str, str], Policy] = field(default_factory=dict)
    _schedulers: Fresh[dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._schedulers = Fresh(self._read_schedulers)

    async def policy(self, kind: Kind, namespace: str) -> Applied | None:
        """Return the policy of the namespace, else the global one, else None; of several in one namespace, the oldest.

        Raises TransientError or PermanentError if it cannot be read: a failed read never counts as "there is none".
        """
        path = resource_path(kind.policy_plural)
        fresh = self._lists.get(path)
        if fresh is None:
            fresh = self._lists[path] = Fresh(lambda: self._list(path))
        policies = await fresh()
        found = applying(policies, namespace)
        if not found:
            return None
        counts, *others = found
        return Applied(self._compile(kind, counts), tuple(p["metadata"]["name"] for p in others))

    async def base(self, kind: Kind, namespace: str, name: str) -> Source | None:
        """Return the base workload `name` of the project, else the global one, else None."""
        for place in (namespace, GLOBAL_NAMESPACE):
            path = resource_path(kind.workload_plural, place, name)
            fresh = self._bases.get(path)
            if fresh is None:
                fresh = self._bases[path] = Fresh(partial(self._read, path))
            try:
                found = await fresh()
            finally:
                if fresh.idle:
                    self._bases.pop(path, None)
            if found is not None and is_at(found, place, name):
                return Source(Origin.BASE, ref_of_base(found), found.get("spec") or {})
        return None

    async def projects(self) -> list[str]:
        """Return the namespaces that are projects, sorted by name."""
        return projects_among((await self.api.list(resource_path("namespaces", api_version="v1")))["items"])

    async def scheduler(self, namespace: str) -> str | None:
        """Return the scheduler that the namespace's label names, or None if there is no such label."""
        return (await self._schedulers()).get(namespace)

    async def _read_schedulers(self) -> dict[str, str]:
        path = resource_path("namespaces", api_version="v1")
        answer = await self.api.list(path, {"labelSelector": SCHEDULER_LABEL})
        return {item["metadata"]["name"]: item["metadata"]["labels"][SCHEDULER_LABEL] for item in answer["items"]}

    async def _list(self, path: str) -> list[JsonObject]:
        items: list[JsonObject] = (await self.api.list(path))["items"]
        return items

    async def _read(self, path: str) -> JsonObject | None:
        try:
            return await self.api.get(path)
        except NotFoundError:
            return None

    def _compile(self, kind: Kind, policy: Mapping[str, Any]) -> Policy:
        key = (policy["metadata"]["uid"], policy["metadata"]["resourceVersion"])
        if key not in self._compiled:
            while len(self._compiled) >= REMEMBERED:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[key] = compile_policy(kind, policy.get("spec") or {}, ref_of(policy))
        return self._compiled[key]
