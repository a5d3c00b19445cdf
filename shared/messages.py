"""Everything that crosses NATS: each message with its subject, and the stream that carries them.

Messages ignore unknown fields, so that two versions can run side by side. A changed meaning needs a new field.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Literal

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from shared.objects import JsonObject
from shared.parameters.kinds import KINDS
from shared.parameters.limits import MAX_MESSAGE_BYTES

STREAM: Final = "WORKLOADS"

STREAM_CONFIG: Final = StreamConfig(
    name=STREAM,
    description="Facts about workloads and jobs on their way between Slipway's services",
    subjects=["workload.*", "job.*"],
    retention=RetentionPolicy.WORK_QUEUE,  # a fact is kept until its service has acted on it, and no longer
    discard=DiscardPolicy.NEW,  # a full stream refuses messages rather than drop old ones
    storage=StorageType.FILE,
    max_bytes=1024**3,
    max_msg_size=2 * MAX_MESSAGE_BYTES,
    duplicate_window=120,
)
"""The stream that is created if it is missing and this service may declare it. `duplicate_window` is in seconds."""


def durable_of(service: str, message: "type[Message]") -> str:
    """Return the name of the consumer by which a service reads these messages."""
    return f"{service}-{message.subject.replace('.', '-')}"


def inbox_of(service: str) -> str:
    """Return the subject below which the broker answers a service, and no other one."""
    return f"_INBOX_{service}"


def _is_none(value: object) -> bool:
    return value is None


class Message(BaseModel):
    """Something that happened, published once it is true."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,  # it would be logged, and may hold a secret
    )
    subject: ClassVar[str]

    @property
    def message_id(self) -> str | None:
        """Return the id by which the broker recognises a repetition within two minutes; None disables that."""
        return None

    @property
    def about(self) -> dict[str, str | int]:
        """Return what every log line about this message states."""
        return {}

    @property
    def tenant(self) -> str:
        """Return the namespace that a service's time for this message is counted to."""
        return ""

    @property
    def submission(self) -> str:
        """Return the uid of the workload whose submission this message belongs to."""
        return ""


class WorkloadRef(Message):
    """Which edit of which workload."""

    kind: str
    """The resource's kind, such as `InteractiveWorkload`."""
    namespace: str
    name: str
    uid: str
    generation: int
    resource_version: str
    """Version at the reading that this message comes from; writes that decide the outcome require it unchanged."""
    has_status: bool = False
    """Whether the workload had a status then. If so, it is read before it is written, so that none of its events is
    lost."""

    @property
    def named(self) -> dict[str, str | int]:
        """Return what every log line about this edit of the workload states."""
        return {
            "workload": f"{self.namespace}/{self.name}",
            "kind": self.kind,
            "uid": self.uid,
            "generation": self.generation,
        }

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        """Reject a kind that this version does not know: its messages are unreadable here."""
        if not any(kind == one.workload for one in KINDS):
            raise ValueError(f"{kind} is no kind of workload")
        return kind


class Reference(Message):
    """A resource that a decision is based on, exactly as it was."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    submitted_by: str | None = Field(None, exclude_if=lambda value: value is None)
    """Who created it, if it is a base workload whose creator the API server stamped."""
    changed_by: str | None = Field(None, exclude_if=lambda value: value is None)
    """Who changed its spec last, likewise; absent if nobody did."""


class Event(Message):
    """A line of a workload's history."""

    type: Literal["Info", "Warning", "Error"]
    reason: str
    message: str


class ViolationText(Message):
    """One rule broken by one parameter; shown as `parameter: message`."""

    parameter: str
    message: str
    path: tuple[str, ...] | None = Field(None, exclude_if=_is_none)
    """The same as `parameter` in steps, if a step holds a dot itself; left out if none does."""
    rule: str | None = Field(None, exclude_if=_is_none)
    """The rule of the policy, which the message refers to; left out if the system itself demands it."""
    origin: str | None = Field(None, exclude_if=_is_none)
    """Where the value comes from; left out if there is none."""


class CreatedResource(Message):
    """One output resource."""

    kind: str
    version: str
    namespace: str
    name: str


class Step(Message):
    """A step of a submission that a service has taken, and when, by its own clock."""

    step: Literal["Observed", "Resolved", "Named", "Claimed", "Created", "Submitted", "Failed"]
    service: str
    time: AwareDatetime
    what: str | None = Field(None, exclude_if=_is_none)
    """Kind and name of what was made; left out for a step that makes nothing."""


class WorkloadMessage(Message):
    """What every message about a workload carries."""

    workload: WorkloadRef
    attempt: int = 1
    """How often the watcher has reported this workload, from 1. A later attempt passes the broker's check for
    repetitions."""
    observed_at: datetime
    """When the watcher read the workload, in UTC. For measuring delay and giving up, never for ordering."""
    steps: list[Step] = Field([], exclude_if=lambda value: not value)
    """Steps of the submission since then, for people to see where time went. Nothing is decided by them."""

    @property
    def message_id(self) -> str | None:
        """Return one id per fact, workload, generation and attempt."""
        return f"{self.workload.uid}:{self.workload.generation}:{self.attempt}:{self.subject}"

    @property
    def tenant(self) -> str:
        """Return the workload's namespace."""
        return self.workload.namespace

    @property
    def submission(self) -> str:
        """Return the workload's uid."""
        return self.workload.uid

    @property
    def about(self) -> dict[str, str | int]:
        """Return which edit of which workload this is about."""
        return self.workload.named


class WorkloadObserved(WorkloadMessage):
    """One generation of a submitted workload that has no outcome yet, as the API server stored it."""

    subject: ClassVar[str] = "workload.observed"
    spec: JsonObject
    """The resource's `spec`, not yet interpreted: camelCase keys, shaped by the CRD of its kind."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Only the annotations that submission depends on: creator with UID and groups, job name and failure."""
    created_at: datetime | None = None
    """The resource's creationTimestamp."""


class WorkloadRejected(WorkloadMessage):
    """A workload that breaks rules, with every reason."""

    subject: ClassVar[str] = "workload.rejected"
    reason: str
    violations: list[ViolationText]
    policy: Reference | None = None
    base_workload: Reference | None = None
    events: list[Event] = []


class WorkloadResolved(WorkloadMessage):
    """The values set of a workload: complete, checked, with the origin of every value."""

    subject: ClassVar[str] = "workload.resolved"
    values_set: JsonObject
    provenance: JsonObject
    policy: Reference | None = None
    base_workload: Reference | None = None
    events: list[Event] = []
    recorded_name: str | None = None
    """The job name already recorded on the workload when it was observed, which may have a claim; empty if only a
    failure was."""
    submitted_by: str | None = None
    """Who created the workload, as the API server stamped it."""
    scheduler: str | None = None
    """The scheduler of the job; None leaves it to the creator."""
    rejection: WorkloadRejected | None = None
    """Current objections to the workload, in place of its values set. It was reported before, so they count unless its
    claim holds an earlier decision."""
    sources: JsonObject = Field(default_factory=dict)
    """What is sealed besides values set and provenance: the workload with a digest of its spec and its submitter, and
    all of the above that the decision consists of. Only this counts; the fields above are for older versions."""
    seal: str | None = None
    """The resolver's seal on values set, provenance and sources. A message without a valid one is ignored."""


class WorkloadCreated(WorkloadMessage):
    """Every output resource of a workload exists."""

    subject: ClassVar[str] = "workload.created"
    job_name: str
    created: list[CreatedResource]
    policy: Reference | None = None
    base_workload: Reference | None = None
    events: list[Event] = []


class WorkloadFailed(WorkloadMessage):
    """A submission that ended without its outputs; whatever it had made was removed."""

    subject: ClassVar[str] = "workload.failed"
    reason: str
    message: str
    resolved: bool | None = None
    """Whether its values set had been decided before the failure; None if an older version does not say."""
    unrecorded: bool = False
    """The API server did not let the creator record the failure: only this fact reports it, and what was made is
    removed once the workload is marked Failed."""
    job_name: str | None = None
    policy: Reference | None = None
    base_workload: Reference | None = None
    events: list[Event] = []


class WorkloadDelayed(WorkloadMessage):
    """A submission that is delayed and will be retried automatically."""

    subject: ClassVar[str] = "workload.delayed"
    service: str
    message: str
    tries: int

    @property
    def message_id(self) -> str | None:
        """Return one id per try."""
        return f"{super().message_id}:{self.service}:{self.tries}"


class JobObserved(Message):
    """A RunaiJob together with what runs it, as the watcher last saw both."""

    subject: ClassVar[str] = "job.observed"
    job: JsonObject
    """The RunaiJob: identity, owner, queue, spec and status. Of its template, only the pods' restart policy is left."""
    child: JsonObject | None = None
    """The batch/v1 Job or apps/v1 StatefulSet that runs it: kind, identity, spec without template, and status."""
    child_deleted: bool = False
    """Whether the child has been deleted; `child` is then its last known state."""

    @field_validator("job")
    @classmethod
    def _shaped(cls, job: JsonObject) -> JsonObject:
        """Reject a job whose identity has not the shape of Kubernetes' metadata: nobody can tell which one it is."""
        metadata = job.get("metadata", {})
        owners = metadata.get("ownerReferences", []) if isinstance(metadata, dict) else None
        if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
            raise ValueError("its metadata is not that of a Kubernetes object")
        return job

    @property
    def tenant(self) -> str:
        """Return the job's namespace."""
        return str(self._metadata.get("namespace"))

    @property
    def submission(self) -> str:
        """Return the uid of the workload that the job was made for; its own if a person wrote it."""
        return str((self._owner or self._metadata).get("uid"))

    @property
    def about(self) -> dict[str, str | int]:
        """Return which RunaiJob this is about, and of which workload."""
        metadata, owner = self._metadata, self._owner
        namespace = metadata.get("namespace")
        made_for = {"workload": f"{namespace}/{owner.get('name')}"} if owner else {}
        return {"job": f"{namespace}/{metadata.get('name')}", "uid": str(metadata.get("uid")), **made_for}

    @property
    def _metadata(self) -> JsonObject:
        found: JsonObject = self.job.get("metadata", {})
        return found

    @property
    def _owner(self) -> JsonObject | None:
        """Return the reference to the workload that controls the job."""
        owners: list[JsonObject] = self._metadata.get("ownerReferences", [])
        return next((owner for owner in owners if owner.get("controller")), None)


MESSAGES: Final[tuple[type[Message], ...]] = (
    WorkloadObserved,
    WorkloadResolved,
    WorkloadRejected,
    WorkloadCreated,
    WorkloadFailed,
    WorkloadDelayed,
    JobObserved,
)
"""Every message, in the order of the flow."""

READERS: Final[Mapping[type[Message], str]] = {
    WorkloadObserved: "resolver",
    WorkloadResolved: "creator",
    WorkloadRejected: "status",
    WorkloadCreated: "status",
    WorkloadFailed: "status",
    WorkloadDelayed: "status",
    JobObserved: "runner",
}
"""The one service that reads each message."""
