"""Pictures are compared so that letters of another machine pass, and a page that looks different does not."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.integration.browser import pictures
from tests.integration.browser.pictures import compared, differences, shrunk

INK, PAPER, RED = "#13212b", "#f4f7f8", "#ae231c"


def page(words_at: int = 40, button_at: int = 300, button: str = INK, paper: str = PAPER) -> Image.Image:
    """A page with lines of words and a button."""
    image = Image.new("RGB", (800, 600), paper)
    draw = ImageDraw.Draw(image)
    for line in range(10):
        for word in range(20):
            draw.rectangle((words_at + word * 30, 100 + line * 18, words_at + word * 30 + 22, 108 + line * 18), INK)
    draw.rectangle((button_at, 400, button_at + 120, 440), button)
    return shrunk(image)


def test_a_page_looks_like_itself() -> None:
    """Two pictures of one page do not differ."""
    assert differences(page(), page()) == []


def test_letters_that_are_a_little_elsewhere_do_not_count() -> None:
    """Words that another machine draws a pixel or two further pass."""
    assert differences(page(), page(words_at=41)) == []
    assert differences(page(), page(words_at=42)) == []


def test_what_moved_went_or_changed_its_colour_counts() -> None:
    """A button that moved, has another colour or is gone, another paper and another size are differences."""
    assert differences(page(), page(button_at=340))[0].startswith("at 2")
    assert differences(page(), page(button=RED))
    assert differences(page(), page(button=PAPER))
    assert differences(page(), page(paper="#0d141a"))
    assert differences(page(), shrunk(Image.new("RGB", (800, 640)))) == ["size: (200, 150) instead of (200, 160)"]


def test_a_picture_is_kept_and_one_that_differs_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--update-data writes a picture; without it, a missing one is a difference, and so is one that has changed."""
    monkeypatch.setattr(pictures, "KEPT", tmp_path / "kept")
    assert "is missing" in compared(page(), "one", False, tmp_path)[0]
    assert compared(page(), "one", True, tmp_path) == []
    assert compared(page(), "one", False, tmp_path) == []
    assert "look at" in compared(page(button=RED), "one", False, tmp_path)[-1]
    assert (tmp_path / "one.png").exists()
