"""Find and remove what a submission has made, and nothing else, whatever its name."""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from shared.errors import ConflictError, NotFoundError, PermanentError
from shared.kubernetes.api import Api
from shared.messages import CreatedResource, WorkloadRef
from shared.names import WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from shared.outputs.configmap import owned_by
from shared.outputs.kinds import OUTPUT_KINDS


class Made(NamedTuple):
    """Something that the submission has made."""

    resource: CreatedResource
    uid: str | None = None
    """None if it may be gone, or belong to something else by now."""


def collection_of(item: JsonObject) -> str:
    """Return the path of the collection that the output belongs to."""
    return _path(item["kind"], item["metadata"]["namespace"], None, item["apiVersion"])


async def existing(api: Api, ref: WorkloadRef, resources: Iterable[CreatedResource]) -> list[Made]:
    """Return those that exist and are this workload's own. What cannot even be read was not made here."""
    found = []
    for resource in resources:
        with suppress(PermanentError):
            item = await _there(api, resource)
            if item is not None and owned_by(item, ref.uid):
                found.append(Made(resource, item["metadata"]["uid"]))
    return found


async def labelled(api: Api, ref: WorkloadRef) -> list[Made]:
    """Return everything with this workload's label, if nothing else says what was planned."""
    found = []
    for kind, version in OUTPUT_KINDS:
        with suppress(PermanentError):  # a kind that is unknown, or that cannot be listed: none was made
            path = _path(kind, ref.namespace, None, version)
            answer = await api.list(path, {"labelSelector": f"{WORKLOAD_UID_LABEL}={ref.uid}"})
            for item in answer["items"]:
                if owned_by(item, ref.uid):
                    metadata = item["metadata"]
                    named = CreatedResource(kind=kind, version=version, namespace=ref.namespace, name=metadata["name"])
                    found.append(Made(named, metadata["uid"]))
    return found


async def remove(api: Api, ref: WorkloadRef, made: Iterable[Made]) -> tuple[list[CreatedResource], list[str]]:
    """Remove what this submission made, the job first and the claim last.

    Returns what is gone, and what the API server would not remove, each with its message. Resources that now belong to
    something else appear in neither.
    """
    removed, left = [], []
    for resource, known in reversed(list(made)):
        try:
            uid = known
            if uid is None and (found := await _there(api, resource)) is not None:
                if not owned_by(found, ref.uid):
                    continue
                uid = found["metadata"]["uid"]
            if uid is not None:
                with suppress(NotFoundError, ConflictError):
                    await api.delete(_path_of(resource), uid=uid)
        except PermanentError as error:
            left.append(f"{resource.kind} {resource.name} ({error})")
        else:
            removed.append(resource)
    return removed, left


async def _there(api: Api, resource: CreatedResource) -> JsonObject | None:
    """Return the object that has the resource's name, no matter who made it; None if there is none."""
    try:
        return await api.get(_path_of(resource))
    except NotFoundError:
        return None


def _path_of(resource: CreatedResource) -> str:
    return _path(resource.kind, resource.namespace, resource.name, resource.version)


def _path(kind: str, namespace: str, name: str | None, version: str) -> str:
    return resource_path(OUTPUT_KINDS[kind, version].plural, namespace, name, version)
