"""How real API servers break watches and other calls: Slipway recovers or reports what is wrong, and never retries
in a hot loop.
"""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, ErrorEvent, Fault
from tests.integration.harness.forked import Start
from tests.integration.harness.manifests import interactive, training

pytestmark = pytest.mark.faults

WINDOW = 6.0
"""Seconds over which requests are counted while a watch fails."""
MOST_REQUESTS = 14
"""Lists and watches of the failing kind in that window; a hot loop makes thousands."""
RECOVERS_WITHIN = 30.0
"""Seconds from the end of a fault to the submission of what waited for it."""
WATCHED = "interactiveworkloads"


class EndsAtOnce(Fault):
    """A watch that the server ends in good order as soon as it begins."""

    async def before(self, exchange: Exchange) -> web.StreamResponse | None:
        return web.Response(text="", content_type="application/json") if exchange.verb == "watch" else None


class Gibberish(Fault):
    """A watch whose lines are no events, as from a proxy that answers for the server."""

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
    """A failing watch is retried slowly, and other kinds go on."""
    make, verb = FAILURES[what]
    async with start() as line:
        (watcher,) = line.services["watcher"]
        pid = watcher.pid
        with line.proxy.on(make(), client="watcher-0", resource=WATCHED, verb=verb) as fault:
            await line.proxy.break_watch(WATCHED, fault)
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
        if "list" in verb:  # otherwise the list between two watches finds it
            assert "status" not in seen
        await cluster.submitted(waiting, RECOVERS_WITHIN)
        await cluster.submitted(await cluster.create(interactive("later", namespace, image="alpine")), RECOVERS_WITHIN)
        assert watcher.pid == pid


async def test_a_forbidden_kind_is_reported_by_its_name_and_recovers(
    start: Start, cluster: Cluster, namespace: str
) -> None:
    """A forbidden kind is named by readiness, and recovers."""
    async with start() as line:
        (watcher,) = line.services["watcher"]
        url = f"http://127.0.0.1:{watcher.http_port}/readyz"
        with line.proxy.on(Answer(403, "watching is not for you"), client="watcher-0", resource=WATCHED) as fault:
            await line.proxy.break_watch(WATCHED, fault)
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
