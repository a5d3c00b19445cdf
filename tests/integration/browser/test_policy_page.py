"""The page of a policy: what is in force in words, and what an edit of it would mean."""

import re

from playwright.async_api import expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import ADMINISTRATOR, Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training

SECRET = "hunter-2-hunter"


async def test_an_administrator_sees_what_an_edit_would_break(visit: Visitors, project: str, cluster: Cluster) -> None:
    """Rules in words; lint while typing; the templates that would not be usable any more; secrets stay hidden."""
    namespace = f"runai-{project}"
    token = {"items": {"API_TOKEN": {"value": SECRET}}}
    await cluster.create(policy("TrainingPolicy", namespace, "limits", gpu={"rules": {"max": "4"}}, environment=token))
    await cluster.create(training("three", namespace, usage="Template", image="x", gpu="3"))
    page = await visit(ADMINISTRATOR)
    await page.goto(f"/p/{project}/policies/training")
    force = page.get_by_role("region", name="In force")
    await expect(force.get_by_text(f"TrainingPolicy limits in namespace {namespace}")).to_be_visible()
    await expect(force.get_by_role("row", name="gpu - 4 or less")).to_be_visible()
    editor = page.get_by_label("Policy as YAML")
    text = await editor.input_value()
    assert SECRET not in await page.content()
    await editor.fill(f"{text}  gpu: [")
    said = page.get_by_role("status")
    await expect(said).to_contain_text("is not valid YAML")
    await editor.fill(re.sub(r"( +)max: \S+", r"\1max: 2\n\1min: 9", text))
    await expect(said).to_contain_text("min 9 is greater than max 2, so no value fits")
    await editor.fill(re.sub(r"max: \S+", "max: 2", text))
    await page.get_by_role("button", name="Show what it would break").click()
    await expect(said).to_contain_text("Template three")
    await expect(said).to_contain_text("gpu: must be no greater than 2")
    assert await findings(page) == []
    assert await beyond(page) == []
