"""Text of others is text on every page: it shows as it is, and nothing of it becomes markup, script or a command."""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from deploy.local.controlplane import ControlPlane
from tests.integration.browser import hostile
from tests.integration.browser.conftest import granted
from tests.integration.browser.hostile import SHORT, TEXT, WORD, in_markup
from tests.integration.browser.new_job import REFUSED, NewJob
from tests.integration.browser.visitors import RESEARCHER, STRANGER, Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import typed_in
from tests.integration.harness.prepare import new_project, remove_project

SEEN = r"\x1b[2J\u202etxt"
"""How escape sequences and marks of direction show."""
SHORTENED = WORD[:20]
"""What is left of a long text in a list or a sentence."""
PAGES = {
    "/p/{project}/jobs": [hostile.TAKEN],
    "/p/{project}/workloads": [hostile.TEMPLATE],
    "/p/{project}/templates": [SHORTENED],
    "/p/{project}/policies": ["hostile-policy"],
    "/p/{project}/training/hostile": [WORD, TEXT, SEEN],
    "/p/{project}/training/hostile-refused": [SHORTENED],
    "/p/{project}/training/hostile-base": [WORD, TEXT, SEEN],
    "/p/{project}/new/training?base=hostile-base": [hostile.TEMPLATE],
    "/p/{project}/new/training/bases": [hostile.TEMPLATE],
}
"""Addresses with `{project}` in them, and what must be there as text."""
ASKED = (
    "/p/{project}/jobs?q={text}&user={text}&kind={text}&status={text}",
    "/p/{project}/jobs?sort={text}",
    "/p/{project}/workloads?after={text}",
    "/p/{text}/jobs",
    "/p/{project}/training/{text}",
    "/p/{project}/training/hostile/logs?pod={text}&container={text}",
    "/sign-in?next={text}",
    "/p/{project}/new/training?base={text}",
    "/p/{project}/new/training?image={text}&gpu={text}&environment.A={text}&nothing={text}",
    "/p/{project}/new/training/bases?q={text}",
    "/p/{project}/new/{text}",
    "/{text}",
)
"""Addresses that carry hostile text."""


@pytest.fixture(scope="module")
async def furnished(
    running: object, control_plane: ControlPlane, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """A project full of hostile objects, for this module."""
    runai = typed_in(tmp_path_factory.mktemp("hostile"), control_plane.kubeconfig)
    namespace = await new_project(cluster)
    try:
        await granted(namespace.removeprefix("runai-"), runai, control_plane.kubeconfig_of(RESEARCHER), cluster)
        await hostile.furnished(cluster, namespace)
        yield namespace.removeprefix("runai-")
    finally:
        await remove_project(cluster, namespace)


async def test_what_runs_or_becomes_markup_is_found(visit: Visitors) -> None:
    """The look finds it where a page lets it happen: a page without findings means that nothing happened."""
    page = await visit(STRANGER)
    await page.set_content(f"<main>{TEXT}</main>")
    assert len(await in_markup(page)) >= 3
    async with page.expect_event("dialog"):
        await page.set_content(f"<main>{WORD}</main>")
    assert any("dialog" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


@pytest.mark.parametrize("address", PAGES)
async def test_text_of_others_is_text(visit: Visitors, furnished: str, address: str) -> None:
    """Values, events, policies and names show as they are; the browser reports no breach of the content policy."""
    page = await visit()
    await page.goto(address.format(project=furnished))
    for text in PAGES[address]:
        await expect(page.get_by_role("main")).to_contain_text(text)
    assert await in_markup(page) == []


async def test_text_in_an_address_is_text(visit: Visitors, furnished: str) -> None:
    """What a link makes a page say is said as it is; where it is wrong, with a sentence."""
    page = await visit()
    for address in ASKED:
        response = await page.goto(address.format(project=furnished, text=quote(TEXT, safe="")))
        assert response and response.status < 500
        await expect(page.get_by_role("heading").first).to_be_visible()
        assert await in_markup(page) == []


async def test_a_form_keeps_hostile_values_exactly(visit: Visitors, furnished: str) -> None:
    """Inherited text fills the controls as it is, and is no change of the person's; what is wrong with it, and what
    would be created of it, is text too."""
    form = await NewJob(await visit(), furnished).open(base=hostile.TEMPLATE)
    await expect(form.text("Image")).to_have_value(WORD)
    assert (await form.workload())["spec"] == {"baseWorkload": hostile.TEMPLATE}
    await form.text("GPUs").fill(SHORT)
    await form.settled(REFUSED)
    await expect(form.field("gpu")).to_contain_text("must be")
    await form.text("GPUs").fill("1")
    await form.text("Image").fill(TEXT)
    await form.settled(REFUSED)
    await form.text("Image").fill(SHORT.replace(" ", "/"))
    await form.settled()
    await form.states({"gpu": {"value": "1"}, "image": {"value": SHORT.replace(" ", "/")}})
    await form.page.get_by_text("What would be created").click()
    await expect(form.page.locator("#objects")).to_contain_text("RunaiJob")
    assert await in_markup(form.page) == []


async def test_hostile_yaml_is_text(visit: Visitors, furnished: str) -> None:
    """YAML that names what is unknown, and YAML that is none, come back as they were, with sentences."""
    form = await NewJob(await visit(), furnished).open(base=hostile.TEMPLATE)
    for written in (json.dumps({TEXT: TEXT, "kind": TEXT, "spec": {TEXT: TEXT}}), f"a: [{TEXT}", f"</textarea>{TEXT}"):
        if not await form.page.locator("textarea#yaml").count():
            await form.page.get_by_role("button", name="Edit as YAML").click()
        await form.page.locator("textarea#yaml").fill(written)
        await form.page.get_by_role("button", name="Show as a form").click()
        await expect(form.page.get_by_role("alert")).to_be_visible()
        await expect(form.page.locator("textarea#yaml")).to_have_value(written)
        assert await in_markup(form.page) == []
