"""What would change if a workload were submitted again."""

import json

from cli.workloads.comparison import changes, lines
from shared.inquiry.explanation import of_frozen
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.inquiry.explained import BASE, OWN, POLICY, WORKLOAD, explained, frozen_as


def test_what_a_changed_policy_and_base_would_change() -> None:
    """The comparison lists every value that a new policy or base workload would change."""
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(explained()))
    policy = {key: value for key, value in POLICY.items() if key != "ports"} | {"cpu": {"value": "1"}}
    base = {**BASE, "image": {"value": "other"}, "environment": {"items": {"NEW": {"value": "a"}}}}
    found = changes(then, explained(policy={**policy, "imagePullPolicy": {"value": "Never"}}, base=base))
    assert [" ".join(line.split()) for line in lines(found)] == [
        "PARAMETER SUBMITTED NOW ORIGIN",
        "image jupyter/scipy-notebook other base",
        "imagePullPolicy IfNotPresent Never policy default",
        "ports.admin container=30100, external=8080 - - (was policy default)",
        "environment.NEW - a base (was unset)",
        "cpu - 1 policy default (was unset)",
    ]
    assert found[0].to_json() == {
        "parameter": "image",
        "submitted": {"value": "jupyter/scipy-notebook", "origin": "base"},
        "now": {"value": "other", "origin": "base"},
    }
    assert found[2].to_json() == {
        "parameter": "ports.admin",
        "submitted": {"value": {"container": 30100, "external": 8080}, "origin": "policy default"},
    }


def test_a_secret_that_changed_differs_and_is_not_shown() -> None:
    """A changed secret is listed as different and stays hidden."""
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(explained()))
    own = {**OWN, "environment": {"items": {**OWN["environment"]["items"], "API_TOKEN": {"value": "hunter4"}}}}
    found = changes(then, explained(own))
    assert [" ".join(line.split()) for line in lines(found)][1:] == ["environment.API_TOKEN (hidden) (hidden) workload"]
    assert "hunter" not in json.dumps([change.to_json() for change in found])


def test_the_same_from_elsewhere_makes_no_difference() -> None:
    """The same value from another source is no difference."""
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(explained()))
    assert changes(then, explained()) == []
    assert changes(then, explained(policy={**POLICY, "image": {"value": "jupyter/scipy-notebook"}},
                                   base={**BASE, "image": None})) == []  # fmt: skip
