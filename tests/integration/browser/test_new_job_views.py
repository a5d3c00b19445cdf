"""Stories 13, 14 and 17 to 19 of the New Job form: changes beneath it, views, templates, links, secrets."""

import re
from urllib.parse import unquote

import yaml
from playwright.async_api import expect

from tests.integration.browser.new_job import READY, NewJob
from tests.integration.browser.visitors import Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import foreign, policy, training

SECRET = "correct-horse-battery"


async def test_a_policy_that_changes_beneath_the_form(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Story 13: submitting lists the values that moved and sends nothing; the second time, they have been shown."""
    await cluster.create(policy("TrainingPolicy", namespace, memory={"value": "4Gi"}, image={"value": "ubuntu"}))
    form = await NewJob(await visit(), project).open(gpu="2")
    await cluster.patch("trainingpolicies", "policy", namespace, {"spec": {"memory": {"value": "8Gi"}}})
    submit = form.page.get_by_role("button", name="Submit", exact=True)
    await submit.click()
    await expect(form.page.get_by_role("alert")).to_contain_text("Memory: 4Gi → 8Gi, policy")
    assert await cluster.items("trainingworkloads", namespace) == []
    await expect(form.text("Memory")).to_have_value("8Gi")
    await expect(form.text("GPUs")).to_have_value("2")
    await submit.click()
    await expect(form.page).to_have_url(re.compile(rf"/p/{project}/training/job-"))
    [sent] = await cluster.items("trainingworkloads", namespace)
    assert sent["spec"] == {"usage": "Submit", "gpu": {"value": "2"}}


async def test_everything_that_would_be_created(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Story 14: every object with its name and YAML; a conflict has the words that the failure would have."""
    await cluster.create(foreign(namespace, "mine"))
    page = await visit()
    form = await NewJob(page, project).open("interactive", image="ubuntu")
    await form.settled()
    await page.get_by_text("What would be created").click()
    objects = page.locator("#objects")
    for name in ("ConfigMap job-1", "RunaiJob job-1"):
        await expect(objects.get_by_text(name, exact=True)).to_be_visible()
    await objects.get_by_text("RunaiJob job-1", exact=True).click()
    await expect(objects.get_by_role("region", name="RunaiJob job-1")).to_contain_text("image: ubuntu")
    await form.text("Name").fill("mine")
    await expect(objects).to_contain_text("the name mine is taken by ConfigMap mine, which no workload made")


async def test_form_and_yaml_are_two_views(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Story 17: what one view says the other one shows; what the form does not know is refused by name and stays."""
    await cluster.create(training("defaults", namespace, usage="Template", image="ubuntu", environment={"A": "1"}))
    page = await visit()
    form = await NewJob(page, project).open(gpu="1", image="x")
    await page.get_by_role("button", name="Edit as YAML").click()
    text = page.get_by_label("The workload as YAML")
    workload = yaml.safe_load(await text.input_value())
    assert workload["spec"] == {"image": {"value": "x"}, "gpu": {"value": "1"}}
    spec = {"baseWorkload": "defaults", "gpu": {"value": "2"}, "environment": {"items": {"A": {"deleted": True}}}}
    await text.fill(yaml.safe_dump({**workload, "spec": {**spec, "gpus": {"value": "1"}}}))
    show = page.get_by_role("button", name="Show as a form")
    await show.click()
    await expect(page.get_by_role("alert")).to_contain_text("gpus: is not a parameter of training workloads")
    await text.fill((await text.input_value()).replace("  gpus:\n    value: '1'\n", ""))
    await show.click()
    await form.states({name: one for name, one in spec.items() if name != "baseWorkload"})
    await expect(form.text("Image")).to_have_value("ubuntu")
    await page.get_by_role("button", name="Edit as YAML").click()
    assert yaml.safe_load(await text.input_value())["spec"] == spec


async def test_a_form_becomes_a_template(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Story 18: saved in the project, the form becomes a template that says all it says; for all projects, its YAML is
    handed out for an administrator to apply."""
    await cluster.create(training("defaults", namespace, usage="Template", image="ubuntu", gpu="1"))
    page = await visit()
    form = await NewJob(page, project).open(base="defaults", memory="1G")
    await page.get_by_text("Save as a template").click()
    await page.get_by_label("Name of the template").fill("team-defaults")
    save = page.get_by_role("button", name=f"Save in {project}")
    await save.click()
    saved = page.locator("#saved")
    await expect(saved).to_contain_text(f"template team-defaults is saved in project {project}")
    stored = await cluster.get("trainingworkloads", "team-defaults", namespace)
    values = {"image": {"value": "ubuntu"}, "gpu": {"value": "1"}, "memory": {"value": "1G"}}
    assert stored["spec"] == {"usage": "Template", **values}
    await save.click()
    await expect(saved).to_contain_text("team-defaults exists already: choose another name")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download for all projects").click()
    text = (await (await download.value).path()).read_text()
    assert text.startswith("# For an administrator to apply")
    assert (yaml.safe_load(text)["metadata"], yaml.safe_load(text)["spec"]) == (
        {"name": "team-defaults", "namespace": "runai"},
        stored["spec"],
    )
    await expect(form.text("Memory")).to_have_value("1G")


async def test_links_fill_the_form_and_hold_no_secret(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """Story 19: a link's values are one's own; a secret is in no address and no page, whether it is inherited or typed;
    one that is left alone is sent as it is."""
    await cluster.create(training("defaults", namespace, usage="Template", image="x", environment={"API_KEY": SECRET}))
    page = await visit()
    form = await NewJob(page, project).open(base="defaults", gpu="2", **{"environment.MY_TOKEN": "typed-secret"})
    await expect(form.origin("gpu")).to_contain_text("mine")
    await expect(form.verdict).to_contain_text("environment.MY_TOKEN: is not taken from a link")
    await page.get_by_role("button", name="Add to Environment variables").click()
    await page.keyboard.type("PASSWORD")
    await form.row("Environment variables", "new").get_by_label("Value").fill("typed-secret")
    await form.settled(READY)
    hidden = {"PASSWORD": {"value": "(hidden)"}}
    await form.states({"gpu": {"value": "2"}, "environment": {"items": hidden}})
    link = await page.get_by_role("link", name="Link to this form").get_attribute("href")
    assert link is not None
    assert unquote(link).endswith("?base=defaults&gpu=2")
    await page.get_by_role("button", name="Edit as YAML").click()
    await page.get_by_role("button", name="Show as a form").click()
    content = await page.content()
    assert (SECRET in content, "typed-secret" in content, "typed-secret" in page.url) == (False, False, False)
    await form.states({"gpu": {"value": "2"}, "environment": {"items": hidden}})
    await page.get_by_role("button", name="Submit", exact=True).click()
    await expect(page).to_have_url(re.compile(rf"/p/{project}/training/job-"))
    sent = next(
        one for one in await cluster.items("trainingworkloads", namespace) if one["metadata"]["name"] != "defaults"
    )
    assert sent["spec"]["environment"] == {"items": {"PASSWORD": {"value": "typed-secret"}}}
    claim = await cluster.wait_for(
        "the claim", lambda: cluster.find("configmaps", "job-1", namespace), lambda found: found is not None
    )
    assert claim is not None
    assert SECRET in claim["data"]["values.json"]
