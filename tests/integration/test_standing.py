"""The check at the end of each file of tests: nothing is left that could disturb the next one."""

from typing import Any

import pytest

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.prepare import new_project, remove_project
from tests.integration.harness.standing import Standing

pytestmark = pytest.mark.contract


def config_map(namespace: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, **metadata}}


@pytest.fixture
async def standing(cluster: Cluster) -> Standing:
    """What the cluster holds now."""
    return Standing(cluster, await cluster.registry.keys())


async def test_what_a_test_leaves_outside_its_project_is_found(
    standing: Standing, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check lists what is left, and does not remove it."""
    monkeypatch.setattr("tests.integration.harness.standing.GONE_WITHIN", 0.5)
    monkeypatch.setattr("tests.integration.harness.standing.COLLECTED_WITHIN", 0.0)
    await cluster.create(config_map("default", "left"))
    with pytest.raises(AssertionError, match="configmaps/default/left"):
        await standing.nothing_left()
    await cluster.delete("configmaps", "left", "default")


async def test_what_no_controller_removes_from_a_removed_project_is_removed_at_last(
    standing: Standing, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if a finalizer holds it."""
    monkeypatch.setattr("tests.integration.harness.standing.COLLECTED_WITHIN", 0.0)
    namespace = await new_project(cluster)
    await cluster.create(config_map(namespace, "held", finalizers=["example.com/never"]))
    await remove_project(cluster, namespace)
    assert await cluster.find("configmaps", "held", namespace)
    await standing.nothing_left()
    assert await cluster.find("configmaps", "held", namespace) is None
