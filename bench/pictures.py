"""The pictures that the benchmark draws of its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygal
from pygal.style import CleanStyle

COLOURS: Final = ("#326ce5", "#f0a030", "#5b9a68")
ROW: Final = 22
"""Pixels of a bar."""


@dataclass(frozen=True)
class Picture:
    """Horizontal bars: one for every label and series, None where there is none."""

    name: str
    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    digits: int = 0

    def write(self, folder: Path) -> None:
        """Draw it as `<name>.svg`."""
        height = 110 + ROW * len(self.labels) * len(self.series)
        chart = pygal.HorizontalBar(
            width=800, height=height, js=[], print_values=True, show_legend=len(self.series) > 1,
            legend_at_bottom=True, style=CleanStyle(colors=COLOURS, font_family="sans-serif", value_font_size=12),
            formatter=lambda value: "" if value is None else f"{value:.{self.digits}f}", title=self.title,
        )  # fmt: skip
        chart.config.no_prefix = True
        chart.x_labels = list(reversed(self.labels))  # the first at the top
        for name, values in reversed(list(self.series.items())):
            chart.add(name, list(reversed(values)))
        chart.render_to_file(str(folder / f"{self.name}.svg"))
