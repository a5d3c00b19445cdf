"""The code that the pages show works as it stands: YAML, commands and shell."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click
import pytest
import yaml
from click.testing import CliRunner

from cli.main import runai
from deploy.local.demo import TEMPLATE
from shared.names import GROUP
from shared.parameters.kinds import KINDS, Kind
from shared.resolution.model import Refused
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.resolve import resolve
from tests.unit.docs.pages import PAGES, blocks, title
from tests.unit.shared.resolution.sources import base, workload

RUNAI: Final = re.compile(r"^(?:\$ )?(?:\w+=\S+ )*(runai .*)$", re.MULTILINE)
FILES: Final = re.compile(r"(?:-f|--file) (\S+\.yaml)")
WORKLOADS: Final[Mapping[str, Kind]] = {kind.workload: kind for kind in KINDS}
POLICIES: Final[Mapping[str, Kind]] = {kind.policy: kind for kind in KINDS}
Manifest = Mapping[str, Any]


def manifests(page: Path) -> list[Manifest]:
    """The objects of this project's group that the page shows as YAML."""
    shown = [yaml.safe_load_all(block.text) for block in blocks("yaml") if block.page == page]
    every = [one for documents in shown for one in documents if isinstance(one, dict)]
    return [one for one in every if str(one.get("apiVersion")).startswith(f"{GROUP}/")]


def commands() -> Iterator[tuple[str, str]]:
    """Every command line of `runai` that a page shows in a block, and the page."""
    for block in blocks("", "bash", "console", "shell"):
        for line in RUNAI.findall(block.text):
            if "[" not in line and "..." not in line:  # a synopsis
                yield title(block.page), line


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_workloads_are_accepted_or_the_page_says_why_not(page: Path) -> None:
    """A reader who applies an example gets a job, or exactly the refusals that the page shows."""
    shown = manifests(page)
    bases = {one["metadata"]["name"]: one["spec"] for one in [yaml.safe_load(TEMPLATE.read_text()), *shown]}
    policies = {POLICIES[one["kind"]]: one["spec"] for one in shown if one["kind"] in POLICIES}
    for one in (one for one in shown if one["kind"] in WORKLOADS):
        kind, spec = WORKLOADS[one["kind"]], one["spec"]
        below = bases.get(spec.get("baseWorkload", ""))
        policy: Policy | None = compile_policy(kind, policies[kind]) if kind in policies else None
        found = resolve(kind, workload(spec), base(below) if below else None, policy)
        reasons = [str(violation) for violation in found.violations] if isinstance(found, Refused) else []
        assert [reason for reason in reasons if reason not in page.read_text()] == [], one["metadata"]["name"]


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_policies_have_no_contradictions(page: Path, tmp_path: Path) -> None:
    """`runai policy lint` finds nothing wrong with a policy that a page shows."""
    policies = [one for one in manifests(page) if one["kind"] in POLICIES]
    if policies:
        (tmp_path / "policy.yaml").write_text(yaml.safe_dump_all(policies))
        result = CliRunner().invoke(runai, ["policy", "lint", "--strict", "-f", str(tmp_path / "policy.yaml")])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_commands_are_understood(page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes every flag and argument; nothing is run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNAI_CONFIG", str(tmp_path / "config.json"))
    for file in FILES.findall(line):
        Path(file).touch()
    words = shlex.split(line, comments=True)
    understood(runai, "runai", words[1:])


def understood(command: click.Command, name: str, words: list[str], parent: click.Context | None = None) -> None:
    """Parse the words as the command does, down to the verb; a usage error says what is wrong."""
    try:
        ctx = command.make_context(name, list(words), parent=parent)
    except click.exceptions.Exit:  # reading --help or --version ends the command
        return
    with ctx:
        if isinstance(command, click.Group) and (rest := [*ctx._protected_args, *ctx.args]):
            verb, found, others = command.resolve_command(ctx, rest)
            assert found is not None, verb
            understood(found, verb or "", others, ctx)


def test_commands_that_are_wrong_are_found() -> None:
    """A flag that does not exist is not overlooked."""
    with pytest.raises(click.UsageError, match="--gpus"):
        understood(runai, "runai", shlex.split("submit -i ubuntu --gpus 1"))


@pytest.mark.parametrize("block", list(blocks("bash", "shell")), ids=lambda block: title(block.page))
def test_shell_blocks_are_shell(block: Any) -> None:
    """A reader can paste the block."""
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=lambda block: title(block.page))
def test_yaml_blocks_are_yaml(block: Any) -> None:
    """A reader can save the block as a file."""
    assert list(yaml.safe_load_all(block.text))
