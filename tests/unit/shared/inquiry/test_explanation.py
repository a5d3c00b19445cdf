"""Every value with its origin; nothing secret; what would differ."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.workloads.comparison import changes, lines
from cli.workloads.explanation_page import head, page
from shared.inquiry.explanation import FROZEN, NOW, Explanation, of_frozen, of_verdict
from shared.inquiry.sources import Effective, Sources, as_source, decide
from shared.outputs.configmap import Claim, read_claim
from shared.parameters.kinds import INTERACTIVE, Kind
from shared.resolution.model import provenance_json


def resource(name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"metadata": metadata, "spec": spec}


POLICY = {
    "gpu": {"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
    "imagePullPolicy": {"rules": {"canEdit": False}, "value": "IfNotPresent"},
    "ports": {
        "rules": {"canAdd": True},
        "itemRules": {"container": {"min": 30000}},
        "items": {"admin": {"rules": {"canEdit": False}, "value": {"container": 30100, "external": 8080}}},
    },
    "environment": {"items": {"SEED": {"value": "1"}}},
}
BASE = {
    "image": {"value": "jupyter/scipy-notebook"},
    "gpu": {"value": "2"},
    "name": {"value": "job-2"},
    "environment": {"items": {"SEED": {"value": "2"}, "API_TOKEN": {"value": "hunter2"}}},
}
OWN: dict[str, Any] = {
    "baseWorkload": "template",
    "gpu": {"value": "3"},
    "namePrefix": {"value": "nb"},
    "jupyter": {"value": True},
    "notebookToken": {"value": "hunter2"},
    "ports": {"items": {"mine": {"value": {"container": 30222}}}},
    "environment": {"items": {
        "SEED": {"deleted": True}, "API_TOKEN": {"value": "hunter3"}, "DB_PASSWORD": {"value": "SECRET:db,password"}}},
}  # fmt: skip
WORKLOAD = resource("my-job", "runai-team-a", OWN)


def explained(
    spec: dict[str, Any] = OWN,
    policy: dict[str, Any] | None = POLICY,
    base: dict[str, Any] | None = BASE,
    kind: Kind = INTERACTIVE,
    workload: dict[str, Any] | None = None,
) -> Explanation:
    sources = Sources(
        kind,
        "runai-team-a",
        Effective(resource("interactive-policy", "runai", policy)) if policy is not None else None,
        resource("template", "runai-team-a", base) if base is not None else None,
    )
    workload = workload or resource("my-job", "runai-team-a", spec)
    return of_verdict(workload, decide(sources, as_source(workload)))


def stated(page: list[str]) -> list[list[str]]:
    """The rows of the table whose values are no built-in ones, without the spaces between their cells."""
    rows = page[page.index("") + 2 :]
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows if "built-in" not in row]


def test_the_table_says_where_each_value_comes_from_and_what_it_beat() -> None:
    """The page shows value, origin, what it overrode and the rules of every parameter."""
    lines_of_page = page(explained())
    assert lines_of_page[:5] == [
        "Workload:  InteractiveWorkload my-job in namespace runai-team-a",
        "Values:    as of now, with the policy and the base workload of today",
        "Policy:    InteractivePolicy interactive-policy in namespace runai (uid uid-interactive-policy, version 7)",
        "Base:      InteractiveWorkload template in namespace runai-team-a (uid uid-template, version 7)",
        "Scheduler: default",
    ]
    assert stated(lines_of_page) == [
        ["namePrefix", "nb", "workload", "base job-2 of name", "-"],
        ["image", "jupyter/scipy-notebook", "base", "-", "-"],
        ["imagePullPolicy", "IfNotPresent", "policy default", "-", "only IfNotPresent"],
        ["environment.SEED", "(deleted)", "workload", "base 2; policy default 1", "-"],
        ["environment.API_TOKEN", "(hidden)", "workload", "base (hidden)", "-"],
        ["environment.DB_PASSWORD", "SECRET:db,password", "workload", "-", "-"],
        ["gpu", "3", "workload", "base 2; policy default 1", "1 to 4, required"],
        ["ports.admin", "container=30100, external=8080", "policy default", "-",
         "only container=30100, external=8080; container 30000 or more"],
        ["ports.mine", "container=30222", "workload", "-", "container 30000 or more"],
        ["jupyter", "true", "workload", "-", "-"],
        ["notebookToken", "(hidden)", "workload", "-", "-"],
    ]  # fmt: skip


def test_secrets_are_in_no_form_of_it() -> None:
    """A secret appears neither on the page nor in the JSON; a reference to one does."""
    found = explained()
    for text in ("\n".join(page(found)), json.dumps(found.to_json())):
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
    assert page(found)[1:3] == ["Status:    Failed", f"Reason:    {reasons[0]}"]
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


def test_a_refused_workload_has_no_values() -> None:
    found = explained({**OWN, "gpu": {"value": "5"}})
    assert [str(one) for one in found.violations] == ["gpu: must be no greater than 4"]
    assert page(found)[: len(head(found))] == head(found)
    assert "PARAMETER" not in "\n".join(page(found))
    told = found.to_json()
    assert (told["verdict"], told["violations"]) == (
        "refused", [{"parameter": "gpu", "message": "must be no greater than 4"}]
    )  # fmt: skip


def test_without_policy_and_base() -> None:
    """Without a policy and a base workload the page says none."""
    found = explained({"image": {"value": "x"}, "ingressUrl": {"value": "/x"}}, None, None)
    assert page(found)[2:4] == ["Policy:    none", "Base:      none"]
    assert "Note:      ingressUrl: has no effect, since the system knows it by itself" in page(found)


# ---------------------------------------------------------------- what was frozen
def frozen_as(found: Explanation, policy: dict[str, Any] = POLICY, base: dict[str, Any] = BASE) -> Claim:
    """The claim that such a decision leaves."""
    sources = Sources(INTERACTIVE, "runai-team-a", Effective(resource("interactive-policy", "runai", policy)),
                      resource("template", "runai-team-a", base))  # fmt: skip
    result: Any = decide(sources, as_source(WORKLOAD)).result
    claim = {
        "metadata": {"name": "nb-1", "uid": "u"},
        "data": {
            "values.json": json.dumps(result.values_set),
            "provenance.json": json.dumps(provenance_json(result)),
            "sources.json": json.dumps({"policy": found.policy, "baseWorkload": found.base, "scheduler": "default"}),
        },
    }
    return read_claim(claim)


def test_what_was_frozen_is_told_in_the_same_way() -> None:
    """A frozen decision has the same page as one of today."""
    now = explained()
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(now))
    assert (then.decided, now.decided, then.job) == (FROZEN, NOW, "nb-1")
    assert page(then)[:3] == [
        "Workload:  InteractiveWorkload my-job in namespace runai-team-a",
        "Job:       nb-1",
        "Values:    as they were frozen when it was submitted",
    ]
    assert stated(page(then)) == stated(page(now))


# ---------------------------------------------------------------- what would differ
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
