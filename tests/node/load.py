"""Workloads that keep coming while something happens, and a check that each became exactly one job."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import all_ended, outcomes
from tests.node.notebook import NAME

LABEL: Final = "run.ai/project"
NOWHERE: Final = "nowhere"
"""A type that no node has, so that the jobs' pods wait: the load is on Slipway, not on the node."""
UNFINISHED: Final = "spec.usage=Submit,status.phase="
"""Selects the workloads that have no outcome yet."""
MOST: Final = 50
"""Unfinished ones at which no more come: how much a load is, depends on the machine."""
ENDS_WITHIN: Final = 180.0
"""Seconds after the last one."""


@dataclass
class Load:
    """The workloads of one load."""

    cluster: Cluster
    project: str
    created: int = 0
    _over: bool = False

    @property
    def namespace(self) -> str:
        """The project's namespace."""
        return f"runai-{self.project}"

    async def keep_coming(self, per_second: int, most: int) -> None:
        """Create this many workloads each second, until the load is over; none while `most` of them are unfinished."""
        while not self._over:
            began = time.monotonic()
            unfinished = await self.cluster.items("trainingworkloads", self.namespace, fields=UNFINISHED)
            if len(unfinished) < most:
                await asyncio.gather(*(self._create() for _ in range(per_second)))
            await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))

    def end(self) -> None:
        """Create no more."""
        self._over = True

    async def _create(self) -> None:
        self.created += 1
        name = f"load-{self.created}"
        await self.cluster.create(training(name, self.namespace, image=NAME, jobNamePrefix="load", nodeType=NOWHERE))


async def project(cluster: Cluster, name: str) -> None:
    """Create the namespace of a project, unless it exists."""
    metadata = {"name": f"runai-{name}", "labels": {LABEL: name, "pod-security.kubernetes.io/enforce": "baseline"}}
    if not await cluster.find("namespaces", metadata["name"]):  # type: ignore[arg-type]
        await cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


@asynccontextmanager
async def under_load(cluster: Cluster, name: str, per_second: int = 8, most: int = MOST) -> AsyncIterator[Load]:
    """Keep workloads coming while inside; then wait until each has ended, as one job with one claim."""
    await project(cluster, name)
    load = Load(cluster, name)
    coming = asyncio.create_task(load.keep_coming(per_second, most))
    try:
        yield load
    finally:
        load.end()
        await coming
    await all_ended(cluster, load.namespace, load.created, ENDS_WITHIN)
    (await outcomes(cluster, load.namespace)).assert_one_job_each(load.created)
