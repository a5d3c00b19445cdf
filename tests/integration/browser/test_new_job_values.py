"""Stories 7 to 12, 15 and 16 of the New Job form: origins, sentences while somebody types, and what is never lost."""

import re

import pytest
from playwright.async_api import expect

from tests.integration.browser.conftest import Platform
from tests.integration.browser.new_job import READY, REFUSED, NewJob
from tests.integration.browser.visitors import Visitors, slow
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training

WITHIN = 0.6
"""Seconds from a keystroke to its sentence, as promised; on a machine that does nothing else."""


@pytest.fixture
async def base(namespace: str, cluster: Cluster) -> str:
    """A template over a policy with defaults and rules."""
    rules = {
        "gpu": {"value": "1", "rules": {"min": "1", "max": "4"}},
        "memory": {"value": "4Gi", "rules": {"max": "16Gi"}},
        "imagePullPolicy": {"value": "Always", "rules": {"canEdit": False}},
        "nodeType": {"rules": {"options": [{"value": "a100", "displayed": "A100 (large)"}, {"value": "v100"}]}},
        "workingDir": {"rules": {"required": True}},
    }
    await cluster.create(policy("TrainingPolicy", namespace, "limits", **rules))
    spec = {"image": "ubuntu", "gpu": "2", "workingDir": "/work"}
    await cluster.create(training("defaults", namespace, usage="Template", **spec))
    return "defaults"


async def test_every_value_says_where_it_comes_from(visit: Visitors, project: str, base: str) -> None:
    """Stories 7 and 8: policy, base, built-in or mine with what it beats; undo brings that back, and typing the same
    value in another spelling does so too; a value can be kept as one's own."""
    form = await NewJob(await visit(), project).open(base=base)
    for name, words in (("memory", "policy"), ("gpu", "from defaults"), ("completions", "built-in")):
        await expect(form.origin(name)).to_contain_text(words)
    gpu = form.text("GPUs")
    await gpu.fill("3")
    await expect(form.origin("gpu")).to_contain_text("mine")
    await expect(form.field("gpu")).to_contain_text("instead of 2 (from defaults), 1 (policy)")
    await form.states({"gpu": {"value": "3"}})
    await form.page.get_by_role("button", name="Undo GPUs").click()
    await expect(gpu).to_have_value("2")
    await expect(gpu).to_be_focused()
    await form.states({})
    await gpu.fill("2.0")
    await form.settled()
    await expect(form.origin("gpu")).to_contain_text("from defaults")
    await expect(gpu).to_have_value("2.0")
    await form.page.get_by_role("button", name="Keep GPUs as mine").click()
    await form.states({"gpu": {"value": "2.0"}})


async def test_sentences_come_while_somebody_types(visit: Visitors, project: str, base: str) -> None:
    """Story 9: each mistake has its sentence, what is allowed and who says so; the summary leads to each of them, opens
    its section and moves the focus there."""
    page = await visit()
    form = await NewJob(page, project).open(base=base)
    await form.text("GPUs").fill("9")
    await expect(form.field("gpu")).to_contain_text("gpu: must be no greater than 4")
    await expect(form.field("gpu")).to_contain_text("allowed: 1 to 4; set by TrainingPolicy limits in namespace")
    await form.text("Memory").fill("64Gi")
    await form.unfold("Scheduling")
    await form.text("Node pools").fill("not a pool!")
    await form.unfold("Scheduling")
    await expect(form.verdict.get_by_role("link")).to_have_count(3)
    await expect(page.locator("summary").filter(has_text="Scheduling")).to_contain_text("1 problem")
    await form.verdict.get_by_role("link").filter(has_text="nodePools").click()
    await expect(form.text("Node pools")).to_be_focused()
    await expect(form.text("GPUs")).to_have_attribute("aria-invalid", "true")
    await form.text("GPUs").fill("4")
    await expect(form.verdict.get_by_role("link")).to_have_count(2)
    await expect(form.text("GPUs")).not_to_have_attribute("aria-invalid", "true")


async def test_rules_shape_the_controls(visit: Visitors, project: str, base: str) -> None:
    """Story 10: what the policy fixes can be read and reached but not changed; options are a closed list in the
    policy's words; what is required is announced."""
    page = await visit()
    form = await NewJob(page, project).open(base=base)
    await form.unfold("Container")
    pull = page.get_by_label("Image pull policy", exact=True)
    await expect(pull).to_have_value("Always")
    await expect(pull).to_be_disabled()
    await expect(form.origin("imagePullPolicy")).to_contain_text("policy")
    await expect(page.get_by_label("Working directory", exact=True)).to_have_attribute("aria-required", "true")
    await form.unfold("Scheduling")
    await page.get_by_label("Node type", exact=True).select_option(label="A100 (large)")
    await form.states({"nodeType": {"value": "a100"}})


async def test_nothing_that_is_typed_is_lost_or_moved(visit: Visitors, project: str, base: str) -> None:
    """Story 11: text, caret and focus stay while slow answers arrive."""
    page = await visit()
    form = await NewJob(page, project).open(base=base)
    await slow(page, "**/check*", 0.6)
    image = form.text("Image")
    await image.fill("")
    for letters in ("nvcr.io/", "nvidia/", "pytorch"):
        await page.keyboard.type(letters, delay=30)
        await page.wait_for_timeout(500)
    await page.keyboard.press("Home")
    await page.keyboard.type("a")
    await form.states({"image": {"value": "anvcr.io/nvidia/pytorch"}})
    await expect(image).to_have_value("anvcr.io/nvidia/pytorch")
    await expect(image).to_be_focused()
    assert await image.evaluate("one => one.selectionStart") == 1


async def test_an_old_verdict_never_stays(visit: Visitors, project: str, base: str, console: Platform) -> None:
    """Story 12: the verdict is being checked from the first keystroke, and not checked when the console is gone; it is
    judged again when the console is back, and nothing was lost."""
    page = await visit()
    form = await NewJob(page, project).open(base=base)
    await form.settled()
    console.console.kill()
    await form.text("GPUs").press_sequentially("9")
    await expect(form.verdict).not_to_contain_text(READY)
    await expect(form.verdict).to_contain_text("Not checked: the console does not answer")
    console.services.restart()
    await console.services.ready()
    await form.settled(REFUSED)
    await expect(form.text("GPUs")).to_have_value("92")
    assert all("Failed to fetch" in one for one in visit.complaints)
    visit.complaints.clear()


async def test_one_choice_and_what_follows_from_others(visit: Visitors, project: str, base: str) -> None:
    """Stories 15 and 16: of GPUs, GPU memory and MIG profile one counts; what is of no use is folded until it is; a
    value that follows from another one is shown as it becomes."""
    page = await visit()
    form = await NewJob(page, project).open(base=base)
    await page.get_by_role("radio", name="GPU memory").check()
    await expect(form.text("GPUs")).to_be_hidden()
    await form.text("GPU memory").fill("20G")
    await form.states({"gpuMemory": {"value": "20G"}})
    await form.unfold("Distribution")
    await expect(page.get_by_label("MPI workers", exact=True)).to_be_hidden()
    await form.switch("MPI").check()
    await expect(page.get_by_label("MPI workers", exact=True)).to_be_visible()
    await form.switch("MPI").uncheck()
    await form.unfold("Access")
    home = form.switch("Home directory")
    await expect(home).not_to_be_checked()
    await form.switch("Run as user").check()
    await expect(home).to_be_checked()
    await expect(form.origin("createHomeDir")).to_have_text(re.compile(r"\s*built-in, follows from Run as user\s*"))
    await expect(form.verdict).to_contain_text("runAsUid")
    await form.states({"gpuMemory": {"value": "20G"}, "runAsUser": {"value": True}})
    await home.uncheck()
    await form.states({"gpuMemory": {"value": "20G"}, "runAsUser": {"value": True}, "createHomeDir": {"value": False}})
