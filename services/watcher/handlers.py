"""Handle every change that the watcher sees: remember unfinished objects, and report them again until they end."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Gauge

from services.watcher.facts import (
    awaits_outcome,
    is_over,
    job_observed,
    needs_runner,
    observed,
    owner_uid,
    told_of_child,
    told_of_job,
    too_large,
)
from services.watcher.reflector import Change
from shared.errors import PermanentError, TransientError
from shared.messages import Message, WorkloadObserved
from shared.objects import JsonObject
from shared.process.bus import Bus

SETTLES_IN: Final = 0.1
"""Seconds within which changes of a job's child are reported as one: its status changes in several steps at once."""
REFERENCE: Final = ("uid", "name", "namespace", "resourceVersion")
NOTHING_TO_DO: Final = b""
"""Remembered instead of the body of a RunaiJob that the runner is done with: there are many of these."""
BUS_RETRY: Final = 1.0
"""Seconds before a message that the bus did not accept is sent again."""
UNFINISHED = Gauge("slipway_unfinished", "Objects without an outcome", ["what"])
log = structlog.get_logger()


@dataclass
class Pending:
    """An object without an outcome: how often it was reported, and when (monotonic seconds) it is reported again."""

    body: bytes
    attempt: int = 1
    due: float = 0.0
    queued: bool = False
    met_before: bool = False
    """Whether another watcher may already have reported it: then nothing here is a first attempt."""


class Telling:
    """Reports pending objects: at once, and again at growing intervals until they are taken out.

    `message` makes the fact from (uid, body, attempt), or returns None if there is nothing to report. Bodies are kept
    as JSON text: ten thousand of them take megabytes, and would take a hundred if decoded.

    While a service is away, its messages stay on the bus, and repeating them would only fill the stream. So what is due
    waits until most of them are gone from the bus, because they were acted on or lost.
    """

    def __init__(
        self,
        what: str,
        family: str,
        bus: Bus,
        message: Callable[[str, JsonObject, int], Message | None],
        first: float,
        longest: float,
    ) -> None:
        """`what` names the objects in the metrics; their messages have subjects `<family>.*`. Times are in seconds."""
        self._bus, self._message, self._first, self._longest = bus, message, first, longest
        self._family = family
        self._pending: dict[str, Pending] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._gauge = UNFINISHED.labels(what)

    def put(self, uid: str, body: JsonObject, *, now: bool, met_before: bool = False) -> None:
        """Remember `body`, and report it at once if it is new or `now` is set."""
        known = self._pending.get(uid)
        if known is None:
            known = self._pending[uid] = Pending(orjson.dumps(body), met_before=met_before)
            self._enqueue(uid, known)
            self._gauge.set(len(self._pending))
            return
        known.body = orjson.dumps(body)
        if now:
            self._enqueue(uid, known)

    def drop(self, uid: str) -> None:
        """Forget an object that has ended."""
        self._pending.pop(uid, None)
        self._gauge.set(len(self._pending))

    def all_again(self) -> None:
        """Report everything anew, because the messages on their way are lost."""
        for pending in self._pending.values():
            pending.due = 0.0

    async def resync(self) -> None:
        """Report again what is due, forever."""
        while True:
            await asyncio.sleep(0.5)
            if self._bus.waiting(self._family) > len(self._pending) / 2:
                continue
            now = time.monotonic()
            for uid, pending in self._pending.items():
                if pending.due <= now and not pending.queued:
                    pending.attempt += 1
                    self._enqueue(uid, pending)

    async def tell(self) -> None:
        """Send queued messages to the bus, forever. Several of these run side by side."""
        while True:
            uid = await self._queue.get()
            pending = self._pending.get(uid)
            if pending is None:
                continue
            pending.queued = False
            pending.due = time.monotonic() + min(self._first * 2.0 ** min(pending.attempt - 1, 20), self._longest)
            message = self._message(uid, orjson.loads(pending.body), pending.attempt + pending.met_before)
            if message:
                with structlog.contextvars.bound_contextvars(**message.about):
                    await self._take(message, pending)

    async def _take(self, message: Message, pending: Pending) -> None:
        try:
            await self._bus.tell(message)
        except TransientError as error:
            log.info("not sent yet", reason=str(error))
            pending.attempt = max(0, pending.attempt - 1)
            pending.due = time.monotonic() + BUS_RETRY
        except PermanentError as error:
            log.error("cannot be sent", reason=str(error))  # noqa: TRY400 - foreseen: no traceback
            if isinstance(message, WorkloadObserved):  # so that nobody waits in silence
                await self._take(too_large(message), pending)

    def _enqueue(self, uid: str, pending: Pending) -> None:
        if not pending.queued:
            pending.queued, pending.due = True, float("inf")
            self._queue.put_nowait(uid)


class Workloads:
    """Custom resources: every Submit workload without an outcome is reported as `workload.observed`."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    def handler(self, kind: str) -> Callable[[Change, JsonObject], Any]:
        """Return the handler for workloads of one kind, since items of a list do not state theirs."""

        async def on_workload(change: Change, workload: JsonObject) -> None:
            uid = workload["metadata"]["uid"]
            if change != "deleted" and awaits_outcome(workload):
                kept = _workload_kept(kind, workload)
                self._telling.put(uid, kept, now=False, met_before=change == "listed")
            else:
                self._telling.drop(uid)

        return on_workload


def workload_message(_uid: str, body: JsonObject, attempt: int) -> Message:
    """Make `workload.observed`, or the rejection of a workload that is too large to carry."""
    return observed(body, attempt, datetime.now(UTC))


class Jobs:
    """RunaiJobs and their children: once everything is listed, every change of either is reported as `job.observed`."""

    def __init__(self, bus: Bus, first: float, longest: float) -> None:
        self.telling = Telling("jobs", "job", bus, self._message, first, longest)
        self._jobs: dict[str, bytes] = {}
        self._children: dict[str, tuple[bytes, bool]] = {}
        self._settling: set[str] = set()
        self._complete = False

    def listed(self) -> None:
        """Note that all jobs and children have been listed: from now on a missing child is really missing."""
        self._complete = True
        for uid in self._jobs:
            self._changed(uid)

    async def on_job(self, change: Change, job: JsonObject) -> None:
        """Handle a change of a RunaiJob."""
        uid = job["metadata"]["uid"]
        if change == "deleted":
            self._jobs.pop(uid, None)
            self._children.pop(uid, None)
            self.telling.drop(uid)
            return
        job.setdefault("kind", "RunaiJob")
        self._jobs[uid] = NOTHING_TO_DO if is_over(job) else orjson.dumps(told_of_job(job))
        self._changed(uid)

    def on_child(self, kind: str) -> Callable[[Change, JsonObject], Any]:
        """Return the handler for Jobs or StatefulSets."""

        async def on_child(change: Change, child: JsonObject) -> None:
            uid = owner_uid(child)
            if uid is None:
                return
            if change == "deleted" and self._complete and uid not in self._jobs:
                self._children.pop(uid, None)  # its job went first
                return
            if change != "deleted" or "status" in child or uid not in self._children:
                body = orjson.dumps(told_of_child({**child, "kind": kind}))
            else:  # a deletion that the watch missed: the last state seen says more than what the sweep remembers
                body = self._children[uid][0]
            self._children[uid] = (body, change == "deleted")
            self._changed_soon(uid)

        return on_child

    def _changed_soon(self, uid: str) -> None:
        if uid not in self._settling:
            self._settling.add(uid)
            asyncio.get_running_loop().call_later(SETTLES_IN, self._settled, uid)

    def _settled(self, uid: str) -> None:
        self._settling.discard(uid)
        self._changed(uid)

    def _changed(self, uid: str) -> None:
        raw = self._jobs.get(uid)
        if raw is None or not self._complete:
            return
        child, deleted = self._child(uid)
        if raw and needs_runner(orjson.loads(raw), child, deleted=deleted):
            self.telling.put(uid, {}, now=True)
        else:
            self.telling.drop(uid)
            self._jobs[uid] = NOTHING_TO_DO
            self._children.pop(uid, None)

    def _child(self, uid: str) -> tuple[JsonObject | None, bool]:
        raw, deleted = self._children.get(uid, (None, False))
        return (orjson.loads(raw) if raw else None), deleted

    def _message(self, uid: str, _body: JsonObject, _attempt: int) -> Message | None:
        raw = self._jobs.get(uid)
        child, deleted = self._child(uid)
        return job_observed(orjson.loads(raw), child, deleted=deleted) if raw else None


def _workload_kept(kind: str, workload: JsonObject) -> JsonObject:
    return {
        "kind": kind,
        "metadata": workload["metadata"],
        "spec": workload.get("spec"),
        "status": workload.get("status"),
    }


def reference_only(item: JsonObject) -> JsonObject:
    """Reduce an object to what the reflector remembers: its identity and the RunaiJob that it runs."""
    metadata = item["metadata"]
    kept: JsonObject = {key: sys.intern(metadata[key]) for key in REFERENCE if key in metadata}
    if uid := owner_uid(item):
        kept["ownerReferences"] = [{"kind": "RunaiJob", "uid": uid, "controller": True}]
    return {"metadata": kept}
