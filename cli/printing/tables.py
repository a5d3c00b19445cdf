"""Tables for people, with two-space gaps and no control characters from the cluster. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from unicodedata import category, east_asian_width

from shared.inquiry.texts import printable

GAP: Final = 2
"""Spaces between two columns."""


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    underlined: bool = False,
    least: Mapping[str, int] | None = None,
) -> list[str]:
    """The lines of a table: each column as wide as its longest cell plus a gap, the last one unpadded.

    `least` sets minimum widths of columns. With `underlined`, dashes underline each word of the header.
    """
    return Columns(header, underlined=underlined, least=least).lines(rows)


class Columns:
    """A table whose rows come in parts: each column as wide as its longest cell so far, and never narrower again."""

    def __init__(
        self, header: Sequence[str], *, underlined: bool = False, least: Mapping[str, int] | None = None
    ) -> None:
        """Take the same arguments as `table`."""
        self._unprinted = [list(header), *([["-" * len(word) for word in header]] if underlined else [])]
        self._widths = [(least or {}).get(word, 0) for word in header]

    def lines(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """The lines of these rows, after the header's on the first call."""
        lines = [*self._unprinted, *([printable(cell) for cell in row] for row in rows)]
        self._unprinted = []
        if lines:
            cells_of = zip(*lines, strict=True)
            self._widths = [
                max(width, *map(_width, cells)) for width, cells in zip(self._widths, cells_of, strict=True)
            ]
        return ["".join(_padded(line, self._widths)) for line in lines]


def _padded(line: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    *others, last = line
    return [*(cell + " " * (width + GAP - _width(cell)) for cell, width in zip(others, widths, strict=False)), last]


def _width(text: str) -> int:
    """The width of the text in terminal cells: two for an East Asian letter or emoji, none for a combining accent."""
    if text.isascii():  # fast path for nearly all cells
        return len(text)
    return sum(0 if category(one) in ("Mn", "Me") else 2 if east_asian_width(one) in "WF" else 1 for one in text)
