"""A workload with a policy and a base workload, explained as of now, and the claim that its decision leaves."""

import json
from typing import Any

from shared.inquiry.explanation import Explanation, of_verdict
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
