"""What a person sees of the console in Chromium, and when."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

from playwright.async_api import Browser, Page

PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
ROWS: Final = "() => document.querySelector('#rows tr') && performance.now()"
TYPED: Final = """([control, text, said]) => new Promise(done => {
  const at = document.getElementById(control), where = document.getElementById(said)
  let began
  new MutationObserver(() => where.querySelector(".problem") && done(performance.now() - began))
    .observe(where, {childList: true, subtree: true})
  at.focus()
  began = performance.now()
  document.execCommand("selectAll")
  document.execCommand("insertText", false, text)
})"""
TOO_MUCH: Final = "9"
"""More GPUs than the policy allows."""


@dataclass(frozen=True)
class Person:
    """Somebody who opens the console in a browser that has seen nothing of it; `link` signs them in once."""

    browser: Browser
    address: str
    link: Callable[[], str]

    @asynccontextmanager
    async def page(self, slower: float) -> AsyncIterator[Page]:
        """A page of theirs, on a processor that is that much slower."""
        context = await self.browser.new_context(base_url=self.address, viewport={"width": 1440, "height": 900})
        try:
            first = await context.new_page()
            await first.goto(self.link())
            page = await context.new_page()
            session = await context.new_cdp_session(page)
            await session.send("Network.clearBrowserCache")
            await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            yield page
        finally:
            await context.close()


async def paint(person: Person, path: str, slower: float) -> float:
    """Milliseconds from the call of a page until it shows something."""
    async with person.page(slower) as page:
        await page.goto(path)
        found = await page.wait_for_function(PAINTED)
        return float(await found.json_value())


async def rows_shown(person: Person, path: str) -> float:
    """Milliseconds from the call of a list until its first rows are there."""
    async with person.page(1) as page:
        await page.goto(path, wait_until="commit")
        found = await page.wait_for_function(ROWS)
        return float(await found.json_value())


async def keystroke(person: Person, path: str, slower: float) -> float:
    """Milliseconds from a letter in the form until a sentence says what is wrong with it."""
    async with person.page(slower) as page:
        await page.goto(path)
        await page.wait_for_load_state("networkidle")
        return float(await page.evaluate(TYPED, ["v.gpu", TOO_MUCH, "said.gpu"]))


def form_of(html: str) -> dict[str, str]:
    """The fields that a page of the form sends as it is."""
    fields = _Fields()
    fields.feed(html)
    return fields.sent


class _Fields(HTMLParser):
    """Collects controls that have a name, and a value or a content; none of a `<template>`."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._area, self._blank = "", 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self._blank += tag == "template"
        name = given.get("name") or ""
        kept = given.get("type") not in ("checkbox", "radio") or "checked" in given
        if self._blank or not name or tag not in ("input", "textarea") or not kept:
            return
        self.sent[name] = given.get("value") or ""
        self._area = name if tag == "textarea" else ""

    def handle_endtag(self, tag: str) -> None:
        self._blank -= tag == "template"
        self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data.removeprefix("\n")
