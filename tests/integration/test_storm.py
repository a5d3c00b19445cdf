"""Every promise holds despite many kills, of any service at any of its calls, while workloads keep arriving."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

import pytest

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.counts import count
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Cut, Hook
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import foreign, interactive, policy, training
from tests.integration.harness.outcome import claim, identity, messages
from tests.integration.harness.outcomes import UID, Outcomes, all_ended, drained, outcomes, phase_of
from tests.integration.harness.prepare import HOME, WATCHERS_LEASE
from tests.integration.harness.services import SERVICES

pytestmark = pytest.mark.faults

KILLS = count(40, 100)
SEED = 20260105
CREATORS = 3
EVERY = 0.4
"""Seconds between two workloads, for as long as the storm lasts."""
PORTS = {"web": {"container": 30100, "external": 30101}}
REFUSED = {
    "strict": "gpu: must be no greater than 1",
    "blank": "image: cannot be blank",
    "taken": "the name taken is taken by ConfigMap taken, which no workload made",
}
"""The message of those that fail, by the prefix of their names; a strict one fails only under the second policy."""


def some(number: int, namespace: str) -> Manifest:
    """One workload of each of five sorts, in turns."""
    sorts = (
        training(f"plain-{number}", namespace, image="alpine", namePrefix="run", gpu="1", ports=PORTS),
        interactive(f"notebook-{number}", namespace, image="jupyter/base", namePrefix="nb", jupyter=True, ports=PORTS),
        training(f"strict-{number}", namespace, image="alpine", namePrefix="run", gpu="2"),
        training(f"blank-{number}", namespace, namePrefix="run"),
        training(f"taken-{number}", namespace, image="alpine", name="taken"),
    )
    return sorts[number % len(sorts)]


class Storm:
    """Kills a random service's replica at one of its next calls, before or after the API server acts; then repeats."""

    def __init__(self, line: Line) -> None:
        self.killed: Counter[str] = Counter()
        self._line, self._dice = line, random.Random(SEED)
        self._draw()

    @property
    def over(self) -> bool:
        """Whether there were enough kills."""
        return self.killed.total() >= KILLS

    @asynccontextmanager
    async def raging(self) -> AsyncIterator[None]:
        """Kill, and raise the dead."""
        raising = asyncio.create_task(self._raise_the_dead())
        try:
            with self._line.proxy.on(Hook(partial(self._roll, "before"), partial(self._roll, "after"))):
                yield
        finally:
            raising.cancel()
            with suppress(asyncio.CancelledError):
                await raising
            self._line.services.restart()

    def _draw(self) -> None:
        self._victim, self._side = self._dice.choice(SERVICES), self._dice.choice(("before", "after"))
        self._left = self._dice.randint(1, 3)

    def _roll(self, side: str, call: Exchange) -> Cut | None:
        if self.over or not call.client.startswith(self._victim) or side != self._side:
            return None
        self._left -= 1
        if self._left:
            return None
        self._line.services.named(call.client).kill()
        self.killed[self._victim] += 1
        self._draw()
        return Cut()

    async def _raise_the_dead(self) -> None:
        while True:
            self._line.services.restart()
            await asyncio.sleep(0.05)


@pytest.fixture
async def line(
    cluster: Cluster, control_plane: ControlPlane, namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Line]:
    """All services, three creators among them; another watcher takes over soon."""
    folder, soon = tmp_path_factory.mktemp("storm"), {"WATCHER_LEASE_DURATION": "1"}
    try:
        async with forked_line(control_plane.kubeconfig, folder, SERVICES, CREATORS, soon) as made:
            yield made
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


async def test_many_kills_of_any_service_at_any_moment(line: Line, cluster: Cluster, namespace: str) -> None:
    """The policy changes half-way; workloads submitted from then on follow the new one, whichever service is dead."""
    storm = Storm(line)
    theirs = await cluster.create(foreign(namespace, "taken"))
    await cluster.create(governing(namespace, most="4", directory="/first"))
    template = await cluster.create(training("template", namespace, usage="Template", image="alpine"))
    names: list[str] = []
    changed = None
    async with storm.raging():
        while not storm.over:
            if changed is None and storm.killed.total() >= KILLS // 2:
                await cluster.patch("trainingpolicies", "policy", namespace, governing(namespace, "1", "/second"))
                changed = len(names)
            names.append((await cluster.create(some(len(names), namespace)))["metadata"]["name"])
            await asyncio.sleep(EVERY)
    print(f"seed {SEED}: {dict(storm.killed)}, {len(names)} workloads, the policy changed before the {changed}th")
    assert storm.killed.total() >= KILLS
    assert set(storm.killed) == set(SERVICES)
    await all_ended(cluster, namespace, len(names))
    await drained(cluster, line)
    now = await outcomes(cluster, namespace)
    strict = set(names[changed:])  # the others may be judged by either
    submitted = assert_each_has_its_end(now, strict)
    assert_nothing_is_left_over(now, submitted, template)
    await assert_values_are_frozen(cluster, submitted, strict)
    await assert_each_runs_once(line, cluster, submitted)
    assert identity(await cluster.get("configmaps", "taken", namespace)) == identity(theirs)


def assert_each_has_its_end(now: Outcomes, strict: set[str]) -> list[Manifest]:
    """Each is Submitted or Failed as it must be, with its reason once; returns the submitted ones."""
    submitted = []
    for workload in now.workloads:
        name = workload["metadata"]["name"]
        refusal = REFUSED.get(name.split("-")[0])
        if phase_of(workload) == "Failed":
            assert refusal, workload["status"]
            assert messages(workload) == [refusal], name
        else:
            assert not refusal or (name.startswith("strict") and name not in strict), name
            assert messages(workload) == [], name
            submitted.append(workload)
    failed = {w["metadata"]["name"].split("-")[0] for w in now.workloads if phase_of(w) == "Failed"}
    assert failed == set(REFUSED)
    return submitted


def assert_nothing_is_left_over(now: Outcomes, submitted: list[Manifest], template: Manifest) -> None:
    """There is one job for each submitted workload, and no objects of any other."""
    replace(now, workloads=submitted).assert_one_job_each(len(submitted))
    assert len(now.claims) == len(now.jobs) == len(submitted)
    assert {service["metadata"]["labels"][UID] for service in now.services} <= {w["metadata"]["uid"] for w in submitted}
    assert now.of(template["metadata"]["uid"]) == {"claims": [], "jobs": [], "services": []}


async def assert_values_are_frozen(cluster: Cluster, submitted: list[Manifest], strict: set[str]) -> None:
    """The job is built from its claim, and the claim from the policy that applied; both policies occur."""
    directories = set()
    for workload in submitted:
        namespace, name = workload["metadata"]["namespace"], workload["metadata"]["name"]
        if workload["kind"] != "TrainingWorkload":
            continue
        values = (await claim(cluster, namespace, workload["status"]["jobName"]))["values"]
        job = await cluster.get("runaijobs", workload["status"]["jobName"], namespace)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["workingDir"] == values["workingDir"]
        assert values["workingDir"] in (("/second",) if name in strict else ("/first", "/second"))
        directories.add(values["workingDir"])
    assert directories == {"/first", "/second"}


async def assert_each_runs_once(line: Line, cluster: Cluster, submitted: list[Manifest]) -> None:
    """Each job was started, and none of them twice."""
    namespace = submitted[0]["metadata"]["namespace"]
    plurals = {"TrainingWorkload": "jobs/{}", "InteractiveWorkload": "statefulsets/{}-0"}
    wanted = Counter(plurals[workload["kind"]].format(workload["status"]["jobName"]) for workload in submitted)

    async def started() -> Counter[str]:
        writes = [one for one in line.proxy.writes() if one.client.startswith("runner-") and one.namespace == namespace]
        return Counter(f"{one.resource}/{one.name}" for one in writes if one.verb == "create" and one.status == 201)

    assert await cluster.wait_for("all jobs to be started", started, lambda seen: set(seen) == set(wanted)) == wanted


def governing(namespace: str, most: str, directory: str) -> Manifest:
    """A policy that allows so many GPUs and has a working directory."""
    return policy("TrainingPolicy", namespace, gpu={"rules": {"max": most}}, workingDir={"value": directory})
