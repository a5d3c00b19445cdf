"""What of a message is sealed, and what its reader believes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from shared.messages import Event, Reference, ViolationText, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.resolution.asked import digest, is_about
from shared.resolution.decided import SealError, kept, opened, sealed, texts_of
from shared.resolution.seal import State
from tests.unit.shared.resolution.sealing import KEY, KEYS, OTHER
from tests.unit.shared.resolution.test_seal import OBJECT

REF = WorkloadRef(kind="TrainingWorkload", namespace="runai-a", name="w", uid="u", generation=1, resource_version="1")
POLICY = Reference(namespace="runai", name="p", uid="pu", resource_version="7")
NOW = datetime.now(UTC)
GROUPS = "run.ai/submitter"
STAMPED = {"run.ai/submitted-by": "jane", GROUPS: '{"groups": ["a"]}'}
SPEC = {"usage": "Submit", "image": {"value": "ubuntu"}}
REJECTION = WorkloadRejected(
    workload=REF, observed_at=NOW, reason="PolicyViolation", violations=[ViolationText(parameter="gpu", message="no")]
)


def message(**more: Any) -> WorkloadResolved:
    given: dict[str, Any] = {"values_set": {"image": "ubuntu", "volumes": {"z": 1, "a": 2.5}}, "provenance": {"a": {}}}
    given |= {"policy": POLICY, "events": [Event(type="Info", reason="Note", message="é")], "submitted_by": "jane"}
    return WorkloadResolved(workload=REF, observed_at=NOW, scheduler="kai", **{**given, **more})


def received(event: WorkloadResolved) -> WorkloadResolved:
    return WorkloadResolved.model_validate_json(event.model_dump_json(by_alias=True))


def test_a_message_says_the_same_after_it_was_sealed_sent_and_opened() -> None:
    """A reader of a genuine message sees no difference."""
    for event in (message(), message(values_set={}, provenance={}, rejection=REJECTION)):
        sent = sealed(event, SPEC, STAMPED, KEY)
        assert opened(received(sent), KEYS) == sent


@given(OBJECT)
def test_values_of_any_shape_are_opened_as_they_were_sealed(values: Any) -> None:
    """P9: numbers, letters and the order of keys survive the bus."""
    sent = sealed(message(values_set=values), SPEC, STAMPED, KEY)
    assert opened(received(sent), KEYS).values_set == values


FORGED: dict[str, dict[str, Any]] = {
    "values": {"values_set": {"image": "evil"}},
    "provenance": {"provenance": {}},
    "another workload": {"workload": REF.model_copy(update={"uid": "other"})},
    "another generation": {"workload": REF.model_copy(update={"generation": 2})},
    "another namespace": {"workload": REF.model_copy(update={"namespace": "runai-b"})},
    "another name": {"workload": REF.model_copy(update={"name": "v"})},
    "another kind": {"workload": REF.model_copy(update={"kind": "InteractiveWorkload"})},
    "no sources": {"sources": {}},
    "no seal": {"seal": None},
    "what JSON cannot be": {"values_set": {"a": 2**70}},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_message_that_is_not_as_the_resolver_sent_it_is_refused(forged: dict[str, Any]) -> None:
    """P9: a genuine message with anything of weight changed is not opened."""
    with pytest.raises(SealError):
        opened(sealed(message(), SPEC, STAMPED, KEY).model_copy(update=forged), KEYS)


def test_a_seal_of_another_key_is_refused() -> None:
    """P9: only seals made with the resolver's keys count."""
    with pytest.raises(SealError, match=f"is sealed with an unknown key, {OTHER.id}") as refused:
        opened(sealed(message(), SPEC, STAMPED, OTHER), KEYS)
    assert refused.value.state is State.UNKNOWN_KEY


def test_what_is_not_sealed_is_not_believed() -> None:
    """P9: fields that repeat what is sealed count for nothing; hints stay hints."""
    forged: dict[str, Any] = {
        "policy": None,
        "submitted_by": "root",
        "scheduler": "runai",
        "rejection": REJECTION,
        "events": [],
    }
    sent = sealed(message(), SPEC, STAMPED, KEY)
    assert opened(sent.model_copy(update=forged), KEYS) == sent
    assert opened(sent.model_copy(update={"attempt": 7}), KEYS).attempt == 7


def test_a_newer_resolver_may_seal_more_than_this_version_knows() -> None:
    """Two versions run side by side: what is sealed is kept as it was sent."""
    more = sealed(message(), SPEC, STAMPED, KEY)
    told = more.model_copy(update={"sources": {**more.sources, "newer": {"field": 1}}})
    sent = told.model_copy(update={"seal": KEY.seal(texts_of(told))})
    assert opened(received(sent), KEYS).sources["newer"] == {"field": 1}


@pytest.mark.parametrize(
    ("spec", "annotations", "same"),
    [
        (SPEC, STAMPED, True),
        (SPEC, {**STAMPED, "run.ai/job-name": "x"}, True),
        ({"image": {"value": "ubuntu"}, "usage": "Submit", "gpu": None}, STAMPED, True),
        ({**SPEC, "image": {"value": "evil"}}, STAMPED, False),
        ({**SPEC, "usage": "Template"}, STAMPED, False),
        (SPEC, {**STAMPED, "run.ai/submitted-by": "john"}, False),
        (SPEC, {**STAMPED, GROUPS: '{"groups": ["system:masters"]}'}, False),
        (SPEC, {}, False),
    ],
)
def test_a_decision_is_about_the_workload_as_it_is(spec: Any, annotations: dict[str, str], same: bool) -> None:
    """P9: who forges what was observed gets a seal for a workload that does not exist so."""
    assert is_about(sealed(message(), SPEC, STAMPED, KEY).sources, spec, annotations) is same


def test_a_template_is_never_decided_on() -> None:
    """P10: even if exactly its spec was reported, nothing is made of a Template."""
    template = {**SPEC, "usage": "Template"}
    assert not is_about(sealed(message(), template, STAMPED, KEY).sources, template, STAMPED)


def test_the_digest_of_a_spec_does_not_depend_on_how_it_is_written() -> None:
    """The API server may order keys, drop nulls and write whole numbers as it likes."""
    assert digest({"a": 1, "b": [1.0], "c": None}, {}) == digest({"b": [1], "a": 1.0}, {"other": "x"})
    assert digest({"a": 1}, {}) != digest({"a": 1.5}, {})
    assert digest({"a": [None]}, {}) != digest({"a": []}, {})


def test_the_events_that_are_kept_are_bounded() -> None:
    """The notes kept in a claim are limited in number and size, the first ones kept."""
    messages = ["first", "x" * 9000, *["y" * 200] * 60]
    found = [one["message"] for one in kept(Event(type="Info", reason="Note", message=text) for text in messages)]
    assert found[:2] == ["first", "y" * 200]
    assert 30 < len(found) < 40
