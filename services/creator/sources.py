"""What a decision rests on and what there is to tell of it, as the claim and a recorded failure keep it.

Whoever takes a submission up again has no more than these to go by: the policy may be another one by then.
"""

from typing import Any, Final

from shared.messages import Event, Message, Reference, WorkloadResolved
from shared.outputs.configmap import Claim

LARGEST_HISTORY: Final = 8 * 1024
"""Bytes of the events that are kept: a status shows the last fifty anyway."""


class Sources(Message):
    """Policy and base workload, and the events of the decision."""

    policy: Reference | None = None
    base_workload: Reference | None = None
    events: tuple[Event, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return self.model_dump(by_alias=True, exclude=None if self.events else {"events"})

    @property
    def told(self) -> dict[str, Any]:
        """What every fact about the outcome says of the decision, beside its events."""
        return {"policy": self.policy, "base_workload": self.base_workload}


def sources_of(event: WorkloadResolved) -> Sources:
    """Those of the decision that the message tells of; nothing where it was made before."""
    return Sources(policy=event.policy, base_workload=event.base_workload, events=_kept(event.events))


def sources_in(claim: Claim, event: WorkloadResolved) -> Sources:
    """Those of the decision that the claim holds; of what it does not hold, those of the message."""
    told = sources_of(event)
    try:
        held = Sources.model_validate(claim.sources)
    except ValueError:  # a person has written there
        return told
    return held.model_copy(update={"events": held.events or told.events})


def _kept(events: list[Event]) -> tuple[Event, ...]:
    kept, room = list[Event](), LARGEST_HISTORY
    for event in events:
        size = len(event.model_dump_json().encode())
        if size <= room:
            kept.append(event)
            room -= size
    return tuple(kept)
