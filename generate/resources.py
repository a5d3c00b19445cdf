"""What the custom resources hold besides parameters: the status of a workload, and the RunaiJob that runs it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.parameters.limits import MOST_EVENTS, MOST_STEPS
from shared.parameters.types import LARGEST_COUNT

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


class Part(BaseModel):
    """A part of a resource: camelCase outside, its docstrings are what `kubectl explain` shows."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, use_attribute_docstrings=True
    )


class Condition(Part):
    """One step of the submission, and its status."""

    type: str
    """Resolved (the values are complete and keep the rules), Created (the resources exist) or Submitted."""
    status: Literal["True", "False", "Unknown"]
    """True, False or Unknown."""
    observed_generation: int | None = None
    """Generation of the workload that this describes."""
    last_transition_time: datetime
    """When the status last changed, in UTC."""
    reason: str
    """Why, in one word that programs can compare."""
    message: str
    """Why, in words for people."""


class StatusEvent(Part):
    """A line of the workload's history."""

    time: datetime
    """When it happened last, in UTC."""
    type: Literal["Info", "Warning", "Error"]
    """Info, Warning or Error."""
    reason: str
    """What happened, in one word that programs can compare."""
    message: str
    """What happened, in words for people."""
    count: int | None = None
    """How often it happened; once if left out."""


class StatusViolation(Part):
    """A rule that a value breaks."""

    parameter: str
    """Path of the value, such as ports.my-port.container."""
    message: str
    """What is wrong with it."""


class StatusResource(Part):
    """A resource that the submission created."""

    kind: str
    """Its kind."""
    version: str
    """Its API version."""
    namespace: str
    """Its namespace."""
    name: str
    """Its name."""


class StatusStep(Part):
    """A step of the submission."""

    step: str
    """Observed, Resolved, Named, Claimed, Created, and Submitted or Failed."""
    service: str
    """Which service has taken it."""
    time: datetime
    """When, in UTC, by that service's clock; in whole seconds if only the API server knows it."""
    what: str | None = None
    """Kind and name of what was made."""


class Decisive(Part):
    """A resource that the values set depends on, exactly as it was read."""

    namespace: str
    """Its namespace."""
    name: str
    """Its name."""
    uid: str
    """Its uid."""
    resource_version: str
    """Its resourceVersion when it was read."""
    submitted_by: str | None = None
    """Who created it, for a base workload."""
    changed_by: str | None = None
    """Who changed it last, for a template that somebody changed."""


class WorkloadStatus(Part):
    """What became of the workload; written by the system only. A template has none."""

    phase: Literal["Submitted", "Failed"] | None = None
    """Submitted (every resource was created) or Failed; absent while in progress. It describes only the
    submission: the job may fail later."""
    job_name: str | None = None
    """Name of the job."""
    observed_generation: int | None = None
    """Generation of the workload that the status describes."""
    conditions: Annotated[
        list[Condition],
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}),
    ] = []
    """The steps of the submission: Resolved, Created, Submitted."""
    events: Annotated[list[StatusEvent], Field(max_length=MOST_EVENTS)] = []
    """What happened, newest last; the last 50."""
    created_resources: list[StatusResource] = []
    """Resources that were created for the workload, and are deleted with it."""
    steps: Annotated[list[StatusStep], Field(max_length=MOST_STEPS)] = []
    """What happened when, from the observation to the outcome. `runai timeline` shows it."""
    violations: list[StatusViolation] = []
    """Every reason why the workload was refused."""
    policy: Decisive | None = None
    """The policy that applied; absent if none did."""
    base_workload: Decisive | None = None
    """The base workload; absent if there is none."""


class JobCondition(Part):
    """How the job ended, or that it is suspended."""

    type: str
    """Complete, Failed or Suspended."""
    status: Literal["True", "False", "Unknown"]
    """True, False or Unknown."""
    last_probe_time: datetime | None = None
    """When it was last looked at, in UTC."""
    last_transition_time: datetime | None = None
    """When the status last changed, in UTC."""
    reason: str | None = None
    """Why, in one word that programs can compare."""
    message: str | None = None
    """Why, in words for people."""


_FREE: Final[dict[str, Any]] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class PodTemplate(Part):
    """What every pod of the job is made from; the same as the template of a batch/v1 Job."""

    metadata: Annotated[dict[str, Any] | None, Field(json_schema_extra=_FREE)] = None
    """Labels and annotations of the pods."""
    spec: Annotated[dict[str, Any], Field(json_schema_extra=_FREE)]
    """Specification of the pods."""


class RunaiJobSpec(Part):
    """What runs, how often and how long."""

    parallelism: Count | None = None
    """How many pods may run at a time; 1 if left out."""
    completions: Count | None = None
    """How many pods must succeed; 1 if this and parallelism are left out."""
    backoff_limit: Count | None = None
    """How many times failed pods are retried before the job fails; 6 if left out."""
    active_deadline_seconds: Count | None = None
    """Seconds that the job may run from its start before it fails; no limit if left out."""
    ttl_seconds_after_finished: Count | None = None
    """Seconds to keep the job's pods, and what ran them, after it finished; with 0 they are removed at once. If left
    out, they are kept. The RunaiJob itself stays and shows how it ended."""
    suspend: bool | None = None
    """Whether the job is held: true removes its pods, and false lets it run."""
    selector: Annotated[dict[str, Any] | None, Field(json_schema_extra=_FREE)] = None
    """Labels of the pods that belong to the job; set by the system."""
    manual_selector: bool | None = None
    """Whether you set the selector yourself; normally left out."""
    template: PodTemplate
    """What every pod of the job is made from; the same as the template of a batch/v1 Job."""


class RunsAs(Part):
    """What runs a job on this cluster."""

    kind: str
    """Job of batch/v1, or StatefulSet of apps/v1."""
    name: str
    """Its name, in the namespace of the job."""
    uid: str
    """Its uid."""


class RunaiJobStatus(Part):
    """Progress of the job; written by the system only."""

    runs_as: RunsAs | None = None
    """What runs it. Once set, the job is never started again."""
    start_time: datetime | None = None
    """When the job was started, in UTC."""
    completion_time: datetime | None = None
    """When the job was complete, in UTC."""
    active: int | None = None
    """Pods that are pending or running."""
    succeeded: int | None = None
    """Pods that succeeded."""
    failed: int | None = None
    """Pods that failed."""
    conditions: list[JobCondition] = []
    """How the job ended, Complete or Failed; or Suspended."""
