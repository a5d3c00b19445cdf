"""Every page in its light and dark looks: usable by everybody at any width, and as it was before."""

from pathlib import Path
from typing import Literal

import pytest

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.pictures import compared, picture
from tests.integration.browser.visitors import Visitors

PAGES = {
    "projects": "/p",
    "jobs": "/p/{project}/jobs",
    "workloads": "/p/{project}/workloads",
    "templates": "/p/{project}/templates",
    "policies": "/p/{project}/policies",
    "details": "/p/{project}/training/resnet-17",
    "refused": "/p/{project}/training/resnet-18",
}
"""Addresses by the names of their pictures, with `{project}` in them."""
Scheme = Literal["light", "dark"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
async def test_every_page_looks_as_it_did(
    visit: Visitors, showcase: str, name: str, scheme: Scheme, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """A page looks as in its picture, and axe finds nothing in either scheme."""
    page = await visit(scheme=scheme)
    await page.goto(PAGES[name].format(project=showcase))
    assert await findings(page) == []
    update = bool(pytestconfig.getoption("update_data"))
    assert compared(await picture(page), f"{name}-{scheme}", update, tmp_path) == []


@pytest.mark.parametrize("name", PAGES)
async def test_no_page_scrolls_sideways(visit: Visitors, showcase: str, name: str) -> None:
    """From a phone to a wall of screens, no page is wider than its window; axe finds nothing on the phone."""
    page = await visit(width=320)
    await page.goto(PAGES[name].format(project=showcase))
    assert await findings(page) == []
    for width in (320, 768, 1440, 3840):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await beyond(page) == [], width
