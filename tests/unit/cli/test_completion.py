"""The tab key: verbs and flags at once, names where there is a cluster, and never a word where there is none."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from cli import completing
from cli.completing import complete
from cli.groups import HELP_FLAGS
from cli.main import runai
from cli.options import JOB_NAME, project_option
from tests.integration.harness.services import ROOT


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person without any configuration."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RUNAI_CONFIG", str(tmp_path / "config.json"))


def completed(*words: str) -> list[str]:
    """What the tab key offers for the last word."""
    *before, last = words
    found = BashComplete(runai, {}, "runai", "_RUNAI_COMPLETE").get_completions(before, last)
    return [item.value for item in found]


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (["li"], ["list"]),
        (["list", ""], ["jobs", "workloads", "nodes", "projects", "clusters"]),
        (["list", "work"], ["workloads"]),
        (["list", "workloads", "--inter"], ["--interactive"]),
        (["list", "workloads", "-o", ""], ["json", "yaml", "name", "wide"]),
        (["describe", "w"], ["workload"]),
        (["describe", "--inf"], ["--inference"]),
        (["policy", "effective", "--kind", "t"], ["training"]),
        (["submit", "--service-type", "n"], ["nodeport"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["describe", "workload", ""], []),
        (["list", "workloads", "-p", ""], []),
        (["nothing", ""], ["submit"]),
    ],
)
def test_verbs_flags_and_choices_need_no_cluster(words: list[str], some: list[str]) -> None:
    assert completed(*words)[: len(some)] == some


def test_verbs_are_completed_without_reading_their_files() -> None:
    script = "import sys\nfrom cli.main import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    surroundings = {"PATH": "", "COMP_WORDS": "runai li", "COMP_CWORD": "1", "_RUNAI_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=surroundings, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["plain,list"]
    assert not {"pydantic", "aiohttp", "asyncio", "cli.verbs"} & set(done.stderr.split())


@pytest.mark.parametrize("kubeconfig", ["", "{", "server: [", "apiVersion: v1\nkind: Config\ncontexts: 7"])
def test_failures_complete_nothing_and_say_nothing(
    kubeconfig: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kubeconfig").write_text(kubeconfig)
    assert completed("list", "workloads", "--kubeconfig", str(tmp_path / "kubeconfig"), "-p", "") == []
    assert completed("config", "cluster", "") == []
    assert capfd.readouterr() == ("", "")


@click.command()
@click.argument("job", type=JOB_NAME)
@project_option
def verb(job: str, project: str | None) -> None:
    """Something done to a job."""


def test_a_cluster_that_is_slow_completes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(completing, "_patiently", slow)
    assert complete("job", click.Context(verb, help_option_names=HELP_FLAGS), "") == []


def test_names_are_offered_once_sorted_and_only_those_that_begin_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(what: str, ctx: click.Context) -> list[str]:
        assert (what, ctx.params.get("project")) == ("job", "team-a")
        return ["b-1", "b-0", "a", "b-1"]

    monkeypatch.setattr(completing, "_patiently", found)
    items = BashComplete(verb, {}, "verb", "_VERB_COMPLETE").get_completions(["-p", "team-a"], "b")
    assert [item.value for item in items] == ["b-0", "b-1"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(runai, ["completion", shell])
    assert result.exit_code == 0
    assert f"_RUNAI_COMPLETE={shell}_complete" in result.stdout
    assert "runai" in result.stdout.split()


def test_bash_takes_its_script_and_completes_with_it(tmp_path: Path) -> None:
    command = tmp_path / "runai"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    script = """
        source <(runai completion bash)
        COMP_WORDS=(runai list wo) COMP_CWORD=2
        _runai_completion runai
        echo "${COMPREPLY[@]}"
        complete -p runai
    """
    surroundings = {"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script], env=surroundings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["workloads", "complete -o nosort -F _runai_completion runai"]
