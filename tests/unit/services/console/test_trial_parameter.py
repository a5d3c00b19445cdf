"""A parameter that is added to the catalogue is in the form: with widget, help, unit, range and origin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[4]
TRIAL: Final = '''
import json
from typing import Annotated

from shared.parameters import catalogue
from shared.parameters.shown import Cell, Rank, Shown, Suggests, When
from shared.parameters.types import Count, ItemLabel, Members, Quantity, Boolean


class Probe(Members):
    """A check of the container."""

    period: Annotated[Count, Cell("Period", unit="seconds", example="10")] = 10
    """Seconds between two checks."""
    strict: Annotated[Boolean, Cell("Strict", example="true")] = False
    """Whether one failure is enough."""


class TrainingValues(catalogue.TrainingValues):
    """Training workloads with more parameters."""

    scratch: Annotated[
        Quantity | None,
        Shown(
            "Storage", title="Scratch space", rank=Rank.BASIC, unit="bytes", example="10Gi", becomes="nothing",
            suggests=Suggests.STORAGE_CLASSES, only_with=When("stdin"),
        ),
    ] = None
    """Fast storage on the node."""
    probes: Annotated[dict[ItemLabel, Probe], Shown("Lifecycle", title="Probes", example="{}", becomes="nothing")] = {}
    """Checks of the container, by label."""


catalogue.TrainingValues = TrainingValues
'''
ASKS: Final = """
from dataclasses import asdict
from services.console.pages import TEMPLATES
from services.console.place import Place
from shared.parameters.kinds import TRAINING
from tests.unit.services.console.browser import ground

on = ground(
    TRAINING,
    {"scratch": {"rules": {"min": "1Gi", "max": "20Gi"}, "value": "2Gi"}, "stdin": {"value": True},
     "probes": {"itemRules": {"period": {"max": "60"}}, "items": {"alive": {"value": {"period": 5}}}}},
)
page = on.page({}).type("scratch", "30Gi").add("probes", "ready", period="70", strict="true")
given, after = on.again(page)
draw = TEMPLATES.get_template("fields.html").module.field
place = Place(TRAINING, "team-a", "")
print(json.dumps({
    "before": {one.name: asdict(one) for one in page.form.fields()},
    "spec": given.spec,
    "after": {one.name: asdict(one) for one in after.form.fields()},
    "problems": [str(one) for one in after.form.problems],
    "drawn": [str(draw(place, after.form, after.form.field(name))) for name in ("scratch", "probes")],
    "folded": ground(TRAINING).page({}).form.field("scratch").folded,
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of a Python process in which the catalogue has more parameters."""
    program = tmp_path_factory.mktemp("trial") / "trial.py"  # a file, as help is read from the source
    program.write_text(TRIAL + ASKS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(program)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_new_value_has_everything_that_a_person_needs(answers: dict[str, Any]) -> None:
    """Title, help, unit, placeholder, suggestions, range, origin and author come from catalogue and policy."""
    field = answers["before"]["scratch"]
    (cell,) = field["cells"]
    assert (field["title"], field["section"], field["rank"]) == ("Scratch space", "Storage", "basic")
    assert field["help"] == "Fast storage on the node. Only with Standard input."
    assert (field["allowed"], field["origin"]) == ("1Gi to 20Gi", ["policy", "policy"])
    assert field["set_by"] == "TrainingPolicy the-policy in namespace runai-team-a"
    assert (cell["name"], cell["text"], cell["unit"]) == ("v.scratch", "2Gi", "bytes")
    control = cell["control"]
    assert (control["widget"], control["placeholder"], control["suggests"]) == (
        "line",
        "10Gi",
        "storage classes of the cluster",
    )
    assert control["units"] == ["Mi", "Gi", "Ti", "M", "G", "T"]


def test_new_items_have_a_table(answers: dict[str, Any]) -> None:
    """Members become columns, each with its widget, unit and example; what the policy has is a row."""
    field = answers["before"]["probes"]
    assert field["headings"] == ["Label", "Period", "Strict"]
    (row,) = field["rows"]
    assert (row["label"], [cell["text"] for cell in row["cells"]]) == ("alive", ["5", "false"])
    period, strict = field["blank"]["cells"]
    assert (period["control"]["widget"], period["unit"], period["control"]["placeholder"]) == (
        "number",
        "seconds",
        "10",
    )
    assert (period["allowed"], strict["control"]["widget"]) == ("60 or less", "switch")


def test_what_is_typed_there_is_stated_and_judged(answers: dict[str, Any]) -> None:
    """The book-keeping and the sentences follow, too."""
    assert answers["spec"] == {
        "scratch": {"value": "30Gi"},
        "probes": {"items": {"ready": {"value": {"period": 70, "strict": True}}}},
    }
    assert "scratch: must be no greater than 20Gi" in answers["problems"]
    assert "probes.ready.period: must be no greater than 60" in answers["problems"]
    assert answers["after"]["scratch"]["beat"] == [[["policy", "policy"], "2Gi", ""]]


def test_the_templates_draw_it_as_they_are(answers: dict[str, Any]) -> None:
    """Controls, sentences, range and author are on the page, and no template knows the parameter."""
    value, items = answers["drawn"]
    assert '<label for="v.scratch">Scratch space</label>' in value
    assert 'name="v.scratch"' in value and 'value="30Gi"' in value and 'placeholder="10Gi"' in value
    assert "scratch: must be no greater than 20Gi" in value
    assert "allowed: 1Gi to 20Gi; set by TrainingPolicy the-policy in namespace runai-team-a" in value
    assert "instead of 2Gi (policy)" in value
    assert {f'name="v.probes.{row}.{member}"' in items for row in (0, 1, 2) for member in ("period", "strict")} == {
        True
    }
    assert "Add to Probes" in items
    folder = ROOT / "services" / "console" / "templates"
    assert not [path for path in folder.iterdir() if "probes" in path.read_text() or "scratch" in path.read_text()]


def test_a_new_relation_folds_the_field_away(answers: dict[str, Any]) -> None:
    """Without the switch that it needs, and without a value, there is no reason to show it."""
    assert answers["folded"] is True
    assert answers["before"]["scratch"]["folded"] is False
