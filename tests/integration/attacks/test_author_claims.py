"""Somebody who may write ConfigMaps in a project puts claims there that look like those of a workload."""

import json
from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.attacks.conftest import Researcher
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import SUBMITTING, Line
from tests.integration.harness.manifests import foreign, interactive
from tests.integration.harness.outcome import identity, messages, names_of

pytestmark = pytest.mark.faults

RUNS = SUBMITTING
EVIL = {
    "name": "mine", "image": "evil", "gpu": "64", "hostNetwork": True,
    "volumes": {"root": {"sourcePath": "/", "targetPath": "/host"}},
}  # fmt: skip
HOLD = "example.com/hold"


@pytest.fixture
async def author(researcher: Researcher, cluster: Cluster, namespace: str) -> Cluster:
    """A researcher who may also write ConfigMaps."""
    metadata = {"name": "authors", "namespace": namespace}
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get", "update", "patch", "delete"]}
    rbac = "rbac.authorization.k8s.io"
    subject = {"apiGroup": rbac, "kind": "User", "name": "jane"}
    role_ref = {"apiGroup": rbac, "kind": "Role", "name": "authors"}
    await cluster.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata, "subjects": [subject],
         "roleRef": role_ref},
    )  # fmt: skip
    jane = await researcher("jane")
    probe = foreign(namespace, "probe")
    await jane.wait_for("jane's rights to count", lambda: jane.create(probe, dryRun="All"))
    return jane


def forged(workload: Manifest, job: str, **data: str) -> Manifest:
    """A claim with values that no policy has seen, which names the workload as its owner."""
    metadata = workload["metadata"]
    owner = {
        "apiVersion": "run.ai/v1alpha1", "kind": workload["kind"], "name": metadata["name"], "uid": metadata["uid"],
        "controller": True,
    }  # fmt: skip
    told = {"values.json": json.dumps(EVIL), "provenance.json": "{}", "sources.json": "{}", **data}
    made = foreign(metadata["namespace"], job)
    made["metadata"] |= {"ownerReferences": [owner], "labels": {"run.ai/workload-uid": metadata["uid"]}}
    return {**made, "data": told}


async def recorded(cluster: Cluster, workload: Manifest, job: str) -> None:
    """Wait until the job's name is recorded on the workload."""
    metadata = workload["metadata"]

    async def look() -> Any:
        there = await cluster.get("interactiveworkloads", metadata["name"], metadata["namespace"])
        return there["metadata"]["annotations"].get("run.ai/job-name")

    await cluster.wait_for("the job's name", look, lambda name: name == job)


async def test_a_claim_that_takes_the_place_of_one_being_removed_is_not_built(
    cluster: Cluster, pipeline: Line, namespace: str, author: Cluster
) -> None:
    """P9: a name that is held until the workload is known, and then a claim with one's own values under it."""
    (creator,) = pipeline.services["creator"]
    held = foreign(namespace, "mine")
    held["metadata"]["finalizers"] = [HOLD]
    await author.create(held)
    await author.delete("configmaps", "mine", namespace)
    workload = await author.create(interactive("mine", namespace, image="mine", name="mine"))
    await recorded(cluster, workload, "mine")
    creator.pause()
    await author.patch("configmaps", "mine", namespace, {"metadata": {"finalizers": None}})
    await cluster.gone("configmaps", "mine", namespace)
    evil = await author.create(forged(workload, "mine"))
    creator.resume()
    failed = await cluster.failed(workload)
    assert messages(failed) == ["the name mine is taken by ConfigMap mine, which is not sealed by the resolver"]
    assert await names_of(cluster, namespace) == ["ConfigMap/mine"]
    assert identity(await cluster.get("configmaps", "mine", namespace)) == identity(evil)


async def test_forged_claims_under_a_prefix_change_nothing(
    cluster: Cluster, pipeline: Line, namespace: str, author: Cluster
) -> None:
    """P9: with the label and the owner of the workload, without a seal or with a copied one: the next name is free."""
    (creator,) = pipeline.services["creator"]
    genuine = await author.create(interactive("genuine", namespace, image="mine", jobNamePrefix="run"))
    await cluster.submitted(genuine)
    copied = (await author.get("configmaps", "run-1", namespace))["data"]
    creator.pause()
    workload = await author.create(interactive("mine", namespace, image="mine", jobNamePrefix="run"))
    await author.create(forged(workload, "run-2"))
    await author.create(forged(workload, "run-3", **copied))
    await author.create(forged(workload, "run-4", **{**copied, "values.json": json.dumps(EVIL)}))
    creator.resume()
    submitted = await cluster.submitted(workload)
    assert submitted["status"]["jobName"] == "run-5"
    job = await cluster.get("runaijobs", "run-5", namespace)
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "mine"
