"""A kind of workload is declared once, with a line in `kinds.py` and a class of values; everything else follows."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[4]
TRIAL: Final = """
import json
from shared.parameters import catalogue, kinds

class TrialValues(catalogue.TrainingValues):
    pass

catalogue.TrialValues = TrialValues
trial = kinds.kind_named(
    "trial", "tr", job_type="Trial", switches=("--inference", "--trial"), told="Trial workloads.", serves="trials"
)
kinds.KINDS = (*kinds.KINDS, trial)
"""
"""Declares the kind, before anything else is imported."""
ASKS: Final = """
from click.testing import CliRunner
from cli.main import runai
from cli.options.kinds import READ_SWITCHES, SWITCHES, kinds_from
from cli.verbs.submit import submit
from generate import admission, cli_page, crds, flags
from shared.inquiry.jobs import TYPES
from shared.resolution.model import Origin, Source
from shared.resolution.resolve import resolve

resolved = resolve(trial, Source(Origin.WORKLOAD, None, {"image": {"value": "python"}}), None)
print(json.dumps({
    "definitions": [one["metadata"]["name"] for one in crds.definitions()],
    "admitted": admission.policies()["record"][0]["spec"]["matchConstraints"]["resourceRules"][0]["resources"],
    "flags": [flag["names"][0] for flag in flags.derived() if "trial" in flag["kinds"]],
    "training flags": [flag["names"][0] for flag in flags.derived() if "training" in flag["kinds"]],
    "page": list(cli_page.kinds_table()),
    "switch": SWITCHES["trial"],
    "read": READ_SWITCHES["trial"],
    "serving": [kind.name for kind in kinds_from(serving=True)],
    "submits": submit.profile.kinds,
    "type": TYPES["TrialWorkload"],
    "of policies": CliRunner().invoke(runai, ["policy", "effective", "--help"]).output,
    "image": resolved.values_set["image"],
    "kind_of": kinds.kind_of("TrialWorkload").name,
}))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """The output of a Python process in which the trial kind is declared."""
    done = subprocess.run([sys.executable, "-c", TRIAL + ASKS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_api_server_learns_of_a_new_kind(answers: dict[str, Any]) -> None:
    """Resource definitions of its workloads and policies, and the admission rule, follow."""
    assert {"trialworkloads", "trialpolicies"} <= {name.partition(".")[0] for name in answers["definitions"]}
    assert "trialworkloads" in answers["admitted"]


def test_its_values_are_resolved_and_its_flags_derived(answers: dict[str, Any]) -> None:
    """It has the flags of its parameters, the historic ones among them."""
    assert answers["image"] == "python"
    assert answers["kind_of"] == "trial"
    assert answers["flags"] == answers["training flags"]
    assert {"--backoffLimit", "--volumes", "--prevent-privilege-escalation"} <= set(answers["flags"])


def test_the_command_line_submits_reads_and_explains_it(answers: dict[str, Any]) -> None:
    """Its switches, the type of its jobs, the help of policies and the documentation follow."""
    assert answers["switch"] == [["--inference", "--trial"], "Trial workloads."]
    assert answers["read"] == [["--trial"], "Select trials only (TrialWorkload)."]
    assert answers["serving"] == ["deployment", "inference", "trial"]
    assert answers["submits"] == ["training", "interactive", "deployment", "inference", "trial"]
    assert answers["type"] == "Trial"
    assert "distributed, trial." in " ".join(answers["of policies"].split())
    assert "| `--trial` | TrialWorkload only | TrialWorkload |" in answers["page"]
