"""The outcomes of many workloads at once, and checks that each has exactly one of everything."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.prepare import WORKLOADS

JOB_NAME = "run.ai/job-name"
UID = "run.ai/workload-uid"
AT_ONCE = 16
"""Number of objects that a test creates concurrently."""


@dataclass(frozen=True)
class Outcomes:
    """A namespace as it was at one moment."""

    workloads: list[Manifest]
    """Workloads to be submitted, without templates."""
    claims: list[Manifest]
    jobs: list[Manifest]
    services: list[Manifest]

    @property
    def unfinished(self) -> list[str]:
        """The names of workloads without an outcome."""
        return [w["metadata"]["name"] for w in self.workloads if phase_of(w) not in ("Submitted", "Failed")]

    def of(self, uid: str) -> dict[str, list[str]]:
        """The names of the objects created for the workload with this uid, by kind."""
        kinds = {"claims": self.claims, "jobs": self.jobs, "services": self.services}
        return {
            kind: [i["metadata"]["name"] for i in items if i["metadata"].get("labels", {}).get(UID) == uid]
            for kind, items in kinds.items()
        }

    def assert_one_job_each(self, count: int) -> None:
        """Assert that `count` workloads exist and are Submitted, each with one claim and one job, named as recorded."""
        assert len(self.workloads) == count
        for workload in self.workloads:
            name, status = workload["metadata"]["name"], workload.get("status", {})
            assert phase_of(workload) == "Submitted", f"{name}: {status}"
            made = self.of(workload["metadata"]["uid"])
            recorded = workload["metadata"]["annotations"][JOB_NAME]
            assert (made["claims"], made["jobs"]) == ([recorded], [recorded]), f"{name}: {made}, recorded {recorded}"
            assert status["jobName"] == recorded
            listed = {resource["name"] for resource in status["createdResources"] if resource["kind"] == "Service"}
            assert listed == set(made["services"])
        names = Counter(workload["status"]["jobName"] for workload in self.workloads)
        assert max(names.values()) == 1, names.most_common(3)


def phase_of(workload: Manifest) -> str | None:
    """Submitted, Failed, or None while in progress."""
    phase = workload.get("status", {}).get("phase")
    return str(phase) if phase else None


async def outcomes(cluster: Cluster, namespace: str) -> Outcomes:
    """The namespace as it is now."""
    plurals = (*WORKLOADS, "configmaps", "runaijobs", "services")
    *workloads, claims, jobs, services = await asyncio.gather(*(cluster.items(p, namespace) for p in plurals))
    submits = [w for items in workloads for w in items if w["spec"].get("usage", "Submit") == "Submit"]
    return Outcomes(submits, [c for c in claims if "ownerReferences" in c["metadata"]], jobs, services)


async def all_ended(cluster: Cluster, namespace: str, count: int, within: float = 120.0) -> Outcomes:
    """Wait until there are `count` workloads, each Submitted or Failed; return the outcomes."""

    async def look() -> list[str | None]:
        lists = await asyncio.gather(*(cluster.items(plural, namespace) for plural in WORKLOADS))
        return [phase_of(w) for items in lists for w in items if w["spec"].get("usage", "Submit") == "Submit"]

    def done(phases: list[str | None]) -> bool:
        return len(phases) >= count and all(phases)

    await cluster.wait_for(f"{count} workloads to end", look, done, within)
    return await outcomes(cluster, namespace)


async def create_all(cluster: Cluster, manifests: list[Manifest]) -> list[Manifest]:
    """Create all objects, a few at a time; return what the server stored, in the same order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def create(manifest: Manifest) -> Manifest:
        async with slots:
            return await cluster.create(manifest)

    return list(await asyncio.gather(*(create(manifest) for manifest in manifests)))


async def drained(cluster: Cluster, pipeline: Pipeline, within: float = 60.0) -> None:
    """Wait until the bus holds no messages, because all are acknowledged."""
    await cluster.wait_for("the bus to be empty", lambda: in_flight(pipeline), lambda seen: seen == 0, within)


async def in_flight(pipeline: Pipeline) -> int:
    """The number of messages on the bus: published, and not acknowledged yet."""
    page = await asyncio.to_thread(pipeline.nats.monitor, "jsz?streams=true")
    streams = [stream for account in page["account_details"] for stream in account["stream_detail"]]
    return sum(stream["state"]["messages"] for stream in streams)
