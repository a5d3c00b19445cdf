"""One list in every output format."""

import json
from collections.abc import AsyncIterator
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from cli.printing.output import Printer, Shape, name_of, output_option, show, show_all, show_pages
from cli.printing.tables import Columns

SHAPE = Shape(("NAME", "USAGE"), lambda item: (item["metadata"]["name"], "Submit", "new"), wide=("STATUS",))


def workload(name: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "run.ai/v1alpha1",
        "kind": "TrainingWorkload",
        "metadata": {"name": name, **metadata},
        "spec": {},
    }


TWO = [workload("a", managedFields=[{"manager": "kubectl"}]), workload("longer-name")]


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (None, ["NAME         USAGE", "a            Submit", "longer-name  Submit"]),
        ("wide", ["NAME         USAGE   STATUS", "a            Submit  new", "longer-name  Submit  new"]),
        ("name", ["trainingworkload.run.ai/a", "trainingworkload.run.ai/longer-name"]),
    ],
)
def test_rows_and_names(output: str | None, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A table and a list of names, in every form."""
    show_all(TWO, SHAPE, output)
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize("parts", [[], [[]], [TWO], [TWO[:1], [], TWO[1:]]])
@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_json_and_yaml_are_one_list_however_many_parts_it_comes_in(
    output: str, read: Any, parts: list[list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON and YAML print one list, whatever pages it arrives in."""
    printer = Printer(SHAPE, output)
    for part in parts:
        printer.add(part)
    printer.end()
    expected = [workload("a"), workload("longer-name")] if any(parts) else []
    assert read(capsys.readouterr().out) == {"apiVersion": "v1", "items": expected, "kind": "List"}


async def test_pages_are_printed_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    """The first page is printed before the last one is read."""
    printed: list[str] = []

    async def pages() -> AsyncIterator[list[dict[str, Any]]]:
        for item in TWO:
            yield [item]
            printed.append(capsys.readouterr().out)

    assert (await show_pages(pages(), SHAPE, None)).count == 2
    assert printed == ["NAME  USAGE\na     Submit\n", "longer-name  Submit\n"]


def test_columns_widen_and_never_narrow() -> None:
    """Columns grow with later pages and never shrink."""
    columns = Columns(["NAME", "USAGE"])
    assert columns.lines([("abcdef", "x")]) == ["NAME    USAGE", "abcdef  x"]
    assert columns.lines([("a", "x"), ("abcdefgh", "x")]) == ["a         x", "abcdefgh  x"]
    assert columns.lines([("a", "x")]) == ["a         x"]
    assert columns.lines([]) == []


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("name", "pod/p\n"),
        ("yaml", 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  note: "\\e[31m"\n'),
        (
            "json",
            '{\n    "apiVersion": "v1",\n    "kind": "Pod",\n    "metadata": {\n        "name": "p"\n    },\n'
            '    "spec": {\n        "note": "\\u001b[31m"\n    }\n}\n',
        ),
    ],
)
def test_one_object_and_nothing_in_it_that_commands_a_terminal(
    output: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An object is printed with its control characters escaped."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"note": "\x1b[31m"}}
    show(pod, output)
    assert capsys.readouterr().out == text


def test_names_are_those_that_kubectl_takes() -> None:
    """-o name prints names as kubectl accepts them."""
    assert name_of({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}) == "deployment.apps/d"


def test_a_verb_offers_the_forms_it_has() -> None:
    """A verb accepts its own output forms only."""

    @click.command()
    @output_option("json", "name")
    def verb(output: str | None) -> None:
        click.echo(output)

    assert CliRunner().invoke(verb, ["-o", "name"]).output == "name\n"
    assert CliRunner().invoke(verb, []).output == "\n"
    refused = CliRunner().invoke(verb, ["--output", "wide"])
    assert refused.exit_code == 2
    assert "'wide' is not one of 'json', 'name'" in refused.stderr


def test_what_has_no_end_is_one_document_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    """A watch prints one document per change."""
    for output in ("json", "yaml"):
        printer = Printer(SHAPE, output, apart=True)
        printer.add(TWO[1:])
        printer.end()
        printer.gone(TWO[1])
    as_json, as_yaml = capsys.readouterr().out.split("---\n", 1)
    assert as_json.count('"name": "longer-name"') == 2
    assert json.loads(as_json[: len(as_json) // 2]) == workload("longer-name")
    assert list(yaml.safe_load_all(as_yaml)) == [workload("longer-name")] * 2


def test_a_row_says_what_is_gone_and_an_empty_table_has_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    """A deleted row is marked, and an empty table has a header."""
    printer = Printer(SHAPE, None)
    printer.end()
    printer.gone(TWO[0])
    assert capsys.readouterr().out == "NAME  USAGE\na     Submit  (deleted)\n"
