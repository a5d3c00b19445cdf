"""Everything that services need is broken on purpose at a real API server and broker, and mended under them.

All services run on a platform on which nothing is right. Each says what is wrong, in words that name what to mend,
stays alive meanwhile, and goes on by itself.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from deploy.local.controlplane import API, ControlPlane
from deploy.rights.api import NAMESPACE, account
from shared.kubernetes.api import Api
from shared.process.readiness import CHANGE_AFTER
from tests.integration.harness.broker import declared
from tests.integration.harness.services import SERVICES, ServiceProcess, Services
from tests.integration.harness.troubles import EXPIRED, NOT_YET, OLD, Troubles, kubeconfig, lines

pytestmark = pytest.mark.faults
WITHIN = 90.0
"""Seconds after which a service that does not say what is expected has failed."""
OTHERS = tuple(service for service in SERVICES if service != "resolver")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server that is too old for admission policies, and has none of Slipway's kinds."""
    with ControlPlane(tmp_path_factory.mktemp("old"), parts=API, arguments=OLD) as made:
        yield made


@pytest.fixture
def troubles(plane: ControlPlane, tmp_path: Path) -> Iterator[Troubles]:
    """Nothing is right; the API server is itself again at the end."""
    made = Troubles(plane, tmp_path)
    made.bus_certificate(**EXPIRED)
    with made.broker:
        made.accounts()
        yield made
    made.api_certificate()


@pytest.fixture
async def services(troubles: Troubles, tmp_path: Path) -> AsyncIterator[Services]:
    """All services, none of which can become ready."""
    made = Services(troubles.environment, tmp_path)
    try:
        yield made
    finally:
        await made.stop()


async def say(processes: Sequence[ServiceProcess], words: str) -> None:
    """Wait until /readyz of each contains the words; none may end, and each must be alive."""

    async def says(one: ServiceProcess) -> None:
        began = time.monotonic()
        while words not in (said := await one.why_not_ready()):
            assert one.running, one.tail()
            assert time.monotonic() - began < WITHIN, f"{one.name} says {said}, and not {words}\n{one.tail()}"
            await asyncio.sleep(0.2)
        assert await one.is_alive()

    await asyncio.gather(*map(says, processes))


async def test_every_trouble_is_named_and_mended_under_all_services(troubles: Troubles, services: Services) -> None:
    """Each service names what is wrong, one line of the log for each, and becomes ready without a restart."""
    every = [services.launch(service, {"SLIPWAY_DECLARE_STREAM": "false"}) for service in SERVICES]
    began, started = [one.pid for one in every], time.monotonic()
    others = [one for one in every if one.service in OTHERS]
    (resolver,) = services["resolver"]
    server = troubles.plane.server
    await say(every, f"cluster: {server} shows a certificate that is not trusted (")
    troubles.api_certificate(**EXPIRED)
    troubles.trust(troubles.authority, troubles.plane.authority)
    await say(every, f"cluster: {server} shows a certificate that has expired: renew it")
    troubles.api_certificate(**NOT_YET)
    await say(every, f"cluster: {server} shows a certificate that is not valid yet: compare the clock")
    troubles.api_certificate()
    for one in every:
        token = troubles.token_file(one.service)
        await say([one], f"cluster: the API server does not accept the token in {token}: it is wrong or has expired")
    troubles.tokens()
    await say([resolver], "cluster: the API server is Kubernetes 1.35, and this service needs 1.36 or later")
    await say(others, "are missing: apply deploy/crds")
    troubles.definitions()
    await say(others, "bus: the broker shows a certificate that is not trusted")
    troubles.trust(troubles.bus_authority, troubles.plane.authority)
    await say(others, "bus: the broker shows a certificate that has expired: renew it")
    troubles.bus_certificate()
    await say(others, "bus: the broker refuses the user or the password in ")
    troubles.passwords()
    await say(others, "bus: its stream WORKLOADS does not exist: run `python -m services.bootstrap`")
    await declared(troubles.broker)
    await services.ready(*others)
    assert [one.pid for one in every] == began
    for one in others:
        said = lines(one.log, "not ready")
        assert len(said) < (time.monotonic() - started) / CHANGE_AFTER + 2, said
        while not (ready := lines(one.log, "ready")):
            await asyncio.sleep(0.1)
        assert len(ready) == 1
        assert "Traceback" not in one.log.read_text()


async def test_a_service_that_waits_ends_at_once(services: Services) -> None:
    """SIGTERM needs no API server and no broker."""
    every = [services.launch(service, {}) for service in ("status", "watcher")]
    await say(every, "cluster: ")
    began = time.monotonic()
    await asyncio.gather(*(one.stop() for one in every))
    assert time.monotonic() - began < 5
    assert [one.exit_code for one in every] == [0, 0]


async def test_a_token_and_an_authority_are_replaced_without_a_failed_call(
    plane: ControlPlane, troubles: Troubles, tmp_path: Path
) -> None:
    """While two authorities are trusted, or a new token is in its file, no call fails, and no process is restarted."""
    token = troubles.token_file("watcher")
    troubles.trust(troubles.authority, plane.authority, troubles.other)
    troubles.tokens()
    api = await Api.connect(str(kubeconfig(tmp_path, plane.server, troubles.authority, token)), later=True)
    try:
        await api.about()
        plane.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account('watcher')}")
        plane.kubectl("create", "serviceaccount", account("watcher"), f"--namespace={NAMESPACE}")
        troubles.tokens()  # those of the account before have ended with it
        await api.about()
        troubles.api_certificate(troubles.other)
        await until_shown(plane)
        await asyncio.gather(*(api.about() for _ in range(20)))  # all but one need a connection of their own
    finally:
        await api.close()


async def until_shown(plane: ControlPlane) -> None:
    """Wait until the API server shows the certificate in its file."""
    port, written = plane.ports["kube-apiserver"], plane.directory / "pki" / "kube-apiserver.crt"
    while ssl.get_server_certificate(("127.0.0.1", port)).split() != written.read_text().split():
        await asyncio.sleep(0.2)
