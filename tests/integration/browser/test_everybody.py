"""Everybody can use the console: without a mouse, with large letters, with a screen reader, without motion."""

import pytest
from playwright.async_api import Page, expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import Visitors, tab_to

PAGES = ["/p", "/p/{project}/jobs", "/p/{project}/training/resnet-17", "/p/{project}/new/training?base=resnet-defaults"]
MOVING = "() => document.getAnimations().filter(one => one.playState === 'running').length"


async def test_a_job_is_found_and_opened_without_a_mouse(visit: Visitors, showcase: str) -> None:
    """The first Tab offers to skip the bar; from there, Tab and Enter lead through the list to a job's page."""
    page = await visit()
    await page.goto(f"/p/{showcase}/jobs")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await tab_to(page, "link", "resnet-17")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="resnet-17", level=1)).to_be_visible()


async def test_the_focus_can_be_seen_wherever_it_is(visit: Visitors, showcase: str) -> None:
    """Each control that Tab reaches is marked by an outline or by the border of its own."""
    page = await visit()
    await page.goto(f"/p/{showcase}/jobs")
    for _ in range(20):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return document.activeElement === document.body || parseFloat(style.outlineWidth) >= 2 }"
        ), await page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("address", PAGES)
async def test_every_part_of_a_page_has_its_place_and_name(visit: Visitors, showcase: str, address: str) -> None:
    """A screen reader finds one banner, one main part, one heading of the first level, and names for all navigation."""
    page = await visit()
    await page.goto(address.format(project=showcase))
    for role in ("banner", "main"):
        await expect(page.get_by_role(role)).to_have_count(1)
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for navigation in await page.get_by_role("navigation").all():
        assert await navigation.get_attribute("aria-label")
    assert await page.title()


@pytest.mark.parametrize("address", PAGES)
async def test_letters_can_be_twice_as_large(visit: Visitors, showcase: str, address: str) -> None:
    """At 200 % zoom, and with letters of twice the size, nothing is cut off sideways and axe finds nothing."""
    page = await visit(width=720, device_scale_factor=2)
    await page.goto(address.format(project=showcase))
    assert await beyond(page) == []
    assert await findings(page) == []
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await beyond(page) == []


async def test_nothing_moves_for_those_who_do_not_want_it(visit: Visitors, showcase: str) -> None:
    """The sign of a live list moves, and stands still where the system asks for less motion."""

    async def moving(page: Page) -> int:
        await page.goto(f"/p/{showcase}/jobs")
        await expect(page.get_by_text("live", exact=True)).to_be_visible()
        return int(await page.evaluate(MOVING))

    assert await moving(await visit(reduced_motion="no-preference")) > 0
    assert await moving(await visit(reduced_motion="reduce")) == 0


async def test_the_page_stays_readable_with_the_colours_of_its_reader(visit: Visitors, showcase: str) -> None:
    """With forced colours, buttons and fields keep their edges."""
    page = await visit(forced_colors="active")
    await page.goto(f"/p/{showcase}/jobs")
    edge = "one => parseFloat(getComputedStyle(one).borderTopWidth)"
    assert await page.get_by_role("link", name="New job").last.evaluate(edge) >= 1
    assert await page.get_by_role("searchbox").evaluate(edge) >= 1
