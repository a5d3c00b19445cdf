"""One submission, one job, despite crashes, repetitions and reordering."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.local.controlplane import ControlPlane
from shared.messages import STREAM
from shared.objects import Manifest
from tests.integration.harness.broker import connected
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, Cut, Delay, Hook
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import foreign, interactive, policy, training
from tests.integration.harness.outcomes import JOB_NAME, all_ended, create_all, drained, in_flight, outcomes
from tests.integration.harness.prepare import HOME, WATCHERS_LEASE
from tests.integration.harness.services import ServiceProcess
from tests.integration.harness.tcp import Trap

pytestmark = pytest.mark.faults

CREATORS = 3
COPIES = 100
"""Times that each message is delivered beside its own."""
OF_ONE_PREFIX = 100
SUBMITTING = ("status", "creator", "resolver", "watcher")
SEED = 20260105
PORTS = {"web": {"container": 30100, "external": 30101}}
CREATORS_WRITES = 5
"""For an interactive workload with a port and a notebook: the name on record, the claim, two Services, the job."""


@pytest.fixture(scope="module")
async def many_creators(
    cluster: Cluster, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Line]:
    """The pipeline with three creators, for this module."""
    folder = tmp_path_factory.mktemp("creators")
    try:
        async with forked_line(control_plane.kubeconfig, folder, SUBMITTING, CREATORS) as made:
            yield made
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def line(many_creators: Line, namespace: str) -> AsyncIterator[Line]:
    """The module's healthy pipeline; the teardown repairs what a test breaks."""
    many_creators.proxy.forget()
    yield many_creators
    await many_creators.mend()


@asynccontextmanager
async def repeating(line: Line, at_once: bool) -> AsyncIterator[dict[str, list[Msg]]]:
    """Collect each observed and resolved fact at its first publication, by subject; `at_once` repeats it right away."""
    client = await connected(line.nats)
    seen: dict[str, list[Msg]] = {"workload.observed": [], "workload.resolved": []}

    async def on_message(message: Msg) -> None:
        if message.subject not in seen or _uid(message) in map(_uid, seen[message.subject]):
            return
        seen[message.subject].append(message)
        if at_once:
            await repeat(client, [message])

    await client.subscribe("workload.*", cb=on_message)
    await client.flush()
    try:
        yield seen
    finally:
        await client.close()


async def repeat(client: Client, messages: list[Msg]) -> None:
    """Publish a hundred copies of each, shuffled, without the id by which the broker would drop duplicates."""
    *copies, last = messages * COPIES
    random.Random(SEED).shuffle(copies)
    for message in copies:
        await client.publish(message.subject, message.data)
    await client.jetstream().publish(last.subject, last.data)  # stored, and so are all before it


def _uid(message: Msg) -> str:
    return str(json.loads(message.data)["workload"]["uid"])


def of_every_kind(namespace: str) -> list[Manifest]:
    """A workload whose name is chosen, one whose name is fixed, one without a Service."""
    return [
        interactive("prefixed", namespace, image="jupyter/base", jupyter=True, ports=PORTS, namePrefix="nb"),
        interactive("fixed", namespace, image="jupyter/base", name="mine"),
        training("trained", namespace, image="alpine"),
    ]


@pytest.mark.parametrize("at_once", [True, False], ids=["while it is made", "after it was made"])
async def test_a_hundred_copies_of_each_message_in_any_order_make_one_job(
    at_once: bool, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a hundred copies of each message, in any order, over three creators make one job."""
    before = {creator.name: await resolved_by(creator) for creator in line.services["creator"]}
    async with repeating(line, at_once) as seen:
        created = await create_all(cluster, of_every_kind(namespace))
        await all_ended(cluster, namespace, len(created))
        told = [message for messages in seen.values() for message in messages]
        assert len(told) == 2 * len(created)
        if not at_once:
            client = await connected(line.nats)
            await repeat(client, told)
            await client.close()
        await drained(cluster, line)
    (await outcomes(cluster, namespace)).assert_one_job_each(len(created))
    handled = [await resolved_by(creator) - before[creator.name] for creator in line.services["creator"]]
    assert len(handled) == CREATORS
    assert min(handled) > 0, handled
    assert sum(handled) >= (COPIES + 1) * len(created)


async def resolved_by(creator: ServiceProcess) -> float:
    """How many `workload.resolved` this creator has dealt with."""
    metrics = await creator.metrics()
    return metrics.get('slipway_messages_total{subject="workload.resolved",verdict="done"}', 0.0)


async def resolved_by_all(line: Line) -> float:
    """How many `workload.resolved` messages all creators together have handled."""
    return sum([await resolved_by(creator) for creator in line.services["creator"]])


async def test_copies_that_come_when_the_workload_is_deleted_make_nothing(
    line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: copies that arrive after a deletion make nothing."""
    before = await resolved_by_all(line)
    async with repeating(line, at_once=False) as seen:
        created = await create_all(cluster, of_every_kind(namespace))
        await all_ended(cluster, namespace, len(created))
        for workload in created:
            await cluster.delete(f"{workload['kind'].lower()}s", workload["metadata"]["name"], namespace)

        async def left() -> list[Any]:
            now = await outcomes(cluster, namespace)
            return [*now.claims, *now.jobs, *now.services]

        await cluster.wait_for("the outputs to go with their workloads", left, lambda seen: not seen)
        client = await connected(line.nats)
        await repeat(client, [message for messages in seen.values() for message in messages])
        await client.close()
        await drained(cluster, line)
        await cluster.wait_for("nothing to be left", left, lambda seen: not seen)
    assert await resolved_by_all(line) - before >= (COPIES + 1) * len(created)


async def test_creators_that_get_different_answers_agree_on_one_end(
    line: Line, cluster: Cluster, namespace: str
) -> None:
    """One creator is refused the job, two get it later, each has many copies: all outputs exist, or none.

    The names are those of the other two. The first one finds out that there has been no job, and tries to make it.
    """
    count = 5
    jobs = {"verb": "create", "resource": "runaijobs"}
    with (
        line.proxy.on(Delay(1), client="creator-0", verb="patch", resource="trainingworkloads"),
        line.proxy.on(Answer(403, "no such rights"), client="creator-0", **jobs),
        line.proxy.on(Delay(6), client="creator-[12]", **jobs),
    ):
        async with repeating(line, at_once=True):
            await create_all(cluster, [training(f"w-{i}", namespace, image="alpine") for i in range(count)])
            await all_ended(cluster, namespace, count)
            await drained(cluster, line)
    tried = [each for each in line.proxy.exchanges if (each.verb, each.resource) == ("create", "runaijobs")]
    refused, let_in = ({each.name for each in tried if each.status == status} for status in (403, 201))
    assert refused & let_in  # they did get different answers about the same job
    now = await outcomes(cluster, namespace)
    assert len(now.workloads) == count
    for workload in now.workloads:
        made, status = now.of(workload["metadata"]["uid"]), workload["status"]
        if status["phase"] == "Submitted":
            assert (made["claims"], made["jobs"]) == ([status["jobName"]], [status["jobName"]]), status
        else:
            assert made == {"claims": [], "jobs": [], "services": []}, status


async def test_a_hundred_workloads_of_one_prefix_at_once_get_a_hundred_names(
    line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a hundred workloads of one prefix get a hundred names."""
    manifests = [training(f"w-{i}", namespace, image="alpine", namePrefix="run") for i in range(OF_ONE_PREFIX)]
    await create_all(cluster, manifests)
    now = await all_ended(cluster, namespace, OF_ONE_PREFIX)
    now.assert_one_job_each(OF_ONE_PREFIX)
    indices = sorted(int(w["status"]["jobName"].removeprefix("run-")) for w in now.workloads)
    assert indices[0] == 1
    assert len(set(indices)) == OF_ONE_PREFIX
    wrote = {exchange.client for exchange in line.proxy.writes() if exchange.client.startswith("creator")}
    assert len(wrote) == CREATORS


class Killer:
    """Kills whichever replica of a service does a certain write, at that very moment."""

    def __init__(self, line: Line, service: str, namespace: str) -> None:
        self.killed: list[str] = []
        """The write of each killed replica."""
        self._services, self._proxy, self._service = line.services, line.proxy, service
        self._where = f"/namespaces/{namespace}/"

    def at(self, nth: int, side: str) -> Any:
        """Kill at the n-th write from now on, `before` the server receives it or `after` it answered."""
        hook = Hook(before_it=self.kill) if side == "before" else Hook(after_it=self.kill)
        return self._proxy.on(hook, writes=True, client=f"{self._service}-.*", path=self._where, nth=nth)

    def kill(self, exchange: Exchange) -> Cut:
        """Kill the sender of this request."""
        self._services.named(exchange.client).kill()
        self.killed.append(str(exchange))
        return Cut()


NODE_PORT = {"web": {"container": 30100, "external": 31999}}
NAMED = {
    "prefix": {"namePrefix": "nb", "ports": PORTS},
    "name": {"name": "mine", "ports": NODE_PORT, "serviceType": "NodePort"},
}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("named", NAMED)
async def test_a_creator_killed_at_every_single_write_leaves_one_job_with_frozen_values(
    named: str, side: str, line: Line, cluster: Cluster, namespace: str
) -> None:
    """The policy's default changes while the creator is dead: what the claim holds stays.

    A node's port is taken by the Service that has it, also when the same Service is created again.
    """
    killer = Killer(line, "creator", namespace)
    opens = {"rules": {"options": ["nodeport"]}}
    await cluster.create(policy("InteractivePolicy", namespace, image={"value": "first"}, serviceType=opens))
    frozen = 0
    for nth in range(1, 100):
        await cluster.patch("interactivepolicies", "policy", namespace, {"spec": {"image": {"value": "first"}}})
        with killer.at(nth, side) as rule:
            manifest = interactive("w", namespace, jupyter=True, **NAMED[named])
            created = await cluster.create(manifest)
            if not await died_or_ended(cluster, killer, nth, created):
                break
            await cluster.patch("interactivepolicies", "policy", namespace, {"spec": {"image": {"value": "second"}}})
        claims = {c["metadata"]["name"]: c["data"] for c in (await outcomes(cluster, namespace)).claims}
        line.services.restart("creator")
        ended = await cluster.submitted(created)
        now = await outcomes(cluster, namespace)
        now.assert_one_job_each(1)
        (job,), (claim,) = now.jobs, now.claims
        if claims:
            frozen += 1
            assert {claim["metadata"]["name"]: claim["data"]} == claims, rule
            assert json.loads(claim["data"]["values.json"])["image"] == "first"
        image = job["spec"]["template"]["spec"]["containers"][0]["image"]
        assert image == json.loads(claim["data"]["values.json"])["image"]
        assert ended["metadata"]["annotations"][JOB_NAME] == claim["metadata"]["name"]
        await remove(cluster, ended)
    assert len(killer.killed) == CREATORS_WRITES, killer.killed
    assert frozen == CREATORS_WRITES - 1 - (side == "before")  # a creator killed before the claim has decided nothing


async def died_or_ended(cluster: Cluster, killer: Killer, kills: int, workload: Manifest) -> bool:
    """Wait until so many were killed (True), or the workload ended without (False)."""

    async def look() -> str | None:
        if len(killer.killed) >= kills:
            return "killed"
        found = await cluster.get("interactiveworkloads", "w", workload["metadata"]["namespace"])
        return str(found["status"]["phase"])

    return await cluster.wait_for("a kill or an end", look) == "killed"


async def remove(cluster: Cluster, workload: Manifest) -> None:
    """Delete the workload and wait until everything of it is gone."""
    namespace = workload["metadata"]["namespace"]
    await cluster.delete("interactiveworkloads", workload["metadata"]["name"], namespace)

    async def left() -> list[Any]:
        now = await outcomes(cluster, namespace)
        return [*now.claims, *now.jobs, *now.services, *now.workloads]

    await cluster.wait_for("all to be gone", left, lambda seen: not seen)


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_status_service_killed_at_every_single_write_records_one_end(
    side: str, line: Line, cluster: Cluster, namespace: str
) -> None:
    """P1: a status service killed at every write records one outcome."""
    killer = Killer(line, "status", namespace)
    for nth in range(1, 100):
        with killer.at(nth, side):
            created = await cluster.create(interactive("w", namespace, image="alpine"))
            await cluster.wait_for("a kill or an end", partial(seen_through, cluster, line, killer, created, nth))
        line.services.restart("status")
        if len(killer.killed) < nth:
            break
        await cluster.submitted(created)
        await drained(cluster, line)
        (await outcomes(cluster, namespace)).assert_one_job_each(1)
        events = await events_of(cluster, created)
        assert Counter(event["reason"] for event in events) == {"AllCreated": 1}
        await remove(cluster, created)
    assert len(killer.killed) == 2, killer.killed  # the status, and the Kubernetes Event


async def seen_through(cluster: Cluster, line: Line, killer: Killer, workload: Manifest, kills: int) -> bool:
    """Whether the status service was killed so often, or has done all it had to."""
    return len(killer.killed) >= kills or (len(await events_of(cluster, workload)) == 1 and not await in_flight(line))


async def events_of(cluster: Cluster, workload: Manifest) -> list[Manifest]:
    """The Kubernetes Events about the workload."""
    namespace, uid = workload["metadata"]["namespace"], workload["metadata"]["uid"]
    return await cluster.items("events", namespace, fields=f"involvedObject.uid={uid}")


ENDING: dict[str, dict[str, Any]] = {
    "created": {"image": "alpine", "namePrefix": "nb", "ports": PORTS},
    "rejected": {"namePrefix": "nb"},
    "failed": {"image": "alpine", "name": "taken"},
}
"""Specs that lead to each outcome."""


@pytest.mark.parametrize(
    ("service", "told_of", "end"),
    [
        ("resolver", "workload.observed", "created"),
        ("resolver", "workload.observed", "rejected"),
        ("creator", "workload.resolved", "created"),
        ("creator", "workload.resolved", "failed"),
        ("status", "workload.created", "created"),
        ("status", "workload.rejected", "rejected"),
        ("status", "workload.failed", "failed"),
    ],
)
async def test_a_service_killed_between_telling_and_confirming(
    service: str, told_of: str, end: str, line: Line, cluster: Cluster, namespace: str
) -> None:
    """The message is delivered again after all its consequences: nothing happens twice."""
    await cluster.create(foreign(namespace, "taken"))
    confirms = rf"PUB \$JS\.ACK\.{STREAM}\.{service}-{told_of.replace('.', '-')}\.\S+ +0\r\n".encode()
    with line.bus.trap(confirms, lambda: line.services.kill(service)) as trap:
        workload = await cluster.create(interactive("w", namespace, **ENDING[end]))
        await cluster.wait_for("the kill", partial(has_sprung, trap))
    assert await in_flight(line)  # not confirmed
    line.services.restart(service)
    ended = await cluster.ended(workload)
    await drained(cluster, line)
    now = await outcomes(cluster, namespace)
    reasons = Counter(event["reason"] for event in await events_of(cluster, ended))
    if end == "created":
        now.assert_one_job_each(1)
        assert reasons == {"AllCreated": 1}
    else:
        assert ended["status"]["phase"] == "Failed"
        assert now.of(ended["metadata"]["uid"]) == {"claims": [], "jobs": [], "services": []}
        assert reasons == {"PolicyViolation" if end == "rejected" else "NameTaken": 1}


async def has_sprung(trap: Trap) -> bool:
    return trap.sprung
