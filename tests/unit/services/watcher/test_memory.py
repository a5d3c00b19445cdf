"""What the watcher remembers by UIDs and names that people choose: all of it is emptied or bounded."""

import asyncio
from typing import Any

from services.watcher import handlers
from services.watcher.handlers import Jobs, Workloads, reference_only
from shared.objects import JsonObject
from shared.process.remembered import REMEMBERED
from tests.unit.services.watcher.fake_bus import FakeBus

MANY = 500


def workload(number: int) -> JsonObject:
    metadata = {"uid": f"u{number}", "name": f"w{number}", "namespace": "runai-a", "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"usage": "Submit"}}


def sizes(of: object) -> dict[str, int]:
    """How much each collection of an object holds."""
    return {name: len(one) for name, one in vars(of).items() if isinstance(one, dict | set | list)}


async def test_nothing_is_kept_of_workloads_that_ended_while_the_bus_was_away() -> None:
    """Workloads that come and go leave nothing behind, also if none of them could be reported."""
    bus: Any = FakeBus()
    api: Any = None
    workloads = Workloads(bus, api, 1.0, 60.0)
    handle = workloads.handler("TrainingWorkload")
    for number in range(MANY):
        await handle("changed", workload(number))
    assert sizes(workloads.telling) == {"pending": MANY, "_queue": MANY}
    for number in range(MANY):
        await handle("deleted", workload(number))
    for part in (workloads, workloads.telling, workloads._quiet):
        assert not any(sizes(part).values())


ORDERS = (
    [("child", "deleted")],
    [("job", "changed"), ("child", "changed"), ("job", "deleted"), ("child", "deleted")],
    [("child", "changed"), ("job", "changed"), ("child", "deleted"), ("job", "deleted")],
    [("child", "changed"), ("child", "deleted"), ("job", "changed"), ("job", "deleted")],
)
"""In which order the watcher may hear of a job and its child, which need not exist."""


async def test_nothing_is_kept_of_jobs_and_children_that_went_in_any_order() -> None:
    """Jobs and children that come and go leave nothing behind, also if only one of them is ever seen."""
    bus: Any = FakeBus()
    jobs = Jobs(bus, 1.0, 60.0)
    on: Any = {"job": jobs.on_job, "child": jobs.on_child("Job")}
    for number in range(MANY):
        job, child = workload(number), workload(number)
        job["metadata"]["uid"] = f"j{number}"
        child["metadata"]["ownerReferences"] = [{"kind": "RunaiJob", "uid": f"j{number}", "controller": True}]
        for what, change in ORDERS[number % len(ORDERS)]:
            await on[what](change, {**(job if what == "job" else child), "status": {}})
        if number == MANY // 2:
            jobs.listed()
    await asyncio.sleep(handlers.SETTLES_IN * 2)
    for part in (jobs, jobs.telling):
        assert not any(sizes(part).values())


def test_texts_of_namespaces_are_shared_but_not_for_ever() -> None:
    """Names of namespaces are kept once, and only the latest."""
    handlers.NAMESPACES.put("x", "x")
    for number in range(REMEMBERED + MANY):
        item = workload(number)
        item["metadata"]["namespace"] = f"runai-{number}"
        reference_only(item)
    assert len(handlers.NAMESPACES) == REMEMBERED
    first, second = (reference_only(workload(number))["metadata"]["namespace"] for number in (1, 2))
    assert first is second
