"""Thousands of objects that nobody would write: what is admitted never breaks resolution, and what Slipway accepts
the API server accepts too.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Final

import pytest

from services.runner.engine import child_of
from shared.objects import JsonObject
from shared.outputs.build import build_all
from shared.outputs.naming import Names
from shared.parameters.kinds import KINDS, Kind
from shared.resolution.cross import LONGEST_JOB_NAME
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.resolve import resolve
from shared.schedulers import Scheduler
from tests.integration.harness.cluster import ApiError, Cluster, path_of, plural_of
from tests.integration.harness.counts import count
from tests.integration.harness.made_up import MadeUp
from tests.integration.harness.operators import status_of
from tests.integration.harness.placing import placed, pod_of, templates

pytestmark = pytest.mark.contract

COUNT: Final = count(1_500, 10_000)
"""Objects that the API server has admitted: workloads, and the templates and policies beside them."""
CREATED: Final = count(100, 500)
"""Accepted workloads whose outputs are all really created."""
ROUND: Final = 8
"""Workloads that meet the same template and policy."""
SEED: Final = int(os.environ.get("SLIPWAY_SEED", "20261123"))

UID: Final = "8d5fd7a2-0000-4000-8000-1a2b3c4d5e6f"


class Stream:
    """Objects that the API server admits, checked without storing them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._made_up, self._numbers = MadeUp(SEED), itertools.count()
        self.tally: Counter[str] = Counter()

    async def rounds(self) -> AsyncIterator[tuple[Kind, Scheduler, JsonObject, JsonObject, list[JsonObject]]]:
        """A kind, a scheduler, the spec of a policy, that of a template, and those of workloads; either version of the
        API."""
        for kind in itertools.cycle(KINDS):
            specs = [self._made_up.workload(kind) for _ in range(ROUND)]
            policy, base = self._made_up.policy(kind), self._made_up.base(kind)
            kinds = [kind.policy, *[kind.workload] * (ROUND + 1)]
            let_in = await asyncio.gather(
                *(self._admitted(k, spec) for k, spec in zip(kinds, (policy, base, *specs), strict=True))
            )
            kept = [spec for spec, good in zip(specs, let_in[2:], strict=True) if good]
            yield kind, self._made_up.scheduler(), policy if let_in[0] else {}, base if let_in[1] else {}, kept
            if self.tally["admitted"] >= COUNT:
                return

    async def _admitted(self, kind: str, spec: JsonObject) -> bool:
        number = next(self._numbers)
        version = "v1alpha1" if number % 2 else "v2alpha1"
        metadata = {"name": f"made-up-{number}", "namespace": self._namespace}
        manifest = {"apiVersion": f"run.ai/{version}", "kind": kind, "metadata": metadata, "spec": spec}
        try:
            await self._cluster.create(manifest, dryRun="All", fieldValidation="Strict")
        except ApiError as error:
            assert error.status in (400, 422), error
            self.tally["not admitted"] += 1
            return False
        self.tally["admitted"] += 1
        return True


@pytest.mark.timeout(900)  # it takes minutes, and more on a busy machine
async def test_what_is_accepted_can_be_created(cluster: Cluster, namespace: str, operators: None) -> None:
    """Whatever Slipway accepts, the API server accepts: generated workloads of every kind."""
    stream, one_by_one = Stream(cluster, namespace), asyncio.Lock()  # a node port can be used only once
    tally, refused_by_server = stream.tally, list[str]()

    async def create(number: int, kind: Kind, scheduler: Scheduler, found: Resolved) -> None:
        job = f"{kind.name}-{number}"
        if number % 2:
            job = f"{job}-".ljust(LONGEST_JOB_NAME, "j")
        async with one_by_one:
            try:
                await _create_all(cluster, namespace, job, kind, scheduler, found)
            except ApiError as error:
                refused_by_server.append(f"{kind.name} {found.values_set}: {error}")

    async with asyncio.TaskGroup() as group:
        async for kind, scheduler, policy, base, specs in stream.rounds():
            for found in _resolved(kind, scheduler, compile_policy(kind, policy), base, specs, tally):
                if tally["created"] < CREATED:
                    tally["created"] += 1
                    group.create_task(create(tally["created"], kind, scheduler, found))
    print(f"seed {SEED}: {dict(tally)}, refused by the API server: {len(refused_by_server)}")
    assert refused_by_server == []
    assert tally["admitted"] >= COUNT
    assert tally["created"] >= CREATED
    assert tally["refused"] > CREATED  # to prove that invalid objects were tried too


def _resolved(
    kind: Kind, scheduler: Scheduler, policy: Policy, base: JsonObject, specs: list[JsonObject], tally: Counter[str]
) -> Iterator[Resolved]:
    """The accepted ones; resolution raises for nothing that was admitted."""
    template = Source(Origin.BASE, SourceRef("runai-a", "base", "b", "1"), base) if base else None
    for spec in specs:
        mine = Source(Origin.WORKLOAD, None, spec)
        found = resolve(kind, mine, template, policy, scheduler=scheduler)
        if isinstance(found, Refused):
            assert found.violations
            tally["refused"] += 1
        else:
            tally["accepted"] += 1
            yield found


async def _create_all(
    cluster: Cluster, namespace: str, job: str, kind: Kind, scheduler: Scheduler, found: Resolved
) -> None:
    """Create every output, and as a trial every pod of them and what the runner makes of a job, strictly as they are;
    then remove the outputs again."""
    values = kind.values.model_validate({**found.values_set, "name": None, "namePrefix": None})
    names = Names(job, namespace, "a", kind.workload, f"my-{job}", UID, "jane", scheduler)
    made = [placed(namespace, manifest) for manifest in build_all(kind, values, names)]
    assert all(len(host) <= 63 for moved in made for host in _last_hosts(moved))
    for moved in made:
        kept = await cluster.create(moved, fieldValidation="Strict")
        if moved["kind"] == "RunaiJob":
            await cluster.create(child_of(kept), dryRun="All", fieldValidation="Strict")
        for number, template in enumerate(templates(moved)):
            pod = pod_of(f"{moved['metadata']['name']}-{number}", namespace, template)
            await cluster.create(pod, dryRun="All", fieldValidation="Strict")
    for moved in made:
        path = path_of(plural_of(moved["kind"]), namespace, moved["metadata"]["name"], moved["apiVersion"])
        await cluster.request("DELETE", path)
        if moved["kind"] == "PersistentVolumeClaim":  # which goes only after a controller has looked at it
            await cluster.wait_for(f"{path} to go", partial(status_of, cluster, path), (404).__eq__)


def _last_hosts(manifest: JsonObject) -> Iterator[str]:
    """The longest host names that an operator gives to the pods of a job, each of which is a DNS label."""
    spec = manifest["spec"]
    for role, replica in (spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs") or {}).items():
        count = max(replica["replicas"], spec.get("elasticPolicy", {}).get("maxReplicas", 1))
        yield f"{manifest['metadata']['name']}-{role.lower()}-{count - 1}"
