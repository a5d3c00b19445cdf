"""How the command line understands its arguments, without a cluster."""

import errno
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import runai
from cli.shell.exits import Exit
from cli.verbs.exec import execute_command
from cli.verbs.list_jobs import list_jobs
from cli.verbs.submit import submit

pytestmark = pytest.mark.usefixtures("nowhere")


def typed(line: str) -> Result:
    return CliRunner().invoke(runai, line.split())


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("", Exit.USAGE, "Usage: runai"),
        ("lst", Exit.USAGE, "No such command 'lst'"),
        ("list workloads", Exit.USAGE, "no project: use --project NAME, or set a default with `runai config project"),
        ("list workloads -p team-a -A", Exit.USAGE, "--all-projects cannot be combined with --project"),
        ("list workloads -p a --training --inference", Exit.USAGE, "specify one kind of workload only: --training or"),
        ("list clusters --watch", Exit.USAGE, "--watch is not supported: the clusters are those of the kubeconfig"),
        ("list workloads -p ../x", Exit.USAGE, "invalid project name '../x'"),
        ("describe", Exit.USAGE, "Usage: runai describe"),
        ("describe workload", Exit.USAGE, "Missing argument 'NAME'"),
        ("describe workload A/b -p a", Exit.USAGE, "invalid workload name 'A/b'"),
        ("describe workload a b -p a", Exit.USAGE, "Got unexpected extra argument"),
        ("list workloads -p a", Exit.UNREACHABLE, "no cluster configured: use --kubeconfig FILE or set KUBECONFIG"),
        ("list workloads -p a --kubeconfig gone", Exit.UNREACHABLE, "kubeconfig not found: gone"),
    ],
)
def test_mistakes_get_a_sentence_and_a_code(line: str, code: Exit, sentence: str) -> None:
    """A mistake ends with a sentence and its exit code, row by row."""
    result = typed(line)
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        "describe w -p a",
        "describe --interactive w -p a",
        "describe --interactive workload w -p a",
        "describe workload w -p a",
        "describe -p a w",
        "describe workload workload -p a",
    ],
)
def test_the_word_workload_may_be_left_out(line: str) -> None:
    """`describe NAME` means a workload."""
    result = typed(line)
    assert result.exit_code == Exit.UNREACHABLE, result.output  # understood: only the cluster is missing


@pytest.mark.parametrize(
    ("line", "command", "names"),
    [
        ("list -p vision jobs", "list_jobs", None),
        ("list -p jobs", "list_jobs", None),
        ("list -Ap jobs -o json workloads", "list_workloads", None),
        ("list --project=vision workloads", "list_workloads", None),
        ("-p vision list jobs", "list_jobs", None),
        ("-p list list workloads", "list_workloads", None),
        ("top -p vision job", "top_job", None),
        ("describe -p vision workload esc --interactive", "describe_workload", "esc"),
        ("delete -p vision job keep", "delete_job", ("keep",)),
        ("delete -p job keep", "delete_job", ("keep",)),
        ("delete -p job job job keep", "delete_job", ("job", "keep")),
        ("delete keep job", "delete_job", ("keep", "job")),
    ],
)
def test_a_verb_is_known_wherever_it_stands_and_a_flags_value_is_none(
    line: str, command: str, names: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag's value is never mistaken for a verb."""
    meant = getattr(import_module(f"cli.verbs.{command}"), command)
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(meant, "callback", lambda **given: seen.append(given))
    result = typed(line)
    assert result.exit_code == Exit.DONE, result.output
    assert (seen[0].get("names") or seen[0].get("name")) == names


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("list jobs -p=vision", {"project": "vision"}),
        ("list -p=vision jobs -o=json", {"project": "vision", "output": "json"}),
        ("-p=vision list jobs", {"project": "vision"}),
        ("list jobs -pvision", {"project": "vision"}),
        ("list jobs -wp=vision", {"project": "vision", "watch": True}),
        ("exec -p=vision job-1 grep -e=a", {"project": "vision", "command": ("grep", "-e=a")}),
        ("exec job-1 -ip=vision -- -p=x", {"project": "vision", "stdin": True, "command": ("-p=x",)}),
        ("submit -i=ubuntu -p=vision -g=1 -e=A=b -v=/a:/b", {
            "image": "ubuntu", "project": "vision", "gpu": "1", "environment": ("A=b",), "volume": ("/a:/b",)}),
        ("submit -i= -e A==b -e=-g=1 -eC=d", {"image": "", "environment": ("A==b", "-g=1", "C=d"), "gpu": None}),
    ],
)  # fmt: skip
def test_a_value_may_follow_a_short_flag_with_or_without_an_equals_sign(
    line: str, given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """-p team-a, -p=team-a and -pteam-a mean the same."""
    seen: list[dict[str, object]] = []
    for command in (list_jobs, execute_command, submit):
        monkeypatch.setattr(command, "callback", lambda **words: seen.append(words))
    result = typed(line)
    assert result.exit_code == Exit.DONE, result.output
    assert {name: seen[0][name] for name in given} == given


@pytest.mark.parametrize("line", ["list jobs -=vision", "list jobs -w=vision", "list jobs -q=vision"])
def test_an_equals_sign_makes_no_flag_of_what_is_none(line: str) -> None:
    """An unknown flag is still unknown with an equals sign."""
    result = typed(line)
    assert result.exit_code == Exit.USAGE
    assert "No such option" in result.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("lst", "No such command 'lst'. Did you mean 'list'?"),
        ("login", "No such command 'login': your kubeconfig is your login"),
        ("list pods", "No such command 'pods'. Available commands: jobs, workloads, nodes, projects, clusters."),
        ("list -p a nods", "No such command 'nods'. Did you mean 'nodes'?"),
        ("describe pod x", "No such command 'pod'. Available commands: workload, job, node."),
        ("policy lnt", "No such command 'lnt'. Did you mean 'lint'?"),
    ],
)
def test_a_verb_that_is_not_known_is_told_with_what_would_be_right(line: str, sentence: str) -> None:
    """An unknown verb is answered with the nearest ones."""
    result = typed(line)
    assert result.exit_code == Exit.USAGE
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("help", "--help"),
        ("help submit", "submit --help"),
        ("help list jobs", "list jobs --help"),
        ("help list", "list --help"),
        ("--version", "version"),
    ],
)
def test_older_words_say_the_same(older: str, newer: str) -> None:
    """Older words print the same as the new ones."""
    assert (typed(older).exit_code, typed(older).output) == (Exit.DONE, typed(newer).output)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("template list", "list workloads"),
        ("project list", "list projects"),
        ("project set", "config project"),
    ],
)
def test_a_verb_is_known_by_its_older_words(older: str, newer: str) -> None:
    """Older names of verbs have the same help."""

    def help_of(words: str) -> str:
        return " ".join(typed(f"{words} --help").output.split())

    assert help_of(older) == help_of(newer).replace(f"runai {newer}", f"runai {older}")
    assert f"Example: runai {older}" in help_of(older)


def test_what_is_called_help_can_be_described() -> None:
    """A workload called `help` can be described."""
    assert typed("describe help -p a").exit_code == Exit.UNREACHABLE


def kubeconfig(**parts: object) -> str:
    """A kubeconfig with one existing cluster; `parts` replace its own."""
    whole = {
        "apiVersion": "v1", "kind": "Config", "current-context": "one",
        "clusters": [{"name": "there", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "one", "context": {"cluster": "there", "user": "me"}}],
    }  # fmt: skip
    return json.dumps(whole | parts)


def context(**means: str) -> list[object]:
    return [{"name": "one", "context": means}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "broken is empty"),
        ("{", "broken is not valid YAML: "),
        ("\xff", "broken is not valid YAML: "),
        ("[]", "broken is not a kubeconfig"),
        ("current-context: x", "it has no context x; available contexts: none"),
        ("apiVersion: v1\nkind: Config\ncontexts: 7", "broken: contexts: expected a list"),
        (kubeconfig(**{"current-context": ""}), "no current-context is set; available contexts: one"),
        (kubeconfig(**{"current-context": "two"}), "it has no context two; available contexts: one"),
        (kubeconfig(clusters=[]), "context one refers to cluster there, which does not exist"),
        (kubeconfig(contexts=context(user="me")), "context one names no cluster"),
    ],
)
def test_a_broken_kubeconfig_gets_a_sentence(text: str, sentence: str, nowhere: Path) -> None:
    """A broken kubeconfig ends with a sentence, row by row."""
    (nowhere / "broken").write_bytes(text.encode("latin-1"))
    result = typed(f"list workloads -p a --kubeconfig {nowhere / 'broken'}")
    assert result.exit_code == Exit.UNREACHABLE
    assert result.stderr.startswith("Error: invalid kubeconfig: ")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo no-credential", "it prints no ExecCredential"),
        ("echo '{'", "it prints neither JSON nor YAML"),
        ("exit 3", "it ended with exit code 3"),
        ("kill -9 $$", "it was ended by signal 9"),
    ],
)
def test_a_login_program_that_fails_is_no_login(script: str, sentence: str, nowhere: Path) -> None:
    """A failing login program ends with a sentence; its own words are on standard error already."""
    asked = {"apiVersion": "client.authentication.k8s.io/v1", "command": "bash", "args": ["-c", script]}
    asked["interactiveMode"] = "Never"
    server = [{"name": "there", "cluster": {"server": "https://127.0.0.1:1"}}]
    (nowhere / "config").write_text(kubeconfig(users=[{"name": "me", "user": {"exec": asked}}], clusters=server))
    result = typed(f"list workloads -p a --kubeconfig {nowhere / 'config'}")
    assert result.exit_code == Exit.NOT_PERMITTED, result.output
    assert result.stderr.startswith("Error: the login program bash of the kubeconfig failed: ")
    assert result.stderr.endswith("; log in again\n")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_default_project_is_kept(nowhere: Path) -> None:
    """The default project is stored and used."""
    assert typed("config project team-a").output == ""
    assert json.loads((nowhere / "defaults" / "config.json").read_text()) == {"project": "team-a"}
    assert typed("list workloads").exit_code == Exit.UNREACHABLE  # the project is known here
    assert typed("config project A_b").exit_code == Exit.USAGE


def test_a_default_that_cannot_be_written_leaves_the_others(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the stored defaults unchanged."""
    typed("config project team-a")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = typed("config project team-b")
    assert (result.exit_code, result.stderr.count("No space left on device")) == (Exit.REFUSED, 1)
    (kept,) = (nowhere / "defaults").iterdir()
    assert json.loads(kept.read_text()) == {"project": "team-a"}


def test_defaults_kept_elsewhere_stay_there(nowhere: Path) -> None:
    """A symbolic link to the defaults is followed."""
    (nowhere / "defaults").mkdir()
    (nowhere / "defaults" / "config.json").symlink_to(nowhere / "elsewhere.json")
    typed("config project team-a")
    assert json.loads((nowhere / "elsewhere.json").read_text()) == {"project": "team-a"}


def test_without_a_home_folder_there_are_no_defaults(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenShift runs pods as users without a name: nothing fails, and no folder is called `~`."""

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("HOME", "RUNAI_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(nowhere)
    result = typed("config project team-a")
    assert (result.exit_code, "set RUNAI_CONFIG to a file" in result.stderr) == (Exit.REFUSED, True)
    assert typed("list workloads").exit_code == Exit.USAGE
    assert "no cluster configured" in typed("list workloads -p a").stderr
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]"])
def test_broken_defaults_get_a_sentence(text: str, nowhere: Path) -> None:
    """A damaged file of defaults ends with a sentence."""
    path = nowhere / "defaults" / "config.json"
    path.parent.mkdir()
    path.write_text(text)
    result = typed("list workloads")
    assert result.exit_code == Exit.USAGE
    assert f"cannot read {path}" in result.stderr


def test_defaults_that_cannot_be_kept_get_a_sentence(nowhere: Path) -> None:
    """Defaults that cannot be stored end with a sentence."""
    (nowhere / "defaults").write_text("a file where the folder should be")
    result = typed("config project team-a")
    assert result.exit_code in (Exit.REFUSED, Exit.USAGE)
    assert result.stderr.startswith("Error: ")


def test_version() -> None:
    """`runai version` prints the version."""
    assert typed("version").output.startswith("Version: ")


def test_the_version_for_programs() -> None:
    """The version is printed as JSON and YAML."""
    assert json.loads(typed("version -o json").output) == {"version": typed("version").output.split()[1]}
    assert typed("version -o yaml").output == typed("version").output.casefold()


def test_clusters_with_their_namespaces(nowhere: Path) -> None:
    """`list clusters` shows the project of each context."""
    there = {"cluster": "there", "user": "me", "namespace": "runai-vision"}
    (nowhere / "config").write_text(kubeconfig(contexts=context(**there)))
    header, row = typed(f"list clusters -o wide --kubeconfig {nowhere / 'config'}").output.splitlines()
    assert (header.split()[-2:], row.split()[-2:]) == (["PROJECT", "NAMESPACE"], ["vision", "runai-vision"])


def test_help_lists_the_verbs_and_reads_none_of_their_files() -> None:
    """Help imports none of the verbs."""
    script = "import sys, cli.main as m\ntry: m.main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True)
    assert re.search("describe +Show a workload", done.stdout)
    loaded = done.stdout.splitlines()[-1].split()
    assert not {"pydantic", "kubernetes", "aiohttp", "cli.verbs"} & set(loaded)
