"""What a service says of a broker that it cannot use, broken on purpose, and an authority that is replaced under it."""

import asyncio
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.certificates import Authority, write_pair
from deploy.local.nats import NatsServer
from deploy.local.ports import HeldPort
from deploy.local.processes import write_atomically
from shared.messages import STREAM
from shared.process.bus import Bus
from tests.integration.harness.broker import declared, guarded
from tests.integration.harness.bus_service import is_told, observed, until, watcher

pytestmark = pytest.mark.faults
RUN = "run `python -m services.bootstrap`"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that signs the broker's certificate."""
    made = Authority(tmp_path / "authority")
    made.make()
    return made


@pytest.fixture
def broker(authority: Authority, tmp_path: Path) -> Iterator[NatsServer]:
    """A broker as it is shipped, without a stream."""
    with guarded(tmp_path / "broker", authority) as server:
        yield server


def says(bus: Bus, sentence: str) -> bool:
    """Whether the service names this."""
    return sentence in str(bus.problem)


async def test_each_trouble_is_named(broker: NatsServer, tmp_path: Path) -> None:
    """Files that are of no use, an address where nobody listens, a name that nobody knows, a stream that is missing."""
    port = HeldPort().number
    empty, none = tmp_path / "empty.crt", tmp_path / "none"
    empty.touch()
    broken: list[tuple[dict[str, object], str]] = [
        ({"nats_url": f"tls://127.0.0.1:{port}"}, f"tls://127.0.0.1:{port} cannot be reached: Connection refused"),
        ({"nats_url": "tls://nowhere.invalid"}, "tls://nowhere.invalid cannot be reached: Name or service"),
        ({"nats_ca": none}, f"cannot read {none}: No such file or directory"),
        ({"nats_ca": empty}, f"{empty} contains no certificate of an authority"),
        ({"nats_login": none}, f"cannot read {none}/username: No such file or directory"),
        ({"declare_stream": False}, f"its stream {STREAM} does not exist: {RUN}"),
    ]
    for settings, sentence in broken:
        async with watcher(broker, **settings) as bus:
            await until(partial(says, bus, sentence), within=20)


async def test_a_broker_without_jetstream_is_named(tmp_path: Path) -> None:
    """A broker that somebody runs for other things, and that keeps nothing."""
    with NatsServer(tmp_path / "broker", settings="jetstream: disabled") as server:
        async with watcher(server) as bus:
            await until(lambda: "JetStream is off" in str(bus.problem), within=20)


async def test_a_certificate_for_other_names_is_named(authority: Authority, tmp_path: Path) -> None:
    """The address in the settings must be one of the names in the certificate."""
    write_pair(authority.server("nats", ["nats.example"]), tmp_path / "broker" / "pki" / "nats")
    with guarded(tmp_path / "broker", authority) as server:
        async with watcher(server) as bus:
            await until(lambda: "shows a certificate for other names" in str(bus.problem), within=20)


async def test_an_authority_is_replaced_without_loss(broker: NatsServer, authority: Authority, tmp_path: Path) -> None:
    """P1: both authorities are trusted, then the broker's certificate changes, then the old authority goes."""
    await declared(broker)
    new, trusted = Authority(tmp_path / "new", "new"), tmp_path / "ca.crt"
    shutil.copy(authority.certificate_file, trusted)
    told = 0
    async with watcher(broker, nats_ca=trusted) as bus:
        await until(lambda: bus.problem is None)
        for content in (authority.certificate + new.certificate, new.certificate):
            before = broker.monitor("varz")["total_connections"]
            write_atomically(trusted, content.decode())
            while broker.monitor("varz")["total_connections"] == before:  # it connects anew by itself
                while not await is_told(bus, observed(str(told))):
                    await asyncio.sleep(0.05)
                told += 1
            write_pair(new.server("nats", ["127.0.0.1"]), broker.directory / "pki" / "nats")
            broker.component.signal(signal.SIGHUP)
        await until(lambda: bus.problem is None)
        assert not bus.closed.is_set()
    (account,) = broker.monitor("jsz?streams=true")["account_details"]
    assert account["stream_detail"][0]["state"]["messages"] == told > 0
