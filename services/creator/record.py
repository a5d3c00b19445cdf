"""Record a workload's submission on the workload itself, the one place where creators agree.

Two annotations and the phase form a register that only moves forward. Every step has the resourceVersion as its
precondition:

    nothing  ->  job name  ->  Submitted
         '------------'--->  failure  ->  Failed

A job name is recorded once its claim exists, and never changes; nothing is created before it. A failure is recorded
before anything is removed; nothing is created after it. So there is one name and one end, however many creators hold
one message.

If the API server refuses to record a failure (because the workload's annotations are full, for example), the phase is
its record. The claim is removed, so that nobody resumes the submission, the failure is published, and the rest is
removed once the workload is Failed. A creator that finds it Submitted instead leaves it as it is.
"""

from dataclasses import dataclass
from typing import Final

import orjson

from services.creator.sources import Sources
from shared.errors import NotFoundError
from shared.kubernetes.api import Api
from shared.messages import CreatedResource, WorkloadRef
from shared.names import FAILURE_ANNOTATION, JOB_NAME_ANNOTATION, is_name, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS
from shared.parameters.kinds import kind_of
from shared.reasons import Reason

LONGEST_NAME: Final = 253
"""Characters of any name. Somebody may have written anything instead of a job's name: no more than this is read."""


@dataclass(frozen=True)
class Failure:
    """Why a submission failed for good, and what it may have made."""

    reason: str
    message: str
    made: tuple[CreatedResource, ...] = ()
    """What was created before the failure, by this or an earlier try; the claim first."""
    sources: Sources | None = None
    """What the decision was based on, since the claim that holds it is removed; older records have none."""

    def to_json(self) -> str:
        """Return the form that the annotation holds."""
        made = [resource.model_dump(by_alias=True) for resource in self.made]
        told = {"reason": self.reason, "message": self.message[:8192], "made": made}
        return orjson.dumps(told | ({"sources": self.sources.to_json()} if self.sources else {})).decode()

    @classmethod
    def from_json(cls, text: str, namespace: str) -> "Failure":
        """Read the failure of a workload of this namespace.

        Other text that somebody may have written there also counts as a failure. Resources that no submission of this
        workload can have made are ignored.
        """
        try:
            raw = orjson.loads(text)
            made = map(CreatedResource.model_validate, raw.get("made", []))
            own = tuple(resource for resource in made if _is_output(resource, namespace))
            sources = Sources.model_validate(raw["sources"]) if "sources" in raw else None
            return cls(str(raw["reason"]), str(raw["message"]), own, sources)
        except (ValueError, KeyError, AttributeError, TypeError):
            return cls(Reason.INTERNAL_ERROR, f"annotation {FAILURE_ANNOTATION} is not readable: {text[:200]}")


@dataclass(frozen=True)
class Record:
    """The workload's state when it was read."""

    resource_version: str
    job_name: str | None
    failure: Failure | None
    phase: str | None
    has_status: bool = False


def path_of(ref: WorkloadRef) -> str:
    """Return the workload's path on the API server."""
    return resource_path(kind_of(ref.kind).workload_plural, ref.namespace, ref.name)


async def read(api: Api, ref: WorkloadRef) -> Record | None:
    """Return the workload's current record, or None if it is gone, being deleted, or another one has its name."""
    try:
        workload = await api.get(path_of(ref))
    except NotFoundError:
        return None
    metadata = workload["metadata"]
    if metadata["uid"] != ref.uid or "deletionTimestamp" in metadata:
        return None
    return _record(workload)


async def write(
    api: Api,
    ref: WorkloadRef,
    resource_version: str,
    *,
    job_name: str | None = None,
    failure: Failure | None = None,
) -> str:
    """Record a job name or a failure; return the new resourceVersion.

    Raises ConflictError if the workload is no longer at `resource_version`, NotFoundError if it is gone.
    """
    annotations = {JOB_NAME_ANNOTATION: job_name} if job_name else {}
    if failure:
        annotations[FAILURE_ANNOTATION] = failure.to_json()
    body = {"metadata": {"uid": ref.uid, "resourceVersion": resource_version, "annotations": annotations}}
    return str((await api.patch(path_of(ref), body))["metadata"]["resourceVersion"])


def _is_output(resource: CreatedResource, namespace: str) -> bool:
    known = (resource.kind, resource.version) in OUTPUT_KINDS
    return known and resource.namespace == namespace and is_name(resource.name)


def _record(workload: JsonObject) -> Record:
    metadata = workload["metadata"]
    annotations = metadata.get("annotations") or {}
    job, failure = annotations.get(JOB_NAME_ANNOTATION), annotations.get(FAILURE_ANNOTATION)
    return Record(
        metadata["resourceVersion"],
        job and job[:LONGEST_NAME],
        Failure.from_json(failure, metadata["namespace"]) if failure else None,
        (workload.get("status") or {}).get("phase"),
        bool(workload.get("status")),
    )
