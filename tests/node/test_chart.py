"""The chart on a real node: installed, used, scaled, broken and upgraded under load, and removed."""

import asyncio
import json
import re
import time
import urllib.request
from typing import Final

import pytest

from deploy.local.ports import free_port
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.node import figures as measure
from tests.node.figures import Figures
from tests.node.load import under_load
from tests.node.node import Node
from tests.node.notebook import NAME, TOKEN
from tests.node.people import Runai
from tests.node.release import NAMESPACE, SERVICES, Release, is_ready, service_of

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
PROJECT: Final = "runai-team-a"
JOB: Final = "jupyter-1"
ANSWER: Final = {"kernels": 0, "connections": 0}
SUBMIT: Final = "--image-pull-policy IfNotPresent -p team-a"


async def test_one_install_makes_every_pod_ready(release: Release) -> None:
    """After `helm install --wait`, one pod of each service and of NATS is ready, and none has been restarted."""
    pods = await release.pods()
    assert sorted(service_of(pod) for pod in pods) == sorted([*SERVICES, "nats"])
    assert [pod["metadata"]["name"] for pod in pods if not is_ready(pod)] == []
    restarts = {service_of(pod): pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods}
    assert set(restarts.values()) == {0}, restarts


async def test_a_pod_is_ready_soon_after_it_was_created(release: Release, figures: Figures) -> None:
    """Each service runs and is ready within 20 s of its pod's creation, on a node that is busy with little else."""
    slow: dict[str, float] = {}
    for service in SERVICES:
        ran, ready = await measure.start(release, service)
        figures.add("from a pod's creation", f"{service:<9} runs after {ran:4.1f} s, is ready after {ready:4.1f} s")
        slow |= {service: ready} if ready > 20 else {}
    assert slow == {}


async def test_what_a_service_needs_when_idle(release: Release, node: Node, figures: Figures) -> None:
    """No pod of the chart uses a tenth of a processor, or 128 MiB, while nothing happens."""
    before = await asyncio.to_thread(measure.usage, node)
    await asyncio.sleep(12)  # the kubelet measures every 10 s
    after = await asyncio.to_thread(measure.usage, node)
    figures.add("idle", *measure.compared(before, after))
    assert {name: used.resident for name, used in after.items() if used.resident > 128} == {}


async def test_the_guide_is_played_against_a_real_container(release: Release, ann: Runai, cluster: Cluster) -> None:
    """A researcher submits a notebook from a template; it runs, is listed and described, and tells what it does."""
    template = {"usage": "Template", "jupyter": {"value": True}, "image": {"value": NAME}}
    template["imagePullPolicy"] = {"value": "IfNotPresent"}
    metadata = {"name": "team-a-jupyter-defaults", "namespace": PROJECT}
    kind = {"apiVersion": "run.ai/v1alpha1", "kind": "InteractiveWorkload"}
    await cluster.apply({**kind, "metadata": metadata, "spec": template})
    base = "--workload team-a-jupyter-defaults"
    local = free_port()
    submit = f"submit -p team-a --interactive {base} --job-name-prefix jupyter -g 1 --port {local}:8888"
    async with ann.running(submit, "Open access point") as printed:
        assert f"submit job {JOB}" in printed
        assert f"Jupyter notebook token: {TOKEN}" in printed
        assert await asyncio.to_thread(_read, f"http://127.0.0.1:{local}/api/status") == ANSWER
    assert re.search(rf"{JOB}\s+Running", await ann("list jobs -p team-a"))
    described = await ann(f"describe job {JOB} -p team-a")
    assert re.search(r"RUNNING\s+INTERACTIVE\s+\S+\s+node-1/10\.200\.0\.2", described)
    assert f"http://{JOB}-0-0:8888/lab?token={TOKEN}" in await ann(f"logs {JOB} -p team-a")
    assert await ann(f"exec {JOB} -p team-a -- sh -c 'echo $RUNAI_PROJECT $(hostname)'") == f"team-a {JOB}-0-0\n"


async def test_the_notebook_answers_through_its_service_and_a_forwarded_port(
    release: Release, ann: Runai, cluster: Cluster
) -> None:
    """Another pod reaches the notebook by the name of its Service, and the researcher by `runai port-forward`."""
    (port,) = (await cluster.get("services", f"{JOB}-jupyter", PROJECT))["spec"]["ports"]
    url = f"http://{JOB}-jupyter:{port['port']}/cgi-bin/who"
    read = f"python -c \"import urllib.request as http; print(http.urlopen('{url}', timeout=30).read().decode())\""
    await ann(f"submit --name client {SUBMIT} --image {release.image} --wait --command -- {read}")
    await cluster.wait_for("the client to end", lambda: _phase(cluster, "client"), lambda phase: phase == "Succeeded")
    assert json.loads(await ann("logs client -p team-a")) == {"pod": f"{JOB}-0-0", "project": "team-a"}
    local = free_port()
    async with ann.running(f"port-forward {JOB} {local}:8888 -p team-a", "Open access point"):
        assert await asyncio.to_thread(_read, f"http://127.0.0.1:{local}/api/status") == {
            "kernels": 0,
            "connections": 0,
        }


async def _phase(cluster: Cluster, job: str) -> str:
    pods = await cluster.items("pods", PROJECT, f"release={job}")
    return str(pods[-1]["status"]["phase"])


def _read(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


async def test_a_failing_container_fails_its_job(release: Release, ann: Runai, cluster: Cluster) -> None:
    """A job whose container ends with an error is Failed, and its logs say why."""
    await ann(f"submit --name broken {SUBMIT} --image {NAME} --backoff-limit 0 --wait -- sh -c 'echo no data; exit 3'")

    async def listed() -> str:
        return await ann("list jobs -p team-a")

    await cluster.wait_for("the job to fail", listed, lambda text: re.search(r"broken\s+Failed", text))
    assert await ann("logs broken -p team-a") == "no data\n"


async def test_the_resolver_is_scaled_under_load(release: Release, cluster: Cluster, figures: Figures) -> None:
    """P1: scaled from 1 to 3 pods and back, the resolvers share the work, and nothing is lost or doubled."""
    async with under_load(cluster, "scaled") as load:
        await _scale(release, 3)
        before = await measure.resolved(cluster, await release.pods("resolver"))
        began, created = time.monotonic(), load.created
        usage = await asyncio.to_thread(measure.usage, release.node)
        await asyncio.sleep(20)
        after = await measure.resolved(cluster, await release.pods("resolver"))
        used = measure.compared(usage, await asyncio.to_thread(measure.usage, release.node))
        rate = (load.created - created) / (time.monotonic() - began)
        await _scale(release, 1)
    shares = {name: count - before[name] for name, count in after.items()}
    figures.add(f"under load, {rate:.1f} workloads/s", *used)
    figures.add("resolved by each of 3 resolvers", *(f"{name:<34} {count}" for name, count in shares.items()))
    assert min(shares.values()) > 0.15 * sum(shares.values()), shares


async def _scale(release: Release, count: int) -> None:
    await asyncio.to_thread(
        release.node.kubectl, "scale", "deployment/slipway-resolver", f"--replicas={count}", f"--namespace={NAMESPACE}"
    )
    await release.ready("resolver", count)


async def test_every_pod_is_deleted_once_under_load(release: Release, cluster: Cluster, figures: Figures) -> None:
    """P1: whichever pod is deleted, NATS' as well, another one takes over, and nothing is lost or doubled."""
    async with under_load(cluster, "deleted") as load:
        for service in (*SERVICES, "nats"):
            began = time.monotonic()
            (pod,) = await release.pods(service)
            await cluster.delete("pods", pod["metadata"]["name"], NAMESPACE)
            await _replaced(release, service, pod)
            figures.add("deleted under load", f"{service:<9} ready again after {time.monotonic() - began:4.1f} s")
    figures.add("deleted under load", f"{load.created} workloads, each with one job")


async def _replaced(release: Release, service: str, old: Manifest) -> None:
    async def look() -> bool:
        pods = await release.pods(service)
        return [is_ready(pod) for pod in pods if pod["metadata"]["uid"] != old["metadata"]["uid"]] == [True]

    await release.cluster.wait_for(f"another pod of {service}", look)


async def test_an_upgrade_under_load_loses_nothing(release: Release, cluster: Cluster, figures: Figures) -> None:
    """P1: `helm upgrade` with other values replaces every pod while workloads come; nothing is lost or doubled."""
    before = {service_of(pod): pod["metadata"]["uid"] for pod in await release.pods()}
    async with under_load(cluster, "upgraded") as load:
        began = time.monotonic()
        changed = {"settings": {"SLIPWAY_LOG_LEVEL": "debug"}, "podAnnotations": {"a": "b"}, "resolver.replicas": 2}
        await asyncio.to_thread(release.upgrade, changed)
        figures.add("helm upgrade under load", f"{time.monotonic() - began:.1f} s, {load.created} workloads")
    after = {pod["metadata"]["uid"]: service_of(pod) for pod in await release.pods()}
    assert set(before.values()) & set(after) == set()
    assert list(after.values()).count("resolver") == 2


async def test_helm_test_submits_a_workload(release: Release) -> None:
    """`helm test` submits the guide's workload and waits until it is Submitted."""
    assert "Succeeded" in await asyncio.to_thread(release.helm, "test", "slipway", "--timeout=180s")


async def test_uninstalling_leaves_peoples_workloads_alone(release: Release, ann: Runai, cluster: Cluster) -> None:
    """After `helm uninstall` no pod of Slipway is left; the notebook still runs, and its records are as before."""
    workloads = await cluster.names("interactiveworkloads", PROJECT)
    (before,) = await cluster.running(JOB, PROJECT)
    await asyncio.to_thread(release.uninstall)
    await cluster.wait_for("the pods to be gone", release.pods, lambda pods: not pods)
    (after,) = await cluster.running(JOB, PROJECT)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert await cluster.names("interactiveworkloads", PROJECT) == workloads
    assert re.search(rf"{JOB}\s+Running", await ann("list jobs -p team-a"))
    assert await ann(f"exec {JOB} -p team-a -- echo still here") == "still here\n"
