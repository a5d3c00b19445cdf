"""Every kind of output: its path on the API server, and what to install if the cluster does not know the kind."""

from dataclasses import dataclass
from typing import Any, Final

from shared.errors import NotFoundError
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class OutputKind:
    """A kind of output. `operator` is what to install for it; empty for kinds that every cluster has."""

    plural: str
    operator: str = ""
    job_type: str = ""
    """The type shown for a job of this kind if its workload does not determine it; empty for kinds that run no job."""


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
"""All kinds of output by kind and API version, since two of them are called Service."""

NAMED_AS_JOBS: Final = (
    ("configmaps", "v1"),
    ("services", "v1"),
    *((kind.plural, version) for (_, version), kind in OUTPUT_KINDS.items() if version != "v1" and kind.operator),
    ("deployments", "apps/v1"),
)
"""Plural and API version of the resources named after a job: an index is taken if any of them has it."""


class KindMissingError(NotFoundError):
    """The cluster does not know the kind of an output; the message says what to install."""

    reason = Reason.OUTPUT_KIND_MISSING


def missing(output: dict[str, Any]) -> KindMissingError:
    """The error to raise if the API server does not know the output's kind."""
    kind, version = output["kind"], output["apiVersion"]
    operator = OUTPUT_KINDS[kind, version].operator
    install = f"; install {operator}" if operator else ""
    return KindMissingError(f"the cluster does not have the kind {kind} of {version}{install}")
