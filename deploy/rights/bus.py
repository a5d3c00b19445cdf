"""The rights of each service on the bus. Pure.

Every user publishes and consumes what its line says. Consumers are created by name and filter, so that no service can
create, or read by, another one's. Nobody reads stored messages but by a consumer, and nobody sees `$SYS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.messages import (
    READERS,
    STREAM,
    JobObserved,
    Message,
    WorkloadCreated,
    WorkloadDelayed,
    WorkloadFailed,
    WorkloadObserved,
    WorkloadRejected,
    WorkloadResolved,
    durable_of,
    inbox_of,
)

API: Final = "$JS.API"
BOOTSTRAP: Final = "bootstrap"
"""The user that declares the stream, before the services start."""


@dataclass(frozen=True)
class Part:
    """What a service does on the bus."""

    consumes: Sequence[type[Message]] = ()
    publishes: Sequence[type[Message]] = ()
    oversees: bool = False
    """Whether it counts what waits, and sets aside messages that nobody reads."""
    declares: bool = False
    """Whether it may create the stream if it is missing. Nobody changes or deletes a stream that exists."""
    prepares: bool = False
    """Whether it may create and change every service's consumers, without reading by them."""


@dataclass(frozen=True)
class Permissions:
    """The subjects that a user may publish and subscribe to. All others are denied."""

    publish: Sequence[str]
    subscribe: Sequence[str]

    def to_nats(self) -> dict[str, Any]:
        """Return them as a member of a user in NATS' configuration."""
        allowed = {"publish": self.publish, "subscribe": self.subscribe}
        return {"permissions": {action: {"allow": list(subjects)} for action, subjects in allowed.items()}}


def _read_by(service: str) -> Sequence[type[Message]]:
    return tuple(message for message, reader in READERS.items() if reader == service)


TABLE: Final[Mapping[str, Part]] = {
    "watcher": Part(
        publishes=(WorkloadObserved, WorkloadRejected, WorkloadFailed, WorkloadDelayed, JobObserved),
        oversees=True,
        declares=True,
    ),
    "resolver": Part(
        consumes=_read_by("resolver"), publishes=(WorkloadResolved, WorkloadRejected, WorkloadFailed, WorkloadDelayed)
    ),
    "creator": Part(
        consumes=_read_by("creator"), publishes=(WorkloadCreated, WorkloadFailed, WorkloadRejected, WorkloadDelayed)
    ),
    "status": Part(consumes=_read_by("status"), publishes=(WorkloadDelayed,)),
    "runner": Part(consumes=_read_by("runner")),
    BOOTSTRAP: Part(declares=True, prepares=True),
}
"""What each user of the bus does there, by its name."""


def permissions(user: str) -> Permissions:
    """Return the subjects of a user of the table."""
    part = TABLE[user]
    publish = [*(message.subject for message in part.publishes), f"{API}.STREAM.INFO.{STREAM}"]
    for message in part.consumes:
        durable = durable_of(user, message)
        publish += [*_making(durable, message.subject), *_reading(durable)]
    if part.prepares:
        for message, reader in READERS.items():
            publish += _making(durable_of(reader, message), message.subject)
    if part.oversees:  # the filter of a purge is in its body, which no permission can restrict
        publish += [f"{API}.CONSUMER.LIST.{STREAM}", f"{API}.STREAM.PURGE.{STREAM}"]
    if part.declares:
        publish.append(f"{API}.STREAM.CREATE.{STREAM}")
    return Permissions(publish, [f"{inbox_of(user)}.>"])


def _making(durable: str, subject: str) -> Sequence[str]:
    return (f"{API}.CONSUMER.CREATE.{STREAM}.{durable}.{subject}", f"{API}.CONSUMER.INFO.{STREAM}.{durable}")


def _reading(durable: str) -> Sequence[str]:
    return (
        f"{API}.CONSUMER.MSG.NEXT.{STREAM}.{durable}",
        f"$JS.ACK.{STREAM}.{durable}.>",
        f"$JS.ACK.*.*.{STREAM}.{durable}.>",  # with domain and account, as newer servers write it
    )
