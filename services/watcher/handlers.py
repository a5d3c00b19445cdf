"""What the watcher does with every change it sees: remember what is unfinished, tell of it, and tell again until it
ends."""

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
"""Seconds within which changes of what runs a job are told as one: its status comes in several steps at once."""
REFERENCE: Final = ("uid", "name", "namespace", "resourceVersion")
NOTHING_TO_DO: Final = b""
"""All that is remembered of a RunaiJob that the runner has done with: there are many of these."""
BUS_RETRY: Final = 1.0
"""Seconds before something is told again that the bus did not take."""
UNFINISHED = Gauge("slipway_unfinished", "Objects without an outcome", ["what"])
log = structlog.get_logger()


@dataclass
class Pending:
    """Something without an outcome: how often it was told, and when (monotonic seconds) it is told again."""

    body: bytes
    attempt: int = 1
    due: float = 0.0
    queued: bool = False
    met_before: bool = False
    """Whether another watcher may have told of it already: then nothing here is a first attempt."""


class Telling:
    """Tells of what is pending: at once, and again in growing intervals until it is taken out.

    `message` makes the fact of (body, attempt), or None where there is nothing to tell. Bodies are kept as JSON text:
    ten thousand of them are megabytes, where decoded they would be a hundred.

    While a service is away, what it has been told lies on the bus, and telling it again would only fill the stream:
    what is due waits until most of it is gone from there, because it was acted on or was lost.
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
        """`what` names them in the metrics; their messages are of subjects `<family>.*`. Times are in seconds."""
        self._bus, self._message, self._first, self._longest = bus, message, first, longest
        self._family = family
        self._pending: dict[str, Pending] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._gauge = UNFINISHED.labels(what)

    def put(self, uid: str, body: JsonObject, *, now: bool, met_before: bool = False) -> None:
        """Remember `body`; tell of it at once where it is new or `now` says so."""
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
        """Forget what has ended."""
        self._pending.pop(uid, None)
        self._gauge.set(len(self._pending))

    def all_again(self) -> None:
        """Whatever was on its way is lost: tell of everything anew."""
        for pending in self._pending.values():
            pending.due = 0.0

    async def resync(self) -> None:
        """Tell again what is due, for ever."""
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
        """Take what is queued to the bus, for ever; several of these run side by side."""
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
            if isinstance(message, WorkloadObserved):  # nobody waits for silence
                await self._take(too_large(message), pending)

    def _enqueue(self, uid: str, pending: Pending) -> None:
        if not pending.queued:
            pending.queued, pending.due = True, float("inf")
            self._queue.put_nowait(uid)


class Workloads:
    """Custom resources: every Submit workload without an outcome is told as `workload.observed`."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    def handler(self, kind: str) -> Callable[[Change, JsonObject], Any]:
        """Handler for workloads of one kind (items of a list do not say theirs)."""

        async def on_workload(change: Change, workload: JsonObject) -> None:
            uid = workload["metadata"]["uid"]
            if change != "deleted" and awaits_outcome(workload):
                kept = _workload_kept(kind, workload)
                self._telling.put(uid, kept, now=False, met_before=change == "listed")
            else:
                self._telling.drop(uid)

        return on_workload


def workload_message(_uid: str, body: JsonObject, attempt: int) -> Message:
    """`workload.observed` (or the rejection of a workload too large to carry)."""
    return observed(body, attempt, datetime.now(UTC))


class Jobs:
    """RunaiJobs and what runs them: every change of either is told as `job.observed`, once everything has been
    listed."""

    def __init__(self, bus: Bus, first: float, longest: float) -> None:
        self.telling = Telling("jobs", "job", bus, self._message, first, longest)
        self._jobs: dict[str, bytes] = {}
        self._children: dict[str, tuple[bytes, bool]] = {}
        self._settling: set[str] = set()
        self._complete = False

    def listed(self) -> None:
        """Jobs and their children have all been listed: from now on a missing child is really missing."""
        self._complete = True
        for uid in self._jobs:
            self._changed(uid)

    async def on_job(self, change: Change, job: JsonObject) -> None:
        """A RunaiJob was seen."""
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
        """Handler for Jobs or StatefulSets."""

        async def on_child(change: Change, child: JsonObject) -> None:
            uid = owner_uid(child)
            if uid is None:
                return
            if change == "deleted" and self._complete and uid not in self._jobs:
                self._children.pop(uid, None)  # its job went before it
                return
            if change != "deleted" or "status" in child or uid not in self._children:
                body = orjson.dumps(told_of_child({**child, "kind": kind}))
            else:  # a deletion that the watch missed: what was last seen tells more than what the sweep remembers
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
    """What the reflector remembers of an object: enough to know it again, and which RunaiJob it runs."""
    metadata = item["metadata"]
    kept: JsonObject = {key: sys.intern(metadata[key]) for key in REFERENCE if key in metadata}
    if uid := owner_uid(item):
        kept["ownerReferences"] = [{"kind": "RunaiJob", "uid": uid, "controller": True}]
    return {"metadata": kept}
