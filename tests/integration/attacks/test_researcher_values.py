"""Values that reach beyond a project, by every way in: a workload, a template, and an unprotected project."""

import asyncio
from typing import Any

import pytest

from shared.names import SECURITY_LABEL
from tests.integration.attacks.conftest import Researcher
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive, policy
from tests.integration.harness.outcome import objects
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract

BAN: dict[str, Any] = {"hostNetwork": {"value": False}, "volumes": {}, "gpu": {"rules": {"max": "1"}}, "labels": {}}
"""A policy that mentions what it means to forbid."""
REACHING: dict[str, dict[str, Any]] = {
    "hostNetwork": {"hostNetwork": True},
    "volumes.root": {"volumes": {"root": {"sourcePath": "/", "targetPath": "/node"}}},
    "labels.sidecar.istio.io/inject": {"labels": {"sidecar.istio.io/inject": "false"}},
    "serviceType": {"serviceType": "nodeport", "ports": {"a": {"container": 80}}},
    "gpuMemory": {"gpuMemory": "640G"},
}


async def test_nothing_that_a_policy_only_mentions_is_granted(
    researcher: Researcher, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P9: neither a workload nor a template of a researcher reaches what no rule grants; nothing is created."""
    await cluster.create(policy("InteractivePolicy", namespace, **BAN))
    mallory = await researcher("mallory")
    made = []
    for number, spec in enumerate(REACHING.values()):
        await mallory.create(interactive(f"template-{number}", namespace, usage="Template", image="x", **spec))
        by_base = interactive(f"by-base-{number}", namespace, baseWorkload=f"template-{number}")
        made += [await mallory.create(interactive(f"own-{number}", namespace, image="x", **spec))]
        made += [await mallory.create(by_base)]
    ended = await asyncio.gather(*map(cluster.failed, made))
    found = [{one["parameter"] for one in workload["status"]["violations"]} for workload in ended]
    for parameter, of_own, of_base in zip(REACHING, found[::2], found[1::2], strict=True):
        assert parameter in of_own
        assert parameter in of_base
    assert await objects(cluster, namespace) == {}


async def test_a_project_without_a_pod_security_level_runs_nothing(
    researcher: Researcher, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P9: without the label the API server would let any pod in, so the sentence says what is missing."""
    mallory = await researcher("mallory")
    await cluster.patch("namespaces", namespace, None, {"metadata": {"labels": {SECURITY_LABEL: None}}})
    failed = await cluster.failed(await mallory.create(interactive("mine", namespace, image="x")))
    (violation,) = failed["status"]["violations"]
    assert violation["message"].startswith(f"{namespace} has no Pod Security level")
    assert SECURITY_LABEL in violation["message"]
