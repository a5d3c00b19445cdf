"""Stories 20 and 25 of the New Job form: one submission makes one workload, with script, with keys alone, without."""

import re
from typing import Final, Literal

from playwright.async_api import expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.new_job import NewJob
from tests.integration.browser.visitors import STRANGER, Visitors, tab_to
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training

SIZES: Final[tuple[tuple[int, Literal["light", "dark"]], ...]] = ((1440, "light"), (320, "dark"))
"""Widths and colours in which axe looks."""


async def test_a_form_is_submitted_once(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Story 20: a double click, a reload, and the way back to the form and another press make one workload, whose page
    turns Submitted and then Running by itself."""
    page = await visit()
    form = await NewJob(page, project).open(image="ubuntu")
    await form.text("GPUs").fill("1")
    await form.settled()
    submit = page.get_by_role("button", name="Submit", exact=True)
    await submit.dblclick()
    details = re.compile(rf"/p/{project}/training/job-\d.*$")
    await expect(page).to_have_url(details)
    await expect(page.get_by_role("main")).to_contain_text("Submitted")
    await expect(page.get_by_role("main")).to_contain_text("Running")
    await page.reload()
    await page.go_back()
    await expect(form.text("Image")).to_have_value("ubuntu")
    await submit.click()
    await expect(page).to_have_url(details)
    assert len(await cluster.items("trainingworkloads", namespace)) == 1


async def test_what_the_form_says_now_is_what_is_sent(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """A form that has created its workload and is changed afterwards asks once more, then makes another one; pressing
    sooner than the last change is judged sends the change too."""
    page = await visit()
    form = await NewJob(page, project).open(image="ubuntu")
    submit = page.get_by_role("button", name="Submit", exact=True)
    await form.text("Memory").fill("2Gi")
    await submit.click()
    await expect(page).to_have_url(re.compile(rf"/p/{project}/training/job-"))
    [first] = await cluster.items("trainingworkloads", namespace)
    assert first["spec"]["memory"] == {"value": "2Gi"}


async def test_a_person_without_the_right_keeps_the_form(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Nothing is called accepted that cannot be judged; the server's words stand there; what is typed stays."""
    page = await visit(STRANGER)
    form = await NewJob(page, project).open(image="ubuntu")
    await form.settled("what the policy says is not known: trainingpolicies.run.ai is forbidden")
    await form.text("GPUs").fill("2")
    await page.get_by_role("button", name="Submit", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text('User "eve" cannot create resource "trainingworkloads"')
    await expect(form.text("GPUs")).to_have_value("2")
    assert await cluster.items("trainingworkloads", namespace) == []


async def test_the_form_works_without_script(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Story 25: fill, check by a button, add a row, remove another one, submit."""
    await cluster.create(training("defaults", namespace, usage="Template", image="ubuntu", environment={"A": "1"}))
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"rules": {"max": "4"}}))
    page = await visit(java_script_enabled=False)
    await page.goto(f"/p/{project}/new/training?base=defaults")
    form = NewJob(page, project)
    await form.text("GPUs").fill("9")
    await page.locator("aside").get_by_role("button", name="Check").click()
    await expect(form.verdict).to_contain_text("gpu: must be no greater than 4")
    await page.get_by_role("button", name="Undo GPUs").click()
    await expect(form.text("GPUs")).to_have_value("")
    await form.row("Environment variables", "A").get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Add to Environment variables").click()
    new = form.row("Environment variables", "new")
    await new.get_by_label("Name", exact=True).fill("B")
    await new.get_by_label("Value").fill("2")
    await page.get_by_role("button", name="Submit", exact=True).click()
    await expect(page).to_have_url(re.compile(rf"/p/{project}/training/job-\d"))
    sent = next(
        one for one in await cluster.items("trainingworkloads", namespace) if one["metadata"]["name"] != "defaults"
    )
    assert sent["spec"] == {
        "usage": "Submit",
        "baseWorkload": "defaults",
        "environment": {"items": {"A": {"deleted": True}, "B": {"value": "2"}}},
    }


async def test_keys_alone_are_enough(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """A job is filled in and submitted by Tab, letters and Enter; Enter in a control submits nothing."""
    page = await visit()
    await NewJob(page, project).open()
    await tab_to(page, "textbox", "Image")
    await page.keyboard.type("ubuntu")
    await page.keyboard.press("Enter")
    await expect(page.locator("#verdict")).to_contain_text("Would be accepted")
    assert await cluster.items("trainingworkloads", namespace) == []
    await tab_to(page, "button", "Submit")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(rf"/p/{project}/training/job-\d"))


async def test_everybody_can_use_the_form(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Axe checks its labels and finds nothing, with all sections open and a mistake, at 320 pixels and in the dark."""
    ports = {"items": {"web": {"value": {"container": 80}}}}
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"value": "9", "rules": {"max": "4"}}, ports=ports))
    for width, scheme in SIZES:
        page = await visit(width=width, scheme=scheme)
        await NewJob(page, project).open(**{"environment.A": "1"})
        await page.evaluate("document.querySelectorAll('details.section').forEach(one => one.open = true)")
        assert await findings(page, "label") == []
        assert await beyond(page) == []
