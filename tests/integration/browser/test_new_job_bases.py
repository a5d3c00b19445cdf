"""Stories 1 to 6 of the New Job form: what it starts from, and what becomes of inherited items."""

import re

from playwright.async_api import expect

from tests.integration.browser.new_job import REFUSED, NewJob
from tests.integration.browser.visitors import Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type
from tests.integration.harness.manifests import interactive, policy, training

PORTS = {
    "admin-port-a": {"value": {"container": 30100, "external": 8080}},
    "admin-port-b": {"value": {"container": 30101, "external": 8081}},
}
GPU = "gpu: must be no greater than 3 (base workload big has 5, which the policy does not allow)"


async def test_entries_say_whether_they_can_be_submitted(
    visit: Visitors, project: str, namespace: str, cluster: Cluster, runai: Type
) -> None:
    """Stories 1 and 2: templates and former workloads with usage and age; one that cannot be used has the reasons that
    the command line gives. A filter narrows them; choosing one fills the fields and stands in the address."""
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"rules": {"max": "3"}}))
    await cluster.create(training("big", namespace, usage="Template", image="ubuntu", gpu="5"))
    await cluster.create(training("small", namespace, usage="Template", image="ubuntu:24.04", gpu="2"))
    form = await NewJob(await visit(), project).open()
    await expect(form.base("small")).to_contain_text(re.compile(r"Template · \d+s\s+can be submitted as it is"))
    await expect(form.base("big")).to_contain_text(GPU)
    said = await runai(f"submit --workload big --dry-run=server -p {project}")
    assert (said.code, GPU in said.err) == (1, True)
    await form.page.get_by_role("searchbox", name="Start from").fill("small")
    await expect(form.base("big")).to_have_count(0)
    await form.base("small").click()
    await expect(form.page).to_have_url(re.compile(r"\?base=small$"))
    await expect(form.text("Image")).to_have_value("ubuntu:24.04")
    await expect(form.text("GPUs")).to_have_value("2")
    await expect(form.origin("gpu")).to_contain_text("from small")
    assert (await form.workload())["spec"] == {"baseWorkload": "small"}


async def test_a_base_that_the_policy_no_longer_allows(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Story 3: the reason stands at the entry, at the field and in the verdict, and on submit; typing a lower number
    clears it, and the workload is submitted."""
    await cluster.create(training("big", namespace, usage="Template", image="ubuntu", gpu="5"))
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"rules": {"max": "3"}}))
    form = await NewJob(await visit(), project).open(base="big")
    for place in (form.base("big"), form.field("gpu"), form.verdict):
        await expect(place).to_contain_text(GPU)
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.page.get_by_role("alert")).to_contain_text("nothing was sent")
    assert [one["metadata"]["name"] for one in await cluster.items("trainingworkloads", namespace)] == ["big"]
    await form.text("GPUs").fill("2")
    await form.settled()
    await expect(form.field("gpu")).not_to_contain_text("must be")
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.page).to_have_url(re.compile(rf"/p/{project}/training/job-\d.*$"))
    [_, sent] = await cluster.items("trainingworkloads", namespace)
    assert (sent["spec"]["baseWorkload"], sent["spec"]["gpu"]) == ("big", {"value": "2"})


async def test_the_form_does_the_book_keeping_of_items(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Stories 4, 5 and 6, the guide's table: removing an inherited item and adding one states exactly these two; a
    removed one stays in sight and can be restored; changing one member states the item whole."""
    await cluster.create(policy("InteractivePolicy", namespace, ports={"items": PORTS}))
    team = {
        "admin-port-a": {"container": 30100, "external": 8100},
        "team-a-port": {"container": 30111, "external": 8111},
    }
    await cluster.create(interactive("team-a", namespace, usage="Template", image="ubuntu", ports=team))
    form = await NewJob(await visit(), project).open("interactive", base="team-a")
    removed = form.row("Ports", "admin-port-b")
    await removed.get_by_role("button", name="Remove").click()
    await form.page.get_by_role("button", name="Add to Ports").click()
    await form.page.keyboard.type("my-port")
    mine = form.row("Ports", "new")
    await mine.get_by_label("Container port").fill("30222")
    await mine.get_by_label("External port").fill("8222")
    added = {"my-port": {"value": {"container": 30222, "external": 8222}}}
    await form.states({"ports": {"items": {"admin-port-b": {"deleted": True}, **added}}})
    line = await removed.locator(".mono").evaluate("one => getComputedStyle(one).textDecorationLine")
    assert line == "line-through"
    await removed.get_by_role("button", name="Restore").click()
    await form.row("Ports", "team-a-port").get_by_label("External port").fill("8112")
    whole = {"team-a-port": {"value": {"container": 30111, "external": 8112}}}
    await form.states({"ports": {"items": {**whole, **added}}})


async def test_items_that_the_policy_protects(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Story 5: what must stay has no button to remove it, where nothing may be added there is none to add, and both say
    who forbids it."""
    kept = {"admin-port-a": {**PORTS["admin-port-a"], "rules": {"canRemove": False}}}
    await cluster.create(
        policy("TrainingPolicy", namespace, "strict", ports={"rules": {"canAdd": False}, "items": kept})
    )
    form = await NewJob(await visit(), project).open()
    row = form.row("Ports", "admin-port-a")
    await expect(row.get_by_role("button", name="Remove")).to_have_count(0)
    await expect(row).to_contain_text(f"cannot be removed; set by TrainingPolicy strict in namespace {namespace}")
    await expect(form.page.get_by_role("button", name="Add to Ports")).to_have_count(0)
    await expect(form.field("ports")).to_contain_text(f"set by TrainingPolicy strict in namespace {namespace}")
    await form.settled(REFUSED)  # no image yet
