"""The page of benchmarks: one part can be written anew while the others stay."""

from pathlib import Path

import pytest

import bench.__main__ as page
from bench.pictures import Picture


def test_one_part_is_written_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sections keep their order and their text; the one that was run has its output and options."""
    monkeypatch.setattr(page, "PAGE", tmp_path / "bench.md")
    monkeypatch.setattr(page, "PICTURES", tmp_path / "bench")
    first, second = list(page.PARTS)[:2]

    def measure(options: object) -> list[Picture]:
        print("measured with", options)
        return []

    monkeypatch.setitem(page.PARTS, first, measure)
    page.PAGE.write_text(f"{page.HEAD}\n## {first}\n\nold\n\n## {second}\n\nkept\n")
    name = next(name for name, title in page.NAMES.items() if title == first)
    page.main([name, "--load", "3"])
    text = page.PAGE.read_text()
    assert text.startswith(page.HEAD)
    assert "measured with ['--load', '3']" in text
    assert "old" not in text
    assert text.endswith(f"```\n\n## {second}\n\nkept\n")


def test_options_belong_to_a_part() -> None:
    """Options without a part are refused."""
    with pytest.raises(SystemExit):
        page.main(["--minutes", "1"])
