"""Plots of the benchmarks' figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygal
from pygal.style import Style

WIDTH: Final = 860
ROW: Final = 24
"""Height of a bar in pixels."""
FRAME: Final = 90
"""Height of the title and the margins above and below the bars, in pixels."""
LEGEND: Final = 40
ROOM: Final = 1.12
"""Length of the axis relative to the longest bar, which leaves room for the bar's figure."""
STYLE: Final = Style(
    font_family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif",
    title_font_size=17,
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
    legend_font_size=14,
)

CSS: Final = """
svg { --page: #ffffff; --edge: #d0d7de; --ink: #1f2328; --first: #0969da; --second: #bf8700; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --edge: #30363d; --ink: #e6edf3; --first: #58a6ff; --second: #d29922; }
}
.graph > .background { fill: var(--page); stroke: var(--edge); }
.plot > .background { fill: none; }
.title, .axis text, .legends .legend text { fill: var(--ink) !important; }
.title { font-weight: 600; }
.axis .line, .axis .guide.line, .axis.x text { display: none; }
.axis .axis.line { display: inline; stroke: var(--edge); }
.text-overlay .value { fill: var(--ink) !important; text-anchor: start; transform: translateX(6px); }
.reactive { fill-opacity: 1; stroke-width: 0; }
.color-0 { fill: var(--first) !important; stroke: none !important; }
.color-1 { fill: var(--second) !important; stroke: none !important; }
"""
"""Style of the plots: figures follow their bars, and colours follow the reader's light or dark scheme."""


@dataclass(frozen=True)
class Picture:
    """A plot of horizontal bars, one for every label and series; None means no bar."""

    name: str
    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    digits: int = 0

    def write(self, folder: Path) -> None:
        """Draw the plot as `<name>.svg`."""
        several = len(self.series) > 1
        longest = max(value for values in self.series.values() for value in values if value is not None)
        chart = pygal.HorizontalBar(
            width=WIDTH, height=FRAME + several * LEGEND + ROW * len(self.labels) * len(self.series), style=STYLE,
            js=[], css=["file://style.css", "file://graph.css", f"inline:{CSS}"],
            title=self.title, range=(0, longest * ROOM), margin=18, truncate_label=-1,
            show_legend=several, legend_at_bottom=True, legend_at_bottom_columns=2, show_y_guides=False,
            print_values=True, print_values_position="top",
            formatter=lambda value: "" if value is None else f"{value:,.{self.digits}f}",
        )  # fmt: skip
        chart.config.no_prefix = True
        chart.x_labels = list(reversed(self.labels))  # the first at the top
        for name, values in self.series.items():
            chart.add(name, list(reversed(values)))
        chart.render_to_file(str(folder / f"{self.name}.svg"))
