"""What a page of details is about: a workload and its job, or a job that was made by hand."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.circumstances import of_job
from shared.inquiry.job_lookup import find_job, job_of
from shared.inquiry.jobs import Job
from shared.inquiry.live import Live
from shared.inquiry.lookup import find_workload
from shared.inquiry.witnesses import Facts
from shared.names import JOB_UID_LABEL, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS, Kind

BY_NAME: Final = {kind.name: kind for kind in KINDS}
BY_WORKLOAD: Final = {kind.workload: kind for kind in KINDS}
OF_JOBS: Final = "job"
"""The step of a job without a workload."""
STEPS: Final = "|".join((OF_JOBS, *BY_NAME))
"""The step before a name in the addresses of details, as a route matches it."""

MOST_PODS: Final = 20
"""Pods whose events are read: those of others say the same."""


@dataclass(frozen=True)
class Subject:
    """A workload, its job, or both, as they are now."""

    api: Any
    project: str
    kind: Kind | None
    """None for a job without a workload."""
    workload: JsonObject | None
    job: Job | None

    @property
    def name(self) -> str:
        """The name of the workload, else of the job."""
        return str(self.main["metadata"]["name"])

    @property
    def main(self) -> JsonObject:
        """The resource that the page is about."""
        found = self.workload or (self.job and self.job.resource)
        assert found, "there is a workload or a job"
        return found

    @property
    def namespace(self) -> str:
        """The namespace of both."""
        return str(self.main["metadata"]["namespace"])

    @property
    def path(self) -> str:
        """The address of the page."""
        return f"/p/{quote(self.project)}/{self.kind.name if self.kind else OF_JOBS}/{quote(self.name)}"

    @cached_property
    def template(self) -> bool:
        """Whether it is a template, which runs no job."""
        return ((self.workload or {}).get("spec") or {}).get("usage") == "Template"

    @cached_property
    def facts(self) -> "asyncio.Future[Facts]":
        """All that is known about how it came here and what keeps it, read once for the sections that show it."""
        own = self.job.name if self.job else self.name
        known = Facts(own, self.namespace, datetime.now(UTC), self.job, self.workload)
        return asyncio.ensure_future(of_job(self.api, known, ended=True))

    @property
    def runs_nothing(self) -> bool:
        """Whether no pod will ever belong to it: it is a template, or its submission failed."""
        failed = ((self.workload or {}).get("status") or {}).get("phase") == "Failed"
        return self.template or (failed and self.job is None)

    @property
    def uids(self) -> list[str]:
        """The uids of all that events may be about, each once."""
        owners = [one["uid"] for pod in self._pods for one in pod["metadata"].get("ownerReferences") or []]
        pods = [pod["metadata"]["uid"] for pod in self._pods]
        own = [self.main["metadata"]["uid"], self.job.uid if self.job else ""]
        return [str(uid) for uid in dict.fromkeys((*own, *owners, *pods[:MOST_PODS])) if uid]

    @property
    def _pods(self) -> Sequence[JsonObject]:
        return self.job.pods if self.job else ()

    def watched(self) -> list[Live]:
        """The lists that change whenever the page does: those of its workload, its job and their pods."""
        found = []
        if self.workload and self.kind:
            found.append(self._one(resource_path(self.kind.workload_plural, self.namespace), self.workload))
        if self.job and not self.job.gone:
            found.append(self._one(self.job.kind.path(self.namespace), self.job.resource))
        of_workload = str(self.workload["metadata"]["uid"]) if self.workload else self.job and self.job.workload_uid
        selector = (
            f"{WORKLOAD_UID_LABEL}={of_workload}" if of_workload else f"{JOB_UID_LABEL}={self.job and self.job.uid}"
        )
        return [*found, Live(self.api, resource_path("pods", self.namespace, None, "v1"), {"labelSelector": selector})]

    def _one(self, path: str, item: JsonObject) -> Live:
        return Live(self.api, path, {"fieldSelector": f"metadata.name={item['metadata']['name']}"})


async def subject_of(api: Any, project: str, step: str, name: str) -> Subject:
    """Read what the page of that name is about.

    Raises MissingError if there is no such workload or job.
    """
    if step != OF_JOBS:
        kind = BY_NAME[step]
        _, workload = await find_workload(api, [kind], name, project)
        return Subject(api, project, kind, workload, await job_of(api, workload))
    job = await find_job(api, project, name)
    found = await _workload(api, job)
    return Subject(api, project, BY_WORKLOAD[found["kind"]] if found else None, found, job)


async def _workload(api: Any, job: Job) -> JsonObject | None:
    """The workload of the job; None if it has none, or none that the person may see."""
    if job.workload is None or job.workload.kind not in BY_WORKLOAD:
        return None
    try:
        found = await api.get(job.workload.path(job.namespace))
    except (ForbiddenError, NotFoundError):
        return None
    return {"kind": job.workload.kind, **found} if found["metadata"]["uid"] == job.workload.uid else None
