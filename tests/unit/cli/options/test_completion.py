"""Tab completion: verbs and flags need no cluster, names need one, and without a cluster no name is offered."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from cli.cluster import connection
from cli.main import runai
from cli.options import completion as completing
from cli.options.completion import complete
from cli.options.names import JOB_NAME
from cli.options.places import project_option
from cli.shell.groups import HELP_FLAGS
from shared.names import resource_path
from tests.integration.harness.forking import ROOT

pytestmark = pytest.mark.usefixtures("nowhere")


def completed(*words: str) -> list[str]:
    """The tab key's offers for the last word."""
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
    """Verbs, flags and choices are completed without a cluster."""
    assert completed(*words)[: len(some)] == some


def test_verbs_are_completed_without_reading_their_files() -> None:
    """Completing a verb imports none of the verbs."""
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
    """A broken kubeconfig completes nothing and prints nothing."""
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
    """A slow cluster completes nothing."""

    async def slow(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(completing, "_patiently", slow)
    assert complete("job", click.Context(verb, help_option_names=HELP_FLAGS), "") == []


def test_names_are_offered_once_sorted_and_only_those_that_begin_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are offered once, sorted, and only those with the typed prefix."""

    async def found(what: str, ctx: click.Context) -> list[str]:
        assert (what, ctx.params.get("project")) == ("job", "team-a")
        return ["b-1", "b-0", "a", "b-1"]

    monkeypatch.setattr(completing, "_patiently", found)
    items = BashComplete(verb, {}, "verb", "_VERB_COMPLETE").get_completions(["-p", "team-a"], "b")
    assert [item.value for item in items] == ["b-0", "b-1"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """bash, zsh and fish each get a completion script."""
    result = CliRunner().invoke(runai, ["completion", shell])
    assert result.exit_code == 0
    assert f"_RUNAI_COMPLETE={shell}_complete" in result.stdout
    assert "runai" in result.stdout.split()


BASH = """
    source <(runai completion bash)
    COMP_LINE='runai list wo' COMP_POINT=13
    _runai_completion runai
    echo "${COMPREPLY[@]}"
    complete -p runai
"""
ZSH = r"""
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; source <(runai completion zsh); echo be''gun"
    zpty -r shell said '*begun*'
    zpty -n -w shell $'runai list wo\t'
    zpty -r shell said '*workloads*' && echo workloads
    zpty -d shell
"""
FISH = "runai completion fish | source; complete -C 'runai list wo' | cut -f 1"
SHELLS = {
    "bash": (["bash", "-c", BASH], ["workloads", "complete -o nosort -F _runai_completion runai"]),
    "zsh": (["zsh", "-f", "-c", ZSH], ["workloads"]),
    "fish": (["fish", "-c", FISH], ["workloads"]),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_takes_its_script_and_completes_with_it(shell: str, tmp_path: Path) -> None:
    """The real shell loads its script and completes with it."""
    assert shutil.which(shell), f"{shell} is not installed (Debian: apt install {shell}); `.ci/run` installs it"
    command = tmp_path / "runai"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    surroundings = {"PATH": f"{tmp_path}:{os.defpath}:/usr/local/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    words, printed = SHELLS[shell]
    done = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.splitlines()) == (0, "", printed)


@pytest.mark.parametrize(
    ("line", "plural"),
    [
        ("submit", "trainingworkloads"),
        ("submit --jupyter", "interactiveworkloads"),
        ("submit --inference", "deploymentworkloads"),
        ("submit-mpi", "trainingworkloads"),
        ("submit-dist pytorch", "distributedworkloads"),
        ("submit-dist mpi", "distributedworkloads"),
        ("submit-dist mpi --interactive", "interactiveworkloads"),
    ],
)
def test_templates_are_offered_of_the_kind_that_is_submitted(
    line: str, plural: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--workload offers templates of the kind that is submitted."""
    asked: list[str] = []

    @asynccontextmanager
    async def cluster(_: str | None) -> AsyncIterator[Any]:
        yield None

    async def names(_: Any, path: str) -> list[str]:
        asked.append(path)
        return ["my-template"]

    monkeypatch.setattr(connection, "cluster", cluster)
    monkeypatch.setattr(completing, "_template_names", names)
    assert completed(*line.split(), "-p", "team-a", "--workload", "my") == ["my-template"]
    assert asked == [resource_path(plural, "runai-team-a"), resource_path(plural, "runai")]
