"""A program that reaches the broker: without a password, with a wrong one, and with that of another service."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats.errors
import pytest
from pydantic import ValidationError

from deploy.local.certificates import Authority
from deploy.local.nats import NatsServer
from deploy.rights.bus import API, BOOTSTRAP, TABLE
from shared.messages import MESSAGES, STREAM, WorkloadResolved, durable_of, inbox_of
from tests.integration.harness.broker import TESTER, declared, guarded, talking
from tests.integration.harness.bus_attacks import DURABLES, allowed_to, denied, is_allowed, publications, subscriptions

pytestmark = pytest.mark.contract
SERVICES = [user for user in TABLE if user != BOOTSTRAP]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs the broker's certificate."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.make()
    return made


@pytest.fixture(scope="module")
async def broker(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    """A broker as it is shipped, with every service's consumer. At the end it holds no message."""
    with guarded(tmp_path_factory.mktemp("broker"), authority) as server:
        await declared(server)
        async with talking(server) as client:
            for durable, subject in DURABLES.items():
                await client.jetstream().add_consumer(
                    STREAM, name=durable, durable_name=durable, filter_subject=subject
                )
        yield server
        async with talking(server) as client:
            info = await client.jetstream().stream_info(STREAM)
            assert (info.state.messages, info.state.consumer_count) == (0, len(DURABLES))


async def test_nobody_connects_without_a_password(broker: NatsServer) -> None:
    """P9: a program without credentials cannot connect."""
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
        await _bare(broker)


async def _bare(server: NatsServer, **options: Any) -> None:
    context = ssl.create_default_context(cafile=str(server.environment("creator")["SLIPWAY_NATS_CA"]))
    known = {"tls": context, "tls_handshake_first": True, "allow_reconnect": False}
    client = await nats.connect(server.url, **{**known, **options})
    await client.close()


async def test_nobody_connects_with_a_wrong_password(broker: NatsServer) -> None:
    """P9: the name of a service without its password opens nothing: one refusal for each user."""
    refused = 0
    for user in (*TABLE, TESTER, "admin", ""):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
            await _bare(broker, user=user, password="wrong")
        refused += 1
    assert refused == len(TABLE) + 3


async def test_nobody_connects_without_tls(broker: NatsServer) -> None:
    """P9: the right password in plain text is not even read."""
    names = {part: (broker.login_of("creator") / part).read_text() for part in ("username", "password")}
    plain = broker.url.replace("tls://", "nats://")
    with pytest.raises((nats.errors.Error, OSError)):
        await nats.connect(
            plain, user=names["username"], password=names["password"], allow_reconnect=False, connect_timeout=3
        )


@pytest.mark.parametrize("user", TABLE)
async def test_a_service_publishes_its_own_facts_and_no_others(user: str, broker: NatsServer) -> None:
    """P9: with one service's password, every forged fact and every other call of JetStream is refused."""
    may, hears = allowed_to(user)
    forged = {subject for subject in publications() if not is_allowed(subject, may)}
    heard = {subject for subject in subscriptions() if not is_allowed(subject, hears) and subject not in hears}
    facts = {message.subject for message in MESSAGES}
    assert facts - forged == {message.subject for message in TABLE[user].publishes}
    said = await denied(broker, user, forged, heard)
    wanted = {("publish", one.lower()) for one in forged} | {("subscription", one.lower()) for one in heard}
    assert said == wanted
    assert len(wanted) > 100
    print(
        f"{user}: {len(forged & facts)} forged facts, {len(forged - facts)} calls, {len(heard)} subscriptions refused"
    )


@pytest.mark.parametrize("user", [user for user in SERVICES if TABLE[user].consumes])
async def test_a_consumer_is_created_for_its_own_filter_only(user: str, broker: NatsServer) -> None:
    """P9: what the body of the call says does not get around the subject, which the permission names."""
    (first, *_) = TABLE[user].consumes
    durable = durable_of(user, first)
    call = f"{API}.CONSUMER.CREATE.{STREAM}.{durable}.{first.subject}"
    async with talking(broker, user, inbox_prefix=inbox_of(user)) as client:
        for trick in (
            {"name": durable, "durable_name": durable, "filter_subject": "workload.>"},
            {"name": durable, "durable_name": durable, "filter_subjects": ["workload.*", "job.*"]},
            {"name": durable, "durable_name": durable},
            {"name": "mine", "durable_name": "mine", "filter_subject": first.subject},
        ):
            body = {"stream_name": STREAM, "config": {**trick, "ack_policy": "explicit"}}
            answer = json.loads((await client.request(call, json.dumps(body).encode(), timeout=10)).data)
            assert "error" in answer, trick
    async with talking(broker) as client:
        for each, subject in DURABLES.items():
            assert (await client.jetstream().consumer_info(STREAM, each)).config.filter_subject == subject


async def test_an_answer_that_is_led_astray_is_no_fact(broker: NatsServer) -> None:
    """P9: what the broker answers goes to any subject that is asked for; no service reads it as a message.

    A message that is led astray keeps its own subject, and everything else is the broker's own text.
    """
    led = "workload.resolved"
    async with talking(broker, "status", inbox_prefix=inbox_of("status")) as client:
        await client.jetstream().publish("workload.delayed", b'{"workload": "forged"}')
        for call in (f"CONSUMER.MSG.NEXT.{STREAM}.status-workload-delayed", f"STREAM.INFO.{STREAM}"):
            await client.publish(f"{API}.{call}", b"", reply=led)
        await client.flush(timeout=30)
    async with talking(broker) as client:
        stream = client.jetstream()
        while not (astray := (await stream.stream_info(STREAM, subjects_filter=led)).state.subjects):
            await asyncio.sleep(0.05)
        for number in range(1, 1 + (await stream.stream_info(STREAM)).state.last_seq):
            message = await stream.get_msg(STREAM, number)
            assert message.subject in (led, "workload.delayed")
            if message.subject == led:
                with pytest.raises(ValidationError):
                    WorkloadResolved.model_validate_json(message.data or b"")
        assert astray == {led: 1}
        await stream.purge_stream(STREAM)


def test_passwords_are_the_platforms_own_and_nobody_elses(broker: NatsServer) -> None:
    """P9: every password is different, long, and readable by the owner of the platform only."""
    files = [broker.login_of(user) / "password" for user in (*TABLE, TESTER)]
    files_of_all: list[Path] = [*files, broker.directory / "nats.conf"]
    assert {oct(path.stat().st_mode & 0o777) for path in files_of_all} == {"0o600"}
    assert len({path.read_text() for path in files}) == len(files)
    assert all(len(path.read_text()) >= 32 for path in files)
