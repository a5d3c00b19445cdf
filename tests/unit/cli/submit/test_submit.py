"""`runai submit` and the related verbs as typed, up to the first request to the cluster."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from cli.main import runai
from cli.shell.exits import Exit

pytestmark = pytest.mark.usefixtures("nowhere")


def typed(line: str) -> Result:
    return CliRunner().invoke(runai, line.split())


def test_the_dry_run_of_the_guide() -> None:
    """The guide's dry run prints its workload."""
    line = "submit build1 -i ubuntu -g 1 --interactive --command --dry-run -p team-a -- sleep infinity"
    said = typed(line)
    assert said.exit_code == 0
    now = r"\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d"
    assert (
        re.sub(now, "2022-05-02t08-50-57", said.stdout)
        == """\
apiVersion: run.ai/v1alpha1
kind: InteractiveWorkload
metadata:
  creationTimestamp: null
  labels:
    PreviousJob: "true"
  name: build1-2022-05-02t08-50-57
  namespace: runai-team-a
spec:
  command:
    value: sleep infinity
  gpu:
    value: "1"
  image:
    value: ubuntu
  imagePullPolicy:
    value: Always
  name:
    value: build1
status: {}
"""
    )
    told = "Submitting the job name as a positional argument has been deprecated, please use --name flag instead\n"
    assert said.stderr == told


@pytest.mark.parametrize("flag", ["--dry-run", "--dry-run=client", "--dry-run -o yaml"])
def test_a_dry_run_is_on_the_client_unless_told_otherwise(flag: str) -> None:
    """--dry-run alone prints the workload without a cluster."""
    said = typed(f"submit -i x -p a --backoff-limit 3 {flag}")
    assert yaml.safe_load(said.stdout)["spec"]["backoffLimit"] == {"value": 3}


def test_a_dry_run_as_json() -> None:
    """A dry run prints JSON on request."""
    said = typed("submit-dist pytorch -i x -p a --workers 2 --dry-run -o json")
    assert json.loads(said.stdout)["spec"] == {
        "image": {"value": "x"}, "imagePullPolicy": {"value": "Always"}, "jobType": "PyTorch", "workers": {"value": 2}
    }  # fmt: skip


def test_a_dry_run_as_name() -> None:
    """A dry run prints the name on request."""
    said = typed("submit -i x -p a --name mine --dry-run -o name")
    assert re.fullmatch(r"trainingworkload\.run\.ai/mine-[-t\d]+\n", said.stdout)


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("submit -i x", Exit.USAGE, "no project: use --project NAME, or set a default "
            "with `runai config project NAME`"),
        ("submit -i x -p a", Exit.UNREACHABLE, "no cluster configured: use --kubeconfig FILE or set KUBECONFIG"),
        ("submit -i x -p a --dry-run=server", Exit.UNREACHABLE, "no cluster configured"),
        ("submit -i x -p a --dry-run=server -o name", Exit.USAGE, "-o name cannot be combined with --dry-run=server"),
        ("submit -i x -p a --dry-run=other", Exit.USAGE, "'other' is not one of 'client', 'server'"),
        ("submit -i x -p a --wait=other", Exit.USAGE, "'other' is not one of 'submitted', 'running'"),
        ("submit -i x -p a --timeout soon", Exit.USAGE, "invalid time span 'soon'"),
        ("submit -i x -p a --timeout 3s", Exit.USAGE, "--timeout requires --wait, --attach, --forward or --jupyter"),
        ("submit -i x -p a --glance soon", Exit.USAGE, "'--glance' (env var: 'RUNAI_GLANCE'): invalid time"),
        ("submit -i x -p a --stdin=maybe", Exit.USAGE, "Invalid value 'maybe' for option '--stdin': expected"),
        ("submit -i x -p a --gup 1", Exit.USAGE, "No such option '--gup'. (Did you mean one of: '--gpu'"),
        ("submit -i x -p a --dry-run --workload ../x", Exit.USAGE, "invalid template name '../x'"),
        (f"submit -i x -p a --dry-run --name {'a' * 60}", Exit.USAGE, "--name: must be no longer than 50 characters"),
        (f"submit -i x -p a --dry-run --name {'a' * 70}", Exit.USAGE, "--name: must be no longer than 50 characters"),
        (f"submit -i x -p a --dry-run {'a' * 51}", Exit.USAGE, "--name: must be no longer than 50 characters"),
        (f"submit -i x -p a --dry-run --job-name-prefix {'a' * 44}", Exit.USAGE,
         "--job-name-prefix: must be no longer than 43 characters, so that"),
        ("submit -i", Exit.USAGE, "Option '-i' requires an argument"),
        ("submit-dist", Exit.USAGE, "Usage: runai submit-dist"),
        ("submit-dist tensorflow", Exit.USAGE, "No such command 'tensorflow'"),
        ("explain", Exit.USAGE, "give either the name of a workload or -f FILE"),
        ("explain a -f b", Exit.USAGE, "give either the name of a workload or -f FILE"),
        ("explain a", Exit.USAGE, "no project"),
        ("explain -f gone.yaml", Exit.USAGE, "cannot read gone.yaml"),
        ("diff", Exit.USAGE, "Missing argument 'NAME'"),
        ("diff a -p b", Exit.UNREACHABLE, "no cluster configured"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence_and_a_code(line: str, code: Exit, sentence: str) -> None:
    """A mistake ends with a sentence and its exit code, row by row."""
    said = typed(line)
    assert (said.exit_code, said.stdout) == (code, "")
    assert sentence in said.stderr


def test_a_missing_project_is_told_with_all_other_mistakes() -> None:
    """A missing project is listed with all other mistakes."""
    said = typed("submit -i x -g many")
    assert said.stderr.splitlines() == [
        "Error: 2 problems:",
        "  no project: use --project NAME, or set a default with `runai config project NAME`",
        "  --gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file contains no workload"),
        ("a: [", "the file is not valid YAML: "),
        ("kind: Pod\napiVersion: v1", "the file contains objects other than workloads of run.ai"),
        ("kind: RunaiJob\napiVersion: run.ai/v1", "invalid kind RunaiJob: expected one of InteractiveWorkload, Tr"),
        ("kind: TrainingWorkload\napiVersion: run.ai/v1alpha1", "a TrainingWorkload in the file has no name"),
        ("kind: TrainingWorkload\napiVersion: run.ai/v1alpha1\nmetadata: {name: a, namespace: b}",
         "TrainingWorkload a in the file has no spec"),
        ("kind: TrainingWorkload\napiVersion: run.ai/v1alpha1\nmetadata: {name: a}\nspec: {}", "no project: use"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_explained(text: str, problem: str, tmp_path: Path) -> None:
    """A file that cannot be explained ends with a sentence, row by row."""
    (tmp_path / "w.yaml").write_text(text)
    said = typed(f"explain -f {tmp_path / 'w.yaml'}")
    assert (said.exit_code, said.stdout) == (Exit.USAGE, "")
    assert problem in said.stderr


@pytest.mark.parametrize("verb", ["submit", "submit-mpi", "submit-dist mpi", "submit-dist pytorch", "explain", "diff"])
def test_help_shows_an_example_and_hides_what_is_deprecated(verb: str) -> None:
    """Help shows an example and no deprecated flag."""
    said = typed(f"{verb} --help")
    assert said.exit_code == 0
    assert f"runai {verb}" in said.stdout.split("Example", 1)[1]
    for hidden in ("--user", "--local-image", "--old-command", "--no-stdin", "--backoffLimit"):
        assert hidden not in said.stdout


def test_help_does_not_read_the_catalogue() -> None:
    """`submit --help` does not import the catalogue."""
    script = "import sys, cli.main as m\ntry: m.main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, "submit", "--help"], capture_output=True, text=True, check=True
    )
    assert "--gpu" in done.stdout
    loaded = done.stdout.splitlines()[-1].split()
    assert not {"pydantic", "kubernetes", "aiohttp", "yaml"} & set(loaded)


@pytest.mark.parametrize(
    ("line", "until"), [("--wait", "submitted"), ("--wait running", "running"), ("--wait mine", "submitted")]
)
def test_what_is_waited_for_may_stand_apart(line: str, until: str) -> None:
    """--wait takes its value after a space or an equals sign."""
    context = runai.make_context("runai", ["submit", *line.split(), "-i", "x"], resilient_parsing=True)
    command = runai.get_command(context, "submit")
    assert command is not None
    given = command.make_context("submit", [*line.split(), "-i", "x"], parent=context).params
    assert (given["wait"], given["names"]) == (until, ("mine",) if "mine" in line else ())
