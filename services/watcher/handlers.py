"""Handle every change that the watcher sees: remember unfinished objects, and have them reported until they end."""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog

from services.watcher.facts import (
    awaits_outcome,
    controlling_job,
    is_over,
    job_observed,
    kept,
    key_of_job,
    key_of_owner,
    needs_runner,
    observed,
    reference,
    told_of_child,
    told_of_job,
    unsendable,
)
from services.watcher.quiet import Quiet, Reports
from services.watcher.reflector import Change
from services.watcher.telling import Telling
from shared.kubernetes.api import Api
from shared.messages import Message
from shared.names import resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import kind_of
from shared.process.bus import Bus
from shared.process.remembered import Remembered
from shared.reasons import Reason

SETTLES_IN: Final = 0.1
"""Seconds within which changes of a job's child are reported as one: its status changes in several steps at once."""
REFERENCE: Final = ("uid", "name", "namespace", "resourceVersion")
OWNER: Final = ("apiVersion", "kind", "name", "uid", "controller")
NOTHING_TO_DO: Final = b""
"""Remembered instead of the body of a RunaiJob that the runner is done with: there are many of these."""
MOST_KEPT: Final = 32 * 1024 * 1024
"""Bytes of unfinished workloads that are kept."""
NAMESPACES: Final = Remembered[str, str]()
"""The names of the latest namespaces, so that ten thousand objects share the text of theirs."""
log = structlog.get_logger()


class Workloads:
    """Custom resources: every Submit workload without an outcome is reported as `workload.observed`.

    Bodies are kept as JSON text: ten thousand of them take megabytes, and would take a hundred if decoded. Beyond
    `MOST_KEPT` bytes, a spec is not kept but read again for each message, so that no person fills the memory.
    """

    def __init__(self, bus: Bus, api: Api, first: float, longest: float, delayed_after: float = 60.0) -> None:
        self.telling = Telling("workloads", "workload", bus, self._message, first, longest, self._refusal)
        self._quiet = Quiet(delayed_after, longest)
        self.reports = Reports(bus, self._quiet, self._light, lambda uid: self.telling.pending[uid].number)
        self._api = api
        self._bodies: dict[str, bytes] = {}
        self._created: dict[str, float] = {}
        """When each was created, in seconds of the API server's clock."""
        self._size = 0

    def handler(self, kind: str) -> Callable[[Change, JsonObject], Any]:
        """Return the handler for workloads of one kind, since items of a list do not state theirs."""

        async def on_workload(change: Change, workload: JsonObject) -> None:
            uid = workload["metadata"]["uid"]
            if change == "deleted" or not awaits_outcome(workload):
                self._forget(uid)
                return
            self._keep(uid, kind, workload)
            self._created[uid] = _seconds(workload["metadata"].get("creationTimestamp"))
            self._quiet.seen(uid)
            self.telling.put(uid, now=False, met_before=change == "listed")

        return on_workload

    def oldest(self) -> float:
        """Return the seconds since the oldest workload without an outcome was created; 0 if there is none."""
        return max(0.0, time.time() - min(self._created.values(), default=math.inf))

    def _light(self, uid: str) -> JsonObject | None:
        """Return the workload as last seen, whose spec may be left out; None if it has ended in the meantime."""
        body = self._bodies.get(uid)
        return orjson.loads(body) if body else None

    def _keep(self, uid: str, kind: str, workload: JsonObject) -> None:
        self._size -= len(self._bodies.get(uid, b""))
        body = orjson.dumps(kept(kind, workload))
        if self._size + len(body) > MOST_KEPT:
            body = orjson.dumps(kept(kind, workload, whole=False))
        self._bodies[uid] = body
        self._size += len(body)

    def _forget(self, uid: str) -> None:
        self._size -= len(self._bodies.pop(uid, b""))
        self._created.pop(uid, None)
        self._quiet.forget(uid)
        self.telling.drop(uid)

    async def _message(self, uid: str, attempt: int) -> Message | None:
        """Make `workload.observed`, or the rejection of a workload that is too large to carry."""
        workload = self._light(uid)
        if workload:
            structlog.contextvars.bind_contextvars(**reference(workload).named)
        if workload and "spec" not in workload:
            workload = await self._read(workload)
        return observed(workload, attempt, datetime.now(UTC)) if workload else None

    async def _refusal(self, uid: str, attempt: int, reason: Reason, sentence: str) -> Message | None:
        workload = self._light(uid)
        return unsendable(workload, attempt, datetime.now(UTC), reason, sentence) if workload else None

    async def _read(self, workload: JsonObject) -> JsonObject | None:
        """Read the workload whole, by a list of one: the watcher may list, and get nothing. None if it has ended."""
        kind, metadata = workload["kind"], workload["metadata"]
        path = resource_path(kind_of(kind).workload_plural, metadata["namespace"])
        found = (await self._api.list(path, {"fieldSelector": f"metadata.name={metadata['name']}"}))["items"]
        same = [item for item in found if item["metadata"]["uid"] == metadata["uid"] and awaits_outcome(item)]
        return kept(kind, same[0]) if same else None


class Jobs:
    """RunaiJobs and their children: once everything is listed, every change of either is reported as `job.observed`."""

    def __init__(self, bus: Bus, first: float, longest: float) -> None:
        self.telling = Telling("jobs", "job", bus, self._message, first, longest)
        self._jobs: dict[str, bytes] = {}  # by namespace, name and uid of the RunaiJob, as are the children
        self._children: dict[str, tuple[bytes, bool]] = {}
        self._settling: set[str] = set()
        self._complete = False

    def listed(self) -> None:
        """Note that all jobs and children have been listed: from now on a missing child is really missing."""
        self._complete = True
        self._children = {key: one for key, one in self._children.items() if key in self._jobs or not one[1]}
        for key in self._jobs:
            self._changed(key)

    async def on_job(self, change: Change, job: JsonObject) -> None:
        """Handle a change of a RunaiJob."""
        key = key_of_job(job)
        if change == "deleted":
            self._jobs.pop(key, None)
            self._children.pop(key, None)
            self.telling.drop(key)
            return
        job.setdefault("kind", "RunaiJob")
        self._jobs[key] = NOTHING_TO_DO if is_over(job) else orjson.dumps(told_of_job(job))
        self._changed(key)

    def on_child(self, kind: str) -> Callable[[Change, JsonObject], Any]:
        """Return the handler for Jobs or StatefulSets."""

        async def on_child(change: Change, child: JsonObject) -> None:
            key = key_of_owner(child)
            if key is None:
                return
            if change == "deleted" and self._complete and key not in self._jobs:
                self._children.pop(key, None)  # its job went first
                return
            if change != "deleted" or "status" in child or key not in self._children:
                body = orjson.dumps(told_of_child({**child, "kind": kind}))
            else:  # a deletion that the watch missed: the last state seen says more than what the sweep remembers
                body = self._children[key][0]
            self._children[key] = (body, change == "deleted")
            self._changed_soon(key)

        return on_child

    def _changed_soon(self, key: str) -> None:
        if key not in self._settling:
            self._settling.add(key)
            asyncio.get_running_loop().call_later(SETTLES_IN, self._settled, key)

    def _settled(self, key: str) -> None:
        self._settling.discard(key)
        self._changed(key)

    def _changed(self, key: str) -> None:
        raw = self._jobs.get(key)
        if raw is None or not self._complete:
            return
        child, deleted = self._child(key)
        if raw and needs_runner(orjson.loads(raw), child, deleted=deleted):
            self.telling.put(key, now=True)
        else:
            self.telling.drop(key)
            self._jobs[key] = NOTHING_TO_DO
            self._children.pop(key, None)

    def _child(self, key: str) -> tuple[JsonObject | None, bool]:
        raw, deleted = self._children.get(key, (None, False))
        return (orjson.loads(raw) if raw else None), deleted

    async def _message(self, key: str, _attempt: int) -> Message | None:
        raw = self._jobs.get(key)
        child, deleted = self._child(key)
        return job_observed(orjson.loads(raw), child, deleted=deleted) if raw else None


def _seconds(timestamp: str | None) -> float:
    """Return the API server's timestamp in seconds; now if it states none."""
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else time.time()


def reference_only(item: JsonObject) -> JsonObject:
    """Reduce an object to what the reflector remembers: its identity and the RunaiJob that it runs."""
    metadata = item["metadata"]
    kept: JsonObject = {key: metadata[key] for key in REFERENCE if key in metadata}
    if "namespace" in kept:  # the only one with few values
        kept["namespace"] = NAMESPACES.first(kept["namespace"], kept["namespace"])
    if owner := controlling_job(item):
        kept["ownerReferences"] = [{key: owner[key] for key in OWNER if key in owner}]
    return {"metadata": kept}
