"""Workloads that are written while the admission policies are missing, when a stamp may be anybody's own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from services.resolver.admission import MISSED, Admission
from shared.kubernetes.api import Api
from shared.parameters.sentences import NOT_STAMPED
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import interactive
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.refusals import STAMP

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]

RUNS = ("watcher", "resolver", "creator", "status")
RECORD = "record.workloads.run.ai"
BINDINGS = "mutatingadmissionpolicybindings"
Without = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def unstamped(cluster: Cluster, namespace: str) -> Without:
    """While inside, the API server stamps no workload, because the binding of the policy is missing."""

    async def stamped() -> bool:
        stored = await cluster.create(interactive("probe", namespace), dryRun="All")
        return STAMP in stored["metadata"].get("annotations", {})

    @asynccontextmanager
    async def without() -> AsyncIterator[None]:
        binding = await cluster.get(BINDINGS, RECORD)
        await cluster.delete(BINDINGS, RECORD)
        try:
            await cluster.wait_for("no stamp", stamped, lambda found: not found)
            yield
        finally:
            kept = {key: binding["metadata"][key] for key in ("name", "labels", "annotations")}
            await cluster.create({**binding, "metadata": kept})
            await cluster.wait_for("the stamp", stamped)

    return without


async def test_a_workload_without_a_stamp_fails_with_a_sentence(
    pipeline: Pipeline, unstamped: Without, cluster: Cluster, namespace: str
) -> None:
    """P9: what nobody stamped creates nothing, also after the policies are back."""
    async with unstamped():
        made = await cluster.create(interactive("mine", namespace))
    failed = await cluster.failed(made)
    assert failed["status"]["violations"] == [{"parameter": "workload", "message": NOT_STAMPED}]
    assert await cluster.names("runaijobs", namespace) == []


async def test_the_resolver_sees_that_a_policy_is_missing_and_that_it_is_back(
    unstamped: Without, control_plane: object, cluster: Cluster
) -> None:
    """P9: what the resolver expects is what was installed; a missing binding is named, and found again."""
    api = await Api.connect(str(cluster.kubeconfig), timeout=10, agent="test")
    try:
        admission = Admission(api)
        await admission.look()
        assert admission.problem() is None
        async with unstamped():
            await admission.look()
            assert admission.problem() == f"admission: {BINDINGS}/{RECORD} {MISSED}"
        await admission.look()
        assert admission.problem() is None
    finally:
        await api.close()
