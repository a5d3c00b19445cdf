"""People who go on submitting while something breaks, and what must hold of every one of their workloads."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import Outcomes, all_ended, phase_of

PACE = 0.15
"""Seconds between two submissions."""


class Load:
    """Submissions of one project, one after another."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self.submitted = 0
        self._news, self.end = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Submit until the end is set."""
        try:
            while not self.end.is_set():
                name = f"load-{self.submitted + 1}"
                await self._cluster.create(training(name, self._namespace, image="ubuntu", namePrefix="job"))
                self.submitted += 1
                self._news.set()
                await asyncio.sleep(PACE)
        finally:
            self.end.set()
            self._news.set()

    async def more(self, workloads: int) -> None:
        """Wait until this many more workloads are submitted. AssertionError if nobody submits any more."""
        wanted = self.submitted + workloads
        while self.submitted < wanted:
            assert not self.end.is_set(), "a submission was refused"
            self._news.clear()
            await self._news.wait()

    async def caught_up(self) -> float:
        """Wait until as many workloads have ended as are submitted now; return how many seconds that took."""
        wanted, began = self.submitted, time.monotonic()

        async def look() -> int:
            return sum(1 for one in await self._cluster.items("trainingworkloads", self._namespace) if phase_of(one))

        await self._cluster.wait_for(f"{wanted} workloads to end", look, lambda ended: ended >= wanted)
        return time.monotonic() - began

    async def once_each(self) -> Outcomes:
        """Wait until every workload has ended; assert that each has one job, which the runner made once."""
        found = await all_ended(self._cluster, self._namespace, self.submitted)
        found.assert_one_job_each(self.submitted)
        owners = {job["metadata"]["uid"] for job in found.jobs}

        async def look() -> list[Manifest]:
            return await self._cluster.items("jobs", self._namespace)

        made = await self._cluster.wait_for("a Job of each", look, lambda jobs: len(jobs) >= self.submitted)
        assert sorted(job["metadata"]["ownerReferences"][0]["uid"] for job in made) == sorted(owners)
        return found


@asynccontextmanager
async def under_load(cluster: Cluster, namespace: str, before: int = 10) -> AsyncIterator[Load]:
    """Submit workloads while inside, from now on; `before` of them are submitted when the block begins."""
    load = Load(cluster, namespace)
    task = asyncio.create_task(load.run())
    try:
        await load.more(before)
        yield load
    finally:
        load.end.set()
        await task
