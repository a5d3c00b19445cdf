"""Wire up the watcher: reflectors on one side, the bus on the other, and a lease around both."""

from dataclasses import dataclass, field
from typing import Final

from services.watcher.handlers import Jobs, Workloads, reference_only
from services.watcher.lease import Lease
from services.watcher.reflector import Handler, Reflector
from services.watcher.settings import WatcherSettings
from services.watcher.shown import leading, shown
from shared.kubernetes.api import Api
from shared.names import JOB_UID_LABEL, resource_path
from shared.parameters.kinds import KINDS
from shared.process.bus import Bus
from shared.process.cluster import Cluster
from shared.process.service import Service, connected
from shared.process.settings import SharedSettings
from shared.process.tasks import together

UNFINISHED: Final = "spec.usage=Submit,status.phase="
"""Selects the workloads that await an outcome; one that ends is reported as deleted. An absent field is empty text,
and the definition's default has set the usage before anything is selected."""


@dataclass
class Watch:
    """Everything that is watched while this replica leads. Each term has its own, so that no stale state survives."""

    api: Api
    bus: Bus
    settings: WatcherSettings
    reflectors: list[Reflector] = field(default_factory=list)

    async def run(self) -> None:
        """Watch and report until cancelled."""
        first, longest = self.settings.resync, self.settings.resync_longest
        workloads = Workloads(self.bus, self.api, first, longest, self.settings.delayed_after)
        jobs = Jobs(self.bus, first, longest)
        self.reflectors[:] = [
            self._reflector(resource_path(kind.workload_plural), workloads.handler(kind.workload), fields=UNFINISHED)
            for kind in KINDS
        ]
        watched_for_jobs = self._job_reflectors(jobs) if self.settings.jobs else []
        self.reflectors += watched_for_jobs
        self.bus.on_new_stream = [workloads.telling.all_again, jobs.telling.all_again]
        with shown(self.reflectors, workloads.oldest):
            await together(
                *(reflector.run() for reflector in self.reflectors),
                workloads.reports.run(),
                *(one.resync() for one in (workloads.telling, jobs.telling)),
                *(one.tell() for one in (workloads.telling, jobs.telling) for _ in range(self.settings.tellers)),
                *([_when_listed(watched_for_jobs, jobs)] if watched_for_jobs else []),
            )

    def _job_reflectors(self, jobs: Jobs) -> list[Reflector]:
        return [
            self._reflector(resource_path("runaijobs", api_version="run.ai/v1"), jobs.on_job),
            self._reflector(resource_path("jobs", api_version="batch/v1"), jobs.on_child("Job"), JOB_UID_LABEL),
            self._reflector(
                resource_path("statefulsets", api_version="apps/v1"), jobs.on_child("StatefulSet"), JOB_UID_LABEL
            ),
        ]

    def _reflector(
        self, path: str, handler: Handler, selector: str | None = None, fields: str | None = None
    ) -> Reflector:
        return Reflector(
            self.api,
            path,
            handler,
            keep=reference_only,
            relist=self.settings.relist,
            idle=self.settings.watch_idle,
            selector=selector,
            fields=fields,
        )

    def problem(self) -> str | None:
        """Return what is not being watched right now, and why; None if all is well or another replica leads."""
        wrong = [
            f"{r.path}: {r.problem or 'nothing heard for too long'}"
            for r in self.reflectors
            if r.problem or not r.fresh()
        ]
        return "watch: " + "; ".join(wrong) if wrong else None


async def _when_listed(reflectors: list[Reflector], jobs: Jobs) -> None:
    for reflector in reflectors:
        await reflector.listed.wait()
    jobs.listed()


async def build(shared: SharedSettings, settings: WatcherSettings) -> Service:
    """Build the watcher."""
    bus = Bus("watcher", shared, sweeps=True)
    api = await connected("watcher", shared)
    watch = Watch(api, bus, settings)
    lease = Lease(api, settings.lease_namespace, settings.lease_name, settings.identity, settings.lease_duration)
    leading(lambda: lease.held)
    return Service(
        "watcher",
        shared,
        bus,
        api,
        Cluster(api),
        tasks=[lambda: lease.lead(watch.run)],
        checks=[lambda: watch.problem() if lease.held else lease.problem],
    )
