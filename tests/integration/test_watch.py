"""What real API servers do to a watch and to every other call: Slipway recovers or says what is wrong, and never asks
again in a hot loop."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from deploy.local.controlplane import ControlPlane
from deploy.local.processes import Component
from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.counts import count
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, Cut, DropEvents, ErrorEvent, Fault, Hook, Silence
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import interactive, training
from tests.integration.harness.outcomes import all_ended, create_all
from tests.integration.harness.prepare import GLOBAL, WATCHERS_LEASE, admitting

pytestmark = pytest.mark.faults

WINDOW = 6.0
"""Seconds over which requests are counted while a watch fails."""
MOST_REQUESTS = 14
"""Lists and watches of the failing kind in that window; a hot loop makes thousands."""
RECOVERS_WITHIN = 30.0
"""Seconds from the end of a fault to the submission of what waited for it."""
LOAD = count(40, 60)
"""Workloads in flight while the API server is restarted."""
RESTARTS = count(1, 2)
ADMITS_WITHIN = 90.0
"""Seconds after its start within which an API server admits workloads again: it must have read its policies anew."""
UNDER_FAULTS = count(30, 50)
"""Workloads submitted while one call in five fails."""
FAILING = 0.2
SEED = 20260105
SUBMITTING = ("status", "creator", "resolver", "watcher")
WATCHED = "interactiveworkloads"

Start = Callable[..., AbstractAsyncContextManager[Line]]


@pytest.fixture
async def start(cluster: Cluster, control_plane: ControlPlane, namespace: str, tmp_path: Any) -> AsyncIterator[Start]:
    """Starts a pipeline of this test's own, with services and settings as given."""

    def made(services: tuple[str, ...] = SUBMITTING, **environment: str) -> AbstractAsyncContextManager[Line]:
        return forked_line(control_plane.kubeconfig, tmp_path, services, environment=environment)

    yield made
    await cluster.delete("leases", WATCHERS_LEASE, GLOBAL)


class EndsAtOnce(Fault):
    """A watch that the server ends in good order as soon as it began."""

    async def before(self, exchange: Exchange) -> web.StreamResponse | None:
        return web.Response(text="", content_type="application/json") if exchange.verb == "watch" else None


class Gibberish(Fault):
    """A watch whose lines are no events, as from a proxy that answers in the server's place."""

    async def before(self, exchange: Exchange) -> web.StreamResponse | None:
        return web.Response(text="<html>\n", content_type="text/html") if exchange.verb == "watch" else None


FAILURES: dict[str, tuple[Callable[[], Fault], str]] = {
    "410 to the watch": (lambda: Answer(410, "too old resource version", "Expired"), "watch"),
    "410 to the list": (lambda: Answer(410, "the continue token expired", "Expired"), "list|watch"),
    "410 as an event": (ErrorEvent, "watch"),
    "500 as an event": (lambda: ErrorEvent(500, "etcd has no leader"), "watch"),
    "403 to all": (lambda: Answer(403, "forbidden by test"), "list|watch"),
    "403 to the watch": (lambda: Answer(403, "forbidden by test"), "watch"),
    "500 to all": (lambda: Answer(500, "etcd has no leader"), "list|watch"),
    "404 to all": (lambda: Answer(404, "no such kind"), "list|watch"),
    "ends at once": (EndsAtOnce, "watch"),
    "gibberish": (Gibberish, "watch"),
}


@pytest.mark.parametrize("what", FAILURES)
async def test_a_failing_watch_is_tried_again_slowly_while_others_go_on(
    what: str, start: Start, cluster: Cluster, namespace: str
) -> None:
    make, verb = FAILURES[what]
    async with start() as line:
        (watcher,) = line.services["watcher"]
        pid = watcher.pid
        with line.proxy.on(make(), client="watcher-0", resource=WATCHED, verb=verb) as fault:
            line.proxy.break_watches(WATCHED)
            line.proxy.forget()
            began = time.monotonic()
            await cluster.submitted(await cluster.create(training("other", namespace, image="alpine")), WINDOW)
            waiting = await cluster.create(interactive("waiting", namespace, image="alpine"))
            await asyncio.sleep(WINDOW - (time.monotonic() - began))
            asked = line.proxy.count(resource=WATCHED, client="watcher-0", verb="list")
            asked += line.proxy.count(resource=WATCHED, client="watcher-0", verb="watch")
            seen = await cluster.get(WATCHED, "waiting", namespace)
        assert fault.acted >= 1
        assert asked <= MOST_REQUESTS
        if "list" in verb:  # else the list between two watches finds it
            assert "status" not in seen
        await cluster.submitted(waiting, RECOVERS_WITHIN)
        await cluster.submitted(await cluster.create(interactive("later", namespace, image="alpine")), RECOVERS_WITHIN)
        assert watcher.pid == pid


async def test_a_forbidden_kind_is_reported_by_its_name_and_recovers(
    start: Start, cluster: Cluster, namespace: str
) -> None:
    async with start() as line:
        (watcher,) = line.services["watcher"]
        url = f"http://127.0.0.1:{watcher.http_port}/readyz"
        with line.proxy.on(Answer(403, "watching is not for you"), client="watcher-0", resource=WATCHED):
            line.proxy.break_watches(WATCHED)
            report = "/interactiveworkloads: watching is not for you"
            status, text = await cluster.wait_for("a report", lambda: fetch(url), lambda seen: report in seen[1])
            assert status == 503
            assert "training" not in text
            assert await watcher.is_alive()
            await cluster.submitted(await cluster.create(training("other", namespace, image="alpine")))
            status, text = await fetch(url)
            assert (status, "watching is not for you" in text) == (503, True)
        await cluster.wait_for("the watcher to be ready", lambda: fetch(url), lambda seen: seen == (200, "ok\n"))
        await cluster.submitted(await cluster.create(interactive("w", namespace, image="alpine")))


async def fetch(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_silent_connection_is_given_up(start: Start, cluster: Cluster, namespace: str) -> None:
    """The open watch says nothing more, and neither does any after it: lists find what it keeps to itself."""
    idle = 4.0
    async with start(WATCHER_WATCH_IDLE=str(idle)) as line:
        silence = Silence()
        with line.proxy.on(silence, client="watcher-0", resource=WATCHED, verb="watch"):
            line.proxy.forget()
            began = time.monotonic()
            await cluster.submitted(await cluster.create(interactive("w", namespace, image="alpine")), 5 * idle)
            assert silence.held >= 1  # the open watch had the workload to tell
            assert line.proxy.count(client="watcher-0", resource=WATCHED) <= 4 + (time.monotonic() - began) / idle * 2
        await cluster.submitted(await cluster.create(interactive("later", namespace, image="alpine")), 45)


async def test_a_deletion_that_no_watch_told_is_found_by_the_next_list(
    start: Start, cluster: Cluster, namespace: str
) -> None:
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
    patience = 3
    times: list[float] = []
    which = {"client": client, "resource": resource, "verb": verb}
    async with start(WATCHER_RESYNC="60", WATCHER_RELIST="8") as line:
        with (
            line.proxy.on(Hook(before_it=lambda _: times.append(time.monotonic())), **which),
            line.proxy.on(Answer(429, "slow down", "TooManyRequests", retry_after=patience), times=1, **which),
        ):
            if verb == "list" and resource == WATCHED:
                line.proxy.break_watches(WATCHED)
            await cluster.submitted(await cluster.create(interactive("w", namespace, image="alpine")))

            async def asked() -> int:
                return len(times)

            await cluster.wait_for("it to ask again", asked, lambda seen: seen >= 2)
        assert times[1] - times[0] >= patience
        assert times[1] - times[0] < patience + 3


@pytest.fixture
def server(control_plane: ControlPlane) -> Iterator[Component]:
    """The API server, to be restarted; whatever comes after the test finds it as ready as the test did."""
    yield control_plane.component("kube-apiserver")
    admitting(control_plane)


@pytest.mark.parametrize("orderly", [True, False], ids=["ended", "killed"])
async def test_the_api_server_is_restarted_under_load(
    orderly: bool, server: Component, start: Start, cluster: Cluster, control_plane: ControlPlane, namespace: str
) -> None:
    async with start() as line:
        before = [process.pid for process in line.services.all]
        for restart in range(RESTARTS):
            count = LOAD // RESTARTS
            names = [f"w-{restart}-{i}" for i in range(count)]
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
    """Create it as soon as the server lets us; one that came to be without our being told is as good."""

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
    fault = Flaky()
    ports = {"web": {"container": 8080, "external": 8081}}
    async with start() as line:
        with line.proxy.on(fault):
            manifests = [kind(f"w-{i}", namespace, image="alpine", ports=ports) for i in range(UNDER_FAULTS)]
            await create_all(cluster, manifests)
            now = await all_ended(cluster, namespace, UNDER_FAULTS)
        now.assert_one_job_each(UNDER_FAULTS)
        assert set(fault.failed) == {"429", "500", "503", "504", "cut before", "cut after"}
        assert sum(fault.failed.values()) > UNDER_FAULTS / 2
