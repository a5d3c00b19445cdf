"""People who open the console in a browser, and what goes wrong on their pages."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, Route, expect

PATIENCE: Final = 30.0
"""Seconds that a page may take before a test gives up; tests of promised limits assert those themselves."""
ADMINISTRATOR, RESEARCHER, STRANGER = "root", "jane", "eve"
"""An administrator of the cluster, a researcher of the test's project, and somebody who has no rights at all."""
GROUPS: Final = {ADMINISTRATOR: "system:masters", RESEARCHER: "lab", STRANGER: "others"}
HEIGHTS: Final = {320: 640, 768: 1024, 1440: 900, 3840: 2160}
"""The height of a window by its width."""
HARMLESS: Final = "Failed to load resource"
"""How the browser reports any answer of 400 or more; the tests look at those themselves."""
expect.set_options(timeout=PATIENCE * 1000)


def token_of(person: str) -> str:
    """The token by which the API server knows this person."""
    return f"token-of-{person}"


def write_tokens(path: Path) -> Path:
    """Write who these people are for the API server's `--token-auth-file`."""
    path.write_text("".join(f'{token_of(name)},{name},{name},"{group}"\n' for name, group in GROUPS.items()))
    return path


@dataclass
class Visitors:
    """Opens pages of one console for the people of one test, and collects what their browsers complain about."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def __call__(
        self,
        who: str | None = RESEARCHER,
        *,
        width: int = 1440,
        scheme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Page:
        """A new page for this person (None: nobody signed in), in a browser of its own; `options` are playwright's."""
        headers = {"Authorization": f"Bearer {token_of(who)}"} if who else {}
        context = await self.browser.new_context(
            base_url=self.url,
            extra_http_headers=headers,
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            color_scheme=scheme,
            **options,
        )
        context.set_default_timeout(PATIENCE * 1000)
        self._contexts.append(context)
        context.on("request", self._requested)
        context.on("response", self._answered)
        page = await context.new_page()
        page.on("console", self._said)
        page.on("dialog", self._asked)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        return page

    async def leave(self) -> None:
        """Close all pages. AssertionError lists errors of scripts and of the console, breaches of its content
        policy, and requests to other hosts."""
        for context in self._contexts:
            await context.close()
        assert self.complaints == [], self.complaints

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and HARMLESS not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    async def _asked(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # a form that would be lost asks first
            self.complaints.append(f"dialog: {dialog.message}")
        await dialog.accept()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status == 500:  # what the console expects to go wrong has another status
            self.complaints.append(f"the console has a bug: {response.request.method} {response.url}")


async def slow(page: Page, address: str, seconds: float) -> None:
    """Answer requests for addresses that match this pattern (`**/check`) so many seconds later than the console."""

    async def later(route: Route) -> None:
        await asyncio.sleep(seconds)
        await route.continue_()

    await page.route(address, later)


async def tab_to(page: Page, role: str, name: str, *, most: int = 200) -> None:
    """Press Tab until the focus is on the control with this role and name, as somebody without a mouse does.

    AssertionError names what was reached instead.
    """
    wanted = await page.get_by_role(role, name=name, exact=True).element_handle()  # type: ignore[arg-type]
    reached = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        reached.append(str(await page.evaluate("(document.activeElement.textContent || '').trim().slice(0, 30)")))
    raise AssertionError(f"Tab does not reach the {role} {name!r}, only: {reached}")
