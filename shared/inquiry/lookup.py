"""A workload by its own name, or by that of its job, whatever kind it is of."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.errors import ForbiddenError, NotFoundError, PermanentError
from shared.inquiry.errors import AmbiguousError, MissingError
from shared.inquiry.frozen import claim_named
from shared.inquiry.live import named
from shared.inquiry.projects import must_exist
from shared.names import API_VERSION, GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


Found = tuple["Kind", JsonObject]


async def find_workload(api: Any, kinds: "Sequence[Kind]", name: str, project: str) -> Found:
    """The workload of that name in the project, else among the global ones, else the one whose job is called so.

    Raises MissingError if there is none, AmbiguousError if there are several.
    """
    namespace = PROJECT_PREFIX + project
    for place in (namespace, GLOBAL_NAMESPACE):
        found = await _of_kinds(api, kinds, place, name)
        if len(found) > 1:
            raise AmbiguousError(f"there are several workloads {name}", [kind for kind, _ in found])
        if found:
            return found[0]
    if by_job := await _of_job(api, kinds, namespace, name):
        return by_job
    await must_exist(api, project)
    raise MissingError(f"workload {name} not found in project {project} nor among the global ones")


async def _of_kinds(api: Any, kinds: "Sequence[Kind]", namespace: str, name: str) -> list[Found]:
    """The workloads of that name; kinds that the person may not read are passed over while there is another one."""
    answers = await asyncio.gather(
        *(api.get(resource_path(kind.workload_plural, namespace, name)) for kind in kinds), return_exceptions=True
    )
    found: list[Found] = []
    forbidden: BaseException | None = None
    for kind, answer in zip(kinds, answers, strict=True):
        match answer:
            case NotFoundError(kind=""):  # it is the kind that the server does not know
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


async def _of_job(api: Any, kinds: "Sequence[Kind]", namespace: str, job: str) -> Found | None:
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


async def everywhere(api: Any, kinds: "Sequence[Kind]", name: str) -> list[JsonObject]:
    """The workloads of that name in all namespaces, by namespace. Raises MissingError if there is none."""
    found: list[JsonObject] = []
    for kind in kinds:
        found += named(await api.list(resource_path(kind.workload_plural), {"fieldSelector": f"metadata.name={name}"}))
    if not found:
        raise MissingError(f"{_title(kinds)} {name} not found in any project")
    return sorted(found, key=lambda workload: str(workload["metadata"]["namespace"]))


async def in_project(api: Any, kinds: "Sequence[Kind]", name: str, project: str) -> list[JsonObject]:
    """The workloads of that name in the project, else the global ones. Raises MissingError if there is none."""
    from shared.parameters.kinds import KINDS

    namespace = PROJECT_PREFIX + project
    for place_of in (namespace, GLOBAL_NAMESPACE):
        if found := [workload for kind in kinds if (workload := await _find(api, kind, name, place_of))]:
            return found
    await must_exist(api, project)
    others = [other for other in KINDS if other not in kinds and await _glimpse(api, other, name, namespace)]
    hint = f"; {others[0].workload} {name} is there" if others else ""
    sentence = f"{_title(kinds)} {name} not found in project {project} nor among the global ones{hint}"
    raise MissingError(sentence, others)


def _title(kinds: "Sequence[Kind]") -> str:
    return " or ".join(kind.workload for kind in kinds)


async def _find(api: Any, kind: "Kind", name: str, namespace: str) -> JsonObject | None:
    """The workload, or None where there is none, or among the global ones none that this person may see."""
    try:
        found: JsonObject = await api.get(resource_path(kind.workload_plural, namespace, name))
    except NotFoundError as error:
        if not error.kind:  # it is the kind that the server does not know
            raise
        return None
    except ForbiddenError:
        if namespace != GLOBAL_NAMESPACE:
            raise
        return None
    return found


async def _glimpse(api: Any, kind: "Kind", name: str, namespace: str) -> JsonObject | None:
    """The same, and None too where this person may not know."""
    try:
        return await _find(api, kind, name, namespace)
    except PermanentError:
        return None
