"""The keys of seals: missing at the start, replaced under load, and removed too early."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.seals import SealKeys
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import SUBMITTING
from tests.integration.harness.manifests import interactive
from tests.integration.harness.outcome import names_of
from tests.integration.harness.seals import seal_keys
from tests.integration.harness.services import ServiceProcess, Services

pytestmark = pytest.mark.faults

EACH = 8
"""Workloads submitted with each key."""


@pytest.fixture
async def keys(services: Services, tmp_path: Path) -> AsyncIterator[SealKeys]:
    """Keys of this test's own services, which it can change."""
    yield seal_keys().copy(tmp_path / "own-seals")


async def why_not_ready(cluster: Cluster, process: ServiceProcess) -> str:
    """What /readyz says, once it says that something is missing."""

    async def look() -> str:
        url = f"http://127.0.0.1:{process.http_port}/readyz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return f"{answer.status} {(await answer.text()).strip()}"

    return await cluster.wait_for(f"{process.name} to say why", look, lambda said: said.startswith("503 seal"))


async def test_without_keys_resolver_and_creator_wait_and_say_so(
    cluster: Cluster, services: Services, namespace: str, tmp_path: Path
) -> None:
    """P8: neither becomes ready nor takes a message, each says what is missing, and both go on once it is there."""
    keys = SealKeys(tmp_path / "none-yet")
    workload = await cluster.create(interactive("mine", namespace, image="x", name="mine"))
    resolver, creator = (services.launch(service, keys.environment) for service in ("resolver", "creator"))
    await services.start("status")
    await services.start("watcher")
    missing = "No such file or directory"
    said = await asyncio.gather(why_not_ready(cluster, resolver), why_not_ready(cluster, creator))
    assert list(said) == [
        f"503 seal: RESOLVER_SEAL_KEY: {keys.private}: {missing}",
        f"503 seal: CREATOR_SEAL_KEYS: {keys.public}: {missing}",
    ]
    assert await names_of(cluster, namespace) == []
    keys.make()
    await services.ready()
    await cluster.submitted(workload)


async def test_a_key_is_replaced_under_load_and_nothing_is_refused(
    cluster: Cluster, services: Services, namespace: str, keys: SealKeys
) -> None:
    """P1: first the public key, then the private one: every workload gets its job, by one key or the other."""
    await services.start_all(*SUBMITTING, **keys.environment)

    async def load(prefix: str) -> set[str]:
        made = [interactive(f"{prefix}-{number}", namespace, image="x", jobNamePrefix=prefix) for number in range(EACH)]
        ended = await asyncio.gather(*[cluster.submitted(await cluster.create(one)) for one in made])
        claims = [await cluster.get("configmaps", one["status"]["jobName"], namespace) for one in ended]
        return {claim["data"]["seal"].split()[1] for claim in claims}

    first = await load("first")
    during = asyncio.create_task(load("during"))
    keys.use(Ed25519PrivateKey.generate())

    async def renewed() -> str:
        probe = await cluster.submitted(await cluster.create(interactive("probe", namespace, image="x", name="probe")))
        claim = await cluster.get("configmaps", "probe", namespace)
        await cluster.delete("interactiveworkloads", "probe", namespace)
        await cluster.gone("configmaps", "probe", namespace)
        assert probe
        return str(claim["data"]["seal"].split()[1])

    await cluster.wait_for("the new key", renewed, lambda key: key not in first)
    second = await load("second")
    assert (len(first), len(second), first & second) == (1, 1, set())
    assert await during <= first | second
    (creator,) = services["creator"]
    refused = {name for name in await creator.metrics() if name.startswith("slipway_seals_refused_total{")}
    assert refused == set()
