"""The harness itself: each fault does what it claims, or the tests that rely on it prove nothing."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from deploy.local.controlplane import ControlPlane
from deploy.local.nats import NatsServer
from tests.integration.harness.cluster import ApiError, Cluster, path_of
from tests.integration.harness.exchange import Exchange, read_exchange
from tests.integration.harness.faults import (
    Answer,
    Cut,
    CutAfter,
    CutBefore,
    Delay,
    DropEvents,
    ErrorEvent,
    Hook,
    Silence,
)
from tests.integration.harness.manifests import DELETED, interactive
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import Services
from tests.integration.harness.tcp import TcpProxy

pytestmark = pytest.mark.contract

BROKEN = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError)


@pytest.fixture
async def client(proxy: FaultProxy, tmp_path: Any) -> AsyncIterator[Cluster]:
    """A client that comes through the proxy by the door `tester`."""
    async with Cluster(proxy.kubeconfig(tmp_path, "tester")) as made:
        yield made


def config_map(namespace: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


async def test_without_rules_everything_passes_and_is_counted(
    client: Cluster, proxy: FaultProxy, namespace: str
) -> None:
    """The proxy passes and counts everything."""
    created = await client.create(config_map(namespace, "one"))
    assert await client.get("configmaps", "one", namespace) == created
    assert "one" in await client.names("configmaps", namespace)
    assert await client.find("configmaps", "two", namespace) is None
    assert proxy.count(verb="create", resource="configmaps", client="tester") == 1
    assert proxy.count(verb="get") == 2
    assert proxy.count(verb="list") == 1
    assert [str(write) for write in proxy.writes("tester")] == [f"tester: create configmaps {namespace}/one -> 201"]


async def test_clients_are_told_apart_by_their_doors(
    client: Cluster, proxy: FaultProxy, namespace: str, tmp_path: Any
) -> None:
    """The proxy distinguishes clients."""
    async with Cluster(proxy.kubeconfig(tmp_path, "other")) as other:
        with proxy.on(Answer(500), client="other"):
            await client.get("namespaces", namespace)
            with pytest.raises(ApiError, match="500"):
                await other.get("namespaces", namespace)
    assert (proxy.count(client="tester"), proxy.count(client="other")) == (1, 1)


@pytest.mark.parametrize("status", [403, 410, 429, 500])
async def test_answers_in_the_servers_place(status: int, client: Cluster, proxy: FaultProxy, namespace: str) -> None:
    """The proxy can answer instead of the server."""
    with proxy.on(Answer(status, "no", retry_after=7), verb="create", resource="configmaps") as rule:
        with pytest.raises(ApiError, match=f"{status} : no"):
            await client.create(config_map(namespace, "one"))
        url = proxy.url("tester") + path_of("configmaps", namespace)
        async with aiohttp.ClientSession() as session, session.post(url, json={}) as answer:
            assert answer.headers["Retry-After"] == "7"
        assert (rule.matched, rule.acted) == (2, 2)
    assert await client.find("configmaps", "one", namespace) is None
    await client.create(config_map(namespace, "one"))  # the rule has ended


async def test_a_rule_can_mean_one_match_or_the_first_few(client: Cluster, proxy: FaultProxy, namespace: str) -> None:
    """A rule applies to the nth match or the first few."""

    async def outcomes() -> list[bool]:
        return [await succeeds(client.get("namespaces", namespace)) for _ in range(4)]

    with proxy.on(Answer(500), verb="get", nth=2):
        assert await outcomes() == [True, False, True, True]
    with proxy.on(Answer(500), path=f"/{namespace}$", times=2):
        assert await outcomes() == [False, False, True, True]


async def test_a_request_cut_before_never_arrives_and_one_cut_after_has(
    client: Cluster, cluster: Cluster, proxy: FaultProxy, namespace: str
) -> None:
    """A request cut before never arrives, one cut after has."""
    with proxy.on(CutBefore(), writes=True), pytest.raises(BROKEN):
        await client.create(config_map(namespace, "before"))
    with proxy.on(CutAfter(), writes=True), pytest.raises(BROKEN):
        await client.create(config_map(namespace, "after"))
    assert set(await cluster.names("configmaps", namespace)) - {"kube-root-ca.crt"} == {"after"}


async def test_hooks_run_before_and_after_each_write_and_may_cut(
    client: Cluster, cluster: Cluster, proxy: FaultProxy, namespace: str
) -> None:
    """Hooks run before and after each write."""
    seen: list[tuple[str, int | None]] = []

    def before(exchange: Exchange) -> None:
        seen.append((exchange.verb, exchange.status))

    def after(exchange: Exchange) -> Cut:
        seen.append((exchange.verb, exchange.status))
        return Cut()

    with proxy.on(Hook(before, after), writes=True, client="tester"):
        await client.get("namespaces", namespace)
        with pytest.raises(BROKEN):
            await client.create(config_map(namespace, "one"))
    assert seen == [("create", None), ("create", 201)]
    assert await cluster.find("configmaps", "one", namespace)


async def test_delay_and_silence(client: Cluster, proxy: FaultProxy, namespace: str) -> None:
    """The proxy delays and silences requests."""
    with proxy.on(Delay(0.3), verb="get"):
        began = time.monotonic()
        await client.get("namespaces", namespace)
        assert time.monotonic() - began >= 0.3
    with proxy.on(Silence(), verb="get"):
        asked = asyncio.ensure_future(client.get("namespaces", namespace))
        assert await stays_undone(asked)
    assert (await asked)["metadata"]["name"] == namespace


async def test_a_watch_streams_and_single_events_can_be_dropped(
    client: Cluster, cluster: Cluster, proxy: FaultProxy, namespace: str
) -> None:
    """Single watch events can be dropped."""
    async with watching(proxy, namespace) as events:
        await cluster.create(config_map(namespace, "kept"))
        assert await named(events, "kept") == "ADDED"
        fault = DropEvents("DELETED", "^lost$")
        with proxy.on(fault, verb="watch", resource="configmaps"):
            await cluster.create(config_map(namespace, "lost"))
            assert await named(events, "lost") == "ADDED"
            await cluster.delete("configmaps", "lost", namespace)
            await cluster.delete("configmaps", "kept", namespace)
            event = await next_of(events)
            assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "kept")
        assert len(fault.dropped) == 1


async def test_a_watch_falls_silent_and_speaks_again(cluster: Cluster, proxy: FaultProxy, namespace: str) -> None:
    """A watch can fall silent and resume."""
    async with watching(proxy, namespace) as events:
        with proxy.on(Silence(), verb="watch"):
            await cluster.create(config_map(namespace, "late"))
            waiting = asyncio.ensure_future(named(events, "late"))
            assert await stays_undone(waiting)
        assert await waiting == "ADDED"


async def test_watches_are_cut_refused_and_told_that_they_are_too_old(proxy: FaultProxy, namespace: str) -> None:
    """Watches can be cut, refused and expired."""
    async with watching(proxy, namespace) as events:
        while proxy.break_watches("configmaps", "watcher") == 0:
            await asyncio.sleep(0.01)
        with pytest.raises(BROKEN):
            await drain(events)
    with proxy.on(ErrorEvent(410), verb="watch"):
        async with watching(proxy, namespace) as events:
            event = await next_of(events)
            assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
    with proxy.on(Answer(403), verb="watch"), pytest.raises(aiohttp.ClientResponseError):
        async with watching(proxy, namespace):
            pass


async def test_a_watch_that_its_client_left_is_closed_upstream(proxy: FaultProxy, namespace: str) -> None:
    """A watch that its client left is closed upstream."""
    async with watching(proxy, namespace):
        pass
    deadline = time.monotonic() + 10
    while proxy.break_watches():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_the_broker_is_cut_refused_and_blackholed(nats_server: NatsServer, nats_proxy: TcpProxy) -> None:
    """The broker's connections can be cut, refused and swallowed."""
    reader, writer = await greeted(nats_proxy)
    nats_proxy.blackhole()
    writer.write(b'CONNECT {"verbose": false}\r\nPING\r\n')
    answer = asyncio.ensure_future(reader.readline())
    assert await stays_undone(answer)
    nats_proxy.restore()
    assert await answer == b"PONG\r\n"
    nats_proxy.cut()
    assert await closed(reader)
    _, writer = await greeted(nats_proxy)
    nats_proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", nats_proxy.port)
    nats_proxy.restore()
    await greeted(nats_proxy)
    assert nats_server.monitor("varz")["total_connections"] == nats_proxy.connections == 3


async def test_what_a_client_says_to_the_broker_springs_a_trap_once(
    nats_server: NatsServer, nats_proxy: TcpProxy
) -> None:
    """A trap springs once, on a client's message to the broker."""
    said: list[str] = []
    with nats_proxy.trap(rb"PUB \S+ +0\r\n", lambda: said.append("it")) as trap:
        reader, writer = await greeted(nats_proxy)
        writer.write(b'CONNECT {"verbose": false}\r\nPING\r\n')
        assert await reader.readline() == b"PONG\r\n"
        writer.write(b"PUB here 0\r\n\r\n")
        assert await closed(reader)
        assert (trap.sprung, said, nats_server.monitor("varz")["in_msgs"]) == (True, ["it"], 0)
        reader, writer = await greeted(nats_proxy)
        writer.write(b'CONNECT {"verbose": false}\r\nPUB here 0\r\n\r\nPING\r\n')
        assert await reader.readline() == b"PONG\r\n"
        assert (said, nats_server.monitor("varz")["in_msgs"]) == (["it"], 1)


async def test_a_service_is_killed_started_again_paused_and_stopped(services: Services) -> None:
    """Services can be killed, started again, paused and stopped."""
    first, second = await services.start("watcher", replicas=2)
    assert [process.name for process in services["watcher"]] == ["watcher-0", "watcher-1"]
    assert await first.is_alive()
    services.kill("watcher")
    assert (first.pid, second.exit_code, first.crashed) == (None, -signal.SIGKILL, False)
    services.restart("watcher")
    await services.ready()
    first.pause()
    assert not await first.is_alive()
    first.resume()
    await first.ready()
    await services.stop()
    assert first.exit_code == 0
    assert "started" in first.tail()


async def test_a_service_that_ends_by_itself_is_told_with_its_log(services: Services) -> None:
    """A service that ends by itself fails the test with its log."""
    (process,) = await services.start("watcher")
    os.kill(process.pid or 0, signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    with pytest.raises(AssertionError, match=r"(?s)ended by themselves.*watcher-0.*started"):
        await services.stop()
    process.start()  # reported once; the new process is stopped in order


async def test_services_behind_the_proxies_come_by_doors_of_their_own(
    proxied_services: Services, proxy: FaultProxy, nats_proxy: TcpProxy
) -> None:
    """Services behind the proxies can be distinguished."""
    await proxied_services.start("watcher", replicas=2)
    assert proxy.count(client="watcher-0") > 0
    assert proxy.count(client="watcher-1") > 0
    assert nats_proxy.connections >= 2


@pytest.mark.parametrize(
    ("method", "path", "verb", "resource", "namespace", "name"),
    [
        ("GET", "/api/v1/namespaces/a/pods", "list", "pods", "a", None),
        ("GET", "/api/v1/pods", "list", "pods", None, None),
        ("GET", "/api/v1/namespaces/a", "get", "namespaces", None, "a"),
        ("PUT", "/apis/run.ai/v1/namespaces/a/runaijobs/b/status", "update", "runaijobs/status", "a", "b"),
        ("DELETE", "/apis/batch/v1/namespaces/a/jobs", "deletecollection", "jobs", "a", None),
        ("GET", "/readyz", "raw", "/readyz", None, None),
    ],
)
def test_requests_are_read(method: str, path: str, verb: str, resource: str, namespace: str, name: str) -> None:
    """Requests are read into verb, resource, namespace and name."""
    exchange = read_exchange("x", method, path, {}, b"")
    assert (exchange.verb, exchange.resource, exchange.namespace, exchange.name) == (verb, resource, namespace, name)


def test_workloads_are_written_in_a_line() -> None:
    """Manifests are written in a line."""
    ports = {"a": {"container": 1, "external": 2}, "b": DELETED}
    assert interactive("w", "n", usage="Template", gpu="1", ports=ports)["spec"] == {
        "usage": "Template",
        "gpu": {"value": "1"},
        "ports": {"items": {"a": {"value": {"container": 1, "external": 2}}, "b": {"deleted": True}}},
    }


async def test_waiting_in_vain_says_for_what_and_what_was_seen(cluster: Cluster, namespace: str) -> None:
    """A wait that times out names its goal and what it saw last."""

    async def look() -> dict[str, str]:
        return {"phase": "Pending"}

    with pytest.raises(AssertionError, match=r"in vain for a miracle; last seen:\nphase: Pending"):
        await cluster.wait_for("a miracle", look, lambda seen: seen["phase"] == "Done", within=0.1)


async def test_played_nodes_let_pods_run(nodes: ControlPlane, cluster: Cluster, namespace: str) -> None:
    """Simulated nodes run pods."""
    assert nodes.kubeconfig == cluster.kubeconfig
    container = {"name": "c", "image": "busybox", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    metadata = {"name": "p", "namespace": namespace, "labels": {"release": "j"}}
    await cluster.wait_for("the service account", lambda: cluster.find("serviceaccounts", "default", namespace))
    await cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    (running,) = await cluster.running("j", namespace)
    assert running["spec"]["nodeName"].startswith("gpu-node-")


async def succeeds(call: Any) -> bool:
    try:
        await call
    except ApiError:
        return False
    return True


async def stays_undone(future: "asyncio.Future[Any]") -> bool:
    """Whether it is still waited for after far more time than an answer takes here."""
    done, _ = await asyncio.wait([future], timeout=0.5)
    return not done


@asynccontextmanager
async def watching(proxy: FaultProxy, namespace: str) -> AsyncIterator[aiohttp.StreamReader]:
    """A watch of the namespace's ConfigMaps through the door `watcher`."""
    async with aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=30)) as session:
        url = proxy.url("watcher") + path_of("configmaps", namespace)
        async with session.get(url, params={"watch": "1"}) as answer:
            yield answer.content


async def next_of(events: aiohttp.StreamReader) -> dict[str, Any]:
    return dict(json.loads(await events.readline()))


async def named(events: aiohttp.StreamReader, name: str) -> str:
    """The type of the next event of that object; others are skipped."""
    while True:
        event = await next_of(events)
        if event["object"]["metadata"]["name"] == name:
            return str(event["type"])


async def drain(events: aiohttp.StreamReader) -> None:
    while await events.readline():
        pass


async def greeted(proxy: TcpProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert (await reader.readline()).startswith(b"INFO ")
    return reader, writer


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionError:
        return True
