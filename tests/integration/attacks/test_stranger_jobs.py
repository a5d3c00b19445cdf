"""A program that can publish `job.observed`, as none but the watcher can: what the runner makes of it."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from shared.objects import Manifest
from tests.integration.harness.broker import talking
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import Start
from tests.integration.harness.running import drained, runaijob

pytestmark = pytest.mark.contract

ENDED = {"conditions": [{"type": "Complete", "status": "True", "reason": "Forged", "message": "forged"}]}


def victim(namespace: str) -> Manifest:
    """A Job that somebody runs without Slipway."""
    container = {"name": "main", "image": "busybox"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    metadata = {"name": "victim", "namespace": namespace}
    spec = {"parallelism": 3, "completions": 3, "template": template, "suspend": True}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def forged(victim: Manifest, mine: Manifest) -> Iterator[dict[str, Any]]:
    """Messages that would have somebody's Job changed, or a RunaiJob of somebody else's ended."""
    child = {"kind": "Job", "metadata": victim["metadata"], "spec": victim["spec"]}
    steering = {**mine, "spec": {**mine["spec"], "suspend": False, "parallelism": 0}}
    named = {**steering, "metadata": {**mine["metadata"], "name": "victim"}}
    for deleted in (False, True):
        for status in ({}, ENDED):
            yield {"job": steering, "child": {**child, "status": status}, "childDeleted": deleted}
            yield {"job": named, "child": {**child, "status": status}, "childDeleted": deleted}
    noted = {**steering, "status": {"runsAs": {"kind": "Job", "name": "victim", "uid": victim["metadata"]["uid"]}}}
    yield {"job": noted, "child": child}
    yield {"job": noted, "child": {**child, "status": ENDED}}


async def test_a_forged_job_observed_changes_nothing_of_others(start: Start, cluster: Cluster, namespace: str) -> None:
    """P9: whatever a message says, the runner changes only what the named RunaiJob itself owns, and ends none of it."""
    async with start(("runner",)) as line:
        theirs = await cluster.create(victim(namespace))
        mine = await cluster.create(runaijob("mine", namespace, parallelism=1, completions=1))
        messages = list(forged(theirs, mine))
        async with talking(line.nats) as client:
            for message in messages:
                await client.jetstream().publish("job.observed", orjson.dumps(message))
        await drained(line, cluster)
        assert (await cluster.get("jobs", "victim", namespace))["spec"] == theirs["spec"]
        touched = [f"{one.verb} {one.resource}/{one.name}" for one in line.proxy.writes("runner-0")]
        assert [one for one in touched if "victim" in one] == []
        assert "Complete" not in str((await cluster.get("runaijobs", "mine", namespace)).get("status"))
        print(f"{len(messages)} forged messages, {len(touched)} writes about the RunaiJob that they name")
