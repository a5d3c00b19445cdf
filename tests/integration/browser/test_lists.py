"""Lists of jobs, workloads, templates and policies: as they are now, with filters in their addresses."""

import asyncio
import re
from typing import Any, Final

from playwright.async_api import Locator, Page, expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import ADMINISTRATOR, STRANGER, Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training

MANY: Final = 230
"""Jobs of a long list: more than a page."""


def job(namespace: str, number: int, user: str = "jane") -> dict[str, Any]:
    """A suspended job that was made by hand: nothing but the list acts on it."""
    containers = [{"name": "main", "image": f"registry/image:{number % 3}"}]
    spec = {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": containers}}}
    metadata = {"name": f"train-{number}", "namespace": namespace, "labels": {"user": user}}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": spec}


def row(page: Page, name: str) -> Locator:
    """The row of that name."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


async def live(page: Page) -> None:
    """Wait until the list is whole, and follows every change."""
    await expect(page.get_by_text("live", exact=True)).to_be_visible()


async def test_filters_order_and_search_are_in_the_address(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """What a person has narrowed a list to can be sent to another, and counts are of all that match."""
    for number, user in enumerate(["jane", "jane", "tom"]):
        await cluster.create(job(namespace, number, user))
    page = await visit()
    await page.goto(f"/p/{project}/jobs")
    await expect(page.get_by_role("link", name="Suspended 3")).to_be_visible()
    await page.get_by_role("searchbox", name="Search").fill("image:1")
    await expect(page).to_have_url(re.compile(r"\?q=image%3A1$"))
    await expect(page.get_by_role("link", name="All 1")).to_be_visible()
    await page.get_by_role("searchbox", name="Search").fill("")
    await page.get_by_role("combobox", name="User").select_option("jane")
    await expect(page.get_by_role("link", name="All 2")).to_be_visible()
    await page.get_by_role("link", name="Name", exact=True).click()
    await expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    await page.get_by_role("link", name="Suspended 2").click()
    await expect(page).to_have_url(re.compile(r"\?status=Suspended&user=jane&sort=name$"))
    other = await visit()
    await other.goto(page.url)
    assert await other.get_by_role("rowheader").all_inner_texts() == ["train-0", "train-1"]
    assert await findings(other, "label", "button-name") == []
    await other.goto(f"/p/{project}/jobs?sort=colour")
    await expect(other.get_by_role("alert")).to_contain_text("'colour' is no column: expected one of name, status")


async def test_a_long_list_is_shown_by_pages_and_stays_in_place(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """A new row comes in above, a changed one changes where it is: what a person chose and scrolled to stays."""
    await asyncio.gather(*(cluster.create(job(namespace, number)) for number in range(MANY)))
    page = await visit()
    await page.goto(f"/p/{project}/jobs?sort=-name")
    await live(page)
    await expect(page.get_by_text(f"1 to 200 of {MANY}")).to_be_visible()
    await page.get_by_role("checkbox", name="train-220", exact=True).check()
    await page.mouse.wheel(0, 900)
    await expect(page.get_by_text("1 chosen")).to_be_attached()
    first = row(page, "train-215")
    place = await first.bounding_box()
    element = await first.element_handle()
    await cluster.create(job(namespace, 999))
    await expect(row(page, "train-999")).to_be_attached()
    await cluster.patch("runaijobs", "train-215", namespace, {"metadata": {"labels": {"user": "ann"}}})
    await expect(first).to_contain_text("ann")
    now = await first.bounding_box()
    assert place and now and abs(place["y"] - now["y"]) < 3, "the browser keeps what is seen in its place"
    assert element and await element.evaluate("one => one.isConnected"), "the row is the same element"
    await expect(page.get_by_role("checkbox", name="train-220", exact=True)).to_be_checked()
    await expect(page.get_by_role("link", name=f"All {MANY + 1}")).to_be_attached()
    await page.get_by_role("link", name="Next").click()
    await expect(page.get_by_text(f"201 to {MANY + 1} of {MANY + 1}")).to_be_visible()
    assert len(await page.locator("tbody").inner_html()) < 80 * 1024


async def test_a_finished_job_changes_in_place_and_a_deleted_one_goes(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """A submitted job appears by itself, runs and ends before a person's eyes."""
    page = await visit()
    await page.goto(f"/p/{project}/jobs")
    await expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
    await live(page)
    workload = await cluster.create(training("t", namespace, image="ubuntu", namePrefix="sleeper"))
    done = await cluster.submitted(workload)
    name = done["status"]["jobName"]
    await expect(row(page, name)).to_be_visible()
    await expect(page.get_by_role("heading", name="No jobs yet")).to_be_hidden()
    await expect(row(page, name)).to_contain_text("Succeeded")
    await cluster.delete("trainingworkloads", "t", namespace)
    await expect(row(page, name)).to_be_hidden()


async def test_jobs_are_suspended_resumed_and_deleted_from_their_list(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Each press is reported in the words of the command line; a deletion asks first, and says what goes with it."""
    for number in (1, 2):
        await cluster.create(job(namespace, number))
    page = await visit()
    await page.goto(f"/p/{project}/jobs")
    await page.get_by_role("checkbox", name="All on this page").check()
    await page.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_role("status")).to_contain_text("Job train-1 is already suspended.")
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("status")).to_contain_text("Job train-2 resumed successfully.")
    await expect(page.get_by_role("link", name="Suspended 2")).to_be_hidden()
    await page.get_by_role("button", name="Delete…").click()
    await expect(page.get_by_role("heading", name="RunaiJob train-2")).to_be_visible()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_text("Job train-2 deleted successfully.")).to_be_visible()
    assert await cluster.names("runaijobs", namespace) == []


async def test_templates_and_policies_show_which_apply(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Templates of the project and of all are listed; of the policies of a kind, one applies and the others say why."""
    await cluster.create(training("mine", namespace, usage="Template", image="ubuntu"))
    await cluster.create(policy("TrainingPolicy", namespace, "own", gpu={"rules": {"max": "4"}}))
    page = await visit(ADMINISTRATOR)
    await page.goto(f"/p/{project}/templates")
    await expect(row(page, "mine")).to_contain_text("ubuntu")
    await page.goto(f"/p/{project}/policies")
    await expect(row(page, "own")).to_contain_text("Applies")
    assert await findings(page) == []
    await cluster.delete("trainingpolicies", "own", namespace)
    await expect(row(page, "own")).to_be_hidden()
    await page.goto(f"/p/{project}/workloads")
    await expect(page.get_by_role("heading", name="No workloads yet")).to_be_visible()
    narrow = await visit(ADMINISTRATOR, width=320)
    await narrow.goto(f"/p/{project}/templates")
    assert await beyond(narrow) == []


async def test_who_may_not_list_reads_the_servers_sentence(visit: Visitors, project: str) -> None:
    """In the place of the list stands what the API server says, and no name of anything."""
    page = await visit(STRANGER)
    for what in ("jobs", "workloads", "templates", "policies"):
        await page.goto(f"/p/{project}/{what}")
        await expect(page.get_by_role("alert")).to_contain_text('User "eve" cannot list resource')


async def test_lists_work_without_script(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Filters are a form and links, and actions are buttons of a form."""
    await cluster.create(job(namespace, 1))
    page = await visit(java_script_enabled=False)
    await page.goto(f"/p/{project}/jobs")
    await page.get_by_role("searchbox", name="Search").fill("nothing")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await page.get_by_role("link", name="Show all").click()
    await page.get_by_role("checkbox", name="train-1").check()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("Job train-1 resumed successfully.")).to_be_visible()
