"""Record a workload's submission on the workload itself, the one place where creators agree.

Annotations and the phase form a register. Every step has the resourceVersion as its precondition:

    nothing  ->  job name  ->  Submitted
         '------------'--->  failure  ->  Failed

A job name is recorded before anything of that name is made, together with a note about that moment. So whatever a
creator makes, others find it by the recorded name, however it ended. The name of a prefix moves on to the next index
if something else has it, and is given up if the workload is rejected before it was claimed. A failure is recorded
before anything is removed, and ends the submission; nothing is created after it.

If the API server refuses to record a failure (because the workload's annotations are full, for example), the phase is
its record. The claim is removed, so that nobody resumes the submission, the failure is published, and the rest is
removed once the workload is Failed. A creator that finds it Submitted instead leaves it as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from services.creator.sources import Sources
from shared.errors import NotFoundError, PermanentError
from shared.kubernetes.api import Api
from shared.messages import CreatedResource, WorkloadRef
from shared.names import (
    FAILURE_ANNOTATION,
    JOB_NAME_ANNOTATION,
    JOB_SINCE_ANNOTATION,
    is_name,
    resource_path,
)
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS
from shared.parameters.kinds import kind_of
from shared.reasons import Reason

LONGEST_NAME: Final = 253
"""Characters of any name. Somebody may have written anything instead of a job's name: no more than this is read."""


@dataclass(frozen=True)
class Since:
    """The note about the moment before a job's name was recorded, when nothing of that name was made yet."""

    version: str
    """A version of the API server's data from before that moment."""
    at: float
    """When that was, in seconds since 1970."""
    left: tuple[str, ...] = ()
    """Names that were tried before and belong to something else. What was made under them is removed."""
    made: bool = False
    """Whether the job has been seen: it is never created again, also when it is gone."""

    def to_json(self) -> str:
        """Return the form that the annotation holds."""
        note = {"version": self.version, "at": int(self.at)}
        return orjson.dumps(
            note | ({"left": self.left} if self.left else {}) | ({"made": True} if self.made else {})
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> "Since | None":
        """Read the note; None if somebody has written something else there."""
        try:
            raw = orjson.loads(text)
            left = tuple(name for name in raw.get("left", ()) if is_name(name) and len(name) <= LONGEST_NAME)
            return cls(str(raw["version"]), float(raw["at"]), left, raw.get("made") is True)
        except (ValueError, KeyError, AttributeError, TypeError):
            return None


@dataclass(frozen=True)
class Failure:
    """Why a submission failed for good, and what it may have made."""

    reason: str
    message: str
    made: tuple[CreatedResource, ...] = ()
    """What was created before the failure, by this or an earlier try; the claim first."""
    rest: tuple[CreatedResource, ...] | None = None
    """What else this submission may have made, which a later try looks for; None if that is unknown."""
    sources: Sources | None = None
    """What the decision was based on, since the claim that holds it is removed; older records have none."""

    def to_json(self) -> str:
        """Return the form that the annotation holds."""
        told = {"reason": self.reason, "message": self.message[:8192], "made": _dumped(self.made)}
        rest = {} if self.rest is None else {"rest": _dumped(self.rest)}
        return orjson.dumps(told | rest | ({"sources": self.sources.to_json()} if self.sources else {})).decode()

    @classmethod
    def from_json(cls, text: str, namespace: str) -> "Failure":
        """Read the failure of a workload of this namespace.

        Other text that somebody may have written there also counts as a failure. Resources that no submission of this
        workload can have made are ignored.
        """
        try:
            raw = orjson.loads(text)
            made, rest = _own(raw.get("made", []), namespace), raw.get("rest")
            sources = Sources.model_validate(raw["sources"]) if "sources" in raw else None
            others = None if rest is None else _own(rest, namespace)
            return cls(str(raw["reason"]), str(raw["message"]), made, others, sources)
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
    since: Since | None = None
    """None if the name was recorded by an older version, which claimed a name before it recorded it."""
    spec: JsonObject | None = None
    """What the workload asks for; None if it was not read."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """All that is noted on the workload, among it who created it."""


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
    since: Since | None = None,
    failure: Failure | None = None,
) -> Record:
    """Record a job name with its note, or a failure; return the record as it is now. An empty name gives it up.

    Raises ConflictError if the workload is no longer at `resource_version`, NotFoundError if it is gone.
    """
    annotations = {} if job_name is None else {JOB_NAME_ANNOTATION: job_name}
    if since:
        annotations[JOB_SINCE_ANNOTATION] = since.to_json()
    if failure:
        annotations[FAILURE_ANNOTATION] = failure.to_json()
    body = {"metadata": {"uid": ref.uid, "resourceVersion": resource_version, "annotations": annotations}}
    now = await api.patch(path_of(ref), body)
    kept = (now["metadata"].get("annotations") or {}).get(JOB_NAME_ANNOTATION)
    if job_name is not None and failure is None and kept != job_name:
        raise PermanentError("the API server keeps another job name on the workload: its admission policies are old")
    return _record(now)


def _dumped(resources: tuple[CreatedResource, ...]) -> list[JsonObject]:
    return [resource.model_dump(by_alias=True) for resource in resources]


def _own(raw: list[JsonObject], namespace: str) -> tuple[CreatedResource, ...]:
    read = map(CreatedResource.model_validate, raw)
    return tuple(resource for resource in read if _is_output(resource, namespace))


def _is_output(resource: CreatedResource, namespace: str) -> bool:
    known = (resource.kind, resource.version) in OUTPUT_KINDS
    return known and resource.namespace == namespace and is_name(resource.name)


def _record(workload: JsonObject) -> Record:
    metadata = workload["metadata"]
    annotations = metadata.get("annotations") or {}
    job, failure = annotations.get(JOB_NAME_ANNOTATION) or None, annotations.get(FAILURE_ANNOTATION)
    return Record(
        metadata["resourceVersion"],
        job and job[:LONGEST_NAME],
        Failure.from_json(failure, metadata["namespace"]) if failure else None,
        (workload.get("status") or {}).get("phase"),
        bool(workload.get("status")),
        Since.from_json(annotations.get(JOB_SINCE_ANNOTATION) or ""),
        workload.get("spec") or {},
        annotations,
    )
