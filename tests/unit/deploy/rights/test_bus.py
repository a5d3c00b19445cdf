"""The table of rights on the bus, without a broker."""

from typing import Any, cast

import pytest

from deploy.rights.bus import BOOTSTRAP, TABLE, permissions
from services.creator import handlers as creator
from services.creator.settings import CreatorSettings
from services.resolver import handlers as resolver
from services.resolver.settings import ResolverSettings
from services.runner import handlers as runner
from services.runner.settings import RunnerSettings
from services.status import handlers as status
from services.status.settings import StatusSettings
from shared.messages import MESSAGES
from shared.process.bus import Bus
from shared.process.settings import SharedSettings

NOBODY = cast(Any, None)
SUBSCRIBING = {
    "resolver": lambda bus: resolver.subscribe(bus, NOBODY, ResolverSettings(), NOBODY),
    "creator": lambda bus: creator.subscribe(bus, NOBODY, CreatorSettings()),
    "status": lambda bus: status.subscribe(bus, NOBODY, StatusSettings()),
    "runner": lambda bus: runner.subscribe(bus, NOBODY, RunnerSettings()),
}


@pytest.mark.parametrize("service", SUBSCRIBING)
def test_a_service_consumes_and_publishes_what_its_line_says(service: str) -> None:
    """P9: the table is what the code subscribes to and declares."""
    bus = Bus(service, SharedSettings())
    SUBSCRIBING[service](bus)
    assert set(bus._consumers) == {message.subject for message in TABLE[service].consumes}
    told = {str(getattr(one, "subject").template) for one in bus.broker.publishers}  # noqa: B009 - not in its base
    assert told <= {message.subject for message in TABLE[service].publishes}
    assert set(bus._configs) == {f"{service}-{one.subject.replace('.', '-')}" for one in TABLE[service].consumes}


def test_every_message_has_one_service_that_reads_it() -> None:
    """No fact is read by two services: each is taken out of the stream by the one that acts on it."""
    readers = [message for part in TABLE.values() for message in part.consumes]
    assert sorted(one.subject for one in readers) == sorted(message.subject for message in MESSAGES)


@pytest.mark.parametrize("user", TABLE)
def test_no_user_has_a_right_over_others(user: str) -> None:
    """P9: nobody changes or deletes the stream, reads a stored message, or hears another one's answers."""
    known = permissions(user)
    text = " ".join(known.publish)
    for denied in ("STREAM.DELETE", "STREAM.UPDATE", "MSG.GET", "MSG.DELETE", "CONSUMER.DELETE", "$SYS", "DIRECT"):
        assert denied not in text
    assert [one for one in known.subscribe if one.strip(">.") != f"_INBOX_{user}"] == []
    own = {message.subject.replace(".", "-") for message in TABLE[user].consumes}
    acknowledged = [one for one in known.publish if one.startswith("$JS.ACK")]
    assert len(acknowledged) == 2 * len(own)
    assert all(any(f"{user}-{name}" in one for name in own) for one in acknowledged)


def test_only_the_watcher_and_the_bootstrap_step_declare_the_stream() -> None:
    """P2: a stream that was deleted under the load is created again by the one service that observes everything."""
    assert {user for user, part in TABLE.items() if part.declares} == {"watcher", BOOTSTRAP}
