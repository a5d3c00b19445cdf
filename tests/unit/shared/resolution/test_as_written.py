"""Values as people write them: in published manifests, scripts and command lines."""

from typing import Any

import pytest

from shared.parameters import sentences
from shared.parameters.derive import parameters
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INTERACTIVE, KINDS, TRAINING, Kind
from shared.resolution.model import Origin
from tests.unit.shared.resolution.sources import LEAST, refused, resolved

NO_PORTS = "serviceType: ports must be provided when exposing a service"


OPEN = "serviceType: {rules: {canEdit: true}}"
"""A policy that grants every type of service."""


@pytest.mark.parametrize("kind", [INTERACTIVE, TRAINING, DEPLOYMENT, DISTRIBUTED], ids=lambda kind: kind.name)
@pytest.mark.parametrize("written", ["ClusterIP", "clusterip", "portforward", "PortForward"])
def test_a_service_inside_the_cluster_needs_no_ports(kind: Kind, written: str) -> None:
    """A job without ports is not reached, which portforward and ClusterIP do not change."""
    assert refused({"serviceType": {"value": written}, **LEAST.get(kind, {})}, kind=kind) == []


@pytest.mark.parametrize("written", ["NodePort", "nodeport", "LoadBalancer", "loadbalancer", "Ingress", "ingress"])
def test_a_service_reached_from_outside_needs_ports(written: str) -> None:
    """Whoever asks for an address outside the cluster must say of which port."""
    assert refused({"serviceType": {"value": written}}, policy=OPEN, kind=TRAINING) == [NO_PORTS]


@pytest.mark.parametrize(
    ("written", "found"),
    [("ClusterIP", []), ("portforward", []), ("NodePort", [NO_PORTS, "serviceType: cannot be combined with mpi"])],
)
def test_what_has_no_effect_excludes_nothing(written: str, found: list[str]) -> None:
    """A service type that changes nothing is no mistake in an MPI job."""
    assert refused({"serviceType": {"value": written}, "mpi": {"value": True}}, policy=OPEN) == found


@pytest.mark.parametrize("name", ["cpu", "cpuLimit"])
@pytest.mark.parametrize("written", ["100m", "0.1", "1e1", "2k", "500000u", 4])
def test_processors_are_a_quantity(name: str, written: str | int) -> None:
    """Cores are written as Kubernetes writes them, in every kind of workload, and kept as written."""
    for kind in KINDS:
        found = resolved({name: {"value": written}, **LEAST.get(kind, {})}, kind=kind)
        assert found.values_set[name] == str(written)


@pytest.mark.parametrize(("cpu", "limit", "fits"), [("100m", "0.1", True), ("1", "999m", False), ("1e1", "10", True)])
def test_processors_are_compared_by_value(cpu: str, limit: str, fits: bool) -> None:
    """A limit may equal the request in another notation, and is refused below it."""
    found = refused({"cpu": {"value": cpu}, "cpuLimit": {"value": limit}})
    assert found == ([] if fits else [f"cpuLimit: must be no less than {cpu}, the value of cpu"])


@pytest.mark.parametrize(("least", "most", "workers"), [(2, 4, 2), (1, 4, 1), (3, 3, 3)])
def test_the_workers_of_an_elastic_job_follow_from_its_bounds(least: int, most: int, workers: int) -> None:
    """A job that states only bounds starts with the fewest workers: nobody stated that it has one."""
    spec = {"jobType": "PyTorch", "pyTorchJob": {"value": {"minReplicas": least, "maxReplicas": most}}}
    found = resolved(spec, kind=DISTRIBUTED)
    assert found.values_set["workers"] == workers
    assert found.provenance["workers"].origin is Origin.BUILT_IN  # type: ignore[union-attr]


def test_a_policy_binds_the_workers_that_follow() -> None:
    """The number that follows is judged by the policy's rules, as what it is."""
    spec = {"jobType": "PyTorch", "pyTorchJob": {"value": {"minReplicas": 3, "maxReplicas": 4}}}
    policy = {"workers": {"rules": {"max": 2}}}
    assert refused(spec, policy=policy, kind=DISTRIBUTED) == [
        "workers: must be no greater than 2 (the built-in default is 3)"
    ]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"A": "$(B)", "B": "$(A)"}, "environment.A: cannot refer to itself (A -> B -> A)"),
        ({"PATH": "/x:$(PATH)"}, "environment.PATH: cannot refer to itself (PATH -> PATH)"),
        ({"A": "$(RUNAI_PROJECT)", "RUNAI_PROJECT": "$(A)"}, None),
        ({"A_LOGS": "$(Z_ROOT)/logs", "Z_ROOT": "/x"}, None),
    ],
)
def test_a_circle_of_variables_is_refused(written: dict[str, str], sentence: str | None) -> None:
    """Variables in a circle have no value; one that gives way to the system's is in no circle."""
    spec = {"environment": {"items": {name: {"value": value} for name, value in written.items()}}}
    assert refused(spec) == ([sentence] if sentence else [])


@pytest.mark.parametrize("written", ["PyTorchJob", "pytorchjob", "PyTorch", "Pytorch", "MPIJob", "mpijob", "mpi"])
def test_a_framework_is_also_the_kind_of_its_job(written: str) -> None:
    """The vendor's tools print the kind that the job becomes; it is kept as the framework."""
    expected = "MPI" if "mpi" in written.casefold() else "PyTorch"
    assert resolved({"jobType": written}, kind=DISTRIBUTED).values_set["jobType"] == expected


@pytest.mark.parametrize("written", ["TFJob", "job", "PyTorchJobs"])
def test_other_frameworks_are_refused(written: str) -> None:
    """A framework that nothing runs is refused in the usual words."""
    assert refused({"jobType": written}, kind=DISTRIBUTED) == ["jobType: must be one of MPI or PyTorch"]


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("pyTorchJob", {"values": {}}, None),
        ("mpiJob", {"values": {}}, None),
        ("runPolicy", {"values": {"cleanPodPolicy": {"value": "None"}}}, {"cleanPodPolicy": "None"}),
        ("runPolicy", {"values": {"cleanPodPolicy": {"value": ""}, "backoffLimit": {"value": 3}}}, {"backoffLimit": 3}),
        ("runPolicy", {"values": {"cleanPodPolicy": {}, "backoffLimit": 3}}, {"backoffLimit": 3}),
        ("runPolicy", {"value": {"ttlSecondsAfterFinished": {"value": 5}}}, {"ttlSecondsAfterFinished": 5}),
        (
            "pyTorchJob",
            {"values": {"minReplicas": {"value": 1}, "maxReplicas": {"value": 2}}},
            {"minReplicas": 1, "maxReplicas": 2},
        ),
    ],
)
def test_members_are_also_written_as_values(name: str, entry: dict[str, Any], expected: Any) -> None:
    """`values` with wrapped members means the same as `value` with plain ones; an empty one states nothing."""
    assert resolved({"jobType": "PyTorch", name: entry}, kind=DISTRIBUTED).values_set.get(name) == expected


def test_value_and_values_do_not_differ() -> None:
    """Both notations at once must mean the same, and members are checked in either."""
    spec = {"jobType": "MPI", "mpiJob": {"value": {"slotsPerWorker": 2}, "values": {"slotsPerWorker": {"value": 3}}}}
    assert refused(spec, kind=DISTRIBUTED) == [
        "mpiJob: cannot differ between mpiJob and mpiJob.values, which are two names of the same parameter; "
        "give one of them"
    ]
    spec = {"jobType": "MPI", "mpiJob": {"values": {"slotsPerWorker": {"value": 0}}}}
    assert refused(spec, kind=DISTRIBUTED) == ["mpiJob.slotsPerWorker: must be no less than 1"]


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ({"readWriteOnce": True}, "ReadWriteOnce"),
        ({"readWriteMany": True, "readWriteOnce": False}, "ReadWriteMany"),
        ({"readOnlyMany": True, "accessModes": "ReadOnlyMany"}, "ReadOnlyMany"),
        ({"readOnlyMany": False}, None),
    ],
)
def test_the_access_mode_of_a_claim_is_also_a_switch(written: dict[str, Any], mode: str | None) -> None:
    """A switch means the access mode of its name, for rules of a policy too."""
    claim = {"size": "1Gi", "path": "/a", **written}
    spec = {"pvcs": {"items": {"a": {"value": claim}}}}
    found: Any = resolved(spec).values_set["pvcs"]
    assert found["a"].get("accessModes") == mode
    policy = {"pvcs": {"itemRules": {"accessModes": {"options": ["ReadWriteOnce"]}}}}
    said = "pvcs.a.accessModes: must be a valid value: ReadWriteOnce"
    assert refused(spec, policy=policy) == ([said] if mode not in (None, "ReadWriteOnce") else [])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"readWriteOnce": True, "readWriteMany": True}, "readWriteMany and accessModes state different values"),
        (
            {"readWriteOnce": True, "accessModes": "ReadOnlyMany"},
            "readWriteOnce and accessModes state different values",
        ),
        ({"readWriteOnce": "yes"}, "must be true or false"),
    ],
)
def test_switches_that_contradict_are_refused(written: dict[str, Any], said: str) -> None:
    """A claim has one access mode."""
    (found,) = refused({"pvcs": {"items": {"a": {"value": {"size": "1Gi", "path": "/a", **written}}}}})
    assert said in found


def test_empty_text_means_no_value_everywhere() -> None:
    """Whatever is optional text may be empty, as the vendor's tools print it, and so may members of items."""
    for kind in KINDS:
        for name, parameter in parameters(kind).items():
            if parameter.itemized or not parameter.absent("") or parameter.shown.required:
                continue
            entry = {"value": ""} if parameter.shown.wrapped else ""
            spec = LEAST.get(kind, {})
            assert resolved({**spec, name: entry}, kind=kind) == resolved(spec, kind=kind), name


def test_empty_text_leaves_the_value_to_the_base() -> None:
    """An empty value does not override, and an empty member has its default."""
    base = {"workingDir": {"value": "/a"}, "image": {"value": "python"}}
    assert resolved({"workingDir": {"value": " "}}, base).values_set["workingDir"] == "/a"
    claim = {"claimName": "", "storageClass": "", "accessModes": "", "existingPvc": False, "size": "1Gi", "path": "/a"}
    found: Any = resolved({"pvcs": {"items": {"a": {"value": claim}}}}).values_set["pvcs"]
    assert found["a"] == {"existingPvc": False, "size": "1Gi", "path": "/a"}
    assert refused({"image": {"value": ""}}) == ["image: cannot be blank"]
    assert refused({"pvcs": {"items": {"a": {"value": {"size": "1Gi", "path": ""}}}}}) == [
        "pvcs.a.path: cannot be blank"
    ]


def test_whole_gpus_have_another_name() -> None:
    """`gpuDevices` means the same as `gpu`, in a workload and in a policy."""
    assert resolved({"gpuDevices": {"value": 8}}).values_set["gpu"] == "8"
    policy = {"gpuDevices": {"rules": {"max": 4}}}
    assert refused({"gpu": {"value": "8"}}, policy=policy) == ["gpu: must be no greater than 4"]


def test_mounts_of_every_kind_have_a_directory_of_their_own() -> None:
    """Empty directories, ConfigMaps and Secrets are mounts like any other."""
    spec = {
        "emptyDirVolumes": {"items": {"a": {"value": {"path": "/a"}}, "b": {"value": {"path": "/"}}}},
        "configMapVolumes": {"items": {"c": {"value": {"name": "c", "path": "/a/"}}}},
        "secretVolumes": {"items": {"d": {"value": {"name": "SECRET:d,key", "path": "/d"}}}},
    }
    assert refused(spec) == [
        "emptyDirVolumes.b.path: must be a directory below /",
        "configMapVolumes.c.path: cannot be the same as emptyDirVolumes.a.path",
        f"secretVolumes.d.name: must be {sentences.RESOURCE}",
    ]


def test_a_mounted_secret_counts_as_one() -> None:
    """Secrets that are mounted or that an image is pulled with count among the Secrets that a workload may use."""
    mounted = {f"s{n}": {"value": {"name": f"s{n}", "path": f"/s{n}"}} for n in range(9)}
    pulled = {f"p{n}": {"value": f"p{n}"} for n in range(8)}
    spec = {"secretVolumes": {"items": mounted}, "imagePullSecrets": {"items": pulled}}
    assert refused(spec) == ["imagePullSecrets: no more than 16 different Secrets can be used"]


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("secretVolumes", {"secret": "s", "mountPath": "/a"}, {"name": "s", "path": "/a"}),
        ("configMapVolumes", {"configMap": "c", "path": "/a"}, {"name": "c", "path": "/a"}),
        ("configMapVolumes", {"name": "c", "configMap": "c", "path": "/a"}, {"name": "c", "path": "/a"}),
    ],
)
def test_members_have_other_names(name: str, written: dict[str, str], meant: dict[str, str]) -> None:
    """A member means the same under the name that the vendor's other tools give it."""
    found: Any = resolved({name: {"items": {"a": {"value": written}}}}).values_set[name]
    assert found == {"a": meant}


def test_two_names_of_a_member_do_not_differ() -> None:
    """Two names with different values are refused, and so is a member without any."""
    spec = {"secretVolumes": {"items": {"a": {"value": {"secret": "s", "name": "t", "path": "/a"}}}}}
    (said,) = refused(spec)
    assert said.startswith("secretVolumes.a: cannot differ between name and secret")
    assert refused({"secretVolumes": {"items": {"a": {"value": {"path": "/a"}}}}}) == [
        "secretVolumes.a.name: cannot be blank"
    ]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"gpus": {"rules": {"max": 1}}}, "gpus: is not a parameter of interactive workloads (in the policy)"),
        (
            {"gpu": {"rule": {"max": 1}}},
            "gpu.rule: unknown field; expected one of rules, memberRules, value (in the policy)",
        ),
        (
            {"ports": {"itemRule": {}}},
            "ports.itemRule: unknown field; expected one of rules, itemRules, items (in the policy)",
        ),
    ],
)
def test_what_a_policy_cannot_say_permits_nothing(policy: dict[str, Any], said: str) -> None:
    """A mistake in a policy refuses every workload under it, so that no rule is silently without effect."""
    assert refused({}, policy=policy) == [said]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"gpus": {"value": 1}}, "gpus: is not a parameter of interactive workloads; did you mean gpu?"),
        ({"backoffLimit": {"value": 1}}, "backoffLimit: is not a parameter of interactive workloads"),
        ({"gpu": {"value": 1, "unit": "x"}}, "gpu.unit: unknown field; expected one of value"),
        ({"environment": {"A": {"value": "x"}}}, "environment.A: unknown field; expected one of items"),
        (
            {"labels": {"items": {"a": {"value": "x", "delete": True}}}},
            "labels.a.delete: unknown field; expected one of value, deleted",
        ),
    ],
)
def test_nothing_in_a_spec_is_lost_without_a_word(spec: dict[str, Any], said: str) -> None:
    """Whatever a workload holds beside what is known is refused by its name."""
    assert refused(spec) == [said]
    assert refused({}, of_base=spec) == [f"{said} (in base workload big)"]
