"""How a service identifies itself to the broker: what is wrong is said in one sentence, and mended under it."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import nats
import pytest

from deploy.local.certificates import Authority
from deploy.local.nats import USERS, NatsServer
from shared.messages import STREAM, STREAM_CONFIG
from tests.integration.harness.broker import declared, guarded, talking
from tests.integration.harness.bus_service import is_told, observed, until, watcher

pytestmark = pytest.mark.faults


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that signs the broker's certificate."""
    made = Authority(tmp_path / "authority")
    made.make()
    return made


@pytest.fixture
async def broker(authority: Authority, tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A broker as it is shipped."""
    with guarded(tmp_path / "broker", authority) as server:
        await declared(server)
        yield server


@pytest.fixture
def login(broker: NatsServer, tmp_path: Path) -> Path:
    """The watcher's own copy of its user and password, which a test may change."""
    return Path(shutil.copytree(broker.login_of("watcher"), tmp_path / "login"))


async def test_a_wrong_password_is_named_and_mended_without_a_restart(broker: NatsServer, login: Path) -> None:
    """A service with a wrong password says where it read it, tries once a second, and connects once it is right."""
    right = (login / "password").read_text()
    (login / "password").write_text("wrong")
    async with watcher(broker, nats_login=login) as bus:
        await until(lambda: "refuses" in str(bus.problem))
        assert bus.problem == f"the broker refuses the user or the password in {login}"
        before = broker.monitor("varz")["total_connections"]
        await asyncio.sleep(3)
        assert broker.monitor("varz")["total_connections"] - before < 10
        (login / "password").write_text(right)
        await until(lambda: bus.problem is None)


async def test_another_authority_is_named_and_mended_without_a_restart(broker: NatsServer, tmp_path: Path) -> None:
    """P9: a broker that another authority vouches for learns no password; its certificate is named."""
    other = Authority(tmp_path / "other")
    other.make()
    trusted = tmp_path / "ca.crt"
    shutil.copy(other.certificate_file, trusted)
    async with watcher(broker, nats_ca=trusted) as bus:
        await until(lambda: "certificate that is not trusted" in str(bus.problem))
        assert str(trusted) in str(bus.problem)
        shutil.copy(Path(broker.environment("watcher")["SLIPWAY_NATS_CA"]), trusted)
        await until(lambda: bus.problem is None)


async def test_a_broker_without_tls_learns_no_password(authority: Authority, tmp_path: Path) -> None:
    """P9: whatever answers at the broker's address gets no password before it has shown a trusted certificate."""
    heard = bytearray()

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"X","version":"2.15.1","max_payload":1048576,"tls_required":false}\r\n')
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                heard.extend(chunk)
        writer.close()

    server = await asyncio.start_server(pretend, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with guarded(tmp_path / "broker", authority) as broker:
        async with watcher(broker, nats_url=f"tls://127.0.0.1:{port}") as bus:
            await until(lambda: "handshake_first" in str(bus.problem))
        password = (broker.login_of("watcher") / "password").read_bytes()
    server.close()
    assert heard
    assert password not in heard
    assert b"CONNECT" not in heard


async def test_what_the_broker_denies_is_named(tmp_path: Path) -> None:
    """A service whose user may not do what it needs is not ready, and says which subject it is."""
    with NatsServer(tmp_path / "broker", users={**USERS, "watcher": USERS["runner"]}) as broker:
        async with watcher(broker) as bus:
            await until(lambda: "permissions violation" in str(bus.problem))
            assert "_inbox_watcher" in str(bus.problem)


async def test_a_password_is_replaced_without_loss(broker: NatsServer, login: Path) -> None:
    """With a second user beside the first, the service changes over while it publishes, and loses nothing."""
    async with watcher(broker, nats_login=login) as bus:
        await until(lambda: bus.problem is None)
        told = 0

        async def tell(count: int) -> None:
            nonlocal told
            for _ in range(count):
                message = observed(str(told))
                while not await is_told(bus, message):
                    await asyncio.sleep(0.1)
                told += 1

        both = NatsServer(
            broker.directory, users={**broker._users, "watcher-2": USERS["watcher"]}, authority=broker._authority
        )
        await tell(50)
        _reload(both)
        shutil.copytree(both.login_of("watcher-2"), login, dirs_exist_ok=True)
        while "watcher-2" not in {one["authorized_user"] for one in broker.monitor("connz?auth=true")["connections"]}:
            await tell(1)
        both._users.pop("watcher")
        _reload(both)
        await tell(50)
        assert bus.problem is None
        assert not bus.closed.is_set()
    async with talking(broker) as client:
        assert (await client.jetstream().stream_info(STREAM)).state.messages == told > 100


async def test_a_broker_that_is_started_again_is_found_again(broker: NatsServer) -> None:
    """P2: with TLS and passwords too, a service outlives its broker."""
    async with watcher(broker) as bus:
        await until(lambda: bus.problem is None)
        broker.kill()
        await until(lambda: bus.problem is not None)
        broker.start()
        await until(lambda: bus.problem is None)
        await bus.tell(observed("after"))
        assert not bus.closed.is_set()


async def test_a_broker_of_an_earlier_version_is_taken_over(authority: Authority, tmp_path: Path) -> None:
    """A broker that runs without users is recognised; started again with them, it has kept its stream."""
    with NatsServer(tmp_path) as before:
        client = await nats.connect(before.url)
        await client.jetstream().add_stream(STREAM_CONFIG)
        await client.jetstream().publish("workload.observed", b"{}")
        await client.close()
        now = guarded(tmp_path, authority)
        assert now.outdated
        assert not before.outdated
        now.stop()
    with now:
        assert not now.outdated
        async with talking(now) as client:
            assert (await client.jetstream().stream_info(STREAM)).state.messages == 1


def _reload(server: NatsServer) -> None:
    server.configure()
    server.component.signal(signal.SIGHUP)
