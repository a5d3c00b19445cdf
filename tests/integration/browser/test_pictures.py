"""Every page in its light and dark looks: usable by everybody at any width, and as it was before."""

from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.pictures import compared, differences, picture, shrunk
from tests.integration.browser.visitors import Visitors

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {
    "projects": "/p",
    "jobs": "/p/{project}/jobs?sort=name",
    "workloads": "/p/{project}/workloads?sort=name",
    "templates": "/p/{project}/templates?sort=name",
    "policies": "/p/{project}/policies",
    "details": "/p/{project}/training/resnet-17",
    "refused": "/p/{project}/training/resnet-18",
    "new": "/p/{project}/new/training?base=resnet-defaults&gpu=9",
    "policy": "/p/{project}/policies/training",
    "sign-in": "/sign-in",
}
"""Addresses by the names of their pictures, with `{project}` in them."""
UNSTEADY = ("#events",)
"""What happens within one second has no order."""
Scheme = Literal["light", "dark"]
FRONT: dict[str, tuple[Scheme, str]] = {
    "new-job": ("light", PAGES["new"]),
    "why": ("dark", "/p/{project}/interactive/bert-large"),
}
"""The pictures of the README: their schemes and addresses."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
async def test_every_page_looks_as_it_did(
    visit: Visitors, showcase: str, name: str, scheme: Scheme, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """A page looks as in its picture, and axe finds nothing in either scheme."""
    page = await visit(scheme=scheme)
    await opened(page, PAGES[name].format(project=showcase))
    assert await findings(page, *(["label"] if name == "new" else [])) == []
    update = bool(pytestconfig.getoption("update_data"))
    taken = shrunk(await picture(page, *(page.locator(part) for part in UNSTEADY)))
    assert compared(taken, f"{name}-{scheme}", update, tmp_path) == []


@pytest.mark.parametrize("name", PAGES)
async def test_no_page_scrolls_sideways(visit: Visitors, showcase: str, name: str) -> None:
    """From a phone to a wall of screens, no page is wider than its window; axe finds nothing on the phone."""
    page = await visit(width=320)
    await opened(page, PAGES[name].format(project=showcase))
    assert await findings(page) == []
    for width in (320, 768, 1440, 3840):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await beyond(page) == [], width


@pytest.mark.parametrize("name", FRONT)
async def test_the_pictures_of_the_readme_show_the_console_as_it_is(
    visit: Visitors, showcase: str, name: str, pytestconfig: pytest.Config
) -> None:
    """Who tries the console after reading the README finds what its pictures show."""
    scheme, address = FRONT[name]
    page = await visit(scheme=scheme)
    await opened(page, address.format(project=showcase))
    now = await picture(page)
    path = DOCS / f"console-{name}.png"
    if pytestconfig.getoption("update_data"):
        now.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    assert differences(shrunk(now), shrunk(Image.open(path))) == []


async def opened(page: Page, address: str) -> None:
    """Open the page and wait until all of it is there."""
    await page.goto(address)
    await expect(page.locator(".skeleton")).to_have_count(0)
