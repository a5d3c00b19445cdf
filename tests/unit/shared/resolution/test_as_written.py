"""Values as people write them: in published manifests, scripts and command lines."""

import pytest

from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INTERACTIVE, KINDS, TRAINING, Kind
from shared.resolution.model import Origin
from tests.unit.shared.resolution.sources import LEAST, refused, resolved

NO_PORTS = "serviceType: ports must be provided when exposing a service"


@pytest.mark.parametrize("kind", [INTERACTIVE, TRAINING, DEPLOYMENT, DISTRIBUTED], ids=lambda kind: kind.name)
@pytest.mark.parametrize("written", ["ClusterIP", "clusterip", "portforward", "PortForward"])
def test_a_service_inside_the_cluster_needs_no_ports(kind: Kind, written: str) -> None:
    """A job without ports is not reached, which portforward and ClusterIP do not change."""
    assert refused({"serviceType": {"value": written}, **LEAST.get(kind, {})}, kind=kind) == []


@pytest.mark.parametrize("written", ["NodePort", "nodeport", "LoadBalancer", "loadbalancer", "Ingress", "ingress"])
def test_a_service_reached_from_outside_needs_ports(written: str) -> None:
    """Whoever asks for an address outside the cluster must say of which port."""
    assert refused({"serviceType": {"value": written}}, kind=TRAINING) == [NO_PORTS]


@pytest.mark.parametrize(
    ("written", "found"),
    [("ClusterIP", []), ("portforward", []), ("NodePort", [NO_PORTS, "serviceType: cannot be combined with mpi"])],
)
def test_what_has_no_effect_excludes_nothing(written: str, found: list[str]) -> None:
    """A service type that changes nothing is no mistake in an MPI job."""
    assert refused({"serviceType": {"value": written}, "mpi": {"value": True}}) == found


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
