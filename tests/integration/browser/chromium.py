"""Chromium: where it is, and how tests start it. `python -m tests.integration.browser.chromium` fails without it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
MISSING: Final = (
    "make test needs Chromium for the stories of the console, and finds none: apt-get install chromium (Debian, Ubuntu)"
)
ARGUMENTS: Final = (
    "--no-sandbox",  # tests may run as root, and open no page but ours
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",  # letters are as wide at any size, as pictures are compared
    "--force-color-profile=srgb",
)


def program() -> str | None:
    """The path of Chromium; None if it is not installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    """Run Chromium while inside."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


if __name__ == "__main__":
    raise SystemExit(None if program() else MISSING)
