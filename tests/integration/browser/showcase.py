"""A project as people know it, for pictures: policies, templates, and jobs in every state."""

import asyncio
import time
from typing import Final

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive, policy, training

PROJECT, NAMESPACE, GLOBAL = "vision", "runai-vision", "runai"
TEMPLATE: Final = "resnet-defaults"
TOO_BIG: Final = "big-sweep"
"""A former workload that the policy does not allow any more."""
REFUSED, PENDING, RUNNING, DONE = "resnet-18", "bert-large", "notebook", "resnet-17"
PHASES: Final = {REFUSED: "Failed", PENDING: "Pending", RUNNING: "Running", DONE: "Succeeded"}

POLICIES: Final = (
    policy(
        "TrainingPolicy",
        NAMESPACE,
        "training-policy",
        gpu={"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
        memory={"rules": {"canEdit": False}, "value": "4Gi"},
        environment={"items": {"HTTP_PROXY": {"rules": {"canRemove": False}, "value": "http://proxy:3128"}}},
        ports={
            "itemRules": {"container": {"min": 1, "max": 9999}},
            "items": {
                "admin-port-a": {"value": {"serviceType": "ClusterIP", "container": 8080, "external": 9100}},
                "admin-port-b": {"value": {"serviceType": "ClusterIP", "container": 8081, "external": 9101}},
            },
        },
    ),
    policy("InteractivePolicy", GLOBAL, "interactive-policy", cpu={"rules": {"max": "16"}, "value": "2"}),
)
BASES: Final = (
    training(
        TEMPLATE,
        NAMESPACE,
        usage="Template",
        image="pytorch/pytorch:2.9",
        gpu="2",
        largeShm=True,
        environment={"LR": "0.1", "EPOCHS": "90"},
        ports={"team-a": {"serviceType": "ClusterIP", "container": 8111, "external": 9111}},
    ),
    training("bare", GLOBAL, usage="Template", gpu="1"),
    interactive("jupyter-defaults", NAMESPACE, usage="Template", jupyter=True, image="jupyter/scipy-notebook"),
)
BEFORE: Final = training(TOO_BIG, NAMESPACE, image="pytorch/pytorch:2.9", gpu="8", name=TOO_BIG)
"""Submitted before there was a policy."""
SUBMITTED: Final = (
    training(DONE, NAMESPACE, baseWorkload=TEMPLATE, name=DONE),
    training(REFUSED, NAMESPACE, baseWorkload=TEMPLATE, gpu="9", memory="8Gi", name=REFUSED),
    interactive(RUNNING, NAMESPACE, baseWorkload="jupyter-defaults", gpu="1", name=RUNNING),
    interactive(PENDING, NAMESPACE, image="nvcr.io/nvidia/pytorch:26.03-py3", gpu="12", name=PENDING),
)


async def furnished(administrator: Cluster, researcher: Cluster) -> None:
    """Fill the project, which the researcher may use; wait until each job is where it stays."""
    await researcher.create(BEFORE)
    await administrator.submitted(BEFORE)
    for manifest in (*POLICIES, BASES[1]):
        await administrator.create(manifest)
    await asyncio.sleep(1 - time.time() % 1)  # objects of one second are in the order of their names
    await asyncio.gather(*(researcher.create(manifest) for manifest in (BASES[0], BASES[2], *SUBMITTED)))
    await asyncio.gather(*(_settled(administrator, manifest) for manifest in SUBMITTED))


async def _settled(cluster: Cluster, workload: Manifest) -> None:
    name = workload["metadata"]["name"]
    if PHASES[name] == "Failed":
        await cluster.failed(workload)
        return
    await cluster.submitted(workload)

    async def look() -> list[str]:
        return [pod["status"]["phase"] for pod in await cluster.items("pods", NAMESPACE, f"release={name}")]

    await cluster.wait_for(f"{name} to be {PHASES[name]}", look, lambda phases: phases == [PHASES[name]])
