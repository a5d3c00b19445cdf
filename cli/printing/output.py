"""Prints a verb's results in the requested format: a table or `-o json|yaml|name|wide`, once or as they change.

Lists are printed page by page, as the API server returns them, so that thousands of rows start at once and are never
all in memory. This module knows no verb: each verb defines its rows with a `Shape`.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any, Final, TypeVar

import click

from cli.printing.tables import Columns
from shared.inquiry.yaml_texts import clean, yaml_text
from shared.objects import JsonObject

F = TypeVar("F", bound=Callable[..., Any])

JSON, YAML, NAME, WIDE = FORMATS = ("json", "yaml", "name", "wide")
DELETED: Final = "(deleted)"
"""Marks the row of an object that was deleted."""
JSON_HEAD: Final = '{\n    "apiVersion": "v1",\n    "items": [\n'
JSON_END: Final = '\n    ],\n    "kind": "List"\n}'
JSON_EMPTY: Final = '{\n    "apiVersion": "v1",\n    "items": [],\n    "kind": "List"\n}'
YAML_HEAD, YAML_END, YAML_EMPTY = "apiVersion: v1\nitems:\n", "kind: List", "apiVersion: v1\nitems: []\nkind: List"
"""The start of a `List` of objects, as kubectl prints it."""


def output_option(*formats: str) -> Callable[[F], F]:
    """Add `-o`; the verb gets `output`, one of `formats` (all `FORMATS` if none are given), or None."""
    choices = formats or FORMATS
    return click.option("-o", "--output", type=click.Choice(choices), help="Output format.")


watch_option = click.option("-w", "--watch", is_flag=True, help="Keep showing changes after the list, until Ctrl-C.")


@dataclass(frozen=True)
class Shape:
    """How objects of a kind are shown as rows."""

    header: Sequence[str]
    row: Callable[[JsonObject], Sequence[str]]
    """One cell for each word of `header`, then one for each of `wide`."""
    wide: Sequence[str] = ()
    """Columns beyond `header`, shown by `-o wide`."""
    least: dict[str, int] = field(default_factory=dict)
    """Minimum widths of columns."""
    underlined: bool = False

    def columns(self, output: str | None) -> Columns:
        """The table's columns, before the first row."""
        header = [*self.header, *(self.wide if output == WIDE else ())]
        return Columns(header, least=self.least, underlined=self.underlined)

    def cells(self, item: JsonObject, output: str | None) -> Sequence[str]:
        """The row of one object."""
        count = len(self.header) + (len(self.wide) if output == WIDE else 0)
        return self.row(item)[:count]


def show(item: JsonObject, output: str) -> None:
    """Print one object as JSON, as YAML or by its name."""
    if output == NAME:
        click.echo(name_of(item))
    else:
        click.echo(json_text(clean(item)) if output == JSON else yaml_text(clean(item)), nl=output == JSON)


def show_plain(value: Any, output: str) -> None:
    """Print something other than a cluster resource as JSON or YAML."""
    click.echo(json_text(value) if output == JSON else yaml_text(value).rstrip("\n"))


class Printer:
    """Prints a list in parts. JSON and YAML are one `List`, as kubectl prints it, complete only after `end`. With
    `apart`, for lists without end, each object is its own document."""

    def __init__(self, shape: Shape, output: str | None, *, apart: bool = False) -> None:
        self._shape, self._output, self._apart = shape, output, apart
        self._columns = shape.columns(output)
        self.count = 0
        """Objects printed so far."""

    def add(self, items: Sequence[JsonObject]) -> None:
        """Print these objects; a table's header comes before the first part, even an empty one."""
        match self._output:
            case "json":
                text = "".join(self._json(number, item) for number, item in enumerate(items, self.count))
            case "yaml":
                text = "".join(self._yaml(number, item) for number, item in enumerate(items, self.count))
            case "name":
                text = "".join(f"{name_of(item)}\n" for item in items)
            case _:
                text = self._rows([self._shape.cells(item, self._output) for item in items])
        click.echo(text, nl=False)
        self.count += len(items)

    def tell(self, change: str, item: JsonObject) -> None:
        """Print what happened to an object after the list: ADDED, MODIFIED or DELETED."""
        if change == "DELETED":
            self.gone(item)
        else:
            self.add([item])

    def gone(self, item: JsonObject) -> None:
        """Print an object that was listed and has since been deleted."""
        if self._output in (None, WIDE):
            *cells, last = self._shape.cells(item, self._output)
            click.echo(self._rows([[*cells, f"{last}  {DELETED}"]]), nl=False)
        else:
            self.add([item])

    def end(self) -> None:
        """Print the end of the list."""
        match self._output:
            case "json" if not self._apart:
                click.echo(JSON_END if self.count else JSON_EMPTY)
            case "yaml" if not self._apart:
                click.echo(YAML_END if self.count else YAML_EMPTY)
            case None | "wide":
                click.echo(self._rows([]), nl=False)  # the header of an empty table

    def _rows(self, rows: Sequence[Sequence[str]]) -> str:
        return "".join(f"{line}\n" for line in self._columns.lines(rows))

    def _json(self, before: int, item: JsonObject) -> str:
        text = json_text(clean(item))
        return f"{text}\n" if self._apart else (",\n" if before else JSON_HEAD) + indent(text, " " * 8)

    def _yaml(self, before: int, item: JsonObject) -> str:
        if self._apart:
            return f"---\n{yaml_text(clean(item))}"
        return ("" if before else YAML_HEAD) + yaml_text([clean(item)])


def show_all(items: Iterable[JsonObject], shape: Shape, output: str | None) -> None:
    """Print a whole list at once."""
    printer = Printer(shape, output)
    printer.add(list(items))
    printer.end()


async def show_pages(
    pages: AsyncIterator[list[JsonObject]], shape: Shape, output: str | None, *, apart: bool = False
) -> Printer:
    """Print a list page by page as it arrives; return the printer, for later changes if objects are `apart`."""
    printer = Printer(shape, output, apart=apart)
    async for page in pages:
        printer.add(page)
    printer.end()
    return printer


def json_text(value: Any) -> str:
    """JSON indented as kubectl does, without control characters."""
    return json.dumps(value, indent=4)


def name_of(item: JsonObject) -> str:
    """The object's name in the form that kubectl accepts: `pod/NAME`, `trainingworkload.run.ai/NAME`."""
    group = str(item["apiVersion"]).rpartition("/")[0]
    return f"{str(item['kind']).lower()}{'.' + group if group else ''}/{item['metadata']['name']}"
