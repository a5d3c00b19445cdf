"""Jobs as the cluster holds them: what runs a workload, whatever its kind, with its pods."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.errors import MissingError, NotRunningError
from shared.inquiry.projects import must_exist
from shared.jobs import job_status, pod_status, restarts_forever, why_waiting
from shared.names import (
    API_VERSION,
    GROUP,
    JOB_UID_LABEL,
    PROJECT_PREFIX,
    WORKLOAD_UID_LABEL,
    project_of,
    resource_path,
)
from shared.objects import JsonObject


class JobKind(NamedTuple):
    """A kind of what runs a workload."""

    kind: str
    plural: str
    api_version: str
    types: str
    """What a job of this kind is called where its workload does not say."""

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Where the API server has it, or the list of all."""
        return resource_path(self.plural, namespace, name, self.api_version)


RUNAI_JOB: Final = JobKind("RunaiJob", "runaijobs", "run.ai/v1", "Train")
DEPLOYMENT: Final = JobKind("Deployment", "deployments", "apps/v1", "Inference")
KNATIVE_SERVICE: Final = JobKind("Service", "services", "serving.knative.dev/v1", "Inference")
MPI_JOB: Final = JobKind("MPIJob", "mpijobs", "kubeflow.org/v2beta1", "Distributed")
PYTORCH_JOB: Final = JobKind("PyTorchJob", "pytorchjobs", "kubeflow.org/v1", "Distributed")
JOB_KINDS: Final = (RUNAI_JOB, DEPLOYMENT, MPI_JOB, PYTORCH_JOB, KNATIVE_SERVICE)
BY_KIND: Final = {(kind.kind, kind.api_version): kind for kind in JOB_KINDS}
OURS_ONLY: Final = (DEPLOYMENT, MPI_JOB, PYTORCH_JOB, KNATIVE_SERVICE)
"""Kinds that people also make for other ends: of these, only what a workload made is a job."""

TYPES: Final = {
    "InteractiveWorkload": "Interactive",
    "TrainingWorkload": "Train",
    "DeploymentWorkload": "Inference",
    "InferenceWorkload": "Inference",
    "DistributedWorkload": "Distributed",
}
"""What a job is called by the kind of its workload."""
MAIN_CONTAINERS: Final = ("mpi", "pytorch", "user-container")
"""What the main container is called where it is not called as its job."""
FIRST_ROLES: Final = ("launcher", "master")
"""The pods of a distributed job that its own words come from."""
ROLE: Final = f"{GROUP}/role"
INDEX: Final = "batch.kubernetes.io/job-completion-index"
ENDED: Final = ("Succeeded", "Failed")


def workload_path(kind: str, namespace: str, name: str | None = None) -> str:
    """Where the API server has the workload, or all of that kind: their plural is the lower-case kind and an s."""
    return resource_path(f"{kind.lower()}s", namespace, name, API_VERSION)


class Reference(NamedTuple):
    """The workload that a job was made for."""

    kind: str
    name: str
    uid: str

    def path(self, namespace: str) -> str:
        """Where the API server has it."""
        return workload_path(self.kind, namespace, self.name)


@dataclass(frozen=True)
class Job:
    """A job and its pods, those first from which its own words come."""

    kind: JobKind
    resource: JsonObject
    pods: Sequence[JsonObject] = ()
    gone: bool = False
    """Whether it has been deleted; `resource` is what it was."""

    @property
    def name(self) -> str:
        """Its name, which everything of it bears."""
        return str(self.resource["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.resource["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """What tells it from an older or later one of its name."""
        return str(self.resource["metadata"]["uid"])

    @property
    def uid_of_pods(self) -> str:
        """What its pods bear: the uid of its workload, else its own."""
        return self.workload.uid if self.workload else self.uid

    @property
    def project(self) -> str:
        """Its project; where the namespace is none's, the namespace."""
        return project_of(self.namespace) or self.namespace

    @property
    def status(self) -> str:
        """How it stands, in one word."""
        return job_status(None if self.gone else self.resource, self.pods)

    @property
    def standing(self) -> str:
        """The same, and what keeps it from running, where the scheduler or a node says so."""
        reasons = (why_waiting(pod) for pod in self.pods if pod_status(pod) == self.status)
        why = next((reason for reason in reasons if reason), "")
        return f"{self.status}: {' '.join(why.split())}" if why else self.status

    @property
    def workload(self) -> Reference | None:
        """The workload that it was made for; None for one made by hand."""
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
        """Where the API server has it."""
        return self.kind.path(self.namespace, self.name)

    def templates(self) -> Iterator[tuple[JsonObject, int]]:
        """Each template of its pods, with how many pods it is for at a time."""
        spec = self.resource.get("spec") or {}
        if self.kind in (MPI_JOB, PYTORCH_JOB):
            for part in (spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs") or {}).values():
                yield part.get("template") or {}, _number(part.get("replicas"))
        else:
            yield spec.get("template") or {}, _number(spec.get("parallelism"), spec.get("replicas"))

    def running(self) -> list[JsonObject]:
        """Its pods that run, those first that speak for it."""
        return [pod for pod in self.pods if pod_status(pod) == "Running"]

    def main_container(self, pod: JsonObject) -> JsonObject:
        """The container of the pod that does the job's work; others stand beside it."""
        containers: list[JsonObject] = pod["spec"]["containers"]
        meant = (self.name, *MAIN_CONTAINERS)
        return next((one for one in containers if one["name"] in meant), containers[0])


def _number(*given: int | None) -> int:
    return next((number for number in given if number is not None), 1)


def in_order(pods: Iterable[JsonObject]) -> list[JsonObject]:
    """Launchers and masters first, then by their index; of one index, the newest attempt first."""
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)
    return sorted(newest, key=_rank)


def _rank(pod: JsonObject) -> tuple[bool, int]:
    labels = pod["metadata"].get("labels") or {}
    index = str(labels.get(INDEX) or labels.get("apps.kubernetes.io/pod-index") or 0)
    return labels.get(ROLE) not in FIRST_ROLES, int(index) if index.isdigit() else 0


def name_of_node(pod: JsonObject) -> str | None:
    """The node that the pod was given; None while it waits for one."""
    return (pod.get("spec") or {}).get("nodeName")


def pod_path(pod: JsonObject) -> str:
    """Where the API server has the pod."""
    metadata = pod["metadata"]
    return resource_path("pods", metadata["namespace"], metadata["name"], "v1")


async def find_job(api: Any, project: str, name: str) -> Job:
    """The project's job of that name, with its pods. Raises MissingError if there is none."""
    namespace = PROJECT_PREFIX + project
    found = await asyncio.gather(*(_get(api, kind, namespace, name) for kind in JOB_KINDS))
    jobs = [job for job in found if job is not None]
    if not jobs:
        await must_exist(api, project)
        raise MissingError(
            f"the job {name} does not exist in project {project}; if it is in a different project, use -p PROJECT"
        )
    return await with_pods(api, jobs[0])


async def _get(api: Any, kind: JobKind, namespace: str, name: str) -> Job | None:
    """The job, or None where there is none, or where the cluster does not know (or show) the kind of an operator."""
    try:
        resource = await api.get(kind.path(namespace, name))
    except NotFoundError as error:
        if kind == RUNAI_JOB and not error.kind:
            raise
        return None
    except ForbiddenError:
        if kind == RUNAI_JOB:
            raise
        return None
    if kind in OURS_ONLY and WORKLOAD_UID_LABEL not in (resource["metadata"].get("labels") or {}):
        return None
    return Job(kind, resource)


async def job_of(api: Any, workload: JsonObject) -> Job | None:
    """The job that was created for a workload, with its pods; `gone` if it was deleted, None if none was created."""
    for created in (workload.get("status") or {}).get("createdResources") or []:
        kind = BY_KIND.get((created["kind"], created["version"]))
        if kind is None:
            continue
        try:
            job = Job(kind, await api.get(kind.path(created["namespace"], created["name"])))
        except NotFoundError:
            job = _deleted(kind, created, workload)
        return await with_pods(api, job)
    return None


def _deleted(kind: JobKind, created: JsonObject, workload: JsonObject) -> Job:
    """A job of which no more is known than what its workload's status says of it."""
    owner = {name: workload["metadata"][name] for name in ("name", "uid")}
    owners = [{"apiVersion": API_VERSION, "kind": workload["kind"], **owner, "controller": True}]
    names = {"name": created["name"], "namespace": created["namespace"], "uid": ""}
    return Job(kind, {"metadata": {**names, "ownerReferences": owners}}, gone=True)


async def with_pods(api: Any, job: Job) -> Job:
    """The job with its pods as they are now."""
    label = WORKLOAD_UID_LABEL if job.workload else JOB_UID_LABEL
    params = {"labelSelector": f"{label}={job.uid_of_pods}"}
    answer = await api.list(resource_path("pods", job.namespace, None, "v1"), params)
    return replace(job, pods=in_order(answer["items"]))


def chosen_pod(job: Job, pod: str | None, instance: str | None = None) -> JsonObject:
    """The pod of that name, the one of that number (from 0), or else the one that speaks for the job.

    Raises MissingError if there is none.
    """
    if pod is None and instance is not None and not instance.isdigit():
        pod = instance
    if pod is not None:
        found = [one for one in job.pods if one["metadata"]["name"] == pod]
    elif instance is not None:
        found = list(_of_number(job.pods, int(instance)))
    else:
        found = list(job.pods)
    if found:
        return found[0]
    if not job.pods:
        raise MissingError(f"the job {job.name} has no pod: it is {job.status}")
    names = ", ".join(one["metadata"]["name"] for one in job.pods)
    raise MissingError(f"the job {job.name} has no pod {pod or instance}; its pods: {names}")


def _of_number(pods: Sequence[JsonObject], number: int) -> Iterator[JsonObject]:
    """The pods of a completion index, the newest attempt first; without such, the one at that place."""
    if any(INDEX in (pod["metadata"].get("labels") or {}) for pod in pods):
        yield from (pod for pod in pods if (pod["metadata"].get("labels") or {}).get(INDEX) == str(number))
    else:
        yield from pods[number : number + 1]


def running_pod(job: Job, pod: str | None) -> JsonObject:
    """The pod of that name, or else the first one of the job, that runs. NotRunningError if it does not."""
    if pod is not None:
        named = chosen_pod(job, pod)
        if (status := pod_status(named)) != "Running":
            raise NotRunningError(f"the pod {pod} does not run: it is {status}")
        return named
    if running := job.running():
        return running[0]
    raise NotRunningError(f"the job {job.name} does not run: it is {job.status}")
