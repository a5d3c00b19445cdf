"""What the claim keeps of a decision, and what is reported if it keeps nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.creator.sources import sources_in, sources_of
from shared.messages import Event, Reference, WorkloadRef, WorkloadResolved
from shared.outputs.configmap import Claim

POLICY = Reference(namespace="runai", name="p", uid="pu", resource_version="7")
OTHER = Reference(namespace="runai", name="q", uid="qu", resource_version="9")
REF = WorkloadRef(kind="TrainingWorkload", namespace="runai-a", name="w", uid="u", generation=1, resource_version="1")


def resolved(policy: Reference | None, *messages: str) -> WorkloadResolved:
    """A decision with these notes."""
    events = [Event(type="Info", reason="Note", message=message) for message in messages]
    now = datetime.now(UTC)
    return WorkloadResolved(workload=REF, observed_at=now, values_set={}, provenance={}, policy=policy, events=events)


def notes(of: Any) -> list[str]:
    return [event.message for event in of.events]


def test_a_claim_says_again_what_was_decided() -> None:
    """Policy, base workload and notes are read from the claim, not from a later message."""
    kept = sources_of(resolved(POLICY, "a", "b"))
    assert sources_in(Claim("j", "c", {}, kept.to_json()), resolved(OTHER, "c")) == kept


@pytest.mark.parametrize(
    ("held", "policy", "told"),
    [
        ({"policy": POLICY.model_dump(by_alias=True), "scheduler": "kai"}, POLICY, ["c"]),
        ({"policy": None}, None, ["c"]),
        ({"policy": "p"}, OTHER, ["c"]),
    ],
    ids=["of an older version", "without a policy", "written by a person"],
)
def test_what_a_claim_does_not_say_the_message_does(held: Any, policy: Reference | None, told: list[str]) -> None:
    """A claim that lacks or garbles its sources falls back to those of the message."""
    sources = sources_in(Claim("j", "c", {}, held), resolved(OTHER, "c"))
    assert (sources.policy, notes(sources)) == (policy, told)
