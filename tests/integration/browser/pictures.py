"""Pictures of pages, compared with those in tests/data/pictures: small, and with a tolerance for the letters of others.

A picture is kept at a quarter of its size. It differs if any part of it does: a block that moved, came, went or changed
its colour; not if letters are drawn a little differently.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops
from playwright.async_api import Locator, Page

KEPT: Final = Path(__file__).parents[2] / "data" / "pictures"
"""One PNG a picture, rewritten by --update-data."""
SHRUNK: Final = 4
"""Pixels of the page in each direction for one of the picture."""
TILE: Final = 12
"""Pixels of the picture in each direction whose mean colour is compared."""
TOLERANCE: Final = 12
"""The most by which red, green or blue of such a tile may differ, of 255."""
ONE_AGE: Final = """() => {
  for (const one of document.querySelectorAll("time, [data-at]:not(.problem)")) one.textContent = "1m"
}"""
"""A column is as wide as its longest age, and moves all others."""


async def picture(page: Page, *hidden: Locator) -> Image.Image:
    """What the window shows, with every time and age the same, and `hidden` covered."""
    await page.evaluate(ONE_AGE)
    taken = await page.screenshot(animations="disabled", caret="hide", mask=[*hidden], mask_color="#888")
    return Image.open(BytesIO(taken))


def shrunk(image: Image.Image) -> Image.Image:
    """The picture as it is kept."""
    return image.convert("RGB").resize((image.width // SHRUNK, image.height // SHRUNK), Image.Resampling.BOX)


def differences(now: Image.Image, kept: Image.Image) -> list[str]:
    """Where two pictures differ, as places on the page; empty if they do not."""
    if now.size != kept.size:
        return [f"size: {now.size} instead of {kept.size}"]
    apart = ImageChops.difference(_tiled(now), _tiled(kept))
    return [
        f"at {left * TILE * SHRUNK}, {top * TILE * SHRUNK}: by {most}"
        for top in range(apart.height)
        for left in range(apart.width)
        if (most := max(_parts(apart, left, top))) > TOLERANCE
    ]


def _tiled(image: Image.Image) -> Image.Image:
    return image.resize((-(-image.width // TILE), -(-image.height // TILE)), Image.Resampling.BOX)


def _parts(image: Image.Image, left: int, top: int) -> tuple[int, ...]:
    pixel = image.getpixel((left, top))
    assert isinstance(pixel, tuple)
    return pixel


def compared(now: Image.Image, name: str, update: bool, seen: Path) -> list[str]:
    """Where this picture differs from the one that is kept, which `update` replaces.

    A picture that differs is written to the folder `seen`, so that you can look at it.
    """
    path = KEPT / f"{name}.png"
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        now.quantize(128).save(path, optimize=True)
        return []
    if not path.exists():
        return [f"{path} is missing: --update-data makes it"]
    if found := differences(now, Image.open(path).convert("RGB")):
        now.save(seen / path.name)
        found.append(f"look at {seen / path.name}, and at {path}")
    return found
