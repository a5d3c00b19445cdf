"""Outputs that other projects run match the schemas that those projects publish (listed in tests/data/schemas)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.shared.outputs.cases import CASES
from tests.unit.shared.outputs.scheduled import SCHEDULED

SCHEMAS = Path(__file__).parents[3] / "data" / "schemas"
FILES = {
    ("MPIJob", "kubeflow.org/v2beta1"): "mpijob",
    ("PyTorchJob", "kubeflow.org/v1"): "pytorchjob",
    ("Service", "serving.knative.dev/v1"): "knative_service",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
}


def schema(kind: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SCHEMAS / f"{FILES[kind, version]}.yaml").read_text())
    return found


def mistakes(value: Any, field: dict[str, Any], path: str = "") -> Iterator[str]:
    """What a structural schema refuses, or would drop: unknown fields too."""
    if field.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str):
            yield f"{path}: neither a number nor a string"
        return
    of_type = TYPES.get(field.get("type", ""))
    if of_type and (not isinstance(value, of_type) or (field["type"] == "integer" and isinstance(value, bool))):
        yield f"{path}: no {field['type']}"
        return
    if "enum" in field and value not in field["enum"]:
        yield f"{path}: none of {field['enum']}"
    if "minimum" in field and value < field["minimum"]:
        yield f"{path}: less than {field['minimum']}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from mistakes(item, field["items"], f"{path}[{index}]")
    if isinstance(value, dict):
        yield from _members(value, field, path)


def _members(value: dict[str, Any], field: dict[str, Any], path: str) -> Iterator[str]:
    known, rest = field.get("properties", {}), field.get("additionalProperties")
    free = field.get("x-kubernetes-preserve-unknown-fields") or not (known or rest)
    yield from (f"{path}.{name}: missing" for name in field.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in known or rest:
            yield from mistakes(inner, known.get(name, rest), f"{path}.{name}")
        elif not free:
            yield f"{path}.{name}: unknown"


OF_OTHERS = [
    (name, manifest)
    for name, case in {**CASES, **{"/".join(key): case for key, case in SCHEDULED.items()}}.items()
    for manifest in case.build()
    if (manifest["kind"], manifest["apiVersion"]) in FILES
]


@pytest.mark.parametrize("manifest", [pytest.param(manifest, id=name) for name, manifest in OF_OTHERS])
def test_what_others_run_has_the_fields_that_they_publish(manifest: dict[str, Any]) -> None:
    """Manifests for other projects' operators have only fields of their published schemas."""
    assert list(mistakes(manifest, schema(manifest["kind"], manifest["apiVersion"]))) == []


def test_each_of_them_is_among_the_cases() -> None:
    """Every kind with a published schema appears among the cases."""
    assert {(manifest["kind"], manifest["apiVersion"]) for _, manifest in OF_OTHERS} == set(FILES)


def test_a_schema_finds_what_is_wrong() -> None:
    """A checker that accepts everything would prove nothing."""
    wrong = {"spec": {"slotsPerWorker": "2", "runPolicy": {"cleanPodPolicy": "All", "backoff": 1}}}
    assert list(mistakes(wrong, schema("MPIJob", "kubeflow.org/v2beta1"))) == [
        ".spec.mpiReplicaSpecs: missing",
        ".spec.slotsPerWorker: no integer",
        ".spec.runPolicy.backoff: unknown",
    ]
    wrong = {"spec": {"template": {"spec": {"containers": [{"image": "i", "stdin": True}], "restartPolicy": "Never"}}}}
    assert list(mistakes(wrong, schema("Service", "serving.knative.dev/v1"))) == [
        ".spec.template.spec.containers[0].stdin: unknown",
        ".spec.template.spec.restartPolicy: unknown",
    ]
