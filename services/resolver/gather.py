"""Read the policy that applies, the base workload and the project's namespace, never older than the workload itself.

This module does all reading of the resolver. Anything acknowledged before the workload was created is always seen,
however stale any cache is: all reads are consistent (no resourceVersion) and begin after the workload was observed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from services.resolver.fresh import Fresh
from shared.errors import NotFoundError, RightsError
from shared.kubernetes.api import Api
from shared.names import GLOBAL_NAMESPACE, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import Kind
from shared.process.remembered import Remembered
from shared.resolution.choice import applying, is_at, projects_among, ref_of, ref_of_base
from shared.resolution.model import Origin, SecretRights, Source
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.project import Project, project_in
from shared.submitter import REVIEWS, Submitter

REMEMBERED: Final = 4096
"""Compiled policies that are kept; beyond this number, the one that was not needed for longest is compiled again."""
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True)
class Applied:
    """The policy that applies to a workload, and the others of its kind in its namespace, which do not."""

    policy: Policy
    shadowed: tuple[str, ...] = ()


@dataclass
class Gather:
    """Reads what a workload's resolution depends on."""

    api: Api
    by_prefix: bool = True
    """Whether every namespace with the name of a project's is one, also without the label."""
    _lists: dict[str, Fresh[list[JsonObject]]] = field(default_factory=dict)
    _objects: dict[str, Fresh[JsonObject | None]] = field(default_factory=dict)
    _reviews: dict[tuple[Submitter, str, str], Fresh[bool]] = field(default_factory=dict)
    _compiled: Remembered[tuple[str, str], Policy] = field(default_factory=lambda: Remembered(REMEMBERED))

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
            found = await self._shared(resource_path(kind.workload_plural, place, name))
            if found is not None and is_at(found, place, name):
                return Source(Origin.BASE, ref_of_base(found), found.get("spec") or {})
        return None

    async def rights(self, submitter: Submitter | None, namespace: str, secrets: Iterable[str]) -> SecretRights:
        """Return which of these Secrets the submitter may read in the namespace; none if nobody knows who it is.

        Each Secret is asked for by name: an authorizer may deny one of them to who may otherwise read all. Raises
        TransientError or PermanentError if the API server does not answer: a failed question is never a yes or a no.
        """
        if submitter is None:
            return SecretRights("")
        names = list(secrets)
        answers = await asyncio.gather(*(self._may_read(submitter, namespace, name) for name in names))
        readable = frozenset(name for name, allowed in zip(names, answers, strict=True) if allowed)
        return SecretRights(submitter.user, readable)

    async def _may_read(self, submitter: Submitter, namespace: str, secret: str) -> bool:
        asking = partial(self._review, submitter.asks_for(namespace, secret))
        return await _shared(self._reviews, (submitter, namespace, secret), asking)

    async def _review(self, question: JsonObject) -> bool:
        try:
            answer = (await self.api.create(REVIEWS, question))["status"]
        except RightsError as error:
            raise RightsError(f"whether the submitter may read a Secret cannot be asked: {error}") from error
        if doubt := answer.get("evaluationError"):
            log.warning("rights not fully known", allowed=answer["allowed"], reason=doubt)
        return bool(answer["allowed"])

    async def projects(self) -> list[str]:
        """Return the namespaces that are projects, sorted by name."""
        found = (await self.api.list(resource_path("namespaces", api_version="v1")))["items"]
        return projects_among(found, labelled=not self.by_prefix)

    async def project(self, namespace: str) -> Project:
        """Return what the namespace says about its workloads; nothing if it is gone, as the creator will report."""
        found = await self._shared(resource_path("namespaces", None, namespace, "v1"))
        return Project() if found is None else project_in(found["metadata"])

    async def _shared(self, path: str) -> JsonObject | None:
        return await _shared(self._objects, path, partial(self._read, path))

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
        found = self._compiled.get(key, None)
        if found is None:
            found = compile_policy(kind, policy.get("spec") or {}, ref_of(policy))
            self._compiled.put(key, found)
        return found


async def _shared(readings: dict[K, Fresh[T]], key: K, read: Callable[[], Awaitable[T]]) -> T:
    """Return what `read` finds, in a reading that all share who wait for it, and nobody who asks later."""
    fresh = readings.get(key)
    if fresh is None:
        fresh = readings[key] = Fresh(read)
    try:
        return await fresh()
    finally:
        if fresh.idle:
            readings.pop(key, None)
