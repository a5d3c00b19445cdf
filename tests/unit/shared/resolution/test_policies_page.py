"""The page about policies is correct: its tables are executed, and its example resolves."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.parameters.kinds import INTERACTIVE, KINDS
from shared.parameters.limits import LARGEST_VALUES_SET
from shared.parameters.rules import OF_ITEMIZED, OF_ITEMS, fitting
from shared.parameters.types import Family
from shared.resolution.cross import LONGEST_JOB_NAME, LONGEST_PREFIX
from shared.resolution.model import Refused, Resolved
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from tests.unit.shared.resolution.sources import DELETED, base, port, resolved, shown, workload

PAGE = (Path(__file__).parents[4] / "docs" / "explanation" / "policies.md").read_text()
Row = dict[str, str]


def tables(*header: str) -> list[list[Row]]:
    """The rows of every table with this header, by column."""
    found: list[list[Row]] = []
    for block in PAGE.split("\n\n"):
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        if lines[0] == list(header):
            found.append([dict(zip(header, cells, strict=True)) for cells in lines[2:]])
    return found


OUTCOMES = [row for table in tables("Policy", "Base workload", "Workload", "Outcome") for row in table]
ALONE = [row for table in tables("Workload", "Outcome") for row in table]


def spec(cell: str) -> Any:
    return yaml.safe_load(cell.strip("`")) or {}


@pytest.mark.parametrize("row", [*OUTCOMES, *ALONE], ids=lambda row: row["Outcome"][:60])
def test_outcomes(row: Row) -> None:
    """Every row of the page's tables has the outcome that it states."""
    mine = {"image": {"value": "python"}, **spec(row["Workload"])}
    of_base = base(spec(cell), name="my-base") if (cell := row.get("Base workload")) else None
    policy = compile_policy(INTERACTIVE, spec(row["Policy"])) if row.get("Policy") else None
    found = resolve(INTERACTIVE, workload(mine), of_base, policy)
    if row["Outcome"].startswith("refused:"):
        assert isinstance(found, Refused)
        assert [str(violation) for violation in found.violations] == re.findall("`([^`]*)`", row["Outcome"])
    else:
        assert isinstance(found, Resolved)
        wanted = spec(row["Outcome"])
        assert {name: found.values_set[name] for name in wanted} == wanted


def test_there_are_outcomes() -> None:
    """The tables are found on the page."""
    assert len(OUTCOMES) > 20
    assert len(ALONE) > 5


def test_ports() -> None:
    """The table of ports gives the result column."""
    (rows,) = tables("Label", "Policy", "Base workload", "Workload", "Result")
    sources = [{"ports": {"items": dict(_items(rows, name))}} for name in ("Policy", "Base workload", "Workload")]
    policy, of_base, mine = sources
    expected = {row["Label"]: row["Result"] for row in rows if row["Result"] != "(none)"}
    assert shown(resolved(mine, of_base, policy)) == expected


def _items(rows: list[Row], column: str) -> Any:
    for row in rows:
        if row[column] == "(deleted)":
            yield row["Label"], DELETED
        elif row[column]:
            container, external = map(int, row[column].split(":"))
            yield row["Label"], port(container, external)


def test_rules_of_each_type() -> None:
    """The table of rules by type equals the code."""
    (rows,) = tables("Values", "Rules")
    expected = {family.value: fitting(family) for family in Family if family is not Family.OBJECT}
    expected |= {"items as a whole": OF_ITEMIZED, "one item": OF_ITEMS}
    assert {row["Values"]: row["Rules"] for row in rows} == {
        name: ", ".join(rule.name for rule in rules) for name, rules in expected.items()
    }


def test_kinds() -> None:
    """The table of kinds equals the code."""
    (rows,) = tables("Workload", "Policy")
    assert [(row["Workload"], row["Policy"]) for row in rows] == [(kind.workload, kind.policy) for kind in KINDS]


def test_the_example_is_a_policy() -> None:
    """The example policy compiles and gives the documented values."""
    (example,) = re.findall("```yaml\n(.*?)```", PAGE, re.DOTALL)
    policy = compile_policy(INTERACTIVE, yaml.safe_load(example)["spec"])
    found = resolve(INTERACTIVE, workload({"image": {"value": "python"}}), None, policy)
    assert isinstance(found, Resolved)
    assert found.values_set["gpu"] == "1"
    assert shown(found) == {"admin-port-a": "30100:8080", "admin-port-b": "30101:8081"}


def test_limits() -> None:
    """The limits on the page are those of the code."""
    said = " ".join(PAGE.split())
    for limit in (
        f"at most {LONGEST_JOB_NAME} characters",
        f"prefix at most {LONGEST_PREFIX}",
        f"at most {LARGEST_VALUES_SET} KiB",
    ):
        assert limit in said
