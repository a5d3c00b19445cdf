"""Notice workloads on which nothing happens for too long, and say so on them: no service seems to take them up."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from services.watcher.facts import reference
from shared.errors import SlipwayError
from shared.messages import READERS, WorkloadDelayed, WorkloadObserved, WorkloadResolved
from shared.names import JOB_NAME_ANNOTATION
from shared.objects import JsonObject
from shared.process.bus import Bus

TAKEN_UP: Final = {message.subject: READERS[message] for message in (WorkloadObserved, WorkloadResolved)}
"""The service that takes up the messages of each subject that moves a workload on."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks."""
AT_ONCE: Final = 50
"""Most workloads that one look reports while a service is away."""
AT_ONCE_IN_QUEUE: Final = 5
"""Most workloads that one look reports while the services work: they need the API server themselves."""
PATIENCE_IN_QUEUE: Final = 5
"""How many times as long a workload may wait in a queue that moves."""
log = structlog.get_logger()


@dataclass
class Silence:
    """Since when nothing has happened on a workload, when that is reported next (monotonic seconds), and how often."""

    since: float
    next: float
    reported: int = 0


@dataclass
class Quiet:
    """How long each unfinished workload has been silent: reported after `after` seconds, then at doubling intervals."""

    after: float
    longest: float
    _silent: dict[str, Silence] = field(default_factory=dict)

    def seen(self, uid: str) -> None:
        """Note that the workload is new or has changed; one that was reported keeps its intervals."""
        known = self._silent.get(uid)
        if known is None or not known.reported:
            self.over(uid)

    def over(self, uid: str) -> None:
        """Note that the workload shows something else, so that its silence begins anew."""
        now = time.monotonic()
        self._silent[uid] = Silence(now, now + self.after)

    def forget(self, uid: str) -> None:
        """Note that the workload has ended."""
        self._silent.pop(uid, None)

    def reported(self, uid: str) -> None:
        """Note that the silence was reported."""
        if known := self._silent.get(uid):
            known.next = time.monotonic() + min(self.after * 2.0 ** min(known.reported, 20), self.longest)
            known.reported += 1

    def due(self, at_least: float) -> list[tuple[str, int]]:
        """Return the workloads to report now, and how often each was, those silent for longest first.

        Those silent for less than `at_least` seconds are left out.
        """
        now = time.monotonic()
        found = [(uid, one) for uid, one in self._silent.items() if one.next <= now and now - one.since >= at_least]
        return [(uid, one.reported) for uid, one in sorted(found, key=lambda pair: pair[1].since)]


def absent(bus: Bus, after: float) -> list[str]:
    """Return the services that have taken up none of their waiting messages for `after` seconds."""
    return [service for subject, service in TAKEN_UP.items() if bus.stuck(subject) >= after]


def sentence(after: float, services: list[str], *, begun: bool = False) -> str:
    """Return what a workload shows if nobody takes it up; always the same words, so that repetitions are counted.

    `begun` says that a job's name is recorded on it: the creator has taken it up.
    """
    if len(services) == 1:
        return f"not taken up for {after:g} s; is the {services[0]} running?"
    if begun and not services:
        return f"not finished for {after:g} s; are the creator and the status service running?"
    return f"not taken up for {after:g} s; are the resolver and the creator running?"


@dataclass
class Reports:
    """Shows every silent workload that it waits, and for which service."""

    bus: Bus
    quiet: Quiet
    light: Callable[[str], JsonObject | None]
    """Returns the workload with this uid; None if it has ended."""
    number: Callable[[str], int]
    """Returns the attempt of its last message."""

    async def run(self) -> None:
        """Look again and again, forever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            services = absent(self.bus, self.quiet.after)
            moving = not services and any(self.bus.undelivered(subject) for subject in TAKEN_UP)
            due = self.quiet.due(self.quiet.after * (PATIENCE_IN_QUEUE if moving else 1))
            for uid, reported in due[: AT_ONCE_IN_QUEUE if moving else AT_ONCE]:
                await self._show(uid, reported, services)

    async def _show(self, uid: str, reported: int, services: list[str]) -> None:
        about: dict[str, str | int] = {"uid": uid}
        try:
            workload = self.light(uid)
            if workload is None:
                return
            if not services and workload["status"]:  # it shows why it is delayed, or what was tried
                self.quiet.over(uid)
                return
            about = reference(workload).named
            begun = bool(workload["metadata"]["annotations"].get(JOB_NAME_ANNOTATION))
            await self.bus.tell(
                WorkloadDelayed(
                    workload=reference(workload),
                    attempt=self.number(uid),
                    observed_at=datetime.now(UTC),
                    service="watcher",
                    message=sentence(self.quiet.after, services, begun=begun),
                    tries=reported + 1,
                )
            )
        except SlipwayError as error:
            log.info("a delay cannot be shown", reason=str(error), **about)
        except Exception:  # one workload does not hide the others
            log.exception("a delay cannot be shown", **about)
        else:
            log.warning("not taken up", services=services, **about)
        self.quiet.reported(uid)
