"""Everything derived from the catalogue."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
import yaml

from shared.parameters import catalogue
from shared.parameters.catalogue import CommonValues
from shared.parameters.derive import Family, amount, controls, parameters, same
from shared.parameters.kinds import (
    DEPLOYMENT,
    DISTRIBUTED,
    INFERENCE,
    INTERACTIVE,
    KINDS,
    TRAINING,
    Kind,
    kind_named,
    kind_of,
)
from shared.parameters.shown import Shown
from shared.parameters.types import ItemLabel, Quantity

COMMON = [
    *("username", "name", "namePrefix"),
    *("image", "imagePullPolicy", "command", "arguments", "environment", "labels", "annotations"),
    *("workingDir", "stdin", "tty", "capabilities"),
    *("gpu", "gpuMemory", "gpuLimit", "migProfile", "cpu", "cpuLimit", "memory", "memoryLimit"),
    *("extendedResources", "largeShm"),
    *("volumes", "pvcs", "gitSync", "s3", "mountPropagation"),
    *("ports", "serviceType", "exposedUrls", "ingressUrl", "hostIpc", "hostNetwork"),
    *("runAsUser", "runAsUid", "runAsGid", "supplementalGroups", "createHomeDir"),
    *("nodeType", "nodePool", "nodePools", "tolerations"),
]
PRIVILEGED = "allowPrivilegeEscalation"
MPI = ("mpi", "processes", "slotsPerWorker")
MOUNT = {"sourcePath": "/a", "targetPath": "/b"}


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (
            INTERACTIVE,
            [PRIVILEGED, *MPI, "jupyter", "notebookToken", "tensorboard", "tensorboardLogdir", "preemptible"],
        ),
        (TRAINING, [PRIVILEGED, *MPI, "backoffLimit", "completions", "parallelism", "ttlAfterFinish", "elastic"]),
        (DEPLOYMENT, [PRIVILEGED, "replicas", "mps"]),
        (INFERENCE, ["minScale", "maxScale", "metric", "metricName", "target", "class", "isPrivateServiceUrl", "mps"]),
        (
            DISTRIBUTED,
            [
                *(PRIVILEGED, "jobType", "workers", "mpiJob", "pyTorchJob", "runPolicy"),
                *("podAffinity", "podAffinitySchedulingRule", "podAffinityTopology", "nonPreemptible"),
                "userId",
            ],
        ),
    ],
)
def test_each_kind_has_the_common_parameters_and_its_own_in_order(kind: Kind, own: list[str]) -> None:
    """A kind has the common parameters and its own, in the order of the catalogue."""
    known = [*COMMON, *own]  # others may be added: a parameter is one field of the catalogue
    assert [name for name in parameters(kind) if name in known] == known


def test_what_drives_the_processing_is_no_value() -> None:
    """`usage` and `baseWorkload` are controls, not parameters."""
    assert list(controls()) == ["usage", "baseWorkload"]
    assert controls()["usage"].default == "Submit"


@pytest.mark.parametrize(
    ("name", "family", "itemized"),
    [
        ("image", Family.STRING, False),
        ("imagePullPolicy", Family.STRING, False),
        ("gpu", Family.NUMBER, False),
        ("memory", Family.QUANTITY, False),
        ("stdin", Family.BOOLEAN, False),
        ("completions", Family.INTEGER, False),
        ("ttlAfterFinish", Family.DURATION, False),
        ("environment", Family.STRING, True),
        ("ports", Family.OBJECT, True),
    ],
)
def test_a_parameters_family_says_which_rules_fit(name: str, family: Family, itemized: bool) -> None:
    """Each parameter has the family of its type, row by row."""
    parameter = parameters(TRAINING)[name]
    assert (parameter.family, parameter.itemized) == (family, itemized)


def test_members_know_their_family_and_whether_they_are_needed() -> None:
    """Members of items know their type, default and whether they are required."""
    members = parameters(INTERACTIVE)["volumes"].members.values()
    assert [(member.name, member.field, member.family, member.required, member.default) for member in members] == [
        ("sourcePath", "source_path", Family.STRING, True, None),
        ("targetPath", "target_path", Family.STRING, True, None),
        ("readOnly", "read_only", Family.BOOLEAN, False, False),
        ("nfsServer", "nfs_server", Family.STRING, False, None),
    ]
    assert not parameters(INTERACTIVE)["environment"].members


def test_built_in_defaults_are_those_of_the_documents_and_no_others() -> None:
    """The documented defaults are the only ones."""
    given = {
        name: p.default for kind in KINDS for name, p in parameters(kind).items() if p.default not in (None, False)
    }
    assert given == {
        "imagePullPolicy": "Always", "backoffLimit": 6, "completions": 1, "parallelism": 1, "replicas": 1, "workers": 1,
        "processes": 1, "slotsPerWorker": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "raw", "written"),
    [
        ("gpu", 1, "1"),
        ("gpu", "0.50", "0.50"),
        ("imagePullPolicy", "ifnotpresent", "IfNotPresent"),
        ("stdin", True, True),
        ("ports", {"container": 80}, {"container": 80}),
        ("volumes", {"sourcePath": "/a", "targetPath": "/b", "readOnly": False}, None),
        ("environment", "SECRET:a,b", "SECRET:a,b"),
    ],
)
def test_a_value_is_written_as_it_was_stated(name: str, raw: Any, written: object) -> None:
    """Reading and writing a value keeps what the person wrote."""
    parameter = parameters(INTERACTIVE)[name]
    value = parameter.write(parameter.read(raw))
    assert value == (raw if written is None else written)
    assert type(value) is type(raw if written is None else written)


@pytest.mark.parametrize(
    ("name", "one", "other", "alike"),
    [
        ("gpu", "1", "1.0", True),
        ("gpu", "1", "2", False),
        ("memory", "1Gi", "1024Mi", True),
        ("memory", "1Gi", "1G", False),
        ("ttlAfterFinish", "90m", "1h30m", True),
        ("imagePullPolicy", "Always", "always", True),
        ("image", "a", "A", False),
        ("ports", {"container": 80}, {"container": 80.0, "external": None}, True),
        ("ports", {"container": 80}, {"container": 80, "external": 80}, False),
        ("volumes", MOUNT, {**MOUNT, "readOnly": False}, True),
        ("volumes", MOUNT, {**MOUNT, "readOnly": True}, False),
        ("capabilities", "NET_ADMIN", "cap_net_admin", True),
        ("capabilities", "NET_ADMIN", "NET_RAW", False),
        ("supplementalGroups", "1;2", "2, 1", True),
        ("supplementalGroups", "1;2", "1;3", False),
        ("nodePools", "a b", "a, b", True),
        ("nodePools", "a b", "b a", False),
    ],
)
def test_values_are_the_same_when_they_mean_the_same(name: str, one: Any, other: Any, alike: bool) -> None:
    """Values are compared by meaning: 1.0 equals 1."""
    parameter = parameters(TRAINING)[name]
    assert same(parameter.read(one), parameter.read(other)) is alike


@pytest.mark.parametrize(
    ("family", "raw", "expected"),
    [
        (Family.NUMBER, "0.1", Decimal("0.1")),
        (Family.INTEGER, 5, Decimal(5)),
        (Family.QUANTITY, "1Ki", Decimal(1024)),
        (Family.DURATION, "1m", Decimal(60)),
        (Family.NUMBER, "x", None),
        (Family.STRING, "1", None),
    ],
)
def test_the_amount_of_a_rules_bound(family: Family, raw: str | int, expected: Decimal | None) -> None:
    """Bounds are read exactly, as decimals, bytes or seconds."""
    assert amount(family, raw) == expected


def test_every_parameter_and_member_says_what_it_is() -> None:
    """Every parameter and member has a help text and says what it becomes."""
    for kind in KINDS:
        for parameter in parameters(kind).values():
            docs = [parameter.doc, parameter.shown.becomes, *(member.doc for member in parameter.members.values())]
            assert all(docs), parameter.name


def test_both_names_of_a_prefix_are_known() -> None:
    """namePrefix is also read as jobNamePrefix."""
    assert parameters(INTERACTIVE)["namePrefix"].aliases == ("jobNamePrefix",)


def test_a_values_set_becomes_values_with_their_amounts() -> None:
    """A values set is read into typed values."""
    values = TRAINING.values.model_validate({"gpu": "0.5", "namePrefix": "a", "ports": {"web": {"container": 80}}})
    assert values.gpu is not None
    assert (values.gpu.amount, values.name_prefix) == (Decimal("0.5"), "a")
    assert values.ports[ItemLabel("web")].container == 80


def test_a_new_parameter_needs_no_more_than_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field in the catalogue is enough for a new parameter."""

    class Extended(CommonValues):
        fpgas: Annotated[dict[ItemLabel, Quantity], Shown("FPGAs", title="FPGAs", example="{}", becomes="limits")] = {}  # noqa: RUF012 - copied by Pydantic
        """FPGAs, by model."""

    monkeypatch.setattr(catalogue, "ExtendedValues", Extended, raising=False)
    kind = kind_named("extended", "e", job_type="Train", switches=("--extended",), told="")
    added = parameters(kind)["fpgas"]
    assert (added.itemized, added.family, added.doc) == (True, Family.QUANTITY, "FPGAs, by model.")


def test_a_kind_is_found_by_its_workloads_kind() -> None:
    """The name of a workload's kind finds the kind; that of a policy does not."""
    assert kind_of("TrainingWorkload") is TRAINING
    with pytest.raises(KeyError):
        kind_of("InferencePolicy")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_example_can_be_read(kind: Kind) -> None:
    """Every example in the catalogue is valid YAML for its parameter."""
    for parameter in parameters(kind).values():
        example = yaml.safe_load(parameter.shown.example)
        items = example.items() if parameter.itemized else [(None, {"value": example})]
        for label, item in items:
            assert parameter.read(item["value"]) is not None, parameter.name
            assert label is None or parameter.read_label(label) == label
