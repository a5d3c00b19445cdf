"""The place of a violation, the rule it breaks, who sets that rule, and which values are known in spite of it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.parameters.derive import parameters
from shared.parameters.kinds import INTERACTIVE, TRAINING, Kind
from shared.reasons import Reason
from shared.resolution.merge import names, read_layer
from shared.resolution.model import Origin, Refused, SetBy, SourceRef, Violation
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from shared.resolution.verdict import Grounds, verdict
from tests.unit.shared.resolution.sources import base, outcome, port, ports, workload
from tests.unit.shared.resolution.strategies import kinds, policies, specs

REF = SourceRef("runai-team-a", "limits", "uid-limits", "7")
POLICY: dict[str, Any] = {
    "gpu": {"rules": {"max": "4"}},
    "memory": {"rules": {"required": True}},
    "cpu": {"rules": {"most": 1}},
    "labels": {"rules": {"canAdd": False}},
    "ports": {"itemRules": {"container": {"min": 1000}}, "items": {"a.b": {"rules": {"canRemove": False}, **port(1)}}},
}
MINE: dict[str, Any] = {
    "gpu": {"value": "5"},
    "cpu": {"value": "1"},
    "memoryLimit": {"value": "many"},
    "labels": {"items": {"app.kubernetes.io/name": {"value": "x"}}},
    **ports(**{"a.b": {"deleted": True}, "a": port(80)}),
}


def refusal(spec: Mapping[str, Any], of_base: Mapping[str, Any] | None = None) -> Refused:
    """The refusal of a spec under the policy."""
    found = resolve(INTERACTIVE, workload(spec), base(of_base) if of_base else None,
                    compile_policy(INTERACTIVE, POLICY, REF))  # fmt: skip
    assert isinstance(found, Refused)
    return found


def test_each_violation_names_its_path_its_rule_and_the_origin_of_the_value() -> None:
    """Rules of the policy have their key, those of the system have none; labels keep their dots."""
    found = {violation.path: violation for violation in refusal(MINE).violations}
    assert {path: (one.rule, one.origin) for path, one in found.items()} == {
        ("gpu",): ("max", Origin.WORKLOAD),
        ("memory",): ("required", None),
        ("cpu",): ("most", Origin.WORKLOAD),
        ("memoryLimit",): (None, Origin.WORKLOAD),
        ("labels", "app.kubernetes.io/name"): ("canAdd", Origin.WORKLOAD),
        ("ports", "a.b"): ("canRemove", Origin.WORKLOAD),
        ("ports", "a", "container"): ("min", Origin.WORKLOAD),
        ("image",): (None, None),
    }
    by = SetBy("InteractivePolicy", REF)
    assert {one.set_by for one in found.values() if one.rule} == {by}
    assert {one.set_by for one in found.values() if not one.rule} == {None}


def test_a_value_of_the_base_is_attributed_to_the_base() -> None:
    """A violation on a value from the base says that the base states it."""
    found = refusal({"image": {"value": "x"}, "memory": {"value": "1G"}, **ports(**{"a.b": port(2000)})},
                    {"gpu": {"value": "5"}})  # fmt: skip
    assert [(one.path, one.rule, one.origin) for one in found.violations] == [(("gpu",), "max", Origin.BASE)]


def test_labels_that_look_like_a_member_of_another_are_told_apart() -> None:
    """As text both paths are `ports.a.container`."""
    found = outcome({"image": {"value": "x"}, **ports(**{"a": port(0), "a.container": {"value": 7}})})
    assert isinstance(found, Refused)
    assert {one.path for one in found.violations} == {("ports", "a", "container"), ("ports", "a.container")}


def test_one_mistake_hides_no_other_value() -> None:
    """A form shows the values of a refused workload as it shows those of an accepted one."""
    sound = {"image": {"value": "x"}, "gpu": {"value": "2"}, "cpu": {"value": "1"}}
    accepted, refused = outcome(sound), outcome({**sound, "memory": {"value": "many"}})
    assert isinstance(refused, Refused)
    assert (refused.values_set, refused.provenance) == (accepted.values_set, accepted.provenance)


@pytest.mark.parametrize(
    ("spec", "grounds", "reason"),
    [
        ({}, Grounds("default"), Reason.NO_PROJECT),
        ({}, Grounds("runai-a", label="slurm"), Reason.POLICY_VIOLATION),
        ({"baseWorkload": "gone"}, Grounds("runai-a"), Reason.BASE_NOT_FOUND),
        ({"baseWorkload": "mine"}, Grounds("runai-a", base=base({})), Reason.BASE_NOT_FOUND),
        ({"spec": {"value": 1}}, Grounds("runai-a"), Reason.POLICY_VIOLATION),
        ({"command": {"value": "x" * 600_000}}, Grounds("runai-a"), Reason.TOO_LARGE),
    ],
)
def test_what_is_refused_for_its_surroundings_shows_its_values_too(
    spec: dict[str, Any], grounds: Grounds, reason: Reason
) -> None:
    """There is one reason, and the readable values are there all the same."""
    found = verdict(TRAINING, workload({"image": {"value": "x"}, "gpu": {"value": "2"}, **spec}), grounds)
    assert isinstance(found, Refused)
    assert (found.reason, len(found.violations)) == (reason, 1)
    assert found.values_set["gpu"] == "2"
    assert "gpu" in found.provenance


@settings(max_examples=150)
@given(kinds.flatmap(lambda kind: st.tuples(st.just(kind), policies(kind), specs(kind), specs(kind))))
def test_whatever_is_written_every_path_leads_somewhere_and_nothing_stated_is_lost(
    sources: tuple[Kind, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]],
) -> None:
    """Each path starts at a parameter or at what a source states; what is stated has a value or a violation."""
    kind, policy, of_base, mine = sources
    found = resolve(kind, workload(mine), base(of_base), compile_policy(kind, policy, REF))
    if not isinstance(found, Refused):
        return
    stated = {name for spec in (policy, of_base, mine) for name in spec}
    for violation in found.violations:
        assert violation.parameter == ".".join(violation.path)
        assert violation.path[0] in {*parameters(kind), *stated, "spec"}, violation
        assert violation.set_by is None or violation.rule
    _nothing_is_lost(kind, mine, found)


def _nothing_is_lost(kind: Kind, mine: Mapping[str, Any], found: Refused) -> None:
    wrong = {one.path[0] for one in found.violations}
    given_up = {note.partition(":")[0] for note in found.notes}
    layer = read_layer(kind, workload(mine))
    for name in layer.values:
        assert name in {*found.values_set, *wrong, *given_up}, name
    for name, items in layer.items.items():
        for label, (statement,) in items.items():
            known = found.values_set.get(name, {})
            assert statement.deleted or label in known or name in wrong, (name, label)  # type: ignore[operator]
    assert {names(kind)[name].name for name in mine if name in names(kind)} >= layer.values.keys()


def test_a_violation_as_json_leaves_out_what_there_is_not() -> None:
    """Programs see a rule and its author only if there are any, and no uid of a policy that is not stored."""
    by = SetBy("TrainingPolicy", SourceRef("runai", "p", "", ""))
    assert Violation(("a", "b.c"), "wrong", "max", Origin.BASE, by).to_json() == {
        "path": ["a", "b.c"], "parameter": "a.b.c", "message": "wrong", "rule": "max", "origin": "base",
        "setBy": {"kind": "TrainingPolicy", "namespace": "runai", "name": "p"},
    }  # fmt: skip
    assert Violation(("a",), "wrong").to_json() == {"path": ["a"], "parameter": "a", "message": "wrong"}
