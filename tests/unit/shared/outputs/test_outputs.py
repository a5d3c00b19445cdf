"""Every output, compared as a whole; `pytest --update-data` rewrites the expected files."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.outputs.build import OUTPUTS, build_all
from shared.outputs.configmap import build_claim
from shared.outputs.schedulers.job import templates
from shared.parameters.derive import parameters
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE, KINDS, TRAINING
from tests.unit.shared.outputs.cases import CASES, IMAGE, Case, names

DATA = Path(__file__).parents[3] / "data" / "outputs"
JOBS = {
    "interactive": {"RunaiJob", "MPIJob"},
    "training": {"RunaiJob", "MPIJob"},
    "deployment": {"Deployment"},
    "inference": {"Service"},  # of Knative
    "distributed": {"MPIJob", "PyTorchJob"},
}


def main_template(job: dict[str, Any]) -> dict[str, Any]:
    """The template of the pods that serve a job's ports: that of its first role."""
    spec = job["spec"]
    roles = spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs")
    template: dict[str, Any] = next(iter(roles.values()))["template"] if roles else spec["template"]
    return template


def _expected(name: str, manifests: list[dict[str, Any]], *, update: bool) -> list[dict[str, Any]]:
    file = DATA / f"{name}.yaml"
    if update:
        plain = json.loads(json.dumps(manifests))  # nothing shared, so that YAML needs no aliases
        file.write_text(yaml.safe_dump_all(plain, sort_keys=False, width=120))
    return list(yaml.safe_load_all(file.read_text()))


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_as_written_down(name: str, request: pytest.FixtureRequest) -> None:
    """Every case gives exactly the manifests in its expected file."""
    manifests = CASES[name].build()
    assert manifests == _expected(name, manifests, update=request.config.getoption("--update-data"))


DEVICES = dict.fromkeys(["NVIDIA_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES", "NVIDIA_MIG_CONFIG_DEVICES"], "all")
"""Variables by which container runtimes hand out devices."""


def test_claim_is_as_written_down(request: pytest.FixtureRequest) -> None:
    """The claim is exactly the ConfigMap in its expected file."""
    claim = build_claim(
        names(INTERACTIVE, "jupyter-1"),
        {"gpu": "1", "namePrefix": "jupyter", "username": "robin", "environment": {"B": "1", "A": "ä"}},
        {"gpu": {"origin": "workload", "value": "1", "beat": [], "rules": {"max": "4"}}},
        {
            "policy": None,
            "baseWorkload": {"namespace": "runai-team-a", "name": "b", "uid": "u", "resourceVersion": "5"},
        },
    )
    assert [claim] == _expected("claim", [claim], update=request.config.getoption("--update-data"))


def test_the_claim_keeps_the_order_of_items() -> None:
    """Volumes are numbered by their order: a redelivery must build the same manifests from what the claim holds."""
    values = {"volumes": {"z": {"sourcePath": "/z", "targetPath": "/z"}, "a": {"sourcePath": "/a", "targetPath": "/a"}}}
    claim = build_claim(names(TRAINING, "j"), values, {}, {})
    assert list(json.loads(claim["data"]["values.json"])["volumes"]) == ["z", "a"]
    assert claim["immutable"] is True


def test_every_expected_file_has_its_case() -> None:
    """No expected file is left without a case, and no case without a file."""
    assert {file.stem for file in DATA.glob("*.yaml")} == {*CASES, "claim"}


IDLE = {
    "name": "it is the claim's name, after which all is named: see test_create",
    "namePrefix": "the same",
    "ingressUrl": "the system's own to know",
    "userId": "the system's own to know",
}
"""Parameters that change no output, and why."""


def test_every_parameter_makes_a_difference_to_an_expected_output() -> None:
    """Every parameter changes some expected output, except those that are documented to do nothing."""
    seen = {name for case in CASES.values() for name in case.values if case.build() != _without(case, name).build()}
    assert seen == {name for kind in KINDS for name in parameters(kind)} - set(IDLE)


def _without(case: Case, name: str) -> Case:
    return case._replace(values={other: value for other, value in case.values.items() if other != name})


def test_every_kind_has_outputs() -> None:
    """Every kind of workload has its list of outputs."""
    assert set(OUTPUTS) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("name", CASES)
def test_the_job_is_the_last_output_and_everything_belongs_to_the_workload(name: str) -> None:
    """The job comes last, and each output is owned by the workload."""
    case = CASES[name]
    built = case.build()
    kinds = [manifest["kind"] for manifest in built]
    assert kinds[-1] in JOBS[case.kind.name]
    assert set(kinds[:-1]) <= {"Service", "PersistentVolumeClaim", "Ingress"}
    for manifest in built:
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["controller"]) == (case.kind.workload, True)
        assert manifest["metadata"]["labels"]["run.ai/workload-uid"] == owner["uid"]
        assert manifest["metadata"]["namespace"] == "runai-team-a"


@pytest.mark.parametrize("name", CASES)
def test_services_and_deployments_find_the_pods(name: str) -> None:
    """Selectors match the labels of the pods."""
    built = CASES[name].build()
    pods = main_template(built[-1])["metadata"]["labels"]
    selectors = [manifest["spec"]["selector"] for manifest in built if "selector" in manifest["spec"]]
    for selector in selectors:
        assert selector.get("matchLabels", selector).items() <= pods.items()


@pytest.mark.parametrize(
    ("written", "annotation"),
    [
        ("1Mi", "1"),
        ("20M", "20"),  # 19.07 MiB: never less than asked for
        ("2000Mi", "2000"),
        ("1", "1"),
        ("40Gi", "40960"),
        ("0", None),
    ],
)
def test_gpu_memory_is_annotated_in_whole_mebibytes(written: str, annotation: str | None) -> None:
    """GPU memory is rounded to whole mebibytes."""
    metadata = _template(gpuMemory=written)["metadata"]
    assert metadata.get("annotations", {}).get("gpu-memory") == annotation


@pytest.mark.parametrize(
    ("written", "limit", "fraction"),
    [
        ("1", 1, None),
        ("2.0", 2, None),
        ("0", None, None),
        ("0.0", None, None),
        (".25", None, "0.25"),
        ("0.10", None, "0.1"),
    ],
)
def test_whole_gpus_are_limits_and_fractions_annotations(written: str, limit: int | None, fraction: str | None) -> None:
    """Whole GPUs become a limit, a fraction becomes an annotation and a variable."""
    template = _template(gpu=written)
    (container,) = template["spec"]["containers"]
    assert container.get("resources", {}).get("limits", {}).get("nvidia.com/gpu") == limit
    assert template["metadata"].get("annotations", {}).get("gpu-fraction") == fraction
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables.get("RUNAI_GPU_FRACTION") == fraction


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sleep infinity", ["sleep", "infinity"]),
        ("echo ${RUNAI_JOB_NAME}", ["echo", "$(RUNAI_JOB_NAME)"]),
        ("echo '$RUNAI_PROJECT/x'", ["echo", "$(RUNAI_PROJECT)/x"]),
        ("echo $RUNAI_PROJECT_X ${HOME}", ["echo", "$RUNAI_PROJECT_X", "${HOME}"]),
        # Kubernetes removes every second dollar sign
        ("echo $$RUNAI_PROJECT $$ a$$$b", ["echo", "$$$$RUNAI_PROJECT", "$$$$", "a$$$$$$b"]),
        ("echo $(RUNAI_PROJECT)", ["echo", "$(RUNAI_PROJECT)"]),
        ("echo ${RUNAI_PROJECT:-none}", ["echo", "${RUNAI_PROJECT:-none}"]),
        ("""sh -c 'a "b c" d'""", ["sh", "-c", 'a "b c" d']),
        ("--name= ''", ["--name=", ""]),
    ],
)
def test_commands_are_split_as_by_a_shell_and_system_variables_expand(written: str, words: list[str]) -> None:
    """Commands and arguments are split like a shell does, and our variables are expanded."""
    (container,) = _template(command=written, arguments=written)["spec"]["containers"]
    assert container["command"] == container["args"] == words


@pytest.mark.parametrize("written", ["cd $HOME && pwd", "--port ${JUPYTER_PORT}", "--token $JUPYTER_TOKEN"])
def test_a_shell_reads_references_to_other_variables_of_the_system(written: str) -> None:
    """HOME and JUPYTER_PORT are the shell's to read in commands, and so they are in the environment's values."""
    more = {"createHomeDir": True, "jupyter": True, "environment": {"A": "$HOME", "B": "$(HOME)"}}
    values = {**IMAGE, "arguments": f"'{written}'", **more}
    *_, job = Case(INTERACTIVE, "j", values).build()
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == [written]
    assert [one["value"] for one in container["env"] if one["name"] in "AB"] == ["$HOME", "$(HOME)"]


def test_a_variable_follows_those_that_it_refers_to() -> None:
    """The API server sorts variables by name; the pod has them in the order of their references."""
    environment = {"A_LOGS": "$(Z_ROOT)/logs", "B": "$(HOME)", "Z_ROOT": "/x"}
    (container,) = _template(environment=environment)["spec"]["containers"]
    assert [one["name"] for one in container["env"]][-3:] == ["B", "Z_ROOT", "A_LOGS"]


def test_users_cannot_take_the_names_of_system_variables() -> None:
    """A variable of the user cannot replace one of the system."""
    (container,) = _template(environment={"RUNAI_PROJECT": "other", "X": "${RUNAI_PROJECT}", **DEVICES})["spec"][
        "containers"
    ]
    assert container["env"] == [
        {"name": "RUNAI_JOB_NAME", "value": "j"},
        {"name": "RUNAI_PROJECT", "value": "team-a"},
        {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"},
        {"name": "X", "value": "$(RUNAI_PROJECT)"},
    ]


GPUS: list[dict[str, Any]] = [
    {"gpu": "1"}, {"gpu": "0.5"}, {"gpuMemory": "1G"}, {"migProfile": "1g.5gb"},
    {"extendedResources": {"nvidia.com/other": "1"}},
]  # fmt: skip


@pytest.mark.parametrize("values", [*GPUS, {"gpu": "0"}, {"extendedResources": {"example.com/fpga": "1"}}])
def test_only_what_requests_gpus_sees_any(values: dict[str, Any]) -> None:
    """P9: an image or a variable that asks for all GPUs of the node gets none unless the workload requests some."""
    *_, job = Case(TRAINING, "j", {**IMAGE, **values, "environment": DEVICES}).build()
    seen = {one["name"]: one["value"] for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert seen.get("NVIDIA_VISIBLE_DEVICES") == (None if values in GPUS else "void")
    assert not DEVICES.keys() - {"NVIDIA_VISIBLE_DEVICES"} & seen.keys()


@pytest.mark.parametrize("values", [{"jobType": "MPI"}, {"jobType": "PyTorch"}])
def test_the_number_of_workers_is_for_the_system_to_say_in_every_pod_of_an_mpi_job(values: dict[str, str]) -> None:
    """The number of MPI workers is set by the system in every pod, whatever the user sets."""
    (job,) = Case(DISTRIBUTED, "j", {**IMAGE, **values, "environment": {"RUNAI_MPI_NUM_WORKERS": "99"}}).build()
    said = [
        variable["value"]
        for template in templates(job)
        for variable in template["spec"]["containers"][0]["env"]
        if variable["name"] == "RUNAI_MPI_NUM_WORKERS"
    ]
    assert said == (["1"] if values["jobType"] == "MPI" else ["99", "99"])


@pytest.mark.parametrize("written", ["499ms", "500ms", "30s", "1h30m", "0"])
def test_times_to_live_are_whole_seconds(written: str) -> None:
    """Times to live are rounded to whole seconds."""
    (job,) = Case(TRAINING, "j", {**IMAGE, "ttlAfterFinish": written}).build()
    expected = {"499ms": 0, "500ms": 1, "30s": 30, "1h30m": 5400, "0": 0}[written]
    assert job["spec"]["ttlSecondsAfterFinished"] == expected


LABELS = st.dictionaries(
    st.sampled_from(["release", "user", "app", "run.ai/workload-uid", "x.run.ai/y", "runai/queue", "mine", "a.b/c"]),
    st.sampled_from(["", "other"]),
)


@given(LABELS)
def test_users_labels_never_replace_ours(labels: dict[str, str]) -> None:
    """For any labels of the user, ours stay and reserved ones are dropped."""
    plain = _template()["metadata"]["labels"]
    with_theirs = _template(labels=labels)["metadata"]["labels"]
    assert plain.items() <= with_theirs.items()
    assert set(with_theirs) - set(plain) == set(labels) & {"mine", "a.b/c"}


@given(st.sampled_from(sorted(CASES)))
def test_the_same_values_give_the_same_manifests_in_plain_json(name: str) -> None:
    """A redelivery continues with the values that the claim froze."""
    case = CASES[name]
    values = case.kind.values.model_validate(case.values)
    frozen = json.loads(json.dumps(values.model_dump(mode="json", by_alias=True)))
    again = build_all(case.kind, case.kind.values.model_validate(frozen), names(case.kind, case.job, case.names))
    assert again == case.build() == json.loads(json.dumps(case.build()))


def _template(**values: Any) -> dict[str, Any]:
    (job,) = Case(TRAINING, "j", {**IMAGE, **values}).build()
    template: dict[str, Any] = job["spec"]["template"]
    return template
