"""Credentials are replaced while people submit, and the old ones stop working."""

import asyncio
import signal
from collections.abc import Mapping

import pytest

from deploy.local.nats import USERS, NatsServer
from deploy.rights.bus import TABLE, Permissions
from tests.integration.containers.load import under_load
from tests.integration.containers.topology import Topology, broker_in
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.services import SERVICES

pytestmark = pytest.mark.containers

SECOND = {user: f"{user}-2" for user in TABLE}
"""The users that replace those of the table."""


async def test_tokens_are_replaced(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """P1, P8: each service gets a new token and its old one is revoked, under load; nothing is lost."""
    async with under_load(cluster, namespace) as load:
        old = await asyncio.to_thread(topology.renew_tokens)
        await cluster.wait_for("the old token to be refused", lambda: is_known(cluster, old), lambda known: not known)
        await load.more(20)
    await load.once_each()
    assert [replica.name for replica in topology.services.all if replica.crashed] == []


async def is_known(cluster: Cluster, token: str) -> bool:
    """Whether the API server takes this token."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = await cluster.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    return bool(answer["status"].get("authenticated"))


async def test_passwords_of_the_bus_are_replaced(topology: Topology, cluster: Cluster, namespace: str) -> None:
    """P1, P8: each service becomes another user of the broker with another password, and back; nothing is lost."""
    async with under_load(cluster, namespace) as load:
        await become(topology, cluster, SECOND)
        await load.more(20)
        await become(topology, cluster, {user: user for user in TABLE})
        await load.more(20)
    await load.once_each()
    assert [replica.name for replica in topology.services.all if replica.crashed] == []


async def become(topology: Topology, cluster: Cluster, names: Mapping[str, str]) -> None:
    """Let the broker know users with these names too, let each service be one, and let it forget the others."""
    known = {names[user]: USERS[user] for user in TABLE}
    both = {name: USERS[user] for user in TABLE for name in (user, SECOND[user])}
    nats = configured(topology, both)
    for service in SERVICES:
        topology.give_login(service, nats, names[service])

    async def look() -> set[str]:
        page = await asyncio.to_thread(topology.nats.monitor, "connz?auth=true")
        return {one["authorized_user"] for one in page["connections"]}

    wanted = {names[service] for service in SERVICES}
    await cluster.wait_for(f"connections of {sorted(wanted)} only", look, lambda seen: seen == wanted)
    configured(topology, known)


def configured(topology: Topology, users: Mapping[str, Permissions | None]) -> NatsServer:
    """Let the running broker have these users, besides the test's."""
    nats = broker_in(topology.network, topology.nats.directory, topology.plane, users)
    nats.configure()
    topology.nats.component.signal(signal.SIGHUP)
    return nats
