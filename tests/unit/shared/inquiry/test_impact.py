"""How a policy would affect the existing workloads."""

from typing import Any

import pytest
import yaml

from shared.inquiry.impact import Judge, change, in_force
from shared.parameters.kinds import TRAINING

A, B = "runai-team-a", "runai-team-b"


def policy(spec: str, namespace: str = A, name: str = "p", **metadata: Any) -> dict[str, Any]:
    place = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": "run.ai/v1alpha1", "metadata": place, "spec": yaml.safe_load(f"{{{spec}}}")}


def stored(spec: str, namespace: str = A, name: str = "p", created: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return policy(spec, namespace, name, uid=f"uid-{name}", resourceVersion="1", creationTimestamp=created)


def workload(spec: str, namespace: str = A, usage: str = "Submit", name: str = "w") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": "u", "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"usage": usage, **yaml.safe_load(f"{{{spec}}}")}}


def judged(before: list[dict[str, Any]], written: dict[str, Any], of: dict[str, Any], base: Any = None) -> list[str]:
    judge = Judge(change(TRAINING, before, [written]))
    impact = judge.impact(of, of["metadata"]["namespace"], base)
    return [str(violation) for violation in impact.violations] if impact else []


FIVE = "image: {value: a}, gpu: {value: 5}"


def test_what_is_valid_and_becomes_wrong_is_told_and_what_was_wrong_before_is_not() -> None:
    """Only workloads that the change makes invalid are listed."""
    tight = policy("gpu: {rules: {max: 4}}")
    assert judged([], tight, workload(FIVE)) == ["gpu: must be no greater than 4"]
    assert judged([stored("gpu: {rules: {max: 4}}")], policy("gpu: {rules: {max: 4}}, cpu: {}"), workload(FIVE)) == []
    assert judged([stored("gpu: {rules: {max: 8}}")], tight, workload(FIVE)) == ["gpu: must be no greater than 4"]
    assert judged([stored("gpu: {rules: {max: 8}}")], tight, workload("gpu: {value: 5}")) == []  # it has no image
    assert judged([stored("gpu: {rules: {max: 4}}")], policy("gpu: {rules: {max: 3}}"), workload(FIVE)) == []
    assert judged([], policy("gpu: {rules: {max: 8}}"), workload(FIVE)) == []
    assert judged([stored("gpu: {rules: {max: 4}}")], policy("gpu: {rules: {max: 8}}"), workload(FIVE)) == []


def test_a_base_counts_with_what_builds_upon_it() -> None:
    """A workload is judged together with its base workload."""
    base = workload("gpu: {value: 5}", usage="Template", name="big")
    found = judged([], policy("gpu: {rules: {max: 4}}"), workload("image: {value: a}, baseWorkload: big"), base)
    assert found == ["gpu: must be no greater than 4 (base workload big has 5, which the policy does not allow)"]


def test_what_cannot_be_submitted_at_all_is_no_impact() -> None:
    """A missing base workload, or a namespace outside projects, refuses it both before and after the change."""
    tight = policy("gpu: {rules: {max: 4}}", "runai")
    assert judged([], tight, workload(FIVE + ", baseWorkload: gone")) == []
    assert judged([], tight, workload(FIVE, "runai")) == []


def test_a_template_may_leave_out_what_a_workload_can_still_state() -> None:
    """A template is not blamed for a value that a workload can still add."""
    required = policy("gpu: {rules: {required: true, max: 4}}")
    assert judged([], required, workload("image: {value: a}", usage="Template")) == []
    assert judged([], required, workload(FIVE, usage="Template")) == ["gpu: must be no greater than 4"]
    assert judged([], required, workload("image: {value: a}")) == ["gpu: cannot be blank"]
    assert judged([], required, workload("gpu: {value: 5}", usage="Template")) == ["gpu: must be no greater than 4"]


def test_a_global_policy_concerns_every_project_without_its_own() -> None:
    """A global policy affects the projects without their own."""
    tight, own = policy("gpu: {rules: {max: 4}}", "runai"), stored("", B)
    assert judged([own], tight, workload(FIVE, A)) == ["gpu: must be no greater than 4"]
    assert judged([own], tight, workload(FIVE, B)) == []
    assert judged([own], tight, workload(FIVE, "runai", "Template")) == ["gpu: must be no greater than 4"]
    assert change(TRAINING, [own], [tight]).namespaces() is None


def test_a_projects_policy_takes_the_place_of_the_global_one() -> None:
    """A project's policy replaces the global one as a whole."""
    general = stored("gpu: {rules: {max: 4}}", "runai")
    loose = policy("cpu: {rules: {max: 1}}", A, "own")
    assert judged([general], loose, workload("image: {value: a}, gpu: {value: 4}, cpu: {value: 2}")) == [
        "cpu: must be no greater than 1"
    ]
    changed = change(TRAINING, [general], [loose])
    assert changed.namespaces() == {A}
    assert not Judge(changed).concerned(B)


@pytest.mark.parametrize("metadata", [{}, {"creationTimestamp": None}])
def test_a_younger_policy_beside_another_has_no_effect(metadata: dict[str, Any]) -> None:
    """A second policy of a kind in a namespace has no effect, and is reported."""
    second = policy("gpu: {rules: {max: 4}}", A, "a-second", **metadata)
    assert judged([stored("")], second, workload(FIVE)) == []
    assert change(TRAINING, [stored("")], [second]).without_effect() == ["a-second"]
    assert change(TRAINING, [], [second]).without_effect() == []


def test_a_policy_that_stays_as_it_is_concerns_nobody() -> None:
    """An unchanged policy affects nothing."""
    judge = Judge(change(TRAINING, [stored("gpu: {}")], [policy("gpu: {}")]))
    assert not judge.concerned(A)


def test_impacts_are_told_to_programs() -> None:
    """An impact as JSON, member by member."""
    judge = Judge(change(TRAINING, [], [policy("gpu: {rules: {max: 4}}")]))
    impact = judge.impact(workload(FIVE, "runai", "Template"), A, None)
    assert impact
    assert impact.to_json() == {
        "kind": "TrainingWorkload",
        "namespace": "runai",
        "name": "w",
        "usage": "Template",
        "judgedIn": A,
        "violations": [{"parameter": "gpu", "message": "must be no greater than 4"}],
    }


def test_what_the_policies_in_force_would_refuse_today_is_told() -> None:
    """After an upgrade, nothing changes but what is refused: everything that was accepted is judged again."""
    judge = Judge(in_force(TRAINING, [stored("hostNetwork: {value: false}")]))
    mine = workload("image: {value: a}, hostNetwork: {value: true}")
    impact = judge.impact(mine, A, None)
    assert impact
    assert [one.parameter for one in impact.violations] == ["hostNetwork"]
    assert judge.impact(workload("image: {value: a}"), A, None) is None
    assert judge.change.namespaces() is None
    assert judge.change.without_effect() == []
