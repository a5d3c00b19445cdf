"""What somebody with the password of one service may try on the bus, and what the broker says to it."""

import asyncio
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from fnmatch import fnmatchcase

from deploy.local.nats import NatsServer
from deploy.rights.bus import API, TABLE, permissions
from shared.messages import MESSAGES, STREAM, durable_of, inbox_of
from tests.integration.harness.broker import talking

DURABLES = {durable_of(user, one): one.subject for user, part in TABLE.items() for one in part.consumes}
"""Every consumer, and what it reads."""
STREAM_CALLS = ("CREATE", "UPDATE", "DELETE", "PURGE", "SNAPSHOT", "RESTORE", "LEADER.STEPDOWN", "INFO")
OF_ACCOUNT = (
    "INFO",
    "STREAM.NAMES",
    "STREAM.LIST",
    f"CONSUMER.NAMES.{STREAM}",
    f"CONSUMER.LIST.{STREAM}",
    "ACCOUNT.PURGE",
)
MESSAGE_CALLS = (
    f"STREAM.MSG.GET.{STREAM}",
    f"STREAM.MSG.DELETE.{STREAM}",
    f"DIRECT.GET.{STREAM}",
    f"DIRECT.GET.{STREAM}.job.observed",
)
CONSUMER_CALLS = ("CREATE", "INFO", "MSG.NEXT", "DELETE", "PAUSE", "DURABLE.CREATE", "LEADER.STEPDOWN", "UNPIN")
DENIED = re.compile(r'permissions violation for (publish|subscription) to "([^"]+)"')
SYSTEM = ("$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO", "$SYS.REQ.ACCOUNT.PING.INFO")


def publications() -> set[str]:
    """Every subject that somebody could gain something by: facts, calls of JetStream, confirmations, answers."""
    calls = {f"STREAM.{call}.{STREAM}" for call in STREAM_CALLS} | {
        *OF_ACCOUNT,
        *MESSAGE_CALLS,
        f"CONSUMER.CREATE.{STREAM}",
    }
    for durable, subject in DURABLES.items():
        calls |= {f"CONSUMER.{call}.{STREAM}.{durable}" for call in CONSUMER_CALLS}
        calls |= {f"CONSUMER.CREATE.{STREAM}.{durable}.{subject}", f"CONSUMER.CREATE.{STREAM}.{durable}.>"}
    facts = {message.subject for message in MESSAGES} | {"workload.unknown", "job.unknown", "other"}
    confirmed = {f"$JS.ACK.{STREAM}.{durable}.1.1.1.1700000000000000000.0" for durable in DURABLES}
    longer = {f"$JS.ACK._.HASH.{STREAM}.{durable}.1.1.1.1700000000000000000.0.rest" for durable in DURABLES}
    answers = {f"{inbox_of(user)}.token" for user in TABLE} | {"_INBOX.token"}
    return {*facts, *(f"{API}.{call}" for call in calls), *confirmed, *longer, *answers, *SYSTEM}


def subscriptions() -> set[str]:
    """Every subject by which somebody could listen to others."""
    facts = {message.subject for message in MESSAGES}
    return {
        *facts,
        ">",
        "workload.>",
        "job.*",
        "_INBOX.>",
        "$JS.>",
        "$SYS.>",
        *(f"{inbox_of(user)}.>" for user in TABLE),
    }


def is_allowed(subject: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns of a permission matches the subject, as the broker matches them."""
    tokens = subject.split(".")
    for pattern in patterns:
        wanted = pattern.split(".")
        if wanted[-1] == ">":
            wanted, rest = wanted[:-1], tokens[len(wanted) - 1 :]
            if not rest:
                continue
        elif len(wanted) != len(tokens):
            continue
        if all(fnmatchcase(have, want) for have, want in zip(tokens, wanted, strict=False)):
            return True
    return False


async def denied(
    server: NatsServer, user: str, publish: Collection[str], subscribe: Collection[str] = ()
) -> set[tuple[str, str]]:
    """Publish and subscribe to all of these as the user; return what for, and which subject, was denied.

    Subjects are in small letters. The client reports the broker's answers a moment later than the broker gives them.
    """
    said: list[str] = []

    async def on_error(error: Exception) -> None:
        said.append(str(error).lower())

    async with talking(server, user, error_cb=on_error) as client:
        for subject in publish:
            await client.publish(subject, b"{}")
        for subject in subscribe:
            await client.subscribe(subject)
        await client.flush(timeout=30)
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while len(said) < len(publish) + len(subscribe):
                    await asyncio.sleep(0.02)
    return {(found[1], found[2]) for text in said if (found := DENIED.search(text))}


def allowed_to(user: str) -> tuple[list[str], list[str]]:
    """What the user may publish and subscribe to."""
    known = permissions(user)
    return list(known.publish), list(known.subscribe)
