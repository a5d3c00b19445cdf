"""The plots of the benchmark can be read on a light and on a dark page."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.pictures import Picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path: Path) -> ElementTree.Element:
    """A plot of two series; one of them lacks a figure."""
    series: dict[str, list[float | None]] = {"Slipway": [1.0, 2000.0, 5.0], "bare writes": [30.0, 4.0, None]}
    Picture("plot", "Milliseconds", ["first", "second", "third"], series).write(tmp_path)
    return ElementTree.parse(tmp_path / "plot.svg").getroot()


def test_every_figure_stands_behind_its_bar(drawn: ElementTree.Element) -> None:
    """The figure of a bar starts at the end of the bar, so that neither covers the other."""
    groups = [one for one in drawn.iter(f"{SVG}g") if "text-overlay" in one.attrib.get("class", "")]
    bars = [one for one in drawn.iter(f"{SVG}rect") if "rect" in one.attrib.get("class", "").split()]
    ends = sorted(float(bar.attrib["x"]) + float(bar.attrib["width"]) for bar in bars)
    figures = sorted(float(text.attrib["x"]) for group in groups for text in group.iter(f"{SVG}text"))
    assert len(figures) == 5
    assert ends == pytest.approx(figures, abs=8)
    styles = "".join(style.text or "" for style in drawn.iter(f"{SVG}style"))
    assert "text-anchor:start" in styles


def test_colours_follow_the_scheme_of_the_reader(drawn: ElementTree.Element) -> None:
    """A dark page gets light letters."""
    styles = "".join(style.text or "" for style in drawn.iter(f"{SVG}style"))
    assert "prefers-color-scheme:dark" in styles.replace(" ", "")
