"""Jobs as the cluster stores them: the resource of any kind that runs a workload, with its pods. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from shared.inquiry.times import moment
from shared.jobs import end_of, job_status, pod_status, restarts_forever, why_waiting
from shared.names import API_VERSION, JOB_UID_LABEL, WORKLOAD_UID_LABEL, project_of, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import OUTPUT_KINDS
from shared.parameters.kinds import KINDS


class JobKind(NamedTuple):
    """A kind of resource that runs workloads."""

    kind: str
    plural: str
    api_version: str
    types: str
    """The type shown for a job of this kind if its workload does not determine it."""

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The API path of a job, or of the list of all."""
        return resource_path(self.plural, namespace, name, self.api_version)


JOB_KINDS: Final = tuple(
    JobKind(kind, of.plural, version, of.job_type) for (kind, version), of in OUTPUT_KINDS.items() if of.job_type
)
BY_KIND: Final = {(kind.kind, kind.api_version): kind for kind in JOB_KINDS}
_BY_NAME: Final = {kind.kind: kind for kind in JOB_KINDS}
RUNAI_JOB: Final = _BY_NAME["RunaiJob"]
DEPLOYMENT: Final = _BY_NAME["Deployment"]
KNATIVE_SERVICE: Final = _BY_NAME["Service"]
MPI_JOB: Final = _BY_NAME["MPIJob"]
PYTORCH_JOB: Final = _BY_NAME["PyTorchJob"]
OURS_ONLY: Final = tuple(kind for kind in JOB_KINDS if kind != RUNAI_JOB)
"""Kinds that users also create for other purposes: only those created for a workload are jobs."""

TYPES: Final = {kind.workload: kind.job_type for kind in KINDS}
"""The type shown for a job, by the kind of its workload."""
MAIN_CONTAINERS: Final = ("mpi", "pytorch", "user-container")
"""Name of the main container if it is not named after its job."""


def workload_path(kind: str, namespace: str, name: str | None = None) -> str:
    """The API path of the workload, or of all of its kind: the plural is the lower-case kind and an s."""
    return resource_path(f"{kind.lower()}s", namespace, name, API_VERSION)


class Reference(NamedTuple):
    """The workload that a job was created for."""

    kind: str
    name: str
    uid: str

    def path(self, namespace: str) -> str:
        """The API path of the workload."""
        return workload_path(self.kind, namespace, self.name)


@dataclass(frozen=True)
class Job:
    """A job and its pods, with the pods that represent it first."""

    kind: JobKind
    resource: JsonObject
    pods: Sequence[JsonObject] = ()
    gone: bool = False
    """Whether it has been deleted; `resource` is what it was."""

    @property
    def name(self) -> str:
        """Its name, after which everything that belongs to it is named."""
        return str(self.resource["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.resource["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """Its uid, which distinguishes it from other jobs of its name."""
        return str(self.resource["metadata"]["uid"])

    @property
    def workload_uid(self) -> str | None:
        """The uid of the workload that it was created for, even if that was deleted without it; else None."""
        labels = self.resource["metadata"].get("labels") or {}
        label = labels.get(WORKLOAD_UID_LABEL)
        return str(label) if label else self.workload.uid if self.workload else None

    @property
    def uid_of_pods(self) -> str:
        """The uid that its pods are labelled with: its workload's, else its own."""
        return self.workload_uid or self.uid

    def has(self, pod: JsonObject) -> bool:
        """Whether a pod with that label is its own, and not that of another job to which the label was copied."""
        owner = (pod["metadata"].get("labels") or {}).get(JOB_UID_LABEL)
        return not owner or not self.uid or owner == self.uid

    @property
    def project(self) -> str:
        """Its project; its namespace if that belongs to no project."""
        return project_of(self.namespace) or self.namespace

    @cached_property
    def status(self) -> str:
        """Its status in one word."""
        return job_status(None if self.gone else self.resource, self.pods)

    @property
    def why(self) -> str:
        """What keeps it from running, on one line, if the scheduler or a node says so; else empty."""
        reasons = (why_waiting(pod) for pod in self.pods if pod_status(pod) == self.status)
        return " ".join(next((reason for reason in reasons if reason), "").split())

    @property
    def standing(self) -> str:
        """Its status, and what keeps it from running if the scheduler or a node says so."""
        return f"{self.status}: {why}" if (why := self.why) else self.status

    @cached_property
    def workload(self) -> Reference | None:
        """The workload that it was created for; None for a job created by hand."""
        for owner in self.resource["metadata"].get("ownerReferences") or []:
            if owner.get("controller") and owner["apiVersion"] == API_VERSION:
                return Reference(owner["kind"], owner["name"], owner["uid"])
        return None

    @property
    def type(self) -> str:
        """Interactive, Train, Inference or Distributed."""
        if workload := self.workload:
            return TYPES.get(workload.kind, workload.kind)
        return "Interactive" if self.kind == RUNAI_JOB and restarts_forever(self.resource) else self.kind.types

    @property
    def path(self) -> str:
        """The API path of the job."""
        return self.kind.path(self.namespace, self.name)

    def seconds(self, now: datetime) -> float | None:
        """From its first start to its end, or to now; None before it has started."""
        status, end = self.resource.get("status") or {}, end_of(self.resource) or {}
        started = moment(status.get("startTime"))
        ended = moment(status.get("completionTime") or end.get("lastTransitionTime"))
        return ((ended or now) - started).total_seconds() if started else None

    def templates(self) -> Iterator[tuple[JsonObject, int]]:
        """Each pod template, with the number of pods that run from it at a time."""
        spec = self.resource.get("spec") or {}
        if self.kind in (MPI_JOB, PYTORCH_JOB):
            for part in (spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs") or {}).values():
                yield part.get("template") or {}, _number(part.get("replicas"))
        else:
            yield spec.get("template") or {}, _number(spec.get("parallelism"), spec.get("replicas"))

    def running(self) -> list[JsonObject]:
        """Its running pods, with the pods that represent it first."""
        return [pod for pod in self.pods if pod_status(pod) == "Running"]

    def main_container(self, pod: JsonObject) -> JsonObject:
        """The name of the pod's main container."""
        containers: list[JsonObject] = pod["spec"]["containers"]
        meant = (self.name, *MAIN_CONTAINERS)
        return next((one for one in containers if one["name"] in meant), containers[0])


def _number(*given: int | None) -> int:
    return next((number for number in given if number is not None), 1)
