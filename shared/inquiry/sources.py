"""Reads, with the user's own rights, what a workload's values depend on: its base, its policy and its project.

The verdict is that of `shared.resolution.verdict`, as the system gives it. Nothing here creates anything.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.notes import Say
from shared.names import GLOBAL_NAMESPACE, resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind
    from shared.resolution.model import Refused, Resolved, SecretRights, Source, SourceRef
    from shared.resolution.policy import Policy
    from shared.resolution.project import Project
    from shared.resolution.verdict import Grounds
    from shared.schedulers import Scheduler

Beside = Mapping[tuple[str, str, str], JsonObject]
"""Workloads that are not stored yet, by kind, namespace and name."""

ASSUMED: Final = "the cluster's scheduler is unknown, since no recent job shows it; it is assumed not to share GPUs"
NOTHING_BESIDE: Final[Beside] = {}
READ: Final = {"uid": "", "resourceVersion": ""}
"""Metadata that a workload lacks until it is stored."""


@dataclass(frozen=True)
class Effective:
    """The policy of a kind that applies in a namespace, as it is stored."""

    resource: Mapping[str, Any]
    shadowed: Sequence[str] = ()
    """Names of the others of its kind in its namespace, which have no effect since they are younger."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """The policy's rules and defaults, as they were written."""
        return self.resource.get("spec") or {}

    @property
    def ref(self) -> "SourceRef":
        """A reference to the resource exactly as it was read."""
        from shared.resolution.choice import ref_of

        return ref_of(self.resource)

    def compiled(self, kind: "Kind") -> "Policy":
        """The compiled policy."""
        from shared.resolution.policy import compile_policy

        return compile_policy(kind, self.spec, self.ref)


@dataclass(frozen=True)
class Sources:
    """Everything that the values of a workload depend on, as of now."""

    kind: "Kind"
    namespace: str
    policy: Effective | None = None
    base: Mapping[str, Any] | None = None
    """The base workload as it is stored; None if none is named, or there is none of that name."""
    label: str | None = None
    """The scheduler that the project's namespace names; None for none, or if the user may not know."""
    guessed: str | None = None
    """The scheduler of a recent job of the project."""
    project: "Project | None" = None
    """What the project's namespace says; None if the user may not know."""
    projects: Sequence[str] | None = None
    """The namespaces of projects, read only if `namespace` is none of them; None if the user may not list them."""
    rights: "SecretRights | None" = None
    """Which Secrets the user may read; None as long as nobody has asked."""

    @property
    def scheduler(self) -> "Scheduler | None":
        """The scheduler of a job; None if the project names an unknown one."""
        from shared.schedulers import scheduler_for

        return scheduler_for(self.label, self.of_cluster)

    @property
    def of_cluster(self) -> "Scheduler":
        """The scheduler of projects that name none.

        The operator's choice cannot be read anywhere, but a recent job shows it.
        """
        from shared.schedulers import Scheduler, scheduler_of

        return scheduler_of(self.guessed or "") or Scheduler.DEFAULT

    @property
    def assumed(self) -> bool:
        """Whether the scheduler is only assumed, since nothing shows it."""
        from shared.schedulers import scheduler_of

        return self.label is None and scheduler_of(self.guessed or "") is None

    def grounds(self) -> "Grounds":
        """The sources as grounds for the verdict."""
        from shared.resolution.project import Hosts
        from shared.resolution.verdict import Grounds

        policy, shadowed = (self.policy.compiled(self.kind), self.policy.shadowed) if self.policy else (None, ())
        base, hosts = _as_base(self.base), Hosts(self.project.hosts) if self.project else None
        known = (self.label, self.of_cluster, self.projects)
        unsecured = self.project is not None and not self.project.secured
        return Grounds(
            self.namespace, policy, shadowed, base, *known, rights=self.rights, hosts=hosts, unsecured=unsecured
        )


@dataclass(frozen=True)
class Verdict:
    """The verdict on a workload as of now."""

    result: "Resolved | Refused"
    sources: Sources
    notes: Sequence[str] = ()
    """Warnings about the policies, and what the verdict assumes without knowing it for certain."""


async def effective_policy(api: Any, kind: "Kind", namespace: str) -> Effective | None:
    """The policy of the namespace, else the global one, else None; raises what reading them raises."""
    return effective_of(await policies_for(api, kind, namespace), namespace)


def effective_of(policies: Sequence[JsonObject], namespace: str) -> Effective | None:
    """The one of these policies that applies in the namespace, with those that have no effect."""
    from shared.resolution.choice import applying

    found = applying(policies, namespace)
    return Effective(found[0], tuple(policy["metadata"]["name"] for policy in found[1:])) if found else None


async def policies_for(api: Any, kind: "Kind", namespace: str) -> list[JsonObject]:
    """The policies of the kind in the namespace, and the global ones; raises what reading them raises.

    The right to read global ones only matters if the project has none.
    """
    own, general = await asyncio.gather(
        *(api.list(resource_path(kind.policy_plural, place)) for place in (namespace, GLOBAL_NAMESPACE)),
        return_exceptions=True,
    )
    if isinstance(own, BaseException):
        raise own
    if isinstance(general, BaseException) and not own["items"]:
        raise general
    return [*own["items"], *([] if isinstance(general, BaseException) else general["items"])]


async def base_workload(
    api: Any, kind: "Kind", namespace: str, name: str, beside: Beside = NOTHING_BESIDE
) -> JsonObject | None:
    """The workload of that name in the project, else among the global ones, else None.

    One of those `beside` takes the place of the stored one.
    """
    from shared.resolution.choice import is_at, unfit_base

    if unfit_base(name, None):
        return None
    for place in (namespace, GLOBAL_NAMESPACE):
        if unstored := beside.get((kind.workload, place, name)):
            return unstored
        try:
            found: JsonObject = await api.get(resource_path(kind.workload_plural, place, name))
        except NotFoundError as error:
            if not error.kind:  # the server does not know the kind
                raise
        else:
            if is_at(found, place, name):
                return found
    return None


async def gather(
    api: Any,
    kind: "Kind",
    namespace: str,
    spec: Mapping[str, Any],
    beside: Beside = NOTHING_BESIDE,
    unseen: Say | None = None,
) -> Sources:
    """Read what a workload with this `spec` depends on; raises what reading it raises, including ForbiddenError.

    `unseen` gets a sentence if the user may not read policies; without it, that is an error too.
    """
    from shared.resolution.choice import base_named
    from shared.resolution.verdict import belongs

    if not belongs(namespace, spec):
        return Sources(kind, namespace, projects=await _projects(api))
    name = base_named(spec, None)
    policy, base, project = await asyncio.gather(
        _visible(effective_policy(api, kind, namespace), unseen),
        base_workload(api, kind, namespace, name, beside) if name else _nothing(),
        _project(api, namespace),
    )
    label = project.scheduler if project else None
    guessed = None if label is not None else await _recent_scheduler(api, namespace)
    return Sources(kind, namespace, policy, base, label, guessed, project)


def decide(sources: Sources, workload: "Source") -> Verdict:
    """The values set of the workload, or every reason why it is refused: what the system would say. Pure."""
    from shared.resolution.model import Refused
    from shared.resolution.verdict import verdict
    from shared.schedulers import Scheduler

    grounds = sources.grounds()
    made_for = [sources.of_cluster, *(Scheduler if sources.assumed else ())]
    found = [verdict(sources.kind, workload, replace(grounds, of_cluster=scheduler)) for scheduler in made_for]
    said = {one.violations if isinstance(one, Refused) else () for one in found}
    doubts = [ASSUMED] if isinstance(found[0], Refused) and len(said) > 1 else []
    return Verdict(found[0], sources, [*([grounds.warning] if grounds.warning else []), *doubts])


def as_source(workload: Mapping[str, Any]) -> "Source":
    """The workload as its own source, whether it is stored yet or not."""
    from shared.resolution.model import Origin, Source, SourceRef

    metadata = {**READ, **workload["metadata"]}
    ref = SourceRef(metadata.get("namespace", ""), metadata["name"], metadata["uid"], metadata["resourceVersion"])
    return Source(Origin.WORKLOAD, ref, workload.get("spec") or {})


def _as_base(base: Mapping[str, Any] | None) -> "Source | None":
    from shared.resolution.choice import ref_of_base
    from shared.resolution.model import Origin, Source

    return Source(Origin.BASE, ref_of_base(base), base.get("spec") or {}) if base else None


async def _visible(policy: Coroutine[Any, Any, Effective | None], unseen: Say | None) -> Effective | None:
    """The policy; None if the user may not read it and `unseen` takes the reason."""
    try:
        return await policy
    except ForbiddenError as error:
        if unseen is None:
            raise
        unseen(f"what the policy says is not known: {error}")
        return None


async def _nothing() -> None:
    return None


async def _projects(api: Any) -> list[str] | None:
    """The namespaces of projects, by name; None if the user may not list them."""
    from shared.resolution.choice import projects_among

    try:
        return projects_among((await api.list(resource_path("namespaces", api_version="v1")))["items"])
    except ForbiddenError:
        return None


async def _project(api: Any, namespace: str) -> "Project | None":
    """What the project's namespace says; None if the user may not see it."""
    from shared.resolution.project import project_in

    try:
        found = await api.get(resource_path("namespaces", None, namespace, "v1"))
    except ForbiddenError:
        return None
    return project_in(found["metadata"])


async def _recent_scheduler(api: Any, namespace: str) -> str | None:
    """The scheduler of a recent job of the project; None if there is none that the user may see."""
    from shared.inquiry.frozen import newest_claim

    try:
        claim = await newest_claim(api, namespace)
    except (ForbiddenError, NotFoundError):
        return None
    return claim.sources.get("scheduler") if claim else None
