"""The source of every value, in a form for programs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.inquiry.explanation import FROZEN, NOW, of_frozen
from shared.outputs.configmap import Claim
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.inquiry.explained import OWN, WORKLOAD, explained, frozen_as


def test_secrets_are_in_no_form_of_it() -> None:
    """A secret does not appear; a reference to one does."""
    text = json.dumps(explained().to_json())
    assert "hunter" not in text
    assert "SECRET:db,password" in text


TAKEN = "the name my-job is taken by ConfigMap my-job, which no workload made"
FAILED: list[tuple[dict[str, Any], list[str]]] = [
    ({"events": [{"type": "Info", "message": "x"}, {"type": "Error", "message": TAKEN}]}, [TAKEN]),
    ({"violations": [{"parameter": "gpu", "message": "must be no greater than 2"}],
      "events": [{"type": "Error", "message": "gpu: must be no greater than 2"}]}, ["gpu: must be no greater than 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reasons"), FAILED)
@pytest.mark.parametrize("frozen", [True, False])
def test_a_workload_that_has_failed_says_so_and_why(status: dict[str, Any], reasons: list[str], frozen: bool) -> None:
    """A failed workload shows its reasons, frozen or not."""
    workload = {**WORKLOAD, "status": {"phase": "Failed", **status}}
    found = (
        of_frozen(INTERACTIVE, workload, Claim("my-job", "u", {}, {}, {})) if frozen else explained(workload=workload)
    )
    told = found.to_json()
    assert (told["phase"], told["reasons"]) == ("Failed", reasons)


def test_one_that_is_submitted_or_only_written_has_no_reasons() -> None:
    """Only a failed workload shows reasons."""
    submitted = explained(workload={**WORKLOAD, "status": {"phase": "Submitted"}}).to_json()
    assert (submitted["phase"], "reasons" in submitted) == ("Submitted", False)
    assert "phase" not in explained().to_json()


def test_what_keeps_its_objects_from_being_created_is_a_refusal() -> None:
    """An object that cannot be created makes the verdict a refusal."""
    told = replace(explained(), obstacles=[TAKEN]).to_json()
    assert (told["verdict"], told["obstacles"]) == ("refused", [TAKEN])
    assert "obstacles" not in explained().to_json()


def test_what_it_says_as_json() -> None:
    """The JSON document, member by member."""
    told = explained().to_json()
    assert {key: told[key] for key in ("kind", "namespace", "name", "decided", "verdict", "scheduler")} == {
        "kind": "InteractiveWorkload", "namespace": "runai-team-a", "name": "my-job", "decided": "now",
        "verdict": "accepted", "scheduler": "default",
    }  # fmt: skip
    assert told["policy"] == {"kind": "InteractivePolicy", "namespace": "runai", "name": "interactive-policy",
                              "uid": "uid-interactive-policy", "resourceVersion": "7"}  # fmt: skip
    assert told["values"]["environment"] == {"API_TOKEN": "(hidden)", "DB_PASSWORD": "SECRET:db,password"}
    assert told["provenance"]["gpu"] == {
        "origin": "workload", "value": "3", "rules": {"required": True, "min": "1", "max": "4"},
        "beat": [{"origin": "base", "value": "2"}, {"origin": "policy default", "value": "1"}],
    }  # fmt: skip


def test_a_refused_workload_has_its_violations_and_all_values_that_can_be_read() -> None:
    """One mistake hides neither the other values nor their sources."""
    found = explained({**OWN, "gpu": {"value": "5"}, "cpu": {"value": "many"}})
    told, accepted = found.to_json(), explained({**OWN, "gpu": {"value": "4"}}).to_json()
    assert told["verdict"] == "refused"
    assert told["values"] == {**accepted["values"], "gpu": "5"}
    assert told["provenance"]["gpu"]["origin"] == "workload"
    assert "hunter" not in json.dumps(told)


def test_each_violation_says_where_it_is_and_who_sets_the_rule() -> None:
    """The shape that programs read: a policy's rule has an author, the system's own demand has none."""
    spec = {**OWN, "gpu": {"value": "5"}, "cpu": {"value": "many"}}
    policy = {"kind": "InteractivePolicy", "namespace": "runai", "name": "interactive-policy",
              "uid": "uid-interactive-policy", "resourceVersion": "7"}  # fmt: skip
    assert explained(spec).to_json()["violations"] == [
        {"path": ["gpu"], "parameter": "gpu", "message": "must be no greater than 4", "rule": "max",
         "origin": "workload", "setBy": policy},
        {"path": ["cpu"], "parameter": "cpu", "message": "must be a decimal number such as 1 or 0.5",
         "origin": "workload"},
    ]  # fmt: skip


def test_what_was_frozen_is_told_in_the_same_way() -> None:
    """A frozen decision holds the same values and origins as one of today, and the name of its job."""
    now = explained()
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(now))
    assert (then.decided, now.decided, then.job) == (FROZEN, NOW, "nb-1")
    assert (then.values, then.provenance) == (now.values, now.provenance)
