"""Every service asks for what its role allows: nothing is missing, and nothing is spare.

The stories make every kind of job, with every kind of output, by way of a busy API server, and all of it is removed
again. What was asked for is read from the API server's audit log.
"""

import asyncio
import json
from collections import Counter
from functools import partial
from typing import Any

import pytest

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from shared.parameters.kinds import KINDS
from tests.integration.harness.audit import AuditLog, granted
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Answer, Hook
from tests.integration.harness.forked import Line, Start
from tests.integration.harness.manifests import workload
from tests.integration.harness.prepare import GLOBAL
from tests.integration.harness.refusals import FAILURE
from tests.integration.harness.running import runaijob

pytestmark = pytest.mark.contract

PORTS = {"web": {"container": 8080, "external": 80}}
REACHED: dict[str, Any] = {"ports": PORTS, "serviceType": "ingress", "pvcs": {"data": {"path": "/data", "size": "1G"}}}
JOBS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "interactive": ("InteractiveWorkload", "/run.ai/v1/.*/runaijobs$", REACHED),
    "training": ("TrainingWorkload", "/run.ai/v1/.*/runaijobs$", {"environment": {"KEY": "SECRET:any,key"}}),
    "deployment": ("DeploymentWorkload", "/apps/v1/.*/deployments$", {}),
    "inference": ("InferenceWorkload", "/serving.knative.dev/.*/services$", {"ports": PORTS}),
    "mpi": ("DistributedWorkload", "/mpijobs$", {"jobType": "MPI", "workers": 1}),
    "pytorch": ("DistributedWorkload", "/pytorchjobs$", {"jobType": "PyTorch", "workers": 1}),
}
"""A workload for each kind of job: its kind, the path by which the job is created, and its parameters."""
PLURALS = {kind.workload: kind.workload_plural for kind in KINDS}
GIVEN_UP = json.dumps({"reason": "InternalError", "message": "given up by the test", "made": []})


async def test_rights_are_what_is_asked_for(
    start: Start, control_plane: ControlPlane, cluster: Cluster, namespace: str, operators: None
) -> None:
    """P9: the rights that ship are those that the services use, verb by verb."""
    log = AuditLog(control_plane.audit_log).from_now()
    async with start(("runner", "creator", "resolver", "watcher")) as line:
        for kind in PLURALS:
            await cluster.create(workload(kind, "base", namespace, usage="Template", image="ubuntu"))
        with line.proxy.on(Answer(503), verb="create", resource="configmaps", client="creator-0", times=1):
            await submit_and_fail(line, cluster, namespace, "training")  # whose claim finds the API server busy too
        others = [name for name in JOBS if name != "training"]
        await asyncio.gather(*(submit_and_fail(line, cluster, namespace, name) for name in others))
        await run_and_suspend(cluster, namespace)
        lost = await cluster.create(workload("TrainingWorkload", "lost", GLOBAL, image="ubuntu"))  # no project
        await line.services.start("status")
        for one in (lost, *(workload(kind, name, namespace) for name, (kind, _, _) in JOBS.items())):
            await cluster.failed(one)
        used = await settled(log, cluster)
    report(used)
    assert AuditLog(control_plane.audit_log).denied() == set()
    assert {str(ask) for ask in used - granted()} == set(), "asked for without a right of the table"
    assert {str(ask) for ask in granted() - used} == set(), "rights that nobody uses"


async def submit_and_fail(line: Line, cluster: Cluster, namespace: str, name: str) -> None:
    """Submit a workload from a template. The API server is busy when its job is created first; when it is created the
    second time, somebody has marked the submission as failed, so that everything is removed again."""
    kind, path, spec = JOBS[name]

    async def mark(_: Exchange) -> None:
        async with Cluster(cluster.kubeconfig) as administrator:  # belongs to the proxy's own loop
            await administrator.patch(
                PLURALS[kind], name, namespace, {"metadata": {"annotations": {FAILURE: GIVEN_UP}}}
            )

    async def removed() -> bool:
        deletes = [
            one for one in line.proxy.writes("creator-0") if (one.verb, one.resource) == ("delete", "configmaps")
        ]
        return f"{name}-1" in [one.name for one in deletes if one.status == 200]

    creation: dict[str, Any] = {"verb": "create", "path": path, "client": "creator-0"}
    with line.proxy.on(Answer(503), **creation, times=1), line.proxy.on(Hook(before_it=mark), **creation, nth=2):
        await cluster.create(workload(kind, name, namespace, baseWorkload="base", namePrefix=name, **spec))
        await cluster.wait_for(f"all of {name} to be removed", removed, bool)
    # a change that the fact about the failure does not know: the status service has to look
    await cluster.patch(PLURALS[kind], name, namespace, {"metadata": {"labels": {"seen": "no"}}})


async def run_and_suspend(cluster: Cluster, namespace: str) -> None:
    """Have the runner start both kinds of job, and suspend them."""
    for name, restart, plural, child in (
        ("batch", "Never", "jobs", "batch"),
        ("notebook", "Always", "statefulsets", "notebook-0"),
    ):
        await cluster.create(runaijob(name, namespace, restart))
        await cluster.wait_for(child, partial(cluster.find, plural, child, namespace), bool)
        await cluster.patch("runaijobs", name, namespace, {"spec": {"suspend": True}})
        await cluster.wait_for(name, partial(cluster.get, "runaijobs", name, namespace), is_suspended)


def is_suspended(job: Manifest) -> bool:
    """Whether the RunaiJob reports that it is suspended."""
    conditions = job.get("status", {}).get("conditions", [])
    return any(one["type"] == "Suspended" and one["status"] == "True" for one in conditions)


async def settled(log: AuditLog, cluster: Cluster) -> set[Any]:
    """What was asked for, once the log has all of it: it is written a moment later."""

    async def look() -> set[Any]:
        return log.asked()

    try:
        async with asyncio.timeout(10):
            return await cluster.wait_for("the audit log", look, lambda used: used >= granted())
    except TimeoutError:
        return log.asked()


def report(used: set[Any]) -> None:
    """Print how many kinds of request each role allows, and how many were made."""
    allowed, asked = (Counter(ask.service for ask in asks) for asks in (granted(), used))
    for service, count in allowed.items():
        print(f"{service}: {count} granted, {asked[service]} used")
