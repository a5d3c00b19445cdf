"""Find and remove what a submission has made, and nothing else, whatever its name."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from services.creator.seals import Seals
from shared.errors import ConflictError, NotFoundError, PermanentError
from shared.kubernetes.api import Api
from shared.messages import CreatedResource, WorkloadRef
from shared.names import WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS


class Made(NamedTuple):
    """Something that the submission has made."""

    resource: CreatedResource
    uid: str | None = None
    """None if it may be gone, or belong to something else by now."""


def collection_of(item: JsonObject) -> str:
    """Return the path of the collection that the output belongs to."""
    return _path(item["kind"], item["metadata"]["namespace"], None, item["apiVersion"])


@dataclass(frozen=True)
class Removing:
    """Finds and removes what submissions have made."""

    api: Api
    seals: Seals

    async def existing(self, ref: WorkloadRef, resources: Iterable[CreatedResource]) -> list[Made]:
        """Return those that exist and are this workload's own. What cannot even be read was not made here."""
        found = []
        for resource in resources:
            with suppress(PermanentError):
                item = await self._there(resource)
                if item is not None and self.seals.owns(item, resource.kind, ref):
                    found.append(Made(resource, item["metadata"]["uid"]))
        return found

    async def labelled(self, ref: WorkloadRef) -> list[Made]:
        """Return everything with this workload's label, if nothing else says what was planned."""
        found = []
        for kind, version in OUTPUT_KINDS:
            with suppress(PermanentError):  # a kind that is unknown, or that cannot be listed: none was made
                path = _path(kind, ref.namespace, None, version)
                answer = await self.api.list(path, {"labelSelector": f"{WORKLOAD_UID_LABEL}={ref.uid}"})
                own = (item["metadata"] for item in answer["items"] if self.seals.owns(item, kind, ref))
                found += [Made(_named(kind, version, each), each["uid"]) for each in own]
        return found

    async def remove(self, ref: WorkloadRef, made: Iterable[Made]) -> tuple[list[CreatedResource], list[str]]:
        """Remove what this submission made, the job first and the claim last.

        Returns what is gone, and what the API server would not remove, each with its message. Resources that now belong
        to something else appear in neither.
        """
        removed, left = [], []
        for resource, known in reversed(list(made)):
            try:
                uid = known
                if uid is None and (found := await self._there(resource)) is not None:
                    if not self.seals.owns(found, resource.kind, ref):
                        continue
                    uid = found["metadata"]["uid"]
                if uid is not None:
                    with suppress(NotFoundError, ConflictError):
                        await self.api.delete(_path_of(resource), uid=uid)
            except PermanentError as error:
                left.append(f"{resource.kind} {resource.name} ({error})")
            else:
                removed.append(resource)
        return removed, left

    async def _there(self, resource: CreatedResource) -> JsonObject | None:
        """Return the object that has the resource's name, no matter who made it; None if there is none."""
        try:
            return await self.api.get(_path_of(resource))
        except NotFoundError:
            return None


def _named(kind: str, version: str, metadata: JsonObject) -> CreatedResource:
    return CreatedResource(kind=kind, version=version, namespace=metadata["namespace"], name=metadata["name"])


def _path_of(resource: CreatedResource) -> str:
    return _path(resource.kind, resource.namespace, resource.name, resource.version)


def _path(kind: str, namespace: str, name: str | None, version: str) -> str:
    return resource_path(OUTPUT_KINDS[kind, version].plural, namespace, name, version)
