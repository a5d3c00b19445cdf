"""P4: a decision is frozen before anything else is created; later edits change nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from nats.aio.msg import Msg

from shared.objects import Manifest
from tests.integration.harness.broker import connected
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.manifests import interactive, policy
from tests.integration.harness.outcome import (
    claim,
    identity,
    messages,
    names_of,
    nothing_left,
    objects,
    owner_uid,
    reference,
)
from tests.integration.harness.outcomes import drained, in_flight
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

ALL = ["ConfigMap/frozen", "RunaiJob/frozen", "Service/frozen", "Service/frozen-jupyter"]
WRITES = ("the name", "the claim", "the Service", "the notebook's Service", "the job")
"""Everything that a creator writes for `submission`, in this order."""
CLAIM = 2
"""The number of the claim among these writes."""


async def sources(cluster: Cluster, namespace: str) -> tuple[Manifest, Manifest]:
    """A policy and a base, which complete the submission."""
    governing = policy(
        "InteractivePolicy", namespace, gpu={"rules": {"max": "4"}}, workingDir={"value": "/of-the-policy"}
    )
    base = interactive("base", namespace, usage="Template", image="of-the-base", gpu="4", jupyter=True)
    return await cluster.create(governing), await cluster.create(base)


def submission(namespace: str) -> Manifest:
    ports = {"web": {"container": 8080, "external": 80}}
    return interactive("mine", namespace, baseWorkload="base", name="frozen", gpu="2", ports=ports)


async def edit(cluster: Cluster, namespace: str) -> None:
    """Edit the policy and the base workload so that they would refuse the submission."""
    stricter = {"spec": {"gpu": {"rules": {"max": "1"}}, "workingDir": {"value": "/edited"}}}
    await cluster.patch("interactivepolicies", "policy", namespace, stricter)
    other = {"spec": {"image": {"value": "edited"}, "jupyter": {"value": False}}}
    await cluster.patch("interactiveworkloads", "base", namespace, other)


async def assert_as_decided(
    cluster: Cluster, namespace: str, workload: Manifest, of: tuple[Manifest, Manifest]
) -> None:
    """The workload has all its outputs, made from the original policy and base workload."""
    found = await objects(cluster, namespace)
    assert list(found) == ALL
    assert {owner_uid(found[name]) for name in ALL} == {workload["metadata"]["uid"]}
    (container,) = found["RunaiJob/frozen"]["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["workingDir"]) == ("of-the-base", "/of-the-policy")
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 2}
    assert workload["status"]["policy"] == reference(of[0])
    assert reference(of[1]).items() <= workload["status"]["baseWorkload"].items()  # which also names its authors


async def test_the_claim_holds_what_was_decided(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P4: the claim holds values, origins and the versions of policy and base workload."""
    governing, base = await sources(cluster, namespace)
    await cluster.submitted(await cluster.create(submission(namespace)))
    held = await claim(cluster, namespace, "frozen")
    assert (held["sources"]["policy"], held["sources"]["scheduler"]) == (reference(governing), "default")
    assert reference(base).items() <= held["sources"]["baseWorkload"].items()  # which also names its authors
    values, provenance = held["values"], held["provenance"]
    assert (values["gpu"], values["image"], values["workingDir"]) == ("2", "of-the-base", "/of-the-policy")
    assert provenance["gpu"] == {
        "origin": "workload",
        "value": "2",
        "beat": [{"origin": "base", "value": "4"}],
        "rules": {"max": "4"},
    }
    assert provenance["image"] == {"origin": "base", "value": "of-the-base"}
    assert provenance["workingDir"] == {"origin": "policy default", "value": "/of-the-policy"}
    assert provenance["imagePullPolicy"] == {"origin": "built-in default", "value": "Always"}
    first = next(each for each in pipeline.proxy.writes("creator-0") if each.verb == "create")
    assert (first.resource, first.name) == ("configmaps", "frozen")


async def test_later_edits_change_nothing(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P4: later edits of policy and base workload change nothing."""
    of = await sources(cluster, namespace)
    workload = await cluster.submitted(await cluster.create(submission(namespace)))
    before = await objects(cluster, namespace)
    pipeline.proxy.forget()
    await edit(cluster, namespace)
    later = await cluster.create(interactive("later", namespace, name="later", image="ubuntu", gpu="2"))
    assert messages(await cluster.failed(later)) == ["gpu: must be no greater than 1"]  # the edits apply from now on
    assert pipeline.proxy.writes("creator-0") == []
    after = await objects(cluster, namespace)
    assert {name: identity(item) for name, item in after.items()} == {n: identity(i) for n, i in before.items()}
    now = await cluster.get("interactiveworkloads", "mine", namespace)
    assert now["status"] == workload["status"]
    await assert_as_decided(cluster, namespace, now, of)


@pytest.mark.parametrize("write", range(CLAIM, len(WRITES) + 1), ids=WRITES[1:])
async def test_edits_while_the_creator_is_away(
    write: int, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The creator dies after a write and returns to edited sources: it continues with its own decision."""
    of = await sources(cluster, namespace)
    with pipeline.crash("creator", write, after=True):
        workload = await cluster.create(submission(namespace))
        await pipeline.died("creator")
    held = await cluster.get("configmaps", "frozen", namespace)
    await edit(cluster, namespace)
    pipeline.services.restart("creator")
    await assert_as_decided(cluster, namespace, await cluster.submitted(workload), of)
    assert identity(await cluster.get("configmaps", "frozen", namespace)) == identity(held)


async def test_the_bus_loses_everything_meanwhile(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """The objects on the API server are enough to continue."""
    of = await sources(cluster, namespace)
    with pipeline.crash("creator", CLAIM, after=True):
        workload = await cluster.create(submission(namespace))
        await pipeline.died("creator")
    await edit(cluster, namespace)
    await pipeline.delete_stream()
    pipeline.services.restart("creator")
    await assert_as_decided(cluster, namespace, await cluster.submitted(workload), of)


@asynccontextmanager
async def rejections(pipeline: Pipeline) -> AsyncIterator[set[str]]:
    """Collects the uids of workloads that the resolver rejects when it observes them again."""
    client, told = await connected(pipeline.nats), set[str]()

    async def on_message(message: Msg) -> None:
        fact = orjson.loads(message.data)
        if fact.get("rejection"):
            told.add(fact["workload"]["uid"])

    await client.subscribe("workload.resolved", cb=on_message)
    await client.flush()
    try:
        yield told
    finally:
        await client.close()


async def shown(told: set[str]) -> list[str]:
    return sorted(told)


@pytest.mark.parametrize("write", [CLAIM - 1, CLAIM], ids=["named", "claimed"])
async def test_a_claim_outweighs_a_later_rejection_and_a_name_does_not(
    write: int, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The first message is lost, and a second watcher sends another before the creator returns: that one is refused."""
    of = await sources(cluster, namespace)
    with pipeline.crash("creator", write, after=True):
        workload = await cluster.create(submission(namespace))
        await pipeline.died("creator")
    assert await names_of(cluster, namespace) == (["ConfigMap/frozen"] if write == CLAIM else [])
    await edit(cluster, namespace)
    async with rejections(pipeline) as told:
        pipeline.services.kill("watcher")
        await pipeline.delete_stream()
        pipeline.services.restart("watcher")
        await cluster.wait_for("the rejection", lambda: shown(told), lambda seen: seen == [workload["metadata"]["uid"]])
    pipeline.services.restart("creator")
    if write == CLAIM:
        await assert_as_decided(cluster, namespace, await cluster.submitted(workload), of)
    else:
        failed = await cluster.failed(workload)
        assert messages(failed) == ["gpu: must be no greater than 1"]
        assert not failed["metadata"]["annotations"]["run.ai/job-name"]
        await nothing_left(cluster, namespace)
    await drained(cluster, pipeline)


async def test_what_was_never_claimed_is_rejected_when_it_is_told_of_again(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P3: what was not claimed yet is judged by the current policy."""
    await sources(cluster, namespace)
    pipeline.services.kill("resolver")
    workload = await cluster.create(submission(namespace))
    await cluster.wait_for("the workload to be told of", lambda: in_flight(pipeline))
    pipeline.services.kill("watcher")
    await edit(cluster, namespace)
    await pipeline.delete_stream()
    pipeline.services.restart("watcher")
    pipeline.services.restart("resolver")
    failed = await cluster.failed(workload)
    assert messages(failed) == ["gpu: must be no greater than 1"]
    assert failed["status"]["violations"] == [{"parameter": "gpu", "message": "must be no greater than 1"}]
    await nothing_left(cluster, namespace)


async def test_a_claim_cannot_be_changed(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P4: a claim is immutable."""
    await sources(cluster, namespace)
    await cluster.submitted(await cluster.create(submission(namespace)))
    with pytest.raises(ApiError, match="field is immutable when `immutable` is set"):
        await cluster.patch("configmaps", "frozen", namespace, {"data": {"values.json": "{}"}})


async def test_a_claim_that_somebody_deleted_ends_the_submission(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P4: a deleted claim ends the submission in Failed."""
    await sources(cluster, namespace)
    with pipeline.crash("creator", 3, after=True):
        workload = await cluster.create(submission(namespace))
        await pipeline.died("creator")
    await cluster.delete("configmaps", "frozen", namespace)
    pipeline.services.restart("creator")
    failed = await cluster.failed(workload)
    assert messages(failed) == ["ConfigMap frozen, which holds what was decided, has been deleted"]
    await nothing_left(cluster, namespace)
