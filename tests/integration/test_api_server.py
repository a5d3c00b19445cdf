"""An API server that falls silent, asks for patience, restarts under load or fails at random: every workload still
has one job.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from deploy.local.controlplane import ControlPlane
from deploy.local.processes import Component
from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.counts import count
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, Cut, DropEvents, Fault, Hook, Silence
from tests.integration.harness.forked import Start
from tests.integration.harness.manifests import interactive, training
from tests.integration.harness.outcomes import all_ended, create_all
from tests.integration.harness.prepare import admitting

pytestmark = pytest.mark.faults

LOAD = count(40, 60)
"""Workloads in flight while the API server is restarted."""
RESTARTS = count(1, 2)
ADMITS_WITHIN = 90.0
"""Seconds after its start within which an API server admits workloads again: it must first read its policies."""
UNDER_FAULTS = count(30, 50)
"""Workloads submitted while one call in five fails."""
WATCHED = "interactiveworkloads"
FAILING = 0.2
SEED = 20260105


async def test_a_silent_connection_is_given_up(start: Start, cluster: Cluster, namespace: str) -> None:
    """The open watch and all later ones stay silent: lists find what the watches withhold."""
    idle = 4.0
    async with start(WATCHER_WATCH_IDLE=str(idle)) as line:
        silence = Silence()
        with line.proxy.on(silence, client="watcher-0", resource=WATCHED, verb="watch"):
            line.proxy.forget()
            began = time.monotonic()
            await cluster.submitted(await cluster.create(interactive("w", namespace, image="alpine")), 5 * idle)
            assert silence.held >= 1  # the open watch had the workload to report
            assert line.proxy.count(client="watcher-0", resource=WATCHED) <= 4 + (time.monotonic() - began) / idle * 2
        await cluster.submitted(await cluster.create(interactive("later", namespace, image="alpine")), 45)


async def test_a_deletion_that_no_watch_told_is_found_by_the_next_list(
    start: Start, cluster: Cluster, namespace: str
) -> None:
    """A missed deletion is found by the next list."""
    relist = 4.0
    async with start(("watcher",), WATCHER_RELIST=str(relist)) as line:
        (watcher,) = line.services["watcher"]

        async def unfinished() -> float:
            return (await watcher.metrics())['slipway_unfinished{what="workloads"}']

        for name in ("one", "two"):
            await cluster.create(interactive(name, namespace, image="alpine"))
        await cluster.wait_for("both to be known", unfinished, lambda seen: seen == 2)
        with line.proxy.on(DropEvents("DELETED", "^one$"), client="watcher-0", resource=WATCHED) as rule:
            await cluster.delete(WATCHED, "one", namespace)
            await cluster.wait_for("the list to find it", unfinished, lambda seen: seen == 1, within=3 * relist)
            assert isinstance(rule.fault, DropEvents)
            assert [event["object"]["metadata"]["name"] for event in rule.fault.dropped] == ["one"]
        assert await unfinished() == 1


async def test_a_list_that_fails_is_not_taken_for_all_deleted(start: Start, cluster: Cluster, namespace: str) -> None:
    """A failed list is not taken for an empty one."""
    async with start(("watcher",), WATCHER_RELIST="2") as line:
        (watcher,) = line.services["watcher"]

        async def unfinished() -> float:
            return (await watcher.metrics())['slipway_unfinished{what="workloads"}']

        await cluster.create(interactive("one", namespace, image="alpine"))
        await cluster.wait_for("it to be known", unfinished, lambda seen: seen == 1)
        with line.proxy.on(Answer(500), client="watcher-0", resource=WATCHED, verb="list") as rule:
            await refusals(cluster, rule, 3)
            assert await unfinished() == 1


async def refusals(cluster: Cluster, rule: Any, count: int) -> None:
    async def acted() -> int:
        return int(rule.acted)

    await cluster.wait_for(f"{count} refusals", acted, lambda seen: seen >= count)


@pytest.mark.parametrize(
    ("client", "resource", "verb"),
    [
        ("watcher-0", WATCHED, "list"),
        ("resolver-0", "interactivepolicies", "list"),
        ("creator-0", "configmaps", "create"),
        ("status-0", f"{WATCHED}/status", "patch"),
    ],
    ids=["watcher", "resolver", "creator", "status"],
)
async def test_a_server_that_asks_for_patience_gets_it(
    client: str, resource: str, verb: str, start: Start, cluster: Cluster, namespace: str
) -> None:
    """Retry-After is honoured by every service."""
    patience = 3
    times: list[float] = []
    which = {"client": client, "resource": resource, "verb": verb}
    async with start(WATCHER_RESYNC="60", WATCHER_RELIST="8") as line:
        with (
            line.proxy.on(Hook(before_it=lambda _: times.append(time.monotonic())), **which),
            line.proxy.on(Answer(429, "slow down", "TooManyRequests", retry_after=patience), times=1, **which) as rule,
        ):
            if verb == "list" and resource == WATCHED:
                await line.proxy.break_watch(WATCHED, rule)
            await cluster.submitted(await cluster.create(interactive("w", namespace, image="alpine")))

            async def asked() -> int:
                return len(times)

            await cluster.wait_for("it to ask again", asked, lambda seen: seen >= 2)
        assert times[1] - times[0] >= patience


@pytest.fixture
def server(control_plane: ControlPlane) -> Iterator[Component]:
    """The API server, for restarts; the teardown waits until it is as ready as before."""
    yield control_plane.component("kube-apiserver")
    admitting(control_plane)


@pytest.mark.parametrize("orderly", [True, False], ids=["ended", "killed"])
async def test_the_api_server_is_restarted_under_load(
    orderly: bool, server: Component, start: Start, cluster: Cluster, control_plane: ControlPlane, namespace: str
) -> None:
    """P1: the API server is restarted under load: each workload ends with one job."""
    async with start() as line:
        before = [process.pid for process in line.services.all]
        for restart in range(RESTARTS):
            each = LOAD // RESTARTS
            names = [f"w-{restart}-{i}" for i in range(each)]
            manifests = [training(name, namespace, image="alpine") for name in names]
            creating = [asyncio.create_task(insist(cluster, manifest)) for manifest in manifests]
            _, under_way = await asyncio.wait(creating, return_when=asyncio.FIRST_COMPLETED)
            assert under_way
            await asyncio.to_thread(server.stop if orderly else server.kill)
            await asyncio.to_thread(control_plane.start)
            await asyncio.gather(*creating)
        now = await all_ended(cluster, namespace, LOAD)
        now.assert_one_job_each(LOAD)
        await line.services.ready()
        assert [process.pid for process in line.services.all] == before


async def insist(cluster: Cluster, manifest: Manifest) -> None:
    """Create it as soon as the server accepts it; a creation whose answer was lost counts too."""

    async def created() -> bool:
        try:
            return bool(await cluster.create(manifest))
        except ApiError as error:
            if error.body.get("reason") == "AlreadyExists":
                return True
            raise

    await cluster.wait_for("the API server to admit workloads", created, within=ADMITS_WITHIN)


class Flaky(Fault):
    """Fails at random in every way that a server can: refuses, breaks before the request, or after its effect."""

    def __init__(self) -> None:
        self._dice = random.Random(SEED)
        self.failed: dict[str, int] = {}
        self._refusals = (Answer(429, "slow down", retry_after=1), Answer(500), Answer(503), Answer(504))

    async def before(self, exchange: Exchange) -> web.StreamResponse | Cut | None:
        if self._dice.random() > FAILING / 2:
            return None
        refusal = self._dice.choice((*self._refusals, None))
        self._count("cut before" if refusal is None else str(refusal.status))
        return Cut() if refusal is None else await refusal.before(exchange)

    async def after(self, exchange: Exchange) -> Cut | None:
        if self._dice.random() > FAILING / 2:
            return None
        self._count("cut after")
        return Cut()

    def _count(self, what: str) -> None:
        self.failed[what] = self.failed.get(what, 0) + 1


@pytest.mark.parametrize("kind", [interactive, training])
async def test_any_call_of_any_service_fails_at_random(
    kind: Callable[..., Manifest], start: Start, cluster: Cluster, namespace: str
) -> None:
    """P1: any call of any service fails at random: each workload ends with one job."""
    fault = Flaky()
    ports = {"web": {"container": 8080, "external": 8081}}
    async with start() as line:
        with line.proxy.on(fault):
            manifests = [kind(f"w-{i}", namespace, image="alpine", ports=ports) for i in range(UNDER_FAULTS)]
            await create_all(cluster, manifests)
            now = await all_ended(cluster, namespace, UNDER_FAULTS, within=300.0)
        now.assert_one_job_each(UNDER_FAULTS)
        assert set(fault.failed) == {"429", "500", "503", "504", "cut before", "cut after"}
        assert sum(fault.failed.values()) > UNDER_FAULTS / 2
