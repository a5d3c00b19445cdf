"""What is completed when a person types it into a real shell, and what the command then gets."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from cli.options.shells import typed
from tests.integration.harness.forking import ROOT

NAMES = ("arn:aws:eks:eu:1:cluster/a", "arn:aws:eks:us:1:cluster/b", "kind-one", "with space", "ü$x")
EU, US, KIND, SPACE, ODD = NAMES
TYPED = [
    ("config cluster arn:aws:eks:e\t", ["config", "cluster", EU]),
    ("config cluster ar\tu\t", ["config", "cluster", US]),
    ("config cluster k\t", ["config", "cluster", KIND]),
    ("config cluster 'arn:aws:eks:u\t", ["config", "cluster", US]),
    ('config cluster "arn:aws:eks:u\t', ["config", "cluster", US]),
    ("config cluster arn\\:aws\\:eks\\:e\t", ["config", "cluster", EU]),
    ("config cluster wi\t", ["config", "cluster", SPACE]),
    ("config cluster ü\t", ["config", "cluster", ODD]),
    ("list   wo\t", ["list", "workloads"]),
    ("list jobs -o js\t", ["list", "jobs", "-o", "json"]),
    ("list jobs --output=js\t", ["list", "jobs", "--output=json"]),
    ("list jobs -o=na\t", ["list", "jobs", "-o=name"]),
    ("list jobs --outp\t", ["list", "jobs", "--output"]),
    ("config cluster x --kubeconfig=con\t", ["config", "cluster", "x", "--kubeconfig=config"]),
]


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """A person with some clusters. `runai` completes as it does, and otherwise prints its arguments."""
    command = tmp_path / "runai"
    command.write_text(
        f'#!/bin/sh\ntest -n "$_RUNAI_COMPLETE" -o "$1" = completion && exec {sys.executable} -m cli "$@"\n'
        "printf '<%s>' \"$@\"; echo\n"
    )
    command.chmod(0o755)
    contexts = [{"name": name, "context": {}} for name in NAMES]
    (tmp_path / "config").write_text(yaml.safe_dump({"contexts": contexts}, allow_unicode=True), encoding="utf-8")
    return {
        "PATH": f"{tmp_path}:{os.defpath}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "dumb",
        "KUBECONFIG": str(tmp_path / "config"), "LC_ALL": "C.UTF-8",
    }  # fmt: skip


def test_typed_into_bash(surroundings: Mapping[str, str], tmp_path: Path) -> None:
    """bash ends words at `:` and `=`; what the command gets is what was meant."""
    lines = ["PS1=; source <(runai completion bash)", *(f"runai {line}" for line, _ in TYPED), "exit"]
    near, far = pty.openpty()
    process = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=far, stdout=far, stderr=far, env=surroundings, cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    os.close(far)
    os.write(near, "".join(f"{line}\n" for line in lines).encode())
    printed = _all(near)
    process.wait()
    got = [line for line in printed.splitlines() if line.startswith("<")]
    assert got == ["".join(f"<{word}>" for word in words) for _, words in TYPED], printed


def _all(near: int) -> str:
    """Everything that the terminal shows, until it closes."""
    seen = b""
    while True:
        try:
            more = os.read(near, 65536)
        except OSError:  # which Linux raises at the end
            more = b""
        if not more:
            os.close(near)
            return seen.decode()
        seen += more


ZSH = r"""
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; source <(runai completion zsh); echo be''gun"
    zpty -r shell said '*begun*'
    zpty -n -w shell $'runai WORDS\t\n'
    zpty -r shell said $'*<*>\r*' && print -r -- ${${(M)${(f)said}:#<*}%$'\r'}
    zpty -d shell
"""


def _zsh(line: str) -> list[str]:
    return ["zsh", "-f", "-c", ZSH.replace("WORDS", line)]


def _fish(line: str) -> list[str]:
    return ["fish", "-c", f"runai completion fish | source; complete -C 'runai {line}' | cut -f 1"]


@pytest.mark.parametrize(
    ("shell", "typed_into", "line", "printed"),
    [
        ("zsh", _zsh, "list jobs --output=js", "<list><jobs><--output=json>"),
        ("zsh", _zsh, "config cluster arn:aws:eks:e", f"<config><cluster><{EU}>"),
        ("fish", _fish, "list jobs --output=js", "--output=json"),
        ("fish", _fish, "config cluster arn:aws:eks:e", EU),
    ],
)
def test_typed_into_other_shells(
    shell: str, typed_into: Callable[[str], list[str]], line: str, printed: str, surroundings: Mapping[str, str]
) -> None:
    """They replace the whole word."""
    assert shutil.which(shell), f"{shell} is not installed (Debian: apt install {shell}); `.ci/run` installs it"
    done = subprocess.run(typed_into(line), env=surroundings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", printed)


@pytest.mark.parametrize(
    ("line", "before", "word", "kept", "quoted"),
    [
        ("runai ", ["runai"], "", 0, False),
        ("runai a:b", ["runai"], "a:b", 2, False),
        ("runai 'a:b", ["runai"], "a:b", 0, True),
        ("runai --x='a:b", ["runai"], "--x=a:b", 4, True),
        ("runai 'a b' c", ["runai", "a b"], "c", 0, False),
        ('runai "a\\"b', ["runai"], 'a"b', 0, True),
        ("runai '' ", ["runai", ""], "", 0, False),
        ("runai ''", ["runai"], "", 0, False),
        ("runai a\\ b", ["runai"], "a b", 0, False),
    ],
)
def test_a_line_is_split_as_bash_does(line: str, before: list[str], word: str, kept: int, quoted: bool) -> None:
    """Except that a separator inside a word does not end it."""
    assert typed(line, ":=") == (before, word, kept, quoted)


def test_a_bash_that_ends_no_words_there_gets_them_whole() -> None:
    """People remove `:` from COMP_WORDBREAKS."""
    assert typed("runai --x=a:b", "").kept == 0
    assert typed("runai --x=a:b", "=").kept == 4
