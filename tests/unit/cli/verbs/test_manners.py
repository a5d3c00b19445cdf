"""What every command does if there is no cluster, if it is mistyped, and if Slipway itself has a bug."""

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from cli.main import runai
from cli.shell import ending
from cli.shell.exits import Exit, Stop
from tests.integration.harness.credentials import plain_kubeconfig
from tests.integration.harness.forking import ROOT
from tests.unit.cli import lines

pytestmark = pytest.mark.usefixtures("beside_a_policy")


def typed(line: str) -> Result:
    return CliRunner().invoke(runai, line.split())


def asked(words: str) -> str:
    """The command as typed, with a project if it takes one."""
    return lines.in_project(words, "team-a") if words in lines.PROJECT else lines.EVERY[words]


def test_every_command_is_tried_here() -> None:
    """Every verb is covered by these tests."""
    assert sorted(lines.EVERY) == sorted(words for words, _ in lines.verbs())


@pytest.mark.parametrize("words", lines.EVERY)
def test_a_flag_that_it_does_not_have_is_wrong_usage(words: str) -> None:
    """An unknown flag ends every verb with exit code 2."""
    result = typed(f"{words} --no-such-flag")
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert "--no-such-flag" in result.stderr


@pytest.mark.parametrize("words", lines.EVERY)
def test_help_is_there_under_both_names(words: str) -> None:
    """--help and -h work for every verb."""
    for flag in ("--help", "-h"):
        result = typed(f"{words} {flag}")
        assert (result.exit_code, result.stderr) == (Exit.DONE, "")
        assert result.stdout.startswith(f"Usage: runai {words} ")


@pytest.mark.parametrize("words", [*lines.EVERY, *lines.GROUPS])
def test_help_shows_an_example_of_the_very_command(words: str) -> None:
    """The help of every verb shows an example of it."""
    assert f"runai {words}" in typed(f"{words} --help").stdout.split("Example", 1)[1]


@pytest.mark.parametrize("words", [*lines.PROJECT, *lines.CLUSTER, *lines.KUBECONFIG])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "no cluster configured: use --kubeconfig FILE or set KUBECONFIG"),
        ("", "kubeconfig not found: "),
        ("{", "invalid kubeconfig: "),
        ("apiVersion: v1\nkind: Config\ncontexts: 7", "invalid kubeconfig: "),
    ],
)
def test_without_a_usable_kubeconfig_there_is_no_cluster(
    words: str, content: str | None, sentence: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a usable kubeconfig every verb ends with exit code 5."""
    if content is not None:
        monkeypatch.setenv("KUBECONFIG", str(nowhere / "kubeconfig"))
    if content:
        (nowhere / "kubeconfig").write_text(content)
    result = typed(asked(words))
    assert (result.exit_code, result.stdout) == (Exit.UNREACHABLE, ""), result.output
    assert result.stderr.splitlines()[-1].startswith(f"Error: {sentence}")


@pytest.mark.parametrize("words", lines.PROJECT)
def test_a_project_must_be_known(words: str) -> None:
    """A verb that needs a project says how to give one."""
    result = typed(lines.EVERY[words])
    assert (result.exit_code, result.stdout) == (Exit.USAGE, ""), result.output
    assert "no project: use --project NAME" in result.stderr


@pytest.mark.parametrize("words", lines.ALONE)
def test_what_needs_no_cluster_works_without_one(words: str) -> None:
    """Verbs that need no cluster work without one."""
    result = typed(lines.EVERY[words])
    assert (result.exit_code, result.stderr) == (Exit.DONE, "")


# ------------------------------------------------------------ how a process ends
@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """End a process with a command that does what it receives; returns its exit code."""

    def ended(what: BaseException | None, *words: str) -> int:
        @click.command()
        def verb() -> None:
            if what:
                raise what

        monkeypatch.setattr(sys, "argv", ["runai", *words])
        with pytest.raises(SystemExit) as end:
            ending.ended(verb)
        return int(end.value.code or 0)

    return ended


@pytest.mark.parametrize(
    ("what", "code", "sentence"),
    [
        (None, 0, ""),
        (Stop(Exit.NOT_FOUND, "no such thing"), 3, "Error: no such thing\n"),
        (click.UsageError("not so"), 2, "Usage: runai [OPTIONS]\nTry 'runai --help' for help.\n\nError: not so\n"),
        (click.exceptions.Exit(7), 7, ""),
        (KeyboardInterrupt(), 130, "\n"),
        (click.Abort(), 130, ""),
        (KeyError("spec"), 70, "Error: internal error: KeyError: 'spec'; rerun with --loglevel debug\n"),
        (OSError(9, "Bad"), 70, "Error: internal error: OSError: [Errno 9] Bad; rerun with --loglevel debug\n"),
        (OSError(28, "Full", "a-file"), 70, "Error: internal error: OSError: [Errno 28] Full: 'a-file'; rerun with "
         "--loglevel debug\n"),
    ],
)  # fmt: skip
def test_a_process_ends_with_a_code_and_a_sentence(
    process: Any, what: BaseException | None, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind of error ends with its exit code and sentence."""
    assert process(what) == code
    assert capsys.readouterr() == ("", sentence)


def test_a_mistake_of_ours_is_shown_whole_to_whoever_asks(tmp_path: Path) -> None:
    """--loglevel debug shows the traceback of an internal error."""
    script = (
        "import cli.verbs.version as v, cli.main as m\n"
        "def broken(**_): raise KeyError('spec')\n"
        "v.version.callback = broken\nm.main()"
    )
    for words, shown in ((["version"], False), (["version", "--loglevel", "debug"], True)):
        done = run(["-c", script, *words], tmp_path)
        assert done.returncode == 70
        assert ("Traceback" in done.stderr) is shown
        assert done.stderr.endswith("internal error: KeyError: 'spec'; rerun with --loglevel debug\n")


def run(words: list[str], folder: Path, **surroundings: str) -> subprocess.CompletedProcess[str]:
    known = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(folder), **surroundings}
    return subprocess.run([sys.executable, *words], env=known, cwd=folder, capture_output=True, text=True, check=False)


def test_what_is_cut_off_ends_without_a_word(tmp_path: Path) -> None:
    """A closed pipe ends the command silently."""
    line = f"{sys.executable} -m cli submit --help | true; echo ${{PIPESTATUS[0]}}"
    surroundings = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    for _ in range(3):  # `true` occasionally reads before it ends
        done = subprocess.run(["bash", "-c", line], env=surroundings, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        if done.stdout == f"{Exit.CLOSED.value}\n":
            return
    raise AssertionError(done)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Output that cannot be written ends with a sentence."""
    sentence = "Error: cannot write the output: No space left on device\n"
    for words in ("--help", "submit --help", "version"):
        assert at_the_end_of(f"-m cli {words} > /dev/full", tmp_path) == (Exit.CLOSED, "", sentence)


def test_a_closed_output_is_told_and_closed_messages_are_nobody_s_loss(tmp_path: Path) -> None:
    """A closed standard output is an error, a closed standard error is not."""
    sentence = "Error: standard output is closed\n"
    assert at_the_end_of("-m cli version >&-", tmp_path) == (Exit.CLOSED, "", sentence)
    assert at_the_end_of("-m cli list clusters 2>&-", tmp_path) == (Exit.UNREACHABLE, "", "")
    assert at_the_end_of("-m cli version 2>&-", tmp_path)[0] == Exit.DONE


def test_words_that_are_no_text_are_told_by_their_number(tmp_path: Path) -> None:
    """An argument that is not UTF-8 is named by its position."""
    line = "-m cli submit --name $'\\xff' --image ubuntu"
    sentence = "Error: argument 3 is not valid UTF-8: '\\udcff'\n"
    assert at_the_end_of(line, tmp_path) == (Exit.USAGE, "", sentence)


@pytest.mark.parametrize("words", ["version", "list projects"])
def test_ctrl_c_ends_it_without_a_traceback_at_any_moment(words: str, tmp_path: Path) -> None:
    """While modules load, while the command works, and as the interpreter ends; each loaded module is one moment."""
    away = plain_kubeconfig(tmp_path / "away", "http://127.0.0.1:1")
    known = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "KUBECONFIG": str(away)}
    line = [sys.executable, "-X", "importtime", "-m", "cli", *words.split()]

    def interrupted(after: int | None) -> tuple[int, list[str]]:
        """Exit code and messages of a process that is interrupted after that many lines of messages."""
        process = subprocess.Popen(line, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        told = list(islice(process.stderr, after))
        process.send_signal(signal.SIGINT)
        told += process.stderr  # and not `communicate`, which would miss what is read ahead of these lines
        process.communicate()
        return process.returncode, told

    code, modules = interrupted(None)
    untouched = code, modules[-1] if code else ""
    ours = next(number for number, module in enumerate(modules, 2) if module.split()[-1] == "signal")
    for moment in range(ours, len(modules), max(1, (len(modules) - ours) // 10)):
        code, told = interrupted(moment)
        said = "".join(one for one in told if not one.startswith("import time:"))
        assert (code, said) in ((-signal.SIGINT, ""), (Exit.INTERRUPTED, "\n"), untouched), moment


def at_the_end_of(line: str, folder: Path) -> tuple[int, str, str]:
    """Exit code, output and messages of a Python command line in a shell."""
    surroundings = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    words = ["bash", "-c", f"{sys.executable} {line}"]
    done = subprocess.run(words, env=surroundings, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("surroundings", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_is_for_terminals_and_for_nobody_who_wants_none(
    surroundings: dict[str, str], colour: bool, tmp_path: Path
) -> None:
    """Colour is printed on terminals only, and never with NO_COLOR."""
    leader, follower = os.openpty()
    known = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "xterm", **surroundings}
    words = [sys.executable, "-m", "cli", "list", "clusters"]
    subprocess.run(words, env=known, cwd=tmp_path, stdout=follower, stderr=follower, check=False)
    os.close(follower)
    said = os.read(leader, 4096).decode()
    os.close(leader)
    assert "no cluster configured" in said
    assert ("\x1b[" in said) is colour
    assert "\x1b" not in run(words[1:], tmp_path, **surroundings).stderr
