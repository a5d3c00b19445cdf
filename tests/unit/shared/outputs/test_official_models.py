"""What Slipway creates is what Kubernetes' own client reads: no field is unknown to it, none has another type."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from shared.objects import JsonObject

DATA = Path(__file__).parents[3] / "data" / "outputs"
OWN = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1")
"""API versions that the client has models for; of kinds of others, it has one for their pods."""
QUANTITIES = ("limits", "requests")


def outputs() -> Iterator[tuple[str, JsonObject]]:
    """Every expected output, under its file and kind."""
    for file in sorted(DATA.glob("*.yaml")):
        for item in yaml.safe_load_all(file.read_text()):
            yield f"{file.stem}-{item['kind']}", item


def templates(found: Any) -> Iterator[JsonObject]:
    """The pod templates inside an object, at any depth."""
    if isinstance(found, dict):
        if "containers" in found.get("spec", {}):
            yield found
        for each in found.values():
            yield from templates(each)


def with_quantities_as_text(found: Any) -> Any:
    """The same, with each quantity as text: the API server takes numbers too, the client's models do not."""
    if isinstance(found, list):
        return [with_quantities_as_text(each) for each in found]
    if not isinstance(found, dict):
        return found
    return {
        key: {name: str(amount) for name, amount in each.items()}
        if key in QUANTITIES
        else with_quantities_as_text(each)
        for key, each in found.items()
    }


def read_and_written(found: JsonObject, model: str) -> Any:
    """What is left of the object once the client has read it as this model."""
    return client.ApiClient().sanitize_for_serialization(  # type: ignore[no-untyped-call]
        getattr(client, model).from_dict(found)
    )


@pytest.mark.parametrize("output", [pytest.param(item, id=name) for name, item in outputs()])
def test_the_official_client_reads_every_field(output: JsonObject) -> None:
    """Nothing is lost between reading and writing, of an object of Kubernetes or of the pods of other kinds."""
    if output["apiVersion"] in OWN:
        parts = [(output, f"V1{output['kind']}")]
    else:
        parts = [(template, "V1PodTemplateSpec") for template in templates(output["spec"])]
    for part, model in parts:
        found = with_quantities_as_text(part)
        assert read_and_written(found, model) == found
    assert parts


def test_a_mistyped_field_is_lost() -> None:
    """The check can fail."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"clusterIp": "None"}}
    assert read_and_written(service, "V1Service") != service
