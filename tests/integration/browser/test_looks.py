"""The console's pages, as people see them: everybody can use them, at any size and in any light."""

from playwright.async_api import expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import STRANGER, Visitors, tab_to


async def test_axe_finds_what_is_wrong(visit: Visitors) -> None:
    """The check finds a control without a name and a text that is hard to read: a page without findings means that."""
    page = await visit(STRANGER)
    await page.set_content('<html lang="en"><title>a</title><main><p style="color: #ccc">pale</p><input></main></html>')
    assert [line.partition(":")[0] for line in await findings(page, "label")] == ["color-contrast", "label"]


async def test_a_page_that_scrolls_sideways_is_found(visit: Visitors) -> None:
    """A page that is wider than its window is found, and with it what is too wide."""
    page = await visit(STRANGER, width=320)
    await page.set_content('<html><main><p id="wide" style="width: 400px">wide</p></main></html>')
    assert '<p id="wide"' in (await beyond(page))[0]


async def test_somebody_without_rights_can_begin(visit: Visitors) -> None:
    """Who may not list the projects reads why and can name one, on a page that everybody can use."""
    page = await visit(STRANGER)
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    await tab_to(page, "textbox", "Name of a project")
    assert await findings(page, "label") == []
    assert await beyond(page) == []


async def test_a_researcher_sees_who_is_signed_in(visit: Visitors, project: str) -> None:
    """The bar shows whose rights a page has, at every width."""
    for width in (320, 1440):
        page = await visit(width=width)
        await page.goto("/p")
        await expect(page.get_by_role("banner")).to_contain_text("jane")
        assert await beyond(page) == []
