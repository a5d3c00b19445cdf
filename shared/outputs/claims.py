"""The PersistentVolumeClaims that a job creates."""

from collections.abc import Iterator

from shared.objects import Manifest
from shared.outputs import storage
from shared.outputs.naming import Names
from shared.parameters.catalogue import CommonValues


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """A manifest for each new claim of the workload. Claims that already exist are used as they are."""
    for name, claim in storage.new_claims(values, names):
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": names.metadata(name),
            "spec": storage.claim_spec(claim),
        }
