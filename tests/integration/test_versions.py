"""Workloads and policies in both API versions, on a real API server and through all services."""

from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.manifests import policy, workload
from tests.integration.harness.outcome import claim, created, violations
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract

NEWER = "run.ai/v2alpha1"
STAMP = "run.ai/submitted-by"
BOTH = ("run.ai/v1alpha1", NEWER)


def newer(manifest: Manifest) -> Manifest:
    return {**manifest, "apiVersion": NEWER}


def path(version: str, plural: str, namespace: str, name: str = "") -> str:
    return f"/apis/{version}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


@pytest.mark.parametrize("written", BOTH)
@pytest.mark.parametrize("prefix", ["namePrefix", "jobNamePrefix"])
async def test_a_workload_is_the_same_in_both_versions(
    cluster: Cluster, namespace: str, written: str, prefix: str
) -> None:
    """A workload reads the same in both API versions."""
    mine = workload("TrainingWorkload", "mine", namespace, **{prefix: "train", "gpu": "1"})
    await cluster.request("POST", path(written, "trainingworkloads", namespace), {**mine, "apiVersion": written})
    one, other = [
        await cluster.request("GET", path(version, "trainingworkloads", namespace, "mine")) for version in BOTH
    ]
    assert (one["apiVersion"], other["apiVersion"]) == BOTH
    assert {**one, "apiVersion": ""} == {**other, "apiVersion": ""}
    assert one["spec"] == {**mine["spec"], "usage": "Submit"}
    assert STAMP in one["metadata"]["annotations"]


@pytest.mark.parametrize("written", BOTH)
@pytest.mark.parametrize("default", ["1", {"value": "1"}])
async def test_both_forms_of_a_default_are_taken_in_both_versions(
    cluster: Cluster, namespace: str, written: str, default: Any
) -> None:
    """Both notations of a default are accepted in both versions."""
    theirs = policy("TrainingPolicy", namespace, gpu={"value": default, "rules": {"max": "4"}})
    stored = await cluster.request(
        "POST", path(written, "trainingpolicies", namespace), {**theirs, "apiVersion": written}
    )
    assert stored["spec"]["gpu"]["value"] == default


@pytest.mark.parametrize("written", BOTH)
async def test_no_version_is_a_way_around_admission(cluster: Cluster, namespace: str, written: str) -> None:
    """A template cannot have a base, nobody can forge who submitted, and a submitted spec stays."""
    base = workload("TrainingWorkload", "a", namespace, usage="Template", baseWorkload="b")
    at = path(written, "trainingworkloads", namespace)
    with pytest.raises(ApiError, match="a template cannot have a base workload"):
        await cluster.request("POST", at, {**base, "apiVersion": written})
    forged = workload("TrainingWorkload", "b", namespace, gpu="1")
    forged["metadata"]["annotations"] = {STAMP: "somebody-else", "run.ai/job-name": "theirs"}
    stored = await cluster.request("POST", at, {**forged, "apiVersion": written})
    assert stored["metadata"]["annotations"][STAMP] != "somebody-else"
    assert "run.ai/job-name" not in stored["metadata"]["annotations"]
    stored["spec"]["gpu"]["value"] = "2"
    for version in BOTH:
        with pytest.raises(ApiError, match="a submitted workload cannot be changed"):
            await cluster.request(
                "PUT", path(version, "trainingworkloads", namespace, "b"), {**stored, "apiVersion": version}
            )


async def test_the_newer_version_is_submitted_and_bound_by_policies_of_either(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Workloads and policies of both versions apply to each other."""
    await cluster.apply(newer(policy("TrainingPolicy", namespace, gpu={"value": "2", "rules": {"max": "4"}})))
    good = workload("TrainingWorkload", "good", namespace, namePrefix="train", image="ubuntu")
    await cluster.apply(newer(good))
    stored = await cluster.submitted(good)
    assert created(stored) == ["ConfigMap/train-1", "RunaiJob/train-1"]
    assert (await claim(cluster, namespace, "train-1"))["values"]["gpu"] == "2"
    greedy = workload("TrainingWorkload", "greedy", namespace, image="ubuntu", gpu="5")
    await cluster.apply(newer(greedy))
    assert violations(await cluster.failed(greedy)) == ["gpu: must be no greater than 4"]
