"""What keeps people from using a page: axe's findings, with proof that it looked, and sideways scrolling."""

from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

STANDARDS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
OPTIONS: Final = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations", "passes"]}
SEEN: Final = "color-contrast"
"""A rule that concerns every text: axe has looked if it has checked this one."""

TOO_WIDE: Final = """() => {
  const page = document.documentElement
  if (page.scrollWidth <= page.clientWidth) return []
  const isWide = element => element.getBoundingClientRect().right > page.clientWidth + 1
  const wide = [...document.body.querySelectorAll("*")].filter(isWide).map(element => element.outerHTML.slice(0, 120))
  return [...wide.slice(0, 5), `the page has ${page.scrollWidth} pixels of ${page.clientWidth}`]
}"""


async def findings(page: Page, *rules: str) -> list[str]:
    """What axe finds against WCAG 2.2 AA, one line a rule.

    AssertionError if it checked nothing: each of `rules` (such as `label`, for a page with a form) and the contrast of
    texts must have been checked at something.
    """
    results = (await Axe().run(page, options=OPTIONS)).response
    for rule in (SEEN, *rules):
        assert _checked(results, rule) > 0, f"axe did not check {rule} anywhere"
    return [
        f"{found['id']}: {found['help']}: {[node['html'][:160] for node in found['nodes']][:5]}"
        for found in results["violations"]
    ]


def _checked(results: dict[str, Any], rule: str) -> int:
    both = [*results["passes"], *results["violations"]]
    return sum(len(found["nodes"]) for found in both if found["id"] == rule)


async def beyond(page: Page) -> list[str]:
    """The elements that make the page scroll sideways; empty if it does not."""
    return list(await page.evaluate(TOO_WIDE))
