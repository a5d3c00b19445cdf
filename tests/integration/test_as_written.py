"""Workloads as the vendor's tools print them and as people write them, on a real API server."""

import json

import pytest

from shared.objects import Manifest
from shared.parameters.kinds import DISTRIBUTED
from shared.resolution.model import Origin, Resolved, Source
from shared.resolution.resolve import resolve
from tests.integration.harness.cluster import Cluster

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
