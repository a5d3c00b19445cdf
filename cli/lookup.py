"""A workload by its own name, or by that of its job, whatever kind it is of."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.connection import JsonObject
from cli.exits import Exit, Stop
from cli.options import READ_SWITCHES
from cli.projects import must_exist
from shared.errors import ForbiddenError, NotFoundError
from shared.names import API_VERSION, GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

Found = tuple["Kind", JsonObject]


async def find_workload(api: Any, kinds: "Sequence[Kind]", name: str, project: str) -> Found:
    """The workload of that name in the project, else among the global ones, else the one whose job is called so.

    Stop where there is none, or one of several kinds.
    """
    namespace = PROJECT_PREFIX + project
    for place in (namespace, GLOBAL_NAMESPACE):
        found = await _of_kinds(api, kinds, place, name)
        if len(found) > 1:
            switches = " or ".join(READ_SWITCHES[kind.name][0][0] for kind, _ in found)
            raise Stop(Exit.USAGE, f"there are several workloads {name}: add {switches}")
        if found:
            return found[0]
    if by_job := await _of_job(api, kinds, namespace, name):
        return by_job
    await must_exist(api, project)
    raise Stop(Exit.NOT_FOUND, f"workload {name} not found in project {project} nor among the global ones")


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
        claim = await api.get(resource_path("configmaps", namespace, job, "v1"))
    except (ForbiddenError, NotFoundError):
        return None
    for owner in claim["metadata"].get("ownerReferences") or []:
        of_kind = [kind for kind in kinds if kind.workload == owner.get("kind")]
        if found := await _of_kinds(api, of_kind, namespace, owner["name"]):
            kind, workload = found[0]
            return (kind, workload) if workload["metadata"]["uid"] == owner["uid"] else None
    return None
