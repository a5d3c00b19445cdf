"""Workloads that keep coming while something happens, and a check that each became exactly one job."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import all_ended, outcomes
from tests.node.notebook import NAME

LABEL: Final = "run.ai/project"
NOWHERE: Final = "nowhere"
"""A type that no node has, so that the jobs' pods wait: the load is on Slipway, not on the node."""
ENDS_WITHIN: Final = 180.0
"""Seconds after the last one."""


@dataclass
class Load:
    """The workloads of one load."""

    cluster: Cluster
    project: str
    created: int = 0
    began: float = field(default_factory=time.monotonic)
    _over: bool = False

    @property
    def namespace(self) -> str:
        """The project's namespace."""
        return f"runai-{self.project}"

    async def keep_coming(self, per_second: float) -> None:
        """Create workloads at this rate, as far as the API server keeps up, until the load is over."""
        while not self._over:
            due = int((time.monotonic() - self.began) * per_second) + 1 - self.created
            await asyncio.gather(*(self._create() for _ in range(min(due, 16))))
            await asyncio.sleep(0.5 / per_second)

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
async def under_load(cluster: Cluster, name: str, per_second: float = 8.0) -> AsyncIterator[Load]:
    """Keep workloads coming while inside; then wait until each has ended, as one job with one claim."""
    await project(cluster, name)
    load = Load(cluster, name)
    coming = asyncio.create_task(load.keep_coming(per_second))
    try:
        yield load
    finally:
        load.end()
        await coming
    await all_ended(cluster, load.namespace, load.created, ENDS_WITHIN)
    (await outcomes(cluster, load.namespace)).assert_one_job_each(load.created)
