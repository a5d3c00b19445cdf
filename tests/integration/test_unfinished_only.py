"""The watcher lists and watches unfinished submissions only, whatever else there is and however large it is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.watcher.app import UNFINISHED
from tests.integration.harness.cluster import ApiError, Cluster, path_of
from tests.integration.harness.forked import SUBMITTING, Start
from tests.integration.harness.manifests import training
from tests.integration.harness.outcomes import all_ended, create_all, drained

pytestmark = pytest.mark.contract

CRD = "trainingworkloads.run.ai"
WATCHED = "trainingworkloads"
LARGE = 40
"""Unfinished workloads of almost the largest size."""


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(item["metadata"]["name"] for item in answer["items"])


async def test_the_selector_finds_exactly_the_unfinished_submissions(cluster: Cluster, namespace: str) -> None:
    """A template and what has a phase are left out; a workload that states no usage is a submission."""
    await cluster.create(training("template", namespace, usage="Template", image="alpine"))
    for name, usage in (("stated", {"usage": "Submit"}), ("unstated", {}), ("ended", {}), ("delayed", {})):
        await cluster.create(training(name, namespace, image="alpine", **usage))
    await cluster.patch(WATCHED, "ended", namespace, {"status": {"phase": "Failed"}}, "status")
    await cluster.patch(WATCHED, "delayed", namespace, {"status": {"observedGeneration": 1}}, "status")
    params = {"fieldSelector": UNFINISHED}
    for version in ("run.ai/v1alpha1", "run.ai/v2alpha1"):
        answer = await cluster.request("GET", path_of(WATCHED, namespace, api_version=version), params=params)
        assert names(answer) == ["delayed", "stated", "unstated"]


async def test_a_watcher_that_starts_sees_nothing_of_what_ended(start: Start, cluster: Cluster, namespace: str) -> None:
    """What ended leaves the watcher's memory at once, and a new watcher never lists it."""
    async with start() as line:
        await create_all(cluster, [training(f"w-{n}", namespace, image="alpine") for n in range(10)])
        await all_ended(cluster, namespace, 10)
        (watcher,) = line.services["watcher"]
        gauge = 'slipway_unfinished{what="workloads"}'
        await cluster.wait_for("nothing to be pending", watcher.metrics, lambda seen: seen[gauge] == 0)
        line.proxy.forget()
        watcher.kill()
        watcher.start()
        await watcher.ready()
        await cluster.submitted(await cluster.create(training("later", namespace, image="alpine")))
        calls = [one for one in line.proxy.exchanges if one.client == "watcher-0" and one.resource == WATCHED]
        assert {one.verb for one in calls} == {"list", "watch"}
        assert {one.query.get("fieldSelector") for one in calls} == {UNFINISHED}


@pytest.fixture
async def old_definition(cluster: Cluster) -> AsyncIterator[None]:
    """The definition of training workloads as an older release installed it: without selectable fields."""
    whole = await cluster.get("customresourcedefinitions", CRD)
    versions = [{k: v for k, v in one.items() if k != "selectableFields"} for one in whole["spec"]["versions"]]
    path = path_of(WATCHED)
    await cluster.patch("customresourcedefinitions", CRD, None, {"spec": {"versions": versions}})
    await cluster.wait_for(
        "the fields to be unknown", lambda: refused(cluster, path), lambda seen: "field label not supported" in seen
    )
    yield
    await cluster.patch("customresourcedefinitions", CRD, None, {"spec": {"versions": whole["spec"]["versions"]}})
    await cluster.wait_for("the fields to be known", lambda: refused(cluster, path), lambda seen: seen == "")


@pytest.mark.usefixtures("old_definition")
async def test_with_older_definitions_everything_is_watched(start: Start, cluster: Cluster, namespace: str) -> None:
    """Definitions that were not upgraded cost memory and nothing else, and the log says what to do."""
    async with start() as line:
        await cluster.create(training("template", namespace, usage="Template", image="alpine"))
        await cluster.submitted(await cluster.create(training("w", namespace, image="alpine")))
        (watcher,) = line.services["watcher"]
        assert "everything is watched: apply the current definitions" in watcher.log.read_text()
        assert await watcher.is_ready()


async def test_large_unfinished_workloads_are_listed_in_small_pages(
    start: Start, cluster: Cluster, namespace: str
) -> None:
    """Forty workloads of 400 KiB take several pages, hold up no other kind, and all end."""
    text = {f"V{n}": "x" * 31_000 for n in range(13)}
    many = [training(f"large-{n}", namespace, image="alpine", environment=text) for n in range(LARGE)]
    await create_all(cluster, many)
    async with start(SUBMITTING) as line:
        await all_ended(cluster, namespace, LARGE)
        lists = [one for one in line.proxy.exchanges if (one.verb, one.resource) == ("list", WATCHED)]
        of_the_watcher = [one for one in lists if one.client == "watcher-0"]
        assert len([one for one in of_the_watcher if "continue" in one.query]) >= 3
        await drained(cluster, line)


async def refused(cluster: Cluster, path: str) -> str:
    """The API server's objection to the selector; nothing if it knows the fields."""
    try:
        await cluster.request("GET", path, params={"fieldSelector": UNFINISHED, "limit": "1"})
    except ApiError as error:
        return str(error)
    return ""
