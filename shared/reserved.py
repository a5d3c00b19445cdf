"""Keys of a pod's labels and annotations that are the system's, or Kubernetes' own, to set. Pure."""

from typing import Final

from shared.names import GROUP

NAMES: Final = frozenset(
    {
        *("release", "project", "user", "app", "priorityClassName"),
        *("gpu-fraction", "gpu-memory", "mps", "elastic", "pod-group-name"),
        # what Jobs, StatefulSets and Deployments put on their pods, and recognise them by
        *("job-name", "controller-uid", "controller-revision-hash", "pod-template-hash"),
    }
)
"""Keys without a domain."""
PREFIX: Final = "runai-"
"""Further keys without a domain begin with this."""
DOMAINS: Final = (
    GROUP,
    *("runai", "kai.scheduler", "serving.knative.dev", "networking.knative.dev", "kubeflow.org"),
)
SCALING: Final = frozenset(
    f"autoscaling.knative.dev/{name}"
    for name in ("class", "metric", "target", "min-scale", "minScale", "max-scale", "maxScale")
)
"""Annotations that parameters stand for, which a policy may bind, in each of Knative's spellings."""
KUBERNETES_DOMAINS: Final = ("kubernetes.io", "k8s.io")
FOR_EVERYBODY: Final = "app.kubernetes.io"
"""The one domain of Kubernetes whose labels are meant to be set by people."""


def is_ours(key: str) -> bool:
    """Whether a pod's label or annotation of this key is the system's, or Kubernetes' own, to set: never a user's."""
    domain, _, name = key.rpartition("/")
    if not domain:
        return name in NAMES or name.startswith(PREFIX)
    return (
        key in SCALING
        or any(_within(domain, ours) for ours in DOMAINS)
        or (domain != FOR_EVERYBODY and any(_within(domain, theirs) for theirs in KUBERNETES_DOMAINS))
    )


def _within(domain: str, whole: str) -> bool:
    return domain == whole or domain.endswith(f".{whole}")
