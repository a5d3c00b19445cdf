"""Workloads as the vendor's tools print them and as people write them, on a real API server."""

import json

import pytest

from shared.objects import Manifest
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE
from shared.resolution.model import Origin, Refused, Resolved, Source
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.refusals import SUBMITTED, raw, refusal

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]

PRINTED: Manifest = {
    "jobType": "PyTorchJob",
    "usage": "Submit",
    "image": {"value": "pytorch"},
    "workers": {"value": 2},
    "cpu": {"value": "100m"},
    "nodeType": {"value": ""},
    "serviceType": {"value": "ClusterIP"},
    "pyTorchJob": {"values": {}},
    "mpiJob": {"values": {}},
    "runPolicy": {"values": {"cleanPodPolicy": {"value": "None"}}},
    "pvcs": {
        "items": {
            "pvc--0": {
                "value": {
                    **{"claimName": "", "existingPvc": False, "path": "/data", "readOnly": False},
                    **{"readWriteOnce": True, "size": "5G", "storageClass": ""},
                }
            }
        }
    },
}


@pytest.mark.parametrize("version", ["v1alpha1", "v2alpha1"])
async def test_what_the_vendors_tools_print_is_stored_and_means_the_same(
    cluster: Cluster, namespace: str, version: str
) -> None:
    """Every field is known to the API server, kept as written, and resolved."""
    metadata = {"name": "mine", "namespace": namespace}
    await cluster.apply(
        {"apiVersion": f"run.ai/{version}", "kind": DISTRIBUTED.workload, "metadata": metadata, "spec": PRINTED}
    )
    stored = await cluster.get(DISTRIBUTED.workload_plural, "mine", namespace)
    assert stored["spec"] == json.loads(json.dumps(PRINTED))
    found = resolve(DISTRIBUTED, Source(Origin.WORKLOAD, None, stored["spec"]), None)
    assert isinstance(found, Resolved)
    assert found.values_set["runPolicy"] == {"cleanPodPolicy": "None"}
    assert found.values_set["jobType"] == "PyTorch"
    assert found.values_set["pvcs"] == {
        "pvc--0": {
            **{"existingPvc": False, "path": "/data", "readOnly": False},
            "size": "5G",
            "accessModes": "ReadWriteOnce",
        }
    }


UNKNOWN: Manifest = {
    "gpus": {"value": "2"},
    "baseWorload": "team-a",
    "environment": {"A": {"value": "x"}},
    "labels": {"items": {"a": {"value": "x", "delete": True}}},
    "ports": {"items": {"web": {"value": {"container": 80, "extrenal": 8080}}}},
}
"""Fields that no workload has, at every place where the API server keeps them."""
SAID = [
    "ports.web.extrenal: unknown field; expected one of container, external, autoGenerate, serviceType",
    "environment.A: unknown field; expected one of items",
    "labels.a.delete: unknown field; expected one of value, deleted",
    "gpus: is not a parameter of interactive workloads; did you mean gpu?",
    "baseWorload: is not a parameter of interactive workloads; did you mean baseWorkload?",
]


async def test_unknown_fields_are_kept_and_refused_by_the_resolver(cluster: Cluster, namespace: str) -> None:
    """A client without strict validation loses nothing without a word: the workload fails and says why."""
    spec = {"image": {"value": "python"}, **UNKNOWN}
    stored = await cluster.create(raw("InteractiveWorkload", "mine", namespace, spec))
    assert stored["spec"] == {**spec, "usage": "Submit"}
    found = resolve(INTERACTIVE, Source(Origin.WORKLOAD, None, stored["spec"]), None)
    assert isinstance(found, Refused)
    assert sorted(map(str, found.violations)) == sorted(SAID)


async def test_a_strict_client_is_told_of_every_unknown_field_at_once(cluster: Cluster, namespace: str) -> None:
    """kubectl and other strict clients are refused in the words of the API server, at every place."""
    said = await refusal(cluster.apply(raw("InteractiveWorkload", "mine", namespace, UNKNOWN)))
    for path in (
        *("gpus", "baseWorload", "environment.A", "labels.items.a.delete"),
        "ports.items.web.value.extrenal",
    ):
        assert f'unknown field "spec.{path}"' in said
    spec = {"jobType": "MPI", "runPolicy": {"values": {"cleanPodPolcy": {"value": "All"}}}, "mpiJob": {"vlaue": {}}}
    said = await refusal(cluster.apply(raw("DistributedWorkload", "mine", namespace, spec)))
    assert 'unknown field "spec.runPolicy.values.cleanPodPolcy"' in said
    assert 'unknown field "spec.mpiJob.vlaue"' in said


async def test_unknown_fields_of_a_submitted_workload_never_change(cluster: Cluster, namespace: str) -> None:
    """What was submitted stays what was observed, known or not; its labels and those of a template may change."""
    await cluster.create(raw("InteractiveWorkload", "mine", namespace, {"gpus": {"value": "1"}}))
    for changed in ({"gpus": {"value": "2"}}, {"gpus": None}, {"other": 1}):
        patch = cluster.patch("interactiveworkloads", "mine", namespace, {"spec": changed})
        assert SUBMITTED in await refusal(patch)
    await cluster.kubectl("label", "interactiveworkload", "mine", "-n", namespace, "a=b")
    await cluster.create(raw("InteractiveWorkload", "base", namespace, {"usage": "Template", "gpus": {"value": "1"}}))
    await cluster.patch("interactiveworkloads", "base", namespace, {"spec": {"gpus": None, "gpu": {"value": "1"}}})


async def test_settings_of_the_master_are_refused_wherever_they_are(cluster: Cluster, namespace: str) -> None:
    """`masterSpec` beside the spec is refused at once, and within it by the resolver, with the same sentence."""
    beside = raw("DistributedWorkload", "mine", namespace, {"jobType": "PyTorch"})
    sentence = "is not supported: the master and the workers of a job have the same parameters"
    assert sentence in await refusal(cluster.apply({**beside, "masterSpec": {"gpuDevices": {"value": 8}}}))
    within: Manifest = {"jobType": "PyTorch", "image": {"value": "x"}, "masterSpec": {"gpuDevices": {"value": 8}}}
    await cluster.apply(raw("DistributedWorkload", "mine", namespace, within))
    found = resolve(DISTRIBUTED, Source(Origin.WORKLOAD, None, within), None)
    assert isinstance(found, Refused)
    assert [str(violation) for violation in found.violations] == [f"masterSpec: {sentence}"]


async def test_unknown_fields_of_a_policy_are_kept_and_refused(cluster: Cluster, namespace: str) -> None:
    """A rule with a mistake in its name is kept for the resolver; a strict client is refused at once."""
    spec = {"gpus": {"rules": {"max": "1"}}, "gpu": {"rule": {"max": "1"}}, "cpu": {"rules": {"most": "1"}}}
    stored = await cluster.create(raw("InteractivePolicy", "policy", namespace, spec))
    assert stored["spec"] == spec
    found = resolve(
        INTERACTIVE,
        Source(Origin.WORKLOAD, None, {"image": {"value": "x"}, "cpu": {"value": "1"}}),
        None,
        compile_policy(INTERACTIVE, stored["spec"]),
    )
    assert isinstance(found, Refused)
    assert {violation.path[0] for violation in found.violations} == {"gpus", "gpu", "cpu"}
    said = await refusal(cluster.apply(raw("InteractivePolicy", "other", namespace, spec)))
    for path in ("gpus", "gpu.rule", "cpu.rules.most"):
        assert f'unknown field "spec.{path}"' in said
