"""What researchers may do with a job: suspend and resume it, whatever its kind."""

from pathlib import Path
from typing import Any

import pytest

from shared.names import REPLICAS_ANNOTATION, WORKLOAD_UID_LABEL
from tests.integration.attacks.test_researcher_jobs import JOBS
from tests.integration.harness.cluster import Cluster, path_of
from tests.integration.harness.commands import Type

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission", "operators")]


@pytest.mark.parametrize("plural", JOBS)
async def test_a_job_of_every_kind_is_suspended_and_resumed_by_a_researcher(
    plural: str, cluster: Cluster, namespace: str, project: str, runai: Type, ann: Path
) -> None:
    """P1: what closes the patch of a job leaves the two verbs that need it."""
    labels, annotations = {WORKLOAD_UID_LABEL: "w", "app": "mine"}, {REPLICAS_ANNOTATION: "2"}
    metadata = {"name": "mine", "namespace": namespace, "labels": labels, "annotations": annotations}
    job: dict[str, Any] = {**JOBS[plural], "metadata": metadata}
    if plural == "deployments":
        job["spec"] = {**job["spec"], "replicas": 2}
    await cluster.create(job)
    path = path_of(plural, namespace, "mine", job["apiVersion"])
    for verb, done in (("suspend", "suspended"), ("resume", "resumed")):
        said = await runai(f"{verb} mine -p {project}", ann)
        assert said.out == f"Job mine {done} successfully.\n", said.err
        spec = (await cluster.request("GET", path))["spec"]
        held = spec.get("suspend") or spec.get("runPolicy", {}).get("suspend") or spec.get("replicas") == 0
        assert bool(held) is (verb == "suspend")
    assert {key: value for key, value in spec.items() if key not in ("suspend", "runPolicy")}.items() >= {
        key: value for key, value in job["spec"].items() if key in ("parallelism", "replicas")
    }.items()
