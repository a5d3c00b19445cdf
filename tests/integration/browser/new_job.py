"""The New Job form, as its stories use it."""

from collections.abc import Mapping
from typing import Any

import yaml
from playwright.async_api import Locator, Page, expect

READY = "Would be accepted"
REFUSED = "Would be refused"


class NewJob:
    """The form on a page."""

    def __init__(self, page: Page, project: str) -> None:
        self.page, self.project = page, project

    async def open(self, kind: str = "training", **query: str) -> "NewJob":
        """Open the form; wait until it says what would become of the workload and what it can start from."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        await self.page.goto(f"/p/{self.project}/new/{kind}?{asked}")
        await expect(self.page.locator("#bases .skeleton")).to_have_count(0)
        return self

    @property
    def bases(self) -> Locator:
        """What it can start from, and what is said of each."""
        return self.page.get_by_role("complementary", name="Start from").get_by_role("link")

    def base(self, name: str) -> Locator:
        """The entry of a workload to start from."""
        return self.bases.filter(has_text=name)

    def text(self, title: str) -> Locator:
        """The control with this title, of whatever kind."""
        return self.page.get_by_label(title, exact=True).and_(self.page.locator('[id^="v."]'))

    def switch(self, title: str) -> Locator:
        """The checkbox with this title."""
        return self.page.get_by_role("checkbox", name=title, exact=True)

    def field(self, name: str) -> Locator:
        """What is said beside the parameter with this name."""
        return self.page.locator(f'[id="said.{name}"]')

    def origin(self, name: str) -> Locator:
        """Where the value of the parameter, or of the row such as `ports.0`, comes from."""
        return self.page.locator(f'[id="from.{name}"]')

    def row(self, title: str, label: str) -> Locator:
        """The row of an item, such as the Ports web."""
        return self.page.get_by_role("group", name=f"{title} {label}", exact=True)

    @property
    def verdict(self) -> Locator:
        """What would become of the workload."""
        return self.page.locator("#verdict")

    async def settled(self, words: str = READY) -> None:
        """Wait until the last change is judged, with these words."""
        await expect(self.verdict).to_contain_text(words)

    async def workload(self) -> dict[str, Any]:
        """The workload that would be sent, as the page shows it."""
        shown: dict[str, Any] = yaml.safe_load(
            await self.page.get_by_role("region", name="The workload as YAML").inner_text()
        )
        return shown

    async def states(self, spec: Mapping[str, Any]) -> None:
        """Wait until the workload would state exactly this, besides its base."""

        async def stated() -> Mapping[str, Any]:
            return {name: one for name, one in (await self.workload())["spec"].items() if name != "baseWorkload"}

        for _ in range(100):
            if (now := await stated()) == spec:
                return
            await self.page.wait_for_timeout(50)
        assert now == spec

    async def unfold(self, section: str) -> None:
        """Open a section."""
        await self.page.locator("details.section > summary").filter(has_text=section).first.click()
