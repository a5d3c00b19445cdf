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
    # labels by which Jobs, StatefulSets and Deployments recognise their pods
    *("batch.kubernetes.io", "apps.kubernetes.io", "statefulset.kubernetes.io"),
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
"""Domains of Kubernetes itself."""


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
VISIBLE_DEVICES_VARIABLE: Final = "NVIDIA_VISIBLE_DEVICES"
NO_DEVICES: Final = "void"
"""Variable by which NVIDIA's container runtime chooses GPUs, and its value for none. Images set it to `all`."""
DEVICE_VARIABLES: Final = frozenset(
    {
        VISIBLE_DEVICES_VARIABLE,
        *("NVIDIA_MIG_CONFIG_DEVICES", "NVIDIA_MIG_MONITOR_DEVICES", "NVIDIA_IMEX_CHANNELS"),
        *("AMD_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES"),
    }
)
"""Variables by which container runtimes hand out devices, whatever was allocated. Users may not set them."""
JUPYTER_PORT_VARIABLE: Final = "JUPYTER_PORT"
"""Variable with the port that a notebook should listen on."""
JUPYTER_TOKEN_VARIABLE: Final = "JUPYTER_TOKEN"  # noqa: S105 - a name, not a secret
"""Variable with the token that a notebook requires from its visitors."""


def is_ours(key: str) -> bool:
    """Whether only the system or Kubernetes, and never a user, may set a pod's label or annotation with this key.

    Services and controllers select pods by these keys, and schedulers read them. No policy can list them.
    """
    domain, _, name = key.rpartition("/")
    if not domain:
        return name in NAMES or name.startswith(PREFIXES)
    return key in SCALING or any(_within(domain, ours) for ours in DOMAINS)


def with_domain(key: str) -> bool:
    """Whether the key has a domain. Users may set such a key only if the policy lists it."""
    return "/" in key


def of_kubernetes(key: str) -> bool:
    """Whether the key of a label or taint has a domain of Kubernetes itself."""
    domain = key.rpartition("/")[0]
    return any(_within(domain, whole) for whole in KUBERNETES_DOMAINS)


def _within(domain: str, whole: str) -> bool:
    return domain == whole or domain.endswith(f".{whole}")
