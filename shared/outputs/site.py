"""What the operator of a cluster says once for all that is created in it: addresses, images. Pure."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Site:
    """The same for every submission."""

    ingress_class: str = "nginx"
    """Class of Ingresses; empty leaves it to the cluster's default."""
    ingress_host: str = ""
    """Host of Ingresses; empty means any."""
    node_pool_label: str = "runai/node-pool"
    """Label of nodes that names their pool."""
    git_sync_image: str = "registry.k8s.io/git-sync/git-sync:v4.7.1"
    """Image that clones git repositories."""
    s3_image: str = "rclone/rclone:1.72.0"
    """Image that copies from object storage."""
    tensorboard_image: str = "tensorflow/tensorflow:2.19.0"
    """Image that runs TensorBoard."""
    tensorboard_cpu: str = "500m"
    """Processor time that TensorBoard gets, where its workload states `cpu` or `cpuLimit`."""
    tensorboard_memory: str = "1Gi"
    """Memory that TensorBoard gets, where its workload states `memory` or `memoryLimit`."""


PLAIN: Final = Site()
"""Of an operator who says nothing."""
