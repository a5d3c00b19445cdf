"""Write a workload's status, and the Kubernetes Events that `kubectl describe` shows.

This module makes all writes of the status service. The outcome is written once. Its precondition is the version that
the fact was decided on. If the workload has changed since, it is read, and the fact is checked against what the creator
recorded there: a job name rules out any later rejection, a failure rules out any earlier success. A failure that could
not be recorded there counts if nothing else has ended the workload.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog

from services.status import conditions
from services.status.conditions import LONGEST_NOTE, SHORTEST, Outcome
from services.status.ended import ended
from services.status.violations import cut
from shared.errors import AlreadyExistsError, ConflictError, NotFoundError, PermanentError, RightsError
from shared.kubernetes.api import Api
from shared.messages import Event, WorkloadCreated, WorkloadDelayed, WorkloadFailed, WorkloadRef
from shared.names import API_VERSION, FAILURE_ANNOTATION, JOB_NAME_ANNOTATION, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import kind_of

EVENTS: Final = "events.k8s.io/v1"
FINAL: Final = ("Submitted", "Failed")
UNWRITTEN: Final = "the outcome cannot be written on the workload: {refusal}"
"""The Event beside the outcome's own, if the API server refuses every status."""
log = structlog.get_logger()


@dataclass
class Recorder:
    """Writes outcomes and delays."""

    api: Api
    instance: str
    """The replica that writes, as Kubernetes Events name it."""

    async def outcome(self, fact: Outcome, *, last: bool = True) -> None:
        """Record how the workload ended, once; do nothing if it is gone or the fact no longer counts.

        What the API server refuses for good is recorded in its smallest form. If that is refused too, only Kubernetes
        Events show the outcome, and the refusal is raised. A missing right is raised at once unless this is the `last`
        try.
        """
        try:
            written = await self._write_outcome(fact, lambda before, now: conditions.outcome(fact, before, now))
        except PermanentError as refusal:
            if isinstance(refusal, RightsError) and not last:
                raise
            written = await self._least(fact, refusal)
        if written:
            for event in conditions.told(fact):
                await self._tell(fact.workload, event)

    async def _least(self, fact: Outcome, refusal: PermanentError) -> bool:
        log.warning("the status is refused; a minimal one is written", reason=str(refusal))
        try:
            return await self._write_outcome(fact, lambda _, now: conditions.minimal(fact, now))
        except PermanentError as error:
            unwritten = Event(type="Warning", reason=error.reason, message=UNWRITTEN.format(refusal=error))
            for event in (*conditions.told(fact), unwritten):
                await self._tell(fact.workload, event)
            raise

    async def _write_outcome(self, fact: Outcome, status: Callable[[JsonObject, datetime], JsonObject]) -> bool:
        counts, then = partial(_counts, fact), partial(ended, fact)
        return await self._write(fact.workload, status, counts, then)

    async def delay(self, fact: WorkloadDelayed) -> None:
        """Record that the workload is delayed, unless it has ended in the meantime; if refused, as an Event alone."""
        try:
            await self._write(
                fact.workload.model_copy(update={"has_status": True}),  # it may have one now
                lambda before, now: conditions.delayed(fact, before, now),
                lambda workload: _phase(workload) not in FINAL,
            )
        except PermanentError as refusal:
            log.warning("the delay is refused; only an Event shows it", reason=str(refusal))
            await self._tell(fact.workload, conditions.retrying(fact))

    async def _write(
        self,
        ref: WorkloadRef,
        status: Callable[[JsonObject, datetime], JsonObject],
        counts: Callable[[JsonObject], bool],
        then: Callable[[JsonObject], None] | None = None,
    ) -> bool:
        """Write the status, and return whether it is (now, or since an earlier delivery) what the fact makes of it.

        `then` is called with the workload if it is written now.
        """
        version, before, known = ref.resource_version, dict[str, Any](), not ref.has_status
        while True:
            if not known:
                workload = await self._read(ref)
                if workload is None:
                    return False
                if not counts(workload):
                    log.info("fact no longer counts", phase=_phase(workload))
                    return False
                version, before = workload["metadata"]["resourceVersion"], workload.get("status") or {}
            after = status(before, datetime.now(UTC))
            if before.get("phase") in FINAL:  # written by an earlier delivery of this fact, or by another one
                return _same(_outcome(before), _outcome(after))
            body = {"metadata": {"uid": ref.uid, "resourceVersion": version}, "status": after}
            try:
                written = await self.api.patch(f"{_path(ref)}/status", body)
            except NotFoundError:
                return False
            except ConflictError:
                known = False
            else:
                if then:
                    then(written)
                return True

    async def _read(self, ref: WorkloadRef) -> JsonObject | None:
        try:
            workload = await self.api.get(_path(ref))
        except NotFoundError:
            return None
        return workload if workload["metadata"]["uid"] == ref.uid else None

    async def _tell(self, ref: WorkloadRef, event: Event) -> None:
        """Write one Kubernetes Event. Its name is derived from its content, so that a redelivery does not repeat it."""
        digest = hashlib.sha256(f"{ref.uid}/{event.reason}/{event.message}".encode()).hexdigest()[:16]
        body = {
            "apiVersion": EVENTS,
            "kind": "Event",
            "metadata": {"name": f"{ref.name[:200]}.{digest}", "namespace": ref.namespace},
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "type": "Normal" if event.type == "Info" else "Warning",
            "reason": str(event.reason),
            "note": cut(event.message, LONGEST_NOTE),
            "action": "Submit",
            "reportingController": "run.ai/slipway-status",
            "reportingInstance": self.instance,
            "regarding": {
                "apiVersion": API_VERSION,
                "kind": ref.kind,
                "namespace": ref.namespace,
                "name": ref.name,
                "uid": ref.uid,
            },
        }
        try:
            await self.api.create(resource_path("events", ref.namespace, api_version=EVENTS), body)
        except AlreadyExistsError:
            pass
        except (
            PermanentError
        ) as error:  # the status has the truth; an Event is a courtesy (its namespace may be going away)
            log.warning("event not written", reason=str(error))


def _counts(fact: Outcome, workload: JsonObject) -> bool:
    """Return whether the fact agrees with what the creator recorded on the workload, and with any outcome it has."""
    annotations = workload["metadata"].get("annotations") or {}
    failure, job = annotations.get(FAILURE_ANNOTATION), annotations.get(JOB_NAME_ANNOTATION) or None
    if isinstance(fact, WorkloadCreated):
        return failure is None and job == fact.job_name and _phase(workload) != "Failed"
    unrecorded = isinstance(fact, WorkloadFailed) and fact.unrecorded
    return (failure is not None or job is None or unrecorded) and _phase(workload) != "Submitted"


def _outcome(status: JsonObject) -> tuple[Any, Any] | None:
    """Return why the submission ended as it did: reason and message of the condition that says so."""
    found = (c for c in status.get("conditions") or [] if c["type"] == "Submitted")
    return next(((c.get("reason"), c.get("message")) for c in found), None)


def _same(written: tuple[Any, Any] | None, wanted: tuple[Any, Any] | None) -> bool:
    """Return whether both are one outcome; one of them may be in its smallest form."""
    if written is None or wanted is None:
        return written == wanted
    return written[0] == wanted[0] and cut(str(written[1]), SHORTEST) == cut(str(wanted[1]), SHORTEST)


def _phase(workload: JsonObject) -> str | None:
    phase = (workload.get("status") or {}).get("phase")
    return str(phase) if phase else None


def _path(ref: WorkloadRef) -> str:
    return resource_path(kind_of(ref.kind).workload_plural, ref.namespace, ref.name)
