"""A real API server accepts every manifest in tests/data/outputs and tests/data/schedulers."""

from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from shared.parameters.types import Quantity
from shared.schedulers import Scheduler
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import quota
from tests.integration.harness.placing import OF_OPERATORS, placed, pod_of, templates
from tests.unit.shared.outputs.cases import CASES, Case
from tests.unit.shared.outputs.scheduled import SCHEDULED

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", CASES)
async def test_what_a_submission_creates_is_taken_as_it_is(name: str, cluster: Cluster, namespace: str) -> None:
    """Every output can be created, and every template makes a pod that the API server accepts unchanged."""
    await _taken(cluster, namespace, CASES[name])


@pytest.mark.parametrize("scheduler", Scheduler)
async def test_what_each_scheduler_is_given_is_taken_as_it_is(
    scheduler: Scheduler, cluster: Cluster, namespace: str
) -> None:
    """The API server accepts the job for each scheduler as it is."""
    for (by, _), case in SCHEDULED.items():
        if by is scheduler:
            await _taken(cluster, namespace, case, dryRun="All")


async def _taken(cluster: Cluster, namespace: str, case: Case, **options: str) -> None:
    for manifest in case.build():
        moved = placed(namespace, manifest)
        if not moved["apiVersion"].startswith(OF_OPERATORS):
            stored = await cluster.create(moved, fieldValidation="Strict", **options)
            assert _kept(moved["spec"], stored["spec"]), f"{moved['kind']} was changed"
        for number, template in enumerate(templates(moved)):
            pod = pod_of(f"{moved['metadata']['name']}-{number}", namespace, template)
            taken = await cluster.create(pod, dryRun="All", fieldValidation="Strict")
            assert _kept(pod["spec"], taken["spec"]), "the pod was changed"


@pytest.mark.parametrize("name", ["training_all_storage", "interactive_tensorboard"])
async def test_a_quota_of_what_the_workload_states_is_kept_by_its_helpers(
    name: str, cluster: Cluster, namespace: str
) -> None:
    """Helper containers fit into a quota on the stated resources."""
    amounts = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
    await cluster.create(quota(namespace, **dict.fromkeys(amounts, "100G")))

    async def counted() -> Any:
        return (await cluster.get("resourcequotas", "quota", namespace)).get("status", {}).get("used")

    await cluster.wait_for("the quota to count", counted)
    for template in templates(CASES[name].build()[-1]):
        await cluster.create(pod_of("mine", namespace, template), dryRun="All")


def _kept(ours: Any, stored: Any) -> bool:
    """Whether everything that we wrote is stored unchanged; the API server may add to it."""
    if isinstance(ours, dict):
        return isinstance(stored, dict) and all(_kept(value, stored.get(key)) for key, value in ours.items())
    if isinstance(ours, list):
        return isinstance(stored, list) and len(ours) <= len(stored) and all(map(_kept, ours, stored))
    return bool(_meaning(ours) == _meaning(stored))


def _meaning(value: Any) -> Any:
    """The API server normalizes amounts, and omits empty text."""
    try:
        return Quantity.read(value).amount
    except PydanticCustomError:
        return None if value == "" else value
