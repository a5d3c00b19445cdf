"""Deleting a workload, at any moment, deletes everything it created; its name is available again at once."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.exchange import Exchange
from tests.integration.harness.faults import Delay, Hook
from tests.integration.harness.manifests import deployment, interactive, training
from tests.integration.harness.outcome import condition, messages, names_of, nothing_left, objects, owner_uid
from tests.integration.harness.outcomes import drained
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.prepare import paused

pytestmark = pytest.mark.contract

PORTS = {"web": {"container": 8080, "external": 80}}
WRITES = 5
"""The creator's writes for `everything`: the name on the workload, the claim, two Services, the job."""
CLAIM = 2
"""The number of the claim among these writes."""
TIMES = 20


def everything(name: str, namespace: str) -> Manifest:
    """A workload with every output that an interactive one can have, all named after it."""
    return interactive(name, namespace, name=name, image="ubuntu", jupyter=True, ports=PORTS)


async def test_between_any_two_outputs(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """One workload for each moment, all at once: each is deleted before or after one of its creator's writes."""
    moments = {f"at-{write}-{when}": write for write in range(1, WRITES + 1) for when in ("before", "after")}
    seen: Counter[str] = Counter()
    deleted: set[str] = set()

    def meant(exchange: Exchange) -> str:
        return next((name for name in moments if (exchange.name or "").removesuffix("-jupyter") == name), "")

    async def delete(exchange: Exchange, when: str) -> None:
        name = meant(exchange)
        if name.endswith(when) and seen[name] == moments[name] and name not in deleted:
            deleted.add(name)
            async with Cluster(cluster.kubeconfig) as administrator:  # belongs to the proxy's own loop
                await administrator.delete("interactiveworkloads", name, namespace)

    async def before(exchange: Exchange) -> None:
        seen[meant(exchange)] += 1
        await delete(exchange, "before")

    async def after(exchange: Exchange) -> None:
        await delete(exchange, "after")

    with pipeline.proxy.on(Hook(before, after), client="creator-0", writes=True):
        await asyncio.gather(*(cluster.create(everything(name, namespace)) for name in moments))
        await cluster.wait_for("each to be deleted", _held(deleted), lambda names: names == set(moments))
        await drained(cluster, pipeline)  # no service works on any of them any more
    await nothing_left(cluster, namespace)
    assert await cluster.names("interactiveworkloads", namespace) == []


async def test_of_what_was_submitted(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """Deleting workloads of every kind removes everything that they made."""
    notebook = await cluster.create(everything("notebook", namespace))
    trained = await cluster.create(training("trained", namespace, image="ubuntu"))
    served = await cluster.create(deployment("served", namespace, image="ubuntu", ports=PORTS))
    for workload in (notebook, trained, served):
        await cluster.submitted(workload)

    async def engines() -> list[str]:
        return [name for name in await names_of(cluster, namespace) if name.startswith(("Job/", "StatefulSet/"))]

    await cluster.wait_for("the jobs to run", engines, lambda names: len(names) == 2)
    for workload in (notebook, trained, served):
        plural = f"{workload['kind'].lower()}s"
        await cluster.delete(plural, workload["metadata"]["name"], namespace)
    await nothing_left(cluster, namespace)


async def test_in_the_foreground(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A foreground deletion ends only after everything else is gone."""
    await cluster.submitted(await cluster.create(everything("notebook", namespace)))
    await cluster.delete("interactiveworkloads", "notebook", namespace, propagationPolicy="Foreground")
    await cluster.gone("interactiveworkloads", "notebook", namespace)
    assert await names_of(cluster, namespace) == []


async def test_deleted_and_made_again_at_once(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """Twenty times at once, under the same name and with the same job's name, at every stage of the first."""

    async def twice(number: int) -> tuple[Manifest, Manifest]:
        name = f"again-{number}"
        first = await cluster.create(everything(name, namespace))
        if number % 2:
            await cluster.submitted(first)
        elif number % 4:
            await cluster.wait_for(f"the claim of {name}", lambda: cluster.find("configmaps", name, namespace))
        await cluster.delete("interactiveworkloads", name, namespace)
        return first, await cluster.submitted(await cluster.create(everything(name, namespace)))

    pairs = await asyncio.gather(*(twice(number) for number in range(TIMES)))
    await drained(cluster, pipeline)
    uids = {second["metadata"]["uid"] for _, second in pairs}
    firsts = {first["metadata"]["uid"] for first, _ in pairs}
    assert len(uids | firsts) == 2 * TIMES

    async def owners() -> Counter[str]:
        found = await objects(cluster, namespace)
        return Counter(owner_uid(item) for name, item in found.items() if not name.startswith("StatefulSet/"))

    per_workload = WRITES - 1
    counted = await cluster.wait_for("the first ones' outputs to be gone", owners, lambda seen: not firsts & set(seen))
    assert counted == Counter(dict.fromkeys(uids, per_workload))
    for _, second in pairs:
        assert second["status"]["jobName"] == second["metadata"]["name"]


async def test_left_behind_on_purpose(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A deletion that orphans the outputs keeps them; they are foreign from then on."""
    await cluster.submitted(await cluster.create(everything("kept", namespace)))
    await cluster.delete("interactiveworkloads", "kept", namespace, propagationPolicy="Orphan")
    await cluster.gone("interactiveworkloads", "kept", namespace)
    failed = await cluster.failed(await cluster.create(everything("kept", namespace)))
    assert failed["status"]["conditions"][-1]["reason"] == "NameTaken"
    assert {"ConfigMap/kept", "RunaiJob/kept", "Service/kept"} <= set(await names_of(cluster, namespace))


@pytest.fixture
async def terminating(cluster: Cluster, namespace: str) -> Any:
    """Has the namespace terminate, and not end before the test does."""
    holder = {"name": "holder", "namespace": namespace, "finalizers": ["slipway.test/hold"]}
    await cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": holder})
    yield lambda: cluster.delete("namespaces", namespace)
    await cluster.patch("configmaps", "holder", namespace, {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("write", [1, CLAIM, WRITES], ids=["the name", "the claim", "the job"])
async def test_the_namespace_terminates_before_a_write(
    write: int, cluster: Cluster, pipeline: Pipeline, namespace: str, terminating: Any
) -> None:
    """The submission ends, without a hot loop, and none of it is stuck."""
    held, go_on = asyncio.Event(), asyncio.Event()
    here = asyncio.get_running_loop()

    async def hold(_: Exchange) -> None:
        here.call_soon_threadsafe(held.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go_on.wait(), here))

    with pipeline.proxy.on(Hook(hold), client="creator-0", writes=True, nth=write):
        await cluster.create(everything("late", namespace))
        await asyncio.wait_for(held.wait(), 30)
        await terminating()
        workloads = "the workload to be removed with its namespace"
        await cluster.wait_for(workloads, lambda: cluster.names("interactiveworkloads", namespace), lambda n: not n)
        pipeline.proxy.forget()
        go_on.set()
        await drained(cluster, pipeline)
    await nothing_left(cluster, namespace, but=("ConfigMap/holder",))
    tries = [str(one) for one in pipeline.proxy.exchanges if one.client == "creator-0" and one.verb != "raw"]
    assert len(tries) < 30, tries


@pytest.mark.parametrize("write", [CLAIM, WRITES], ids=["the claim", "the job"])
async def test_a_workload_that_is_there_while_its_namespace_terminates_has_failed(
    write: int, cluster: Cluster, control_plane: ControlPlane, pipeline: Pipeline, namespace: str
) -> None:
    """The failure is reported: nothing can be created there any more, and the workload itself may stay for long."""

    async def terminate(_: Exchange) -> None:
        async with Cluster(cluster.kubeconfig) as administrator:  # belongs to the proxy's own loop
            await administrator.delete("namespaces", namespace)

    slow = paused(control_plane, "kube-controller-manager")  # which would delete the workload
    with slow, pipeline.proxy.on(Hook(terminate), client="creator-0", writes=True, nth=write):
        failed = await cluster.failed(await cluster.create(everything("late", namespace)))
        left = await names_of(cluster, namespace)
    what = {CLAIM: "configmaps", WRITES: "runaijobs.run.ai"}[write]
    refusal = f'{what} "late" is forbidden: unable to create new content in namespace {namespace} because it is being'
    told = condition(failed, "Submitted") or {}
    assert (told["status"], told["reason"], told["message"]) == ("False", "NamespaceGone", f"{refusal} terminated")
    assert messages(failed) == [told["message"]]
    made = ["ConfigMap late", "Service late", "Service late-jupyter"][: write - CLAIM]
    removed = ", ".join(reversed(made))
    assert messages(failed, "Info")[1:] == ([f"was removed again: {removed}"] if made else [])
    assert left == []


async def test_a_namespace_that_terminates_with_many_in_flight(
    cluster: Cluster, pipeline: Pipeline, namespace: str, terminating: Any
) -> None:
    """Deleting a namespace with submissions in flight leaves nothing behind."""
    with pipeline.proxy.on(Delay(1), client="creator-0", verb="create", resource="runaijobs") as slow:
        await asyncio.gather(*(cluster.create(everything(f"many-{number}", namespace)) for number in range(30)))
        await cluster.wait_for("the first job to be under way", lambda: asyncio.to_thread(lambda: slow.acted))
        phases = [one.get("status", {}).get("phase") for one in await cluster.items("interactiveworkloads", namespace)]
        assert phases.count(None) > 0
        await terminating()
        await drained(cluster, pipeline)
    await nothing_left(cluster, namespace, but=("ConfigMap/holder",))

    async def unfinished() -> float:
        metrics = await pipeline.services["watcher"][0].metrics()
        return sum(value for name, value in metrics.items() if name.startswith("slipway_unfinished{"))

    await cluster.wait_for("the watcher to have nothing unfinished", unfinished, lambda count: count == 0)


def _held(names: set[str]) -> Any:
    async def look() -> set[str]:
        return set(names)

    return look
