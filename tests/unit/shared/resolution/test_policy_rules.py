"""What a policy permits and refuses, case by case, judged on the resolved values."""

import pytest
import yaml

from shared.parameters.kinds import DISTRIBUTED, TRAINING
from shared.resolution.model import Origin, Refused
from tests.unit.shared.resolution.policy_cases import CASES, OBJECTS
from tests.unit.shared.resolution.sources import outcome, refused, resolved


@pytest.mark.parametrize("case", OBJECTS)
def test_what_a_policy_demands_of_the_members_of_a_value(case: str) -> None:
    """Rules for members of an object, case by case."""
    mine, base, policy, sentences = OBJECTS[case]
    spec = {"jobType": "MPI", **(yaml.safe_load(mine) or {})}
    assert refused(spec, base, policy, DISTRIBUTED) == sentences


@pytest.mark.parametrize("case", CASES)
def test_what_a_policy_permits_and_refuses(case: str) -> None:
    """Rules, defaults and items of a policy, case by case."""
    mine, base, policy, sentences = CASES[case]
    spec = yaml.safe_load(mine) or {}
    assert refused(spec, base, policy) == sentences


@pytest.mark.parametrize("default", ["'1'", "1", "{value: '1'}", "{value: 1}"])
def test_a_default_is_written_flat_or_nested(default: str) -> None:
    """A default is read flat or as {value: ...}."""
    found = resolved({}, policy=f"gpu: {{value: {default}}}")
    assert found.values_set["gpu"] == "1"
    assert found.provenance["gpu"].origin is Origin.POLICY  # type: ignore[union-attr]  # gpu has no items


@pytest.mark.parametrize("default", ["null", "{value: null}"])
def test_a_default_that_is_null_is_none(default: str) -> None:
    """A default of null is no default."""
    assert "gpu" not in resolved({}, policy=f"gpu: {{value: {default}}}").values_set


def test_an_items_value_is_never_unwrapped() -> None:
    """A variable's value is text; an object with a member `value` is not."""
    policy = "environment: {items: {A: {value: {value: text}}}}"
    found = refused({}, policy=policy)
    assert found == [
        "environment.A: must be a string, or SECRET:<name>,<key> for the value of a key of a Secret "
        "(the policy's own default is {value: text})"
    ]


def test_a_policy_without_rules_or_content_refuses_nothing() -> None:
    """Empty members of a policy demand nothing."""
    assert refused({}, policy={}) == []
    assert refused({}, policy={"gpu": None, "ports": {"items": None, "rules": None, "itemRules": None}}) == []


def test_a_deleted_label_that_nobody_defines_is_a_note() -> None:
    """Deleting a label that does not exist is a note, not an error."""
    found = resolved("ports: {items: {x: {deleted: true}}}", "ports: {items: {y: {deleted: true}}}")
    assert found.notes == (
        "ports.y: the base workload deletes it, but the policy does not define it; nothing changes",
        "ports.x: the workload deletes it, but neither the policy nor the base workload defines it; nothing changes",
    )
    assert "ports" not in found.values_set
    assert "ports" not in found.provenance


def test_a_refusal_keeps_its_notes() -> None:
    """A refused workload keeps its notes."""
    found = outcome("ports: {items: {x: {deleted: true}}}")
    assert isinstance(found, Refused)
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("rules", "value", "sentence"),
    [
        ("{min: 1, max: 2, step: 0.2}", "1.0", None),
        ("{min: '1', max: '2', step: '0.2'}", "1", None),
        ("{min: 0.1, max: 0.9, step: 0.1}", "0.3", None),
        ("{min: 0.1, max: 0.9, step: 0.1}", "0.35", "cpu: must be multiple of 0.1"),
        ("{min: 0.5, step: 1}", "1.5", None),
        ("{min: 0.5, step: 1}", "2", "cpu: must be 0.5 plus a multiple of 1"),
        ("{step: 0.2}", "1.2", None),
        ("{step: 0.2}", "1.3", "cpu: must be multiple of 0.2"),
        ("{min: 1, max: 4}", "1", None),
        ("{min: 1, max: 4}", "4", None),
        ("{min: 1, max: 4}", "0.999", "cpu: must be no less than 1"),
        ("{min: 1, max: 4}", "4.001", "cpu: must be no greater than 4"),
        ("{min: -1}", "0", None),
        ("{max: -1}", "0", "cpu: must be no greater than -1"),
        ("{max: 500m}", "0.5", None),
        ("{max: 0.5}", "500m", None),
        ("{max: '1e1', min: 1e0}", "10", None),
        ("{min: 100m, max: 1, step: 100m}", "0.30", None),
        ("{min: 100m, max: 1, step: 100m}", "350m", "cpu: must be multiple of 100m"),
        ("{max: 0.5}", "501m", "cpu: must be no greater than 0.5"),
        ("{max: 100m}", "0.2", "cpu: must be no greater than 100m"),
        ("{canEdit: false}, value: 100m", "0.1", None),
        ("{canEdit: false}, value: '0.1'", "200m", "cpu: cannot be changed (policy value is 0.1)"),
        ("{max: 1152921504606846977}", "1152921504606846976.5", None),
        ("{max: 1152921504606846976}", "1152921504606846976.5", "cpu: must be no greater than 1152921504606846976"),
    ],
)
def test_amounts_are_exact(rules: str, value: str, sentence: str | None) -> None:
    """Steps and bounds are exact, without rounding errors."""
    assert refused({"cpu": {"value": value}}, policy=f"cpu: {{rules: {rules}}}") == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("most", "value", "fits"),
    [("1Gi", "1G", True), ("1G", "1Gi", False), ("1e9", "1G", True), ("1.5Gi", "1536Mi", True), ("500M", "0.5G", True)],
)
def test_quantities_are_compared_by_what_they_amount_to(most: str, value: str, fits: bool) -> None:
    """Quantities are compared by value: 1Gi equals 1024Mi."""
    found = refused({"memory": {"value": value}}, policy={"memory": {"rules": {"max": most}}})
    assert found == ([] if fits else [f"memory: must be no greater than {most}"])


def test_durations_are_compared_by_their_seconds() -> None:
    """Durations are compared by value: 3600s equals 1h."""
    policy = {"ttlAfterFinish": {"rules": {"min": "5m", "max": "1h"}}}
    assert refused({"ttlAfterFinish": {"value": "3600s"}}, policy=policy, kind=TRAINING) == []
    assert refused({"ttlAfterFinish": {"value": "299s"}}, policy=policy, kind=TRAINING) == [
        "ttlAfterFinish: must be no less than 5m"
    ]
