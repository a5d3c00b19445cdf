"""An acknowledged policy always applies: one that was written before a workload was created is never missed.

The resolver's reads are delayed, before and after the server answers, so that answers arrive out of date and out of
order.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from shared.schedulers import SCHEDULER_LABEL
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.counts import count
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Fault
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import interactive, policy, spec_of, training
from tests.integration.harness.prepare import GLOBAL, HOME, WATCHERS_LEASE, new_project, remove_project

pytestmark = pytest.mark.faults

LANES = 10
"""Projects side by side."""
TURNS = count(10, 20)
"""Policies tightened in each."""
BASE_TURNS = count(3, 5)
"""Bases changed in each, twice: by an edit and by another one of that name."""
LATEST = 0.4
"""The longest delay of a read in seconds, in each direction."""
LATEST_BASE = 1.0
"""The same for the read of a base workload."""
SEED = 20260105


class Held(Fault):
    """Delays reads and watch events at random: answers arrive out of date, and overtake each other."""

    def __init__(self, latest: float = LATEST) -> None:
        self._dice, self._latest = random.Random(SEED), latest
        self.held = 0

    async def before(self, exchange: Exchange) -> None:
        await self._hold()

    async def after(self, exchange: Exchange) -> None:
        await self._hold()

    async def on_event(self, exchange: Exchange, event: dict[str, Any]) -> bool:
        await self._hold()
        return True

    async def _hold(self) -> None:
        self.held += 1
        await asyncio.sleep(self._dice.uniform(0, self._latest))


@pytest.fixture(scope="module")
async def line(
    cluster: Cluster, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Line]:
    """The pipeline with its resolver behind `Held`, for this module."""
    folder = tmp_path_factory.mktemp("policy")
    services = ("status", "creator", "resolver", "resolver", "watcher")
    try:
        async with forked_line(control_plane.kubeconfig, folder, services) as made:
            yield made
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def held(line: Line) -> AsyncIterator[Held]:
    """Everything that the resolvers read is delayed."""
    fault = Held()
    with line.proxy.on(fault, client="resolver-.*", verb="get|list|watch"):
        yield fault


@pytest.fixture
async def held_bases(line: Line) -> AsyncIterator[Held]:
    """Only reads of base workloads are delayed, so that one is still under way when the next workload needs its own."""
    fault = Held(LATEST_BASE)
    with line.proxy.on(fault, client="resolver-.*", verb="get", resource="trainingworkloads"):
        yield fault


@pytest.fixture
async def lanes(cluster: Cluster) -> AsyncIterator[list[str]]:
    """Namespaces of several projects."""
    made = [await new_project(cluster) for _ in range(LANES)]
    yield made
    await asyncio.gather(*(remove_project(cluster, namespace) for namespace in made))


def at_most(gpus: int, namespace: str) -> Manifest:
    return policy("InteractivePolicy", namespace, gpu={"rules": {"max": str(gpus)}})


async def tighten(cluster: Cluster, namespace: str, turn: int) -> None:
    """Permit 8 GPUs, let a workload read that, then permit 1: by an edit, or by another policy of the same name."""
    if turn % 2:
        await cluster.patch("interactivepolicies", "policy", namespace, at_most(8, namespace))
        await cluster.create(interactive(f"decoy-{turn}", namespace, image="alpine", gpu="2", namePrefix="decoy"))
        await cluster.patch("interactivepolicies", "policy", namespace, at_most(1, namespace))
    else:
        await cluster.delete("interactivepolicies", "policy", namespace)
        await cluster.create(interactive(f"decoy-{turn}", namespace, image="alpine", gpu="2", namePrefix="decoy"))
        await cluster.create(at_most(1, namespace))


async def test_a_policy_tightened_before_a_workload_came_is_never_missed(
    line: Line, held: Held, cluster: Cluster, lanes: list[str]
) -> None:
    """P3: a project's policy that was written before the workload always applies, with every reading held back."""

    async def lane(namespace: str) -> list[Manifest]:
        ended = []
        for turn in range(TURNS):
            await tighten(cluster, namespace, turn)
            greedy = await cluster.create(interactive(f"greedy-{turn}", namespace, image="alpine", gpu="2"))
            ended.append(await cluster.ended(greedy))
        return ended

    ended = [workload for found in await asyncio.gather(*map(lane, lanes)) for workload in found]
    assert len(ended) == LANES * TURNS
    assert [w["metadata"]["name"] for w in ended if w["status"]["phase"] != "Failed"] == []
    refused = [{"parameter": "gpu", "message": "must be no greater than 1"}]
    assert [w["status"]["violations"] for w in ended] == [refused] * len(ended)
    for namespace in lanes:
        jobs = await cluster.names("runaijobs", namespace)
        assert [name for name in jobs if not name.startswith("decoy")] == []
    assert held.held >= 2 * TURNS  # many share a read, but each round needs its own, delayed both ways


async def test_a_global_policy_tightened_before_a_workload_came_is_never_missed(
    line: Line, held: Held, cluster: Cluster, namespace: str
) -> None:
    """P3: the same for the global policy."""
    await cluster.create(at_most(8, GLOBAL))
    for turn in range(TURNS):
        await tighten(cluster, GLOBAL, turn)
        greedy = await cluster.create(interactive(f"greedy-{turn}", namespace, image="alpine", gpu="2"))
        ended = await cluster.failed(greedy)
        assert ended["status"]["policy"]["namespace"] == GLOBAL
    assert held.held >= 2 * TURNS


@pytest.mark.parametrize("anew", [False, True], ids=["edited", "deleted and made anew"])
async def test_a_base_changed_before_a_workload_came_gives_its_new_values(
    anew: bool, line: Line, held_bases: Held, cluster: Cluster, lanes: list[str]
) -> None:
    """Each time while a reading of the old one is under way."""

    async def lane(namespace: str) -> None:
        await cluster.create(training("base", namespace, usage="Template", image="image-0"))
        for turn in range(1, BASE_TURNS + 1):
            before = readings(line, namespace)
            await cluster.create(training(f"decoy-{turn}", namespace, baseWorkload="base", namePrefix="decoy"))
            await cluster.wait_for("the decoy's reading", partial(begun, line, namespace, before))
            image = f"image-{turn}"
            if anew:
                await cluster.delete("trainingworkloads", "base", namespace)
                changed = await cluster.create(training("base", namespace, usage="Template", image=image))
            else:
                spec = {"spec": spec_of(image=image)}
                changed = await cluster.patch("trainingworkloads", "base", namespace, spec)
            user = await cluster.create(training(f"user-{turn}", namespace, baseWorkload="base", name=f"user-{turn}"))
            ended = await cluster.submitted(user)
            claim = await cluster.get("configmaps", f"user-{turn}", namespace)
            assert json.loads(claim["data"]["values.json"])["image"] == image
            job = await cluster.get("runaijobs", f"user-{turn}", namespace)
            assert job["spec"]["template"]["spec"]["containers"][0]["image"] == image
            source = {key: changed["metadata"][key] for key in ("namespace", "name", "uid", "resourceVersion")}
            assert source.items() <= ended["status"]["baseWorkload"].items()  # which also names its authors

    await asyncio.gather(*map(lane, lanes))
    assert held_bases.held > LANES * BASE_TURNS


async def test_a_scheduler_chosen_before_a_workload_came_is_never_missed(
    line: Line, held: Held, cluster: Cluster, lanes: list[str]
) -> None:
    """In turns one that shares GPUs and one that does not."""

    async def lane(namespace: str) -> None:
        for turn in range(BASE_TURNS):
            scheduler, phase = (("kai", "Submitted"), ("kueue", "Failed"))[turn % 2]
            label = {"metadata": {"labels": {SCHEDULER_LABEL: scheduler}}}
            await cluster.patch("namespaces", namespace, None, label)
            half = training(f"half-{turn}", namespace, image="alpine", gpu="0.5", name=f"half-{turn}")
            ended = await cluster.ended(await cluster.create(half))
            assert ended["status"]["phase"] == phase

    await asyncio.gather(*map(lane, lanes))
    assert held.held >= 2 * BASE_TURNS


def readings(line: Line, namespace: str) -> int:
    """The number of requests by resolvers for the base workload of this namespace."""
    asked = (one for one in list(line.proxy.exchanges) if one.client.startswith("resolver"))
    return sum((one.verb, one.namespace, one.name) == ("get", namespace, "base") for one in asked)


async def begun(line: Line, namespace: str, before: int) -> bool:
    return readings(line, namespace) > before
