"""What of a pod's labels, annotations and variables is the system's, or Kubernetes' own, to set. Pure."""

from typing import Final

from shared.names import GROUP

NAMES: Final = frozenset(
    {
        *("release", "project", "user", "app", "priorityClassName"),
        *("mps", "elastic", "pod-group-name", "received-resource-type"),
        # what Jobs, StatefulSets and Deployments put on their pods, and recognise them by
        *("job-name", "controller-uid", "controller-revision-hash", "pod-template-hash"),
    }
)
"""Keys without a domain."""
PREFIXES: Final = ("runai-", "gpu-fraction", "gpu-memory")
"""Further keys without a domain begin with one of these; by some of the last two a pod asks for more than its policy
allows (`gpu-fraction-num-devices`)."""
DOMAINS: Final = (
    GROUP,
    *("runai", "kai.scheduler", "serving.knative.dev", "networking.knative.dev", "kubeflow.org"),
    "x-k8s.io",  # Kueue's, and those of other schedulers made by Kubernetes' own groups
)
SCALING: Final = frozenset(
    f"autoscaling.knative.dev/{name}"
    for name in (
        *("class", "metric", "target", "min-scale", "minScale", "max-scale", "maxScale"),
        *("initial-scale", "initialScale", "activation-scale", "activationScale"),
    )
)
"""Annotations that parameters stand for, which a policy may bind, in each of Knative's spellings; and those that have
more replicas run than maxScale says."""
KUBERNETES_DOMAINS: Final = ("kubernetes.io", "k8s.io")
FOR_EVERYBODY: Final = "app.kubernetes.io"
"""The one domain of Kubernetes whose labels are meant to be set by people."""


JOB_NAME_VARIABLE: Final = "RUNAI_JOB_NAME"
PROJECT_VARIABLE: Final = "RUNAI_PROJECT"
GPU_FRACTION_VARIABLE: Final = "RUNAI_GPU_FRACTION"
"""What every container is told of itself; the last only where it has a fraction of a GPU."""
MPI_WORKERS_VARIABLE: Final = "RUNAI_MPI_NUM_WORKERS"
"""What the launcher of an MPI job is told beside."""
JUPYTER_PORT_VARIABLE: Final = "JUPYTER_PORT"
"""What a notebook is told: where it is to listen."""
JUPYTER_TOKEN_VARIABLE: Final = "JUPYTER_TOKEN"  # noqa: S105 - a name, no secret
"""What a notebook asks of who opens it."""


def is_ours(key: str) -> bool:
    """Whether a pod's label or annotation of this key is the system's, or Kubernetes' own, to set: never a user's."""
    domain, _, name = key.rpartition("/")
    if not domain:
        return name in NAMES or name.startswith(PREFIXES)
    return (
        key in SCALING
        or any(_within(domain, ours) for ours in DOMAINS)
        or (domain != FOR_EVERYBODY and any(_within(domain, theirs) for theirs in KUBERNETES_DOMAINS))
    )


def _within(domain: str, whole: str) -> bool:
    return domain == whole or domain.endswith(f".{whole}")
