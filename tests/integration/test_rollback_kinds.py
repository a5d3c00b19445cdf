"""P5 and P6 for the outputs that few workloads have: claims, Ingresses and the jobs of other operators.

An admission policy of the cluster refuses one output of each submission: the messages are the API server's own.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from shared.objects import Manifest
from shared.outputs.kinds import OUTPUT_KINDS
from tests.integration.harness.cluster import ApiError, Cluster, path_of
from tests.integration.harness.manifests import workload
from tests.integration.harness.operators import installed
from tests.integration.harness.outcome import created, history, messages
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.placing import placed
from tests.unit.shared.outputs.cases import CASES

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

STATED = {"image": "ubuntu", "name": "lost"}
PORTS = {"web": {"container": 8080, "external": 80}}
CLAIMS = {name: {"path": f"/{name}", "size": "1G"} for name in ("one", "two")}
REACHED: dict[str, Any] = {"ports": PORTS, "serviceType": "ingress"}
BEFORE_A_JOB = ("ConfigMap lost", "PersistentVolumeClaim pvc-lost-0", "PersistentVolumeClaim pvc-lost-1")
REACHED_BEFORE_A_JOB = (*BEFORE_A_JOB, "Service lost", "Ingress lost")


class Case(NamedTuple):
    """A workload whose job is called `lost`, the output of it that is refused, and what is made before that one."""

    kind: str
    spec: dict[str, Any]
    refused: tuple[str, str]
    """Kind and name."""
    of: tuple[str, str]
    """The group and the plural name of that kind on the API server."""
    made: tuple[str, ...]
    """Kinds and names, in the order of their creation."""
    example: str
    """A written-down submission that has an output of this kind."""


REFUSED = {
    "PersistentVolumeClaim": Case(
        "TrainingWorkload", {"pvcs": CLAIMS}, ("PersistentVolumeClaim", "pvc-lost-1"),
        ("", "persistentvolumeclaims"), BEFORE_A_JOB[:2], "training_claims",
    ),
    "Ingress": Case(
        "InteractiveWorkload", {"pvcs": CLAIMS, **REACHED}, ("Ingress", "lost"),
        ("networking.k8s.io", "ingresses"), REACHED_BEFORE_A_JOB[:4], "interactive_ingress",
    ),
    "Knative Service": Case(
        "InferenceWorkload", {"pvcs": CLAIMS, "ports": PORTS}, ("Service", "lost"),
        ("serving.knative.dev", "services"), BEFORE_A_JOB, "inference",
    ),
    "MPIJob": Case(
        "DistributedWorkload", {"jobType": "MPI", "pvcs": CLAIMS, **REACHED}, ("MPIJob", "lost"),
        ("kubeflow.org", "mpijobs"), (*BEFORE_A_JOB, "Service lost-ports", "Ingress lost"), "distributed_mpi",
    ),
    "PyTorchJob": Case(
        "DistributedWorkload", {"jobType": "PyTorch", "pvcs": CLAIMS, **REACHED}, ("PyTorchJob", "lost"),
        ("kubeflow.org", "pytorchjobs"), REACHED_BEFORE_A_JOB, "distributed_pytorch",
    ),
}  # fmt: skip
DENIES = "slipway-test-denies-an-output"
"""Name of the admission policy and of its binding."""
DENIED = "slipway.test/denied"
"""Label of a namespace: the plural and name, with a dot between, of the output that cannot be created there."""


@pytest.fixture(scope="module", autouse=True)
async def operators(cluster: Cluster) -> AsyncIterator[None]:
    """The cluster has the kinds of other operators for this module."""
    async with installed(cluster):
        yield


@pytest.fixture(scope="module", autouse=True)
async def denies(cluster: Cluster, operators: None) -> AsyncIterator[None]:
    """An admission policy that denies each namespace the one output that its label names."""
    rules = [
        {"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE"], "resources": [plural]}
        for group, plural in (case.of for case in REFUSED.values())
    ]
    here = {"matchExpressions": [{"key": DENIED, "operator": "Exists"}]}
    asked = "request.resource.resource + '.' + object.metadata.name"
    denial = {
        "expression": f"{asked} != namespaceObject.metadata.labels['{DENIED}']",
        "messageExpression": "request.kind.kind + ' ' + object.metadata.name + ' cannot be created here'",
    }
    specs: dict[str, dict[str, Any]] = {
        "Policy": {"matchConstraints": {"resourceRules": rules, "namespaceSelector": here}, "validations": [denial]},
        "PolicyBinding": {"policyName": DENIES, "validationActions": ["Deny"]},
    }
    for kind, spec in specs.items():
        whole = {"kind": f"ValidatingAdmission{kind}", "metadata": {"name": DENIES}, "spec": spec}
        await cluster.create({"apiVersion": "admissionregistration.k8s.io/v1", **whole})
    yield
    await cluster.delete("validatingadmissionpolicybindings", DENIES)
    await cluster.delete("validatingadmissionpolicies", DENIES)


def example(case: Case, namespace: str) -> Manifest:
    """An object that somebody else might create under the name of the case's output."""
    kind, name = case.refused
    output = next(
        each
        for each in CASES[case.example].build()
        if each["kind"] == kind and (not case.of[0] or each["apiVersion"].startswith(case.of[0]))
    )
    foreign = placed(namespace, output)
    labels = {"of": "somebody-else"}
    return {**foreign, "metadata": {"name": name, "namespace": namespace, "labels": labels}}


async def deny(cluster: Cluster, case: Case, namespace: str) -> None:
    """Deny the case's output in the namespace, and wait until the policy takes effect."""
    label = {DENIED: f"{case.of[1]}.{case.refused[1]}"}
    await cluster.patch("namespaces", namespace, None, {"metadata": {"labels": label}})

    async def denied() -> bool:
        try:
            await cluster.create(example(case, namespace), dryRun="All")
        except ApiError as error:
            return "cannot be created here" in str(error)
        return False

    await cluster.wait_for("the admission policy to deny it", denied)


async def outputs(cluster: Cluster, namespace: str) -> list[str]:
    """Kind and name of everything in the namespace whose kind a submission may create."""
    paths = {
        kind: path_of(known.plural, namespace, api_version=version) for (kind, version), known in OUTPUT_KINDS.items()
    }
    lists = await asyncio.gather(*(cluster.request("GET", path) for path in paths.values()))
    found = [
        f"{kind} {item['metadata']['name']}" for kind, each in zip(paths, lists, strict=True) for item in each["items"]
    ]
    return sorted(set(found) - {"ConfigMap kube-root-ca.crt"})


async def only(cluster: Cluster, namespace: str, *wanted: str) -> None:
    """Wait until the namespace holds just these outputs; a PersistentVolumeClaim goes a moment after its deletion."""
    what = f"just {list(wanted)} to be left"
    await cluster.wait_for(what, lambda: outputs(cluster, namespace), lambda seen: seen == sorted(wanted))


@pytest.mark.parametrize("name", REFUSED)
async def test_an_output_that_is_refused_takes_back_what_was_made_before_it(
    name: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The events list what was created, what was refused in the API server's own words, and what was removed."""
    case = REFUSED[name]
    await deny(cluster, case, namespace)
    failed = await cluster.failed(await cluster.create(workload(case.kind, "mine", namespace, **STATED, **case.spec)))
    made, refusal, removed = [event for event in history(failed) if event[1] != "Note"]
    assert made == ("Info", "RolledBack", f"had been created: {', '.join(case.made)}")
    kind, output = case.refused
    assert refusal[:2] in (("Error", "Forbidden"), ("Error", "Invalid"))
    assert f"ValidatingAdmissionPolicy '{DENIES}'" in refusal[2]
    assert refusal[2].endswith(f"denied request: {kind} {output} cannot be created here")
    assert removed == ("Info", "RolledBack", f"was removed again: {', '.join(reversed(case.made))}")
    assert created(failed) == []
    await only(cluster, namespace)
    wrote = [each for each in pipeline.proxy.writes() if each.client == "creator-0" and each.verb == "create"]
    assert [each.status for each in wrote] == [201] * len(case.made) + [wrote[-1].status]
    assert (wrote[-1].resource, wrote[-1].name) == (case.of[1], output)  # nothing was tried after it


@pytest.mark.parametrize("name", REFUSED)
async def test_an_output_whose_name_something_else_has_is_left_alone(
    name: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """The workload fails, its outputs are removed, and the other object stays unchanged."""
    case = REFUSED[name]
    kind, output = case.refused
    theirs = await cluster.create(example(case, namespace))
    failed = await cluster.failed(await cluster.create(workload(case.kind, "mine", namespace, **STATED, **case.spec)))
    assert messages(failed) == [f"the name {output} is taken by {kind} {output}, which no workload made"]
    assert [message for _, reason, message in history(failed) if reason == "RolledBack"] == [
        f"had been created: {', '.join(case.made)}",
        f"was removed again: {', '.join(reversed(case.made))}",
    ]
    await only(cluster, namespace, f"{kind} {output}")
    path = path_of(case.of[1], namespace, output, theirs["apiVersion"])
    left = await cluster.request("GET", path)
    assert (left["metadata"]["uid"], left["spec"]) == (theirs["metadata"]["uid"], theirs["spec"])
