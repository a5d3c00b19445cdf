"""The operator's settings for everything that is created in a cluster, such as addresses and images. Pure."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Site:
    """Settings that are the same for every submission."""

    ingress_class: str = "nginx"
    """Class of Ingresses; empty means the cluster's default."""
    ingress_host: str = ""
    """Host of Ingresses; empty means any host."""
    node_pool_label: str = "runai/node-pool"
    """The node label that holds the node's pool."""
    git_sync_image: str = "registry.k8s.io/git-sync/git-sync:v4.7.1"
    """Image of the container that clones git repositories."""
    s3_image: str = "rclone/rclone:1.72.0"
    """Image of the container that copies from object storage."""
    tensorboard_image: str = "tensorflow/tensorflow:2.19.0"
    """Image of the TensorBoard container."""
    tensorboard_cpu: str = "500m"
    """Processor time that TensorBoard gets if its workload states `cpu` or `cpuLimit`."""
    tensorboard_memory: str = "1Gi"
    """Memory that TensorBoard gets if its workload states `memory` or `memoryLimit`."""

    shared_memory: str = "16Gi"
    """Largest size of `/dev/shm` with `largeShm` if the workload states no `memoryLimit`."""


PLAIN: Final = Site()
"""The settings of an operator who changes nothing."""
