"""What the shipped role of researchers gives, and what it does not."""

import pytest

from tests.integration.attacks.conftest import Researcher
from tests.integration.harness.cluster import ApiError
from tests.integration.harness.manifests import interactive

pytestmark = pytest.mark.contract


async def test_a_researcher_submits_workloads_and_creates_nothing_else(researcher: Researcher, namespace: str) -> None:
    """P9: what runs is created only through workloads: the role lets nobody create a job or a pod."""
    jane = await researcher("jane")
    await jane.create(interactive("mine", namespace, usage="Template"))
    container = {"name": "main", "image": "busybox"}
    job = {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "spec": {"template": {"spec": {"containers": [container]}}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}
    for one in (job, pod):
        with pytest.raises(ApiError, match="forbidden"):
            await jane.create({**one, "metadata": {"name": "mine", "namespace": namespace}})
