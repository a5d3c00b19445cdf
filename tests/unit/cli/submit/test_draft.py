"""The rules of submit, one by one: names, kinds, commands, valid combinations, and the exact messages."""

import pytest
from click import UsageError

from cli.shell.exits import Exit, Stop
from cli.submit.draft import Draft, completed, joined
from tests.unit.cli.submit.submits import drafted, spec

BAD_NAME = (
    "Job names must consist of lower case alphanumeric characters or '-' and start with an alphabetic character "
    "(e.g. 'my-name',  or 'abc-123')"
)
POSITIONAL = "Submitting the job name as a positional argument has been deprecated, please use --name flag instead"


def warnings(line: str, verb: str = "submit") -> list[str]:
    return list(drafted(line, verb).warnings)


def wrong(line: str, verb: str = "submit") -> list[str]:
    """All errors in the command line."""
    with pytest.raises(Stop) as refused:
        drafted(line, verb)
    assert refused.value.exit_code == Exit.USAGE
    first, *others = refused.value.message.splitlines()
    return [one.strip() for one in others] if others else [first]


# ---------------------------------------------------------------- kinds
@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-i x", "TrainingWorkload"),
        ("-i x --training", "TrainingWorkload"),
        ("-i x --interactive", "InteractiveWorkload"),
        ("-i x --interactive=true", "InteractiveWorkload"),
        ("-i x --interactive=false", "TrainingWorkload"),
        ("--jupyter", "InteractiveWorkload"),
        ("--jupyter --interactive", "InteractiveWorkload"),
        ("-i x --inference", "DeploymentWorkload"),
        ("-i x --deployment", "DeploymentWorkload"),
        ("-i x --port 80 --knative", "InferenceWorkload"),
    ],
)
def test_switches_choose_the_kind(line: str, kind: str) -> None:
    """Switches choose the kind of the workload, row by row."""
    assert drafted(line).kind.workload == kind


@pytest.mark.parametrize(
    ("verb", "line", "kind", "fixed"),
    [
        ("submit-mpi", "-i x", "TrainingWorkload", {"mpi": {"value": True}}),
        ("submit-mpi", "-i x --interactive", "InteractiveWorkload", {"mpi": {"value": True}}),
        ("submit-dist mpi", "-i x", "DistributedWorkload", {"jobType": "MPI"}),
        ("submit-dist mpi", "-i x --processes 3 --interactive", "InteractiveWorkload",
         {"mpi": {"value": True}, "processes": {"value": 3}}),
        ("submit-dist pytorch", "-i x", "DistributedWorkload", {"jobType": "PyTorch"}),
    ],
)  # fmt: skip
def test_verbs_choose_the_kind(verb: str, line: str, kind: str, fixed: dict[str, object]) -> None:
    """submit-mpi and submit-dist choose their kind and fixed values."""
    made = drafted(line, verb)
    assert made.kind.workload == kind
    assert {name: made.spec[name] for name in fixed} == fixed


def test_one_kind_at_a_time() -> None:
    """Two kinds at once are refused."""
    assert wrong("-i x --interactive --inference") == [
        "specify one kind of workload only: --interactive or --inference"
    ]
    assert wrong("--jupyter --training")[0] == "specify one kind of workload only: --training or --interactive"


@pytest.mark.parametrize("flag", ["--port 80", "--service-type nodeport", "--completions 2", "--jupyter", "--mps",
                                  "--preemptible", "--ttl-after-finish 1h"])  # fmt: skip
def test_an_mpi_job_has_no_such_flag(flag: str) -> None:
    """submit-mpi has no flags that MPI jobs do not support."""
    with pytest.raises(UsageError, match="No such option"):
        drafted(f"-i x {flag}", "submit-mpi")


# ---------------------------------------------------------------- names
def test_the_name_of_a_job() -> None:
    """The job is named by --name or the prefix."""
    assert drafted("-i x --name my-job").job == "my-job"
    assert drafted("-i x").job is None
    assert drafted("-i x").stem == "job"
    assert drafted("-i x --job-name-prefix nightly").stem == "nightly"


def test_a_positional_name_is_deprecated() -> None:
    """A positional name works with a deprecation warning."""
    assert drafted("build1 -i x").job == "build1"
    assert warnings("build1 -i x") == [POSITIONAL]
    assert warnings("build1 -i x --job-name-prefix a") == [
        POSITIONAL, "--job-name-prefix is ignored, since the name build1 is given"
    ]  # fmt: skip
    assert "namePrefix" not in spec("build1 -i x --job-name-prefix a")


def test_a_name_makes_others_idle() -> None:
    """--name wins over the prefix and a positional name, with warnings."""
    line = "other -i x --name my-job --job-name-prefix a"
    assert spec(line)["name"] == {"value": "my-job"}
    assert "namePrefix" not in spec(line)
    assert warnings(line) == [
        "the positional name other is ignored, "
            "since --name is given", "--job-name-prefix is ignored, since --name is given"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["--name My-Job", "--name 1a", "--name a_b", "--name a-", "--job-name-prefix A", "A",
                                  "--name ''"])  # fmt: skip
def test_a_bad_name_is_told_in_the_known_words(name: str) -> None:
    """An invalid name is refused in the original's words."""
    assert wrong(f"-i x {name}") == [BAD_NAME]


def test_a_workload_is_named_by_its_job_and_the_time() -> None:
    """The workload is named after the job and the time."""
    from datetime import UTC, datetime

    now = datetime(2022, 5, 2, 8, 50, 57, tzinfo=UTC)
    made = drafted("-i ubuntu --name job-0 --interactive --command -- sleep infinity").resource("team-a", now)
    assert made == {
        "apiVersion": "run.ai/v1alpha1",
        "kind": "InteractiveWorkload",
        "metadata": {"name": "job-0-2022-05-02t08-50-57", "namespace": "runai-team-a",
                     "labels": {"PreviousJob": "true"}},
        "spec": {"name": {"value": "job-0"}, "image": {"value": "ubuntu"}, "command": {"value": "sleep infinity"}},
    }  # fmt: skip
    assert drafted("-i x --name a").resource("p", now, "-2")["metadata"]["name"] == "a-2022-05-02t08-50-57-2"


# ---------------------------------------------------------------- commands
@pytest.mark.parametrize(
    ("words", "stated"),
    [
        ("--command -- sleep infinity", {"command": "sleep infinity"}),
        ("--command=true -- sleep infinity", {"command": "sleep infinity"}),
        ("--command=false -- sleep infinity", {"arguments": "sleep infinity"}),
        ("-- script.py 10000", {"arguments": "script.py 10000"}),
        ("-- bash -c 'echo $HOME; sleep 1'", {"arguments": "bash -c 'echo $HOME; sleep 1'"}),
        ("-- --epochs 10 -- ${RUNAI_PROJECT}", {"arguments": "--epochs 10 -- ${RUNAI_PROJECT}"}),
        ("-- --gpu 3", {"arguments": "--gpu 3"}),
        ("--command sleep --args infinity", {"command": "sleep infinity"}),
        ("--command=/usr/sbin/sshd --args -D", {"command": "/usr/sbin/sshd -D"}),
        ("--args 1 --args 'two words'", {"arguments": "1 'two words'"}),
        ("--", {}),
        ("", {}),
    ],
)
def test_the_words_of_a_command(words: str, stated: dict[str, str]) -> None:
    """Words after -- become command or arguments, row by row."""
    found = spec(f"-i x {words}")
    assert {name: found[name]["value"] for name in ("command", "arguments") if name in found} == stated


def test_the_oldest_way_to_write_a_command_is_deprecated() -> None:
    """--command WORD and --args work with deprecation warnings."""
    assert warnings("-i x --command sleep --args infinity") == [
        "using --command as string flag has been deprecated. Please see usage information",
        "Flag --args has been deprecated, please use -- with extra arguments. See usage",
    ]


def test_a_command_that_is_not_there_or_twice() -> None:
    """A missing or doubled command is refused."""
    missing = "--command requires a command after --, such as: --command -- sleep infinity"
    assert wrong("-i x --command") == [missing]
    assert wrong("-i x --command --gpu 1") == [missing]
    assert wrong("-i x --args a -- b") == ["give the command either after -- or with --command and --args, not both"]
    assert wrong("a b -i x") == ["unexpected arguments b; a command must follow --"]


@pytest.mark.parametrize("words", [["sleep", "infinity"], ["a b", "'", '"', "", "\\", "$X", "#"], ["it's"]])
def test_joined_words_split_into_the_same(words: list[str]) -> None:
    """Words survive being joined and split again."""
    from shared.parameters.types import Words

    assert Words(joined(words)).words == tuple(words)


# ---------------------------------------------------------------- implied flags and historic flags
def test_attach_opens_input_and_terminal_unless_told_otherwise() -> None:
    """--attach turns on --stdin and --tty unless they are given."""
    assert {name: spec("-i x --attach")[name]["value"] for name in ("stdin", "tty")} == {"stdin": True, "tty": True}
    assert spec("-i x --attach --no-tty")["tty"] == {"value": False}
    assert wrong("-i x --attach --stdin=false") == ["--stdin is required for containers with -t/--tty=true"]


@pytest.mark.parametrize(("flag", "policy"), [("--always-pull-image", "Always"), ("--local-image", "Never")])
def test_old_flags_of_the_image(flag: str, policy: str) -> None:
    """Old image flags set the pull policy with a warning."""
    assert spec(f"-i x {flag}")["imagePullPolicy"] == {"value": policy}
    assert warnings(f"-i x {flag}") == [
        f"Flag {flag} has been deprecated, please use 'image-pull-policy={policy}' instead."
    ]
    assert "imagePullPolicy" not in spec(f"-i x {flag}=false")


@pytest.mark.parametrize(
    ("line", "verb", "told"),
    [
        ("--backoffLimit 2", "submit", "Flag --backoffLimit has been deprecated, use --backoff-limit instead"),
        ("--volumes /a:/b", "submit", "Flag --volumes has been deprecated, please use --volume instead"),
        ("--num-processes 2", "submit-mpi", "Flag --num-processes has been deprecated, please use --processes instead"),
    ],
)
def test_other_old_flags(line: str, verb: str, told: str) -> None:
    """Other old flags work with a warning, row by row."""
    assert warnings(f"-i x {line}", verb) == [told]


def test_a_preemptible_job_is_warned_of_what_it_means() -> None:
    """--preemptible prints the original's warning."""
    told = "Warning: Using the preemptible flag may lead to your resources being preempted without notice"
    assert warnings("-i x --interactive --preemptible") == [told]


def test_a_notebook_is_reached_by_forwarding_unless_told_otherwise() -> None:
    """--jupyter forwards its port unless another service type is given."""
    assert spec("--jupyter") == {"jupyter": {"value": True}, "serviceType": {"value": "portforward"}}
    assert spec("--jupyter -s ingress")["serviceType"] == {"value": "ingress"}
    assert "serviceType" not in spec("--jupyter --workload my-notebook")


def test_the_default_nfs_server() -> None:
    """--nfs-server applies to volumes that name none."""
    found = spec("-i x --nfs-server nfs -v /a:/b -v /c:/d::other")["volumes"]["items"]
    assert [item["value"]["nfsServer"] for item in found.values()] == ["nfs", "other"]
    assert wrong("-i x --nfs-server nfs") == ["--nfs-server requires --volume"]


def test_what_a_base_turns_on_can_be_turned_off() -> None:
    """--no-NAME and --NAME=false turn off what a base workload turns on."""
    assert spec("-i x --no-large-shm --stdin=false") == {
        "image": {"value": "x"}, "largeShm": {"value": False}, "stdin": {"value": False}
    }  # fmt: skip


# ---------------------------------------------------------------- rules
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-t", "--stdin is required for containers with -t/--tty=true"),
        ("--interactive --backoff-limit 3", "--backoff-limit cannot be combined with --interactive"),
        ("--preemptible", "--preemptible requires --interactive"),
        ("--inference --preemptible", "--preemptible requires --interactive"),
        ("--parallelism 2", "if the parallelism flag is set, you must also set the number of successful pod "
         "completions required for this job to complete (use --completions <number_of_required_completions>)"),
        ("--interactive --parallelism 2", "interactive jobs can't run with Parallelism"),
        ("--mps", "--mps: is not a parameter of training workloads, only of deployment and inference workloads"),
        ("--inference --mps", "--mps: needs a fraction of a GPU, or gpuMemory"),
        ("--inference --mps -g 1", "--mps: needs a fraction of a GPU, or gpuMemory"),
        ("--address 10.0.0.1", "--address requires --service-type portforward"),
        ("--port 80 -s nodeport --address 10.0.0.1", "--address requires --service-type portforward"),
        (
            "--jupyter --completions 3",
            "--completions: is not a parameter of interactive workloads, only of training workloads",
        ),
        (
            "--prevent-privilege-escalation --allow-privilege-escalation",
            "--allow-privilege-escalation and --prevent-privilege-escalation set the same value differently; give one "
            "of them",
        ),
        ("--required-pod-topology-key zone",
         "--required-pod-topology-key: is not a parameter of training workloads, only of distributed workloads"),
        ("-e A=1 -e C", "--environment, number 2: must be written as NAME=VALUE"),
        ("-l good=1 -l bad", "--label bad: must be written as NAME=VALUE"),
        ("--min-scale 1", "--min-scale: is not a parameter of training workloads, only of inference workloads"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(line: str, sentence: str) -> None:
    """Combinations that are refused, row by row."""
    assert wrong(f"-i x {line}") == [sentence]


@pytest.mark.parametrize("line", ["-t", "--parallelism 2", "--inference --mps", "--address 10.0.0.1"])
def test_what_a_base_may_supply_is_left_to_the_system(line: str) -> None:
    """The command line does not require what a base workload may supply."""
    assert drafted(f"--workload base {line}").base == "base"


@pytest.mark.parametrize("line", ["--inference --mps -g 0.5", "--inference --mps --gpu-memory 2G",
                                  "--parallelism 1", "--parallelism 2 --completions 2", "-t --stdin",
                                  "--port 80 -s PortForward --address 10.0.0.1,::1"])  # fmt: skip
def test_what_goes_together(line: str) -> None:
    """Combinations that are accepted, row by row."""
    drafted(f"-i x {line}")


def test_addresses() -> None:
    """--address takes several addresses."""
    assert drafted("--jupyter --address 10.0.0.1,10.0.0.2").addresses == ["10.0.0.1", "10.0.0.2"]


def test_all_mistakes_are_told_at_once() -> None:
    """All mistakes of a command line are listed at once."""
    line = "-g 1.5 --port 80:x --port 1:2:3 -e A --completions many --pvc-exists name=x --image 'a b' --name A"
    assert wrong(line) == [
        "--environment: must be written as NAME=VALUE",
        "--pvc-exists name=x: unknown field name; expected one of claimname, path, ro, rw",
        "--port 1:2:3: must be written as PORT or EXTERNAL:CONTAINER",
        BAD_NAME,
        "--image: must be the name of a container image, without spaces, such as jupyter/scipy-notebook:latest",
        "--gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5",
        "--port 80:x: container: must be a whole number",
        "--completions: must be a whole number",
    ]


def test_a_password_is_never_repeated() -> None:
    """No error message repeats a password."""
    line = "-e 'PASS WORD=hunter2' --s3 bucket=data,key=hunter2,secret=hunter2,target=/x --git-sync password=hunter2"
    told = "\n".join(wrong(f"-i x {line}"))
    assert "hunter2" not in told
    assert "--s3 s3-x: key: must be SECRET:<name>,<key>" in told


def test_members_of_objects_are_told_by_their_flag() -> None:
    """Mistakes in members are reported under their flag."""
    verb = "submit-dist pytorch"
    assert wrong("-i x --min-replicas 0 --clean-pod-policy Some", verb) == [
        "--min-replicas: must be no less than 1", "--clean-pod-policy: must be one of Running, All or None"
    ]  # fmt: skip
    both = "--preferred-pod-topology-key a --required-pod-topology-key b"
    assert wrong(f"-i x {both}", verb) == [
        "--preferred-pod-topology-key and --required-pod-topology-key cannot be combined"
    ]


# ---------------------------------------------------------------- what only the cluster can answer
def values(made: Draft) -> dict[str, object]:
    return {name: value["value"] for name, value in made.spec.items() if isinstance(value, dict)}


def test_the_pull_policy_is_written_where_nobody_else_speaks_of_it() -> None:
    """The default pull policy is written only if no policy or base workload sets one."""
    made = drafted("-i x --name a")
    assert values(completed(made, None, ()))["imagePullPolicy"] == "Always"
    assert "imagePullPolicy" not in completed(made, None, ["imagePullPolicy"]).spec
    assert "imagePullPolicy" not in completed(made, None, None).spec
    based = drafted("--workload b --name a")
    assert "imagePullPolicy" not in completed(based, {}, ()).spec
    stated = drafted("-i x --name a --image-pull-policy Never")
    assert values(completed(stated, None, ()))["imagePullPolicy"] == "Never"


@pytest.mark.parametrize(
    ("base", "stem", "prefix"),
    [
        ({}, "job", None),
        ({"name": {"value": "job-2"}}, "job", "job"),
        ({"namePrefix": {"value": "nightly"}}, "nightly", None),
        ({"jobNamePrefix": {"value": "nightly"}}, "nightly", None),
        ({"namePrefix": {"value": "No"}}, "job", None),
        (None, "job", None),
    ],
)
def test_a_job_on_a_base_has_a_name_of_its_own(base: dict[str, object] | None, stem: str, prefix: str | None) -> None:
    """A job on a base workload takes its prefix, or its own name."""
    made = completed(drafted("--workload b"), base, None)
    assert (made.stem, values(made).get("namePrefix")) == (stem, prefix)
    named = completed(drafted("--workload b --name a"), base, None)
    assert (named.stem, "namePrefix" in named.spec) == ("a", False)
