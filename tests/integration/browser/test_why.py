"""A job's page says why it does not run, and when each step of its submission was taken."""

from playwright.async_api import expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import training


async def test_a_job_that_can_never_run_says_so_on_its_page(visit: Visitors, project: str, cluster: Cluster) -> None:
    """With the rights of a researcher, who may not list nodes: the outlook, the scheduler's words, and what to do."""
    await cluster.create(training("huge", f"runai-{project}", gpu="100", image="x", name="huge"))
    page = await visit()
    await page.goto(f"/p/{project}/training/huge")
    why = page.get_by_role("region", name="Does it run?")
    await expect(why.get_by_text("It can never run as it is.")).to_be_visible()
    await expect(why.get_by_text("less than the 100 nvidia.com/gpu that it asks for")).to_be_visible()
    await expect(why.get_by_text("scheduler default-scheduler: ")).to_be_visible()
    steps = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    for number, words in enumerate(("Created by", "Observed by watcher", "Resolved by resolver", "Named by creator")):
        await expect(steps.nth(number)).to_contain_text(words)
    await expect(steps.filter(has_text="Pod created")).to_be_visible()
    assert await findings(page) == []
    assert await beyond(page) == []


async def test_a_job_that_ends_says_so_on_the_open_page(visit: Visitors, project: str, cluster: Cluster) -> None:
    """The answer and the timeline follow the job."""
    page = await visit()
    await cluster.create(training("calm", f"runai-{project}", image="x", name="calm"))
    await page.goto(f"/p/{project}/training/calm")
    await expect(page.get_by_role("region", name="Timeline").get_by_text("Job succeeded")).to_be_visible()
    await expect(page.get_by_role("region", name="Does it run?").get_by_text("It has ended.")).to_be_visible()
