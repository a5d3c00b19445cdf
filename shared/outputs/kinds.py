"""Every kind of output: where the API server has it, and what brings it into a cluster that does not know it."""

from dataclasses import dataclass
from typing import Any, Final

from shared.errors import NotFoundError
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class OutputKind:
    """A kind of output; `operator` is what to install for it, empty for what every cluster has."""

    plural: str
    operator: str = ""
    job_type: str = ""
    """What a job that this runs is called if its workload does not say; empty for what runs no job."""


SLIPWAY: Final = "Slipway's own resource definitions (deploy/crds)"
OUTPUT_KINDS: Final = {
    ("ConfigMap", "v1"): OutputKind("configmaps"),
    ("Service", "v1"): OutputKind("services"),
    ("PersistentVolumeClaim", "v1"): OutputKind("persistentvolumeclaims"),
    ("Ingress", "networking.k8s.io/v1"): OutputKind("ingresses"),
    ("RunaiJob", "run.ai/v1"): OutputKind("runaijobs", SLIPWAY, "Train"),
    ("Deployment", "apps/v1"): OutputKind("deployments", job_type="Inference"),
    ("MPIJob", "kubeflow.org/v2beta1"): OutputKind(
        "mpijobs", "the Kubeflow MPI Operator (kubeflow/mpi-operator)", "Distributed"
    ),
    ("PyTorchJob", "kubeflow.org/v1"): OutputKind(
        "pytorchjobs", "the Kubeflow Training Operator (kubeflow/training-operator, version 1)", "Distributed"
    ),
    ("Service", "serving.knative.dev/v1"): OutputKind("services", "Knative Serving (knative/serving)", "Inference"),
}
"""By kind and API version: two of them are called Service."""

NAMED_AS_JOBS: Final = (
    ("configmaps", "v1"),
    ("services", "v1"),
    *((kind.plural, version) for (_, version), kind in OUTPUT_KINDS.items() if version != "v1" and kind.operator),
    ("deployments", "apps/v1"),
)
"""What is named as a job, plural and API version: an index that one of these holds is not free."""


class KindMissingError(NotFoundError):
    """The cluster does not know the kind of an output; the text names what to install."""

    reason = Reason.OUTPUT_KIND_MISSING


def missing(output: dict[str, Any]) -> KindMissingError:
    """What to raise when the API server knows no such kind as the output's."""
    kind, version = output["kind"], output["apiVersion"]
    operator = OUTPUT_KINDS[kind, version].operator
    install = f"; install {operator}" if operator else ""
    return KindMissingError(f"the cluster does not have the kind {kind} of {version}{install}")
