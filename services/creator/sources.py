"""Keep what a decision is based on, and its events, in the claim and in a recorded failure.

A creator that resumes a submission has nothing else to go by: the policy may have changed since.
"""

from typing import Any

from shared.messages import Event, Message, Reference, WorkloadResolved
from shared.outputs.configmap import Claim


class Sources(Message):
    """Policy and base workload of a decision, and its events."""

    policy: Reference | None = None
    base_workload: Reference | None = None
    events: tuple[Event, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the form in which it is kept."""
        return self.model_dump(by_alias=True, exclude=None if self.events else {"events"})

    @property
    def told(self) -> dict[str, Any]:
        """Return what every fact about the outcome says of the decision, besides its events."""
        return {"policy": self.policy, "base_workload": self.base_workload}


def sources_of(event: WorkloadResolved) -> Sources:
    """Return the sources of the decision in the message; empty if the decision was made earlier."""
    return Sources(policy=event.policy, base_workload=event.base_workload, events=tuple(event.events))


def sources_in(claim: Claim, event: WorkloadResolved) -> Sources:
    """Return the claim's sources of the decision, with the message's events if the claim holds none."""
    told = sources_of(event)
    try:
        held = Sources.model_validate(claim.sources)
    except ValueError:  # somebody has edited it
        return told
    return held.model_copy(update={"events": held.events or told.events})
