"""Labels, annotations and variables of a pod that only the system or Kubernetes may set. Pure."""

from typing import Final

from shared.names import GROUP

NAMES: Final = frozenset(
    {
        *("release", "project", "user", "app", "priorityClassName"),
        *("mps", "elastic", "pod-group-name", "received-resource-type"),
        # labels that Jobs, StatefulSets and Deployments set on their pods to recognise them
        *("job-name", "controller-uid", "controller-revision-hash", "pod-template-hash"),
    }
)
"""Reserved keys without a domain."""
PREFIXES: Final = ("runai-", "gpu-fraction", "gpu-memory")
"""Prefixes of further reserved keys without a domain. With some keys of the last two, a pod requests more than its
policy allows (`gpu-fraction-num-devices`)."""
DOMAINS: Final = (
    GROUP,
    *("runai", "kai.scheduler", "serving.knative.dev", "networking.knative.dev", "kubeflow.org"),
    "x-k8s.io",  # Kueue's, and those of other schedulers from Kubernetes' own groups
)
SCALING: Final = frozenset(
    f"autoscaling.knative.dev/{name}"
    for name in (
        *("class", "metric", "target", "min-scale", "minScale", "max-scale", "maxScale"),
        *("initial-scale", "initialScale", "activation-scale", "activationScale"),
    )
)
"""Annotations that have a parameter, which a policy may restrict, in each of Knative's spellings; and those that let
more replicas run than maxScale allows."""
KUBERNETES_DOMAINS: Final = ("kubernetes.io", "k8s.io")
FOR_EVERYBODY: Final = "app.kubernetes.io"
"""The only domain of Kubernetes whose labels are meant for people to set."""


JOB_NAME_VARIABLE: Final = "RUNAI_JOB_NAME"
PROJECT_VARIABLE: Final = "RUNAI_PROJECT"
GPU_FRACTION_VARIABLE: Final = "RUNAI_GPU_FRACTION"
"""Variables that describe a container to itself; the last is set only if it has a fraction of a GPU."""
MPI_WORKERS_VARIABLE: Final = "RUNAI_MPI_NUM_WORKERS"
"""Variable that only the launcher of an MPI job gets."""
DOCUMENTED_VARIABLES: Final = frozenset(
    {JOB_NAME_VARIABLE, PROJECT_VARIABLE, GPU_FRACTION_VARIABLE, MPI_WORKERS_VARIABLE}
)
"""Variables that a command may refer to as `${NAME}` even if no shell reads it. Nobody else gives them a value."""
JUPYTER_PORT_VARIABLE: Final = "JUPYTER_PORT"
"""Variable with the port that a notebook should listen on."""
JUPYTER_TOKEN_VARIABLE: Final = "JUPYTER_TOKEN"  # noqa: S105 - a name, not a secret
"""Variable with the token that a notebook requires from its visitors."""


def is_ours(key: str) -> bool:
    """Whether only the system or Kubernetes, and never a user, may set a pod's label or annotation with this key."""
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
