"""A table whose rows combine several objects: printed in full, then each row again when it changes."""

from collections.abc import Iterable, Sequence

from cli.printing.output import JSON, YAML, Printer, Shape
from shared.objects import JsonObject

AGE = "AGE"


class Rows:
    """Rows of objects, remembered by uid."""

    def __init__(self, header: Sequence[str], wide: Sequence[str], output: str | None, *, watch: bool) -> None:
        shape = Shape(header, lambda item: self._cells[item["metadata"]["uid"]], wide)
        self._printer = Printer(shape, output, apart=watch)
        self._age = header.index(AGE)
        self._whole = output in (JSON, YAML)
        self._cells: dict[str, Sequence[str]] = {}
        self._shown: dict[str, object] = {}
        """The row last printed for each object."""

    def show(self, rows: Iterable[tuple[JsonObject, Sequence[str]]]) -> None:
        """Print rows that are new or have changed; a different age alone is not a change."""
        self._printer.add([item for item, cells in rows if self._is_news(item, cells)])

    def gone(self, item: JsonObject, cells: Sequence[str]) -> None:
        """Print the last row of a deleted object."""
        self._cells[item["metadata"]["uid"]] = cells
        self._printer.gone(item)

    def end(self) -> None:
        """Print the end of the table or list."""
        self._printer.end()

    def _is_news(self, item: JsonObject, cells: Sequence[str]) -> bool:
        uid = item["metadata"]["uid"]
        self._cells[uid] = cells
        now: object = item["metadata"]["resourceVersion"] if self._whole else self._ageless(cells)
        before, self._shown[uid] = self._shown.get(uid), now
        return before != now

    def _ageless(self, cells: Sequence[str]) -> list[str]:
        return [*cells[: self._age], *cells[self._age + 1 :]]
