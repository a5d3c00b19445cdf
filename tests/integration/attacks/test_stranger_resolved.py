"""A program that reaches the bus publishes decisions of its own: `workload.resolved` and `workload.observed`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.messages import ViolationText, WorkloadObserved, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import SUBMITTING, Line
from tests.integration.harness.manifests import interactive
from tests.integration.harness.outcome import names_of
from tests.integration.harness.seals import sealed_by_the_resolver

pytestmark = pytest.mark.faults

RUNS = SUBMITTING
EVIL = {"name": "evil", "image": "evil", "hostNetwork": True}
"""Values that no policy has seen."""


def reference(workload: Manifest, **other: Any) -> WorkloadRef:
    metadata = workload["metadata"]
    known = {"kind": workload["kind"], "resource_version": metadata["resourceVersion"]}
    return WorkloadRef(
        **{**{name: metadata[name] for name in ("namespace", "name", "uid", "generation")}, **known, **other}
    )


def decision(workload: Manifest, values: dict[str, Any] = EVIL, **ref: Any) -> WorkloadResolved:
    """A decision about the workload, as a stranger writes it."""
    about = reference(workload, **ref)
    return WorkloadResolved(workload=about, observed_at=datetime.now(UTC), values_set=values, provenance={})


def rejection(workload: Manifest) -> WorkloadResolved:
    """Objections to the workload that nobody has."""
    ref, now, why = reference(workload), datetime.now(UTC), [ViolationText(parameter="gpu", message="no")]
    refused = WorkloadRejected(workload=ref, observed_at=now, reason="PolicyViolation", violations=why)
    return decision(workload, {}).model_copy(update={"rejection": refused, "attempt": 2})


async def refused(line: Line) -> dict[str, float]:
    """How many messages the creator has ignored, by cause."""
    (creator,) = line.services["creator"]
    found = await creator.metrics()
    prefix = 'slipway_seals_refused_total{cause="'
    return {
        name.removeprefix(prefix).partition('"')[0]: count
        for name, count in found.items()
        if name.startswith(prefix) and 'what="message"' in name
    }


async def publish(cluster: Cluster, line: Line, *forged: WorkloadResolved | WorkloadObserved) -> dict[str, float]:
    """Publish, wait until the creator has ignored all of them, and return how many by cause."""
    before = await refused(line)
    for message in forged:
        await line.publish(message.subject, message.model_dump_json(by_alias=True).encode())

    async def more() -> dict[str, float]:
        now = await refused(line)
        return {cause: count - before.get(cause, 0) for cause, count in now.items() if count != before.get(cause, 0)}

    enough = float(len(forged))
    return await cluster.wait_for("the creator to ignore them", more, lambda seen: sum(seen.values()) >= enough)


async def test_a_forged_decision_makes_nothing_and_the_genuine_one_counts(
    cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """P9: own values, a stripped, copied or altered seal, a rejection: nothing is made of it, and nobody fails."""
    (resolver,) = pipeline.services["resolver"]
    other = await cluster.submitted(await cluster.create(interactive("other", namespace, image="other", name="other")))
    resolver.pause()
    mine = await cluster.create(interactive("mine", namespace, image="mine", name="mine"))
    of_other = sealed_by_the_resolver(decision(other, {"name": "other", "image": "other"}), other)
    of_mine = sealed_by_the_resolver(decision(mine, {"name": "mine", "image": "mine"}), mine)
    old = sealed_by_the_resolver(decision(mine, EVIL, generation=7), mine)
    seen = await publish(
        cluster,
        pipeline,
        decision(mine),
        decision(mine, namespace="default"),
        rejection(mine),
        of_mine.model_copy(update={"seal": None}),
        of_mine.model_copy(update={"values_set": EVIL}),
        of_other.model_copy(update={"workload": of_mine.workload}),
        old.model_copy(update={"workload": of_mine.workload}),
        decision(mine).model_copy(update={"seal": "v1 0123456789abcdef AAAA", "sources": of_mine.sources}),
    )
    assert seen == {"Unsealed": 4, "Altered": 1, "Anothers": 2, "UnknownKey": 1}
    assert await names_of(cluster, namespace) == ["ConfigMap/other", "RunaiJob/other"]
    assert "status" not in await cluster.get("interactiveworkloads", "mine", namespace)
    resolver.resume()
    await cluster.submitted(mine)
    job = await cluster.get("runaijobs", "mine", namespace)
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "mine"


async def test_nothing_is_ever_made_of_a_template(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """P10: neither a forged decision nor a forged observation makes a job of a Template."""
    template = await cluster.create(interactive("template", namespace, image="mine", usage="Template"))
    submit = {"image": {"value": "evil"}, "name": {"value": "evil"}, "usage": "Submit"}
    ref, now = reference(template), datetime.now(UTC)
    specs = enumerate((submit, template["spec"]), start=11)  # attempts, since the bus drops what it has just had
    observed = [WorkloadObserved(workload=ref, observed_at=now, spec=spec, attempt=number) for number, spec in specs]
    seen = await publish(cluster, pipeline, decision(template), *observed)
    assert seen == {"Unsealed": 1, "AnotherSpec": 2}
    assert await names_of(cluster, namespace) == []
    now_there = await cluster.get("interactiveworkloads", "template", namespace)
    assert "status" not in now_there
    assert not now_there["metadata"].get("annotations", {}).get("run.ai/job-name")


async def test_a_forged_observation_of_a_workload_is_not_decided_on(
    cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """P9: the resolver seals what it is told, but only what the workload really asks for is made."""
    (watcher,) = pipeline.services["watcher"]
    watcher.pause()
    mine = await cluster.create(interactive("mine", namespace, image="mine", name="mine"))
    other = {"spec": {**mine["spec"], "image": {"value": "evil"}}, "annotations": mine["metadata"]["annotations"]}
    root = {"spec": mine["spec"], "annotations": {"run.ai/submitted-by": "root"}}
    ref, now = reference(mine), datetime.now(UTC)
    forged = [
        WorkloadObserved(workload=ref, observed_at=now, attempt=number, **told)
        for number, told in enumerate((other, root), start=11)
    ]
    assert await publish(cluster, pipeline, *forged) == {"AnotherSpec": 2}
    assert await names_of(cluster, namespace) == []
    watcher.resume()
    await cluster.submitted(mine)
    assert await names_of(cluster, namespace) == ["ConfigMap/mine", "RunaiJob/mine"]
