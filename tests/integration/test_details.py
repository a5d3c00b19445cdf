"""The details of a pod through the whole system: created, run and deleted with the job."""

import pytest

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive, policy, quota
from tests.integration.harness.outcome import created, messages, nothing_left
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract

SUBMITTED = {
    "image": "ubuntu",
    "name": "board",
    "serviceType": "ingress",
    "tensorboard": True,
    "ports": {"web": {"container": 8080}},
    "pvcs": {"runs": {"size": "1Gi", "path": "/logs"}},
    "gitSync": {"code": {"source": "https://github.com/team/project", "target": "/code"}},
}
OUTPUTS = [
    "ConfigMap/board",
    "PersistentVolumeClaim/pvc-board-0",
    "Service/board",
    "Service/board-tensorboard",
    "Ingress/board",
    "RunaiJob/board",
]
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"


async def test_all_that_a_job_needs_comes_and_goes_with_it(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Claims, Ingress and side containers come and go with the job."""
    workload = await cluster.submitted(await cluster.create(interactive("mine", namespace, **SUBMITTED)))
    assert sorted(created(workload)) == sorted(OUTPUTS)
    job = await cluster.get("runaijobs", "board", namespace)
    template = job["spec"]["template"]["spec"]
    assert [one["name"] for one in template["containers"]] == ["board", "tensorboard"]
    assert [one["name"] for one in template["initContainers"]] == ["git-sync-0"]
    await cluster.delete("interactiveworkloads", "mine", namespace)
    await nothing_left(cluster, namespace)
    await cluster.wait_for("no Ingress", lambda: _ingresses(cluster, namespace), lambda seen: not seen)
    await cluster.wait_for(
        "the claim to go", lambda: cluster.items("persistentvolumeclaims", namespace), lambda seen: not seen
    )


async def test_a_claim_and_an_ingress_are_removed_where_a_later_output_fails(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P6: claim and Ingress are removed if a later output fails."""
    await cluster.create(quota(namespace, **{"count/runaijobs.run.ai": "0"}))
    await cluster.wait_for(
        "the quota to count",
        lambda: cluster.items("resourcequotas", namespace),
        lambda seen: seen[0].get("status", {}).get("used"),
    )
    workload = await cluster.failed(await cluster.create(interactive("mine", namespace, **SUBMITTED)))
    assert "board" in " ".join(messages(workload))
    await nothing_left(cluster, namespace)
    assert not await _ingresses(cluster, namespace)
    await cluster.wait_for(
        "the claim to go", lambda: cluster.items("persistentvolumeclaims", namespace), lambda seen: not seen
    )


async def test_a_policy_opens_the_node_to_its_project_only_by_a_rule(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P9: what reaches the node needs a rule of the project's policy that grants it."""
    spec = {"image": "ubuntu", "hostNetwork": True, "capabilities": {"NET_ADMIN": "NET_ADMIN"}}
    refused = await cluster.failed(await cluster.create(interactive("first", namespace, **spec)))
    assert [each["parameter"] for each in refused["status"]["violations"]] == ["capabilities.NET_ADMIN", "hostNetwork"]
    edit, add = {"rules": {"canEdit": True}}, {"rules": {"canAdd": True}}
    await cluster.create(policy("InteractivePolicy", namespace, hostNetwork=edit, capabilities=add))
    await cluster.submitted(await cluster.create(interactive("second", namespace, **spec)))


async def _ingresses(cluster: Cluster, namespace: str) -> list[str]:
    answer = await cluster.request("GET", INGRESSES.format(namespace))
    return [item["metadata"]["name"] for item in answer["items"]]
