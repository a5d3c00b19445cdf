"""All jobs of a project, or of all projects, with their pods and addresses, now and whenever they change."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from shared.errors import ForbiddenError
from shared.inquiry.addresses import Exposure
from shared.inquiry.jobs import BY_KIND, JOB_KINDS, OURS_ONLY, RUNAI_JOB, Job, JobKind
from shared.inquiry.live import Keep, Live, changes_of
from shared.inquiry.notes import Say
from shared.inquiry.pods import in_order
from shared.names import JOB_UID_LABEL, PROJECT_PREFIX, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject

PODS: Final = (WORKLOAD_UID_LABEL, f"{JOB_UID_LABEL},!{WORKLOAD_UID_LABEL}")
"""Selectors of pods: those of workloads, and those of jobs that were made by hand."""
Pages = asyncio.Queue[list[str] | None]
"""The keys of the jobs that each page was about; None at the end."""
EXPOSING: Final = {"Service": ("services", "v1"), "Ingress": ("ingresses", "networking.k8s.io/v1")}
"""The resources through which workloads are reached: plural and version, by kind."""


@dataclass
class JobLists:
    """The jobs and pods of a project, or of all projects (None)."""

    api: Any
    project: str | None
    note: Say
    keep: Keep | None = None
    """What is kept of each object that is read; None for all of it."""
    _lists: list[Live] = field(default_factory=list)
    _jobs: dict[str, dict[str, Job]] = field(default_factory=dict)
    """Jobs by the key of their parts, then by their own uid: a person may copy a job with its labels."""
    _beside: dict[str, dict[str, dict[str, JsonObject]]] = field(
        default_factory=lambda: {kind: {} for kind in ("Pod", *EXPOSING)}
    )
    """Objects that belong to jobs, by kind, then by the key of the job's parts, then by their own uid."""

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        return len(self._lists)

    async def read(self) -> list[Job]:
        """All jobs, the youngest first."""
        async for _ in self.parts():
            pass  # the last parts complete the first jobs
        return self.jobs()

    async def parts(self) -> AsyncIterator[list[Job]]:
        """Read everything, and yield the jobs that each page of a list is about, with what was read of them so far."""
        namespace = None if self.project is None else PROJECT_PREFIX + self.project
        pods = resource_path("pods", namespace, None, "v1")
        pages: Pages = asyncio.Queue()
        kinds = await _known_kinds(self.api)
        reading = asyncio.gather(
            *(self._read_jobs(kind, self._live(kind.path(namespace), _selected(kind)), pages) for kind in kinds),
            *(self._read(self._live(pods, {"labelSelector": labels}), pages) for labels in PODS),
        )
        reading.add_done_callback(lambda _: pages.put_nowait(None))
        try:
            while (keys := await pages.get()) is not None:
                yield [self._with_pods(job) for key in dict.fromkeys(keys) for job in self._jobs.get(key, {}).values()]
            unseen = await reading
        finally:
            reading.cancel()
        for sentence in filter(None, unseen):  # only now: what is missing does not matter if the rest cannot be read
            self.note(sentence)

    def jobs(self) -> list[Job]:
        """All jobs that were read, the youngest first."""
        return youngest_first(self._with_pods(job) for jobs in self._jobs.values() for job in jobs.values())

    async def read_exposure(self) -> None:
        """Call after `read`: also read what exposes the jobs; nothing if the user may not see it."""
        namespace = None if self.project is None else PROJECT_PREFIX + self.project
        for plural, version in EXPOSING.values():
            path = resource_path(plural, namespace, None, version)
            try:
                await self._read(self._live(path, {"labelSelector": WORKLOAD_UID_LABEL}))
            except ForbiddenError as error:
                self.note(f"job addresses are not shown: {error}")

    def exposure(self, job: Job) -> Exposure:
        """What exposes the job, as far as `read_exposure` found it."""
        parts = (self._beside[kind].get(_key_of_parts(job), {}) for kind in EXPOSING)
        services, ingresses = ({job.uid_of_pods: [*found.values()]} for found in parts)
        return Exposure(services, ingresses)

    async def changes(self) -> AsyncIterator[Job]:
        """Call after `read`: yields each job again whenever it or a part of it has changed, without end."""
        async for change, item in changes_of(self._lists):
            for job in self._changed(item, deleted=change == "DELETED"):
                yield job

    def _live(self, path: str, params: dict[str, str]) -> Live:
        return Live(self.api, path, params, keep=self.keep)

    async def _read_jobs(self, kind: JobKind, jobs: Live, pages: Pages) -> str | None:
        """Jobs of other systems' kinds are left out if the user may not see them: returns a sentence that says so."""
        try:
            await self._read(jobs, pages)
        except ForbiddenError as error:
            if kind == RUNAI_JOB:
                raise
            return f"{kind.kind} jobs are not shown: {error}"
        return None

    async def _read(self, items: Live, pages: Pages | None = None) -> str | None:
        async for page in items.pages():
            keys = [self._take(item) for item in page]
            if pages:
                pages.put_nowait(keys)
        self._lists.append(items)
        return None

    def _take(self, item: JsonObject) -> str:
        """Keep an object that was read, and return the key shared by all parts of its job."""
        kind = _job_kind(item)
        if kind is None:
            key = _key(item["metadata"]["namespace"], _uid_of_job(item))
            self._beside[item["kind"]].setdefault(key, {})[item["metadata"]["uid"]] = item
            return key
        job = Job(kind, item)
        self._jobs.setdefault(_key_of_parts(job), {})[job.uid] = job
        return _key_of_parts(job)

    def _with_pods(self, job: Job) -> Job:
        pods = self._beside["Pod"].get(_key_of_parts(job), {}).values()
        return Job(job.kind, job.resource, in_order(filter(job.has, pods)))

    def _changed(self, item: JsonObject, *, deleted: bool) -> list[Job]:
        """The jobs that the change affects, as they are now."""
        key, own = self._take(item), item["metadata"]["uid"]
        if _job_kind(item) is None:
            if deleted:
                del self._beside[item["kind"]][key][own]
            jobs = self._jobs.get(key, {}).values()
            return [self._with_pods(job) for job in jobs if item["kind"] != "Pod" or job.has(item)]
        job = self._with_pods(self._jobs[key][own])
        if deleted:
            del self._jobs[key][own]
            return [Job(job.kind, job.resource, job.pods, gone=True)]
        return [job]


def youngest_first(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, youngest first; those created in the same second are sorted by project and name."""
    by_name = sorted(jobs, key=lambda job: (job.project, job.name))
    return sorted(by_name, key=lambda job: str(job.resource["metadata"]["creationTimestamp"]), reverse=True)


async def _known_kinds(api: Any) -> list[JobKind]:
    """The kinds that the cluster has; kinds of operators may be missing."""
    answer = await api.get("/apis")
    known = {version["groupVersion"] for group in answer["groups"] for version in group["versions"]}
    return [kind for kind in JOB_KINDS if kind == RUNAI_JOB or kind.api_version in known]


def _selected(kind: JobKind) -> dict[str, str]:
    return {"labelSelector": WORKLOAD_UID_LABEL} if kind in OURS_ONLY else {}


def _job_kind(item: JsonObject) -> JobKind | None:
    """The kind of a job; None if the object is not a job but belongs to one."""
    return BY_KIND.get((item["kind"], item["apiVersion"]))


def _key_of_parts(job: Job) -> str:
    return _key(job.namespace, job.uid_of_pods)


def _key(namespace: str, uid: str) -> str:
    """The key of a job's parts: the label alone is no proof, because anybody may copy it into another namespace."""
    return f"{namespace}/{uid}"


def _uid_of_job(item: JsonObject) -> str:
    labels = item["metadata"].get("labels") or {}
    return str(labels.get(WORKLOAD_UID_LABEL) or labels.get(JOB_UID_LABEL))
