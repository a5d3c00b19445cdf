"""What the resolver seals of a message, and what its reader may believe: nothing else. Pure.

`sources` of `workload.resolved` holds everything that is sealed besides the values and their provenance. It is kept as
it was sent, so that a service of an older version can check it too. What the message states a second time in fields of
its own is for services of versions without seals; `opened` replaces it by what is sealed.
"""

from collections.abc import Iterable
from typing import Any, Final

from shared.messages import Event, Reference, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.objects import JsonObject
from shared.resolution.asked import Annotations, Spec, digest
from shared.resolution.seal import Finding, PublicKeys, SealingKey, State, Texts, as_text, check_for

LARGEST_HISTORY: Final = 8 * 1024
"""Bytes of events that are kept; a status shows only the last fifty."""


class SealError(Exception):
    """The resolver did not send this message as it is; `state` says what is wrong with its seal."""

    def __init__(self, state: State, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state


def sealed(event: WorkloadResolved, spec: Spec, annotations: Annotations, key: SealingKey) -> WorkloadResolved:
    """The message with its seal; spec and annotations are what was decided on."""
    told = event.model_copy(update={"sources": _sources(event, digest(spec, annotations))})
    return told.model_copy(update={"seal": key.seal(texts_of(told))})


def opened(event: WorkloadResolved, keys: PublicKeys) -> WorkloadResolved:
    """The message with nothing but what is sealed in it, besides hints. Raises SealError if the seal does not hold."""
    ref = event.workload
    try:
        found = check_for(texts_of(event), event.seal, ref.uid, ref.generation, keys)
    except TypeError:  # it holds what the resolver cannot have written
        found = Finding(State.ALTERED)
    if not found.holds:
        raise SealError(found.state, f"the message {found}")
    sources = event.sources
    if sources["workload"] != {**_about(ref), "digest": sources["workload"]["digest"]}:
        raise SealError(State.ANOTHERS, f"the message {State.ANOTHERS.meaning}")
    policy, base, rejection = (sources.get(name) for name in ("policy", "baseWorkload", "rejection"))
    believed: dict[str, Any] = {
        "policy": Reference.model_validate(policy) if policy else None,
        "base_workload": Reference.model_validate(base) if base else None,
        "events": [Event.model_validate(one) for one in sources.get("events") or ()],
        "scheduler": sources.get("scheduler"),
        "submitted_by": sources.get("submittedBy"),
        "rejection": WorkloadRejected.model_validate(rejection) if rejection else None,
    }
    return event.model_copy(update=believed)


def texts_of(event: WorkloadResolved) -> Texts:
    """The texts of the message's decision, as its claim stores them."""
    parts = {"values.json": event.values_set, "provenance.json": event.provenance, "sources.json": event.sources}
    return {name: as_text(part) for name, part in parts.items()}


def kept(events: Iterable[Event]) -> list[JsonObject]:
    """The first events, as many as a claim keeps."""
    told, room = list[JsonObject](), LARGEST_HISTORY
    for event in events:
        size = len(event.model_dump_json().encode())
        if size <= room:
            told.append(event.model_dump(mode="json", by_alias=True))
            room -= size
    return told


def _sources(event: WorkloadResolved, asked: str) -> JsonObject:
    rejection = event.rejection
    told: JsonObject = {
        "workload": {**_about(event.workload), "digest": asked},
        "submittedBy": event.submitted_by,
        "policy": event.policy.model_dump(by_alias=True) if event.policy else None,
        "baseWorkload": event.base_workload.model_dump(by_alias=True) if event.base_workload else None,
        "scheduler": event.scheduler,
        "events": kept(event.events),
        "rejection": rejection.model_dump(mode="json", by_alias=True) if rejection else None,
    }
    return {name: part for name, part in told.items() if part or name in ("policy", "baseWorkload")}


def _about(ref: WorkloadRef) -> JsonObject:
    return ref.model_dump(include={"kind", "namespace", "name", "uid", "generation"})
