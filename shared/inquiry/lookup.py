"""Finds a workload of any kind by its own name, or by the name of its job."""

import asyncio
from collections.abc import Sequence
from typing import Any

from shared.errors import ForbiddenError, NotFoundError, PermanentError
from shared.inquiry.errors import AmbiguousError, MissingError
from shared.inquiry.frozen import claim_named
from shared.inquiry.live import named
from shared.inquiry.projects import must_exist
from shared.names import API_VERSION, GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS, Kind

Found = tuple[Kind, JsonObject]


async def find_workload(api: Any, kinds: Sequence[Kind], name: str, project: str) -> Found:
    """The workload of that name in the project, else among the global ones, else the one whose job has that name.

    Raises MissingError if there is none, AmbiguousError if there are several.
    """
    found = await _named(api, kinds, name, project)
    if len(found) > 1:
        raise AmbiguousError(f"several workloads are named {name}", [kind for kind, _ in found])
    if found:
        return found[0]
    if by_job := await _of_job(api, kinds, PROJECT_PREFIX + project, name):
        return by_job
    await must_exist(api, project)
    raise MissingError(f"workload {name} not found in project {project} or among the global ones")


async def workloads_named(api: Any, kinds: Sequence[Kind], name: str, project: str | None) -> list[JsonObject]:
    """The workloads of that name in the project, else the global ones; in all namespaces without a project.

    Raises MissingError if there is none; it names a kind that was not asked for and has one.
    """
    if project is None:
        return await _everywhere(api, kinds, name)
    if found := await _named(api, kinds, name, project):
        return [workload for _, workload in found]
    await must_exist(api, project)
    others = [kind for kind in KINDS if kind not in kinds and await _is_there(api, kind, name, project)]
    hint = f"; {others[0].workload} {name} exists" if others else ""
    sentence = f"{_title(kinds)} {name} not found in project {project} or among the global ones{hint}"
    raise MissingError(sentence, others)


async def _everywhere(api: Any, kinds: Sequence[Kind], name: str) -> list[JsonObject]:
    """The workloads of that name in all namespaces, by namespace."""
    found: list[JsonObject] = []
    for kind in kinds:
        found += named(await api.list(resource_path(kind.workload_plural), {"fieldSelector": f"metadata.name={name}"}))
    if not found:
        raise MissingError(f"{_title(kinds)} {name} not found in any project")
    return sorted(found, key=lambda workload: str(workload["metadata"]["namespace"]))


async def _named(api: Any, kinds: Sequence[Kind], name: str, project: str) -> list[Found]:
    """The workloads of that name; the project's own take precedence over the global ones."""
    for namespace in (PROJECT_PREFIX + project, GLOBAL_NAMESPACE):
        if found := await _of_kinds(api, kinds, namespace, name):
            return found
    return []


async def _is_there(api: Any, kind: Kind, name: str, project: str) -> bool:
    """Whether the project has a workload of the kind and name, as far as the user may know."""
    try:
        return bool(await _of_kinds(api, [kind], PROJECT_PREFIX + project, name))
    except PermanentError:
        return False


def _title(kinds: Sequence[Kind]) -> str:
    return " or ".join(kind.workload for kind in kinds)


async def _of_kinds(api: Any, kinds: Sequence[Kind], namespace: str, name: str) -> list[Found]:
    """The workloads of that name; kinds that the user may not read are skipped if another kind has one."""
    answers = await asyncio.gather(
        *(api.get(resource_path(kind.workload_plural, namespace, name)) for kind in kinds), return_exceptions=True
    )
    found: list[Found] = []
    forbidden: BaseException | None = None
    for kind, answer in zip(kinds, answers, strict=True):
        match answer:
            case NotFoundError(kind=""):  # the server does not know the kind
                raise answer
            case NotFoundError():
                continue
            case ForbiddenError():
                forbidden = answer
            case BaseException():
                raise answer
            case _:
                found.append((kind, {"apiVersion": API_VERSION, "kind": kind.workload, **answer}))
    if forbidden and not found and namespace != GLOBAL_NAMESPACE:
        raise forbidden
    return found


async def _of_job(api: Any, kinds: Sequence[Kind], namespace: str, job: str) -> Found | None:
    """The workload that the job's claim belongs to."""
    try:
        claim = await claim_named(api, namespace, job)
    except ForbiddenError:
        return None
    for owner in (claim or {}).get("metadata", {}).get("ownerReferences") or []:
        of_kind = [kind for kind in kinds if kind.workload == owner.get("kind")]
        if found := await _of_kinds(api, of_kind, namespace, owner["name"]):
            kind, workload = found[0]
            return (kind, workload) if workload["metadata"]["uid"] == owner["uid"] else None
    return None
