"""A table whose rows are of more than one object each: printed whole, and then each row again when it has changed."""

from collections.abc import Iterable, Sequence

from cli.connection import JsonObject
from cli.output import Printer, Shape

AGE = "AGE"


class Rows:
    """Rows for objects, remembered by their uid."""

    def __init__(self, header: Sequence[str], wide: Sequence[str], output: str | None, *, watch: bool) -> None:
        shape = Shape(header, lambda item: self._cells[item["metadata"]["uid"]], wide)
        self._printer = Printer(shape, output, apart=watch)
        self._age = header.index(AGE)
        self._cells: dict[str, Sequence[str]] = {}

    def show(self, rows: Iterable[tuple[JsonObject, Sequence[str]]]) -> None:
        """Print those objects that are new or whose cells have changed; getting older is no change."""
        self._printer.add([item for item, cells in rows if self._is_news(item, cells)])

    def gone(self, item: JsonObject, cells: Sequence[str]) -> None:
        """Print an object that is there no more, as it was."""
        self._cells[item["metadata"]["uid"]] = cells
        self._printer.gone(item)

    def end(self) -> None:
        """Close what is open."""
        self._printer.end()

    def _is_news(self, item: JsonObject, cells: Sequence[str]) -> bool:
        uid = item["metadata"]["uid"]
        before, self._cells[uid] = self._cells.get(uid), cells
        return before is None or self._ageless(before) != self._ageless(cells)

    def _ageless(self, cells: Sequence[str]) -> list[str]:
        return [*cells[: self._age], *cells[self._age + 1 :]]
