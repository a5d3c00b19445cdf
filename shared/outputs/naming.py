"""Every name, label and annotation key of the resources that we create. Pure.

Keys that belong to us alone are in `shared.parameters.reserved`.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from shared.names import API_VERSION, GROUP, RELEASE_LABEL, WORKLOAD_UID_LABEL
from shared.objects import Manifest
from shared.outputs.site import PLAIN, Site
from shared.schedulers import Scheduler

NVIDIA: Final = "nvidia.com/"
"""Prefix of the extended resources of NVIDIA's device plugin."""
GPU: Final = f"{NVIDIA}gpu"
"""The extended resource that counts whole GPUs."""
GPU_FRACTION_ANNOTATION: Final = "gpu-fraction"
GPU_MEMORY_ANNOTATION: Final = "gpu-memory"
"""Annotations of pods that GPU-sharing schedulers read: a fraction of one device, or whole MiB of its memory."""
GPU_LIMIT_ANNOTATION: Final = f"{GROUP}/gpu-memory-limit"
"""Annotation of pods: the most memory of a shared GPU that they may use, in whole MiB."""
MIG: Final = f"{NVIDIA}mig-"
"""Prefix of the extended resources of MIG devices, the parts of a split GPU."""
MPS_ANNOTATION: Final = "mps"
ELASTIC_ANNOTATION: Final = "elastic"

WORKLOAD_LABEL: Final = f"{GROUP}/workload"
ROLE_LABEL: Final = f"{GROUP}/role"
PROJECT_LABEL: Final = "project"
USER_LABEL: Final = "user"
APP_LABEL: Final = "app"
PRIORITY_LABEL: Final = "priorityClassName"
QUEUE_LABEL: Final = "runai/queue"

LONGEST_LABEL_VALUE: Final = 63
_NO_LABEL: Final = re.compile(r"[^-A-Za-z0-9_.]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The identity of a submission: its job, its workload and their namespace. Everything else is named after it."""

    job: str
    namespace: str
    project: str
    workload_kind: str
    workload_name: str
    workload_uid: str
    user: str = ""
    """The user who submitted, shown as the job's user unless its values name another; empty if unknown."""
    scheduler: Scheduler = Scheduler.DEFAULT
    """The scheduler that places the job's pods."""
    role: str = ""
    """Role of the pods that Services reach; empty if all pods of the job are alike."""
    mpi_workers: int = 0
    """Number of workers that the launcher of an MPI job gets in its environment."""
    site: Site = PLAIN
    """The operator's settings for all submissions."""

    @property
    def jupyter(self) -> str:
        """The Service of the notebook."""
        return f"{self.job}-jupyter"

    @property
    def tensorboard(self) -> str:
        """The Service of TensorBoard."""
        return f"{self.job}-tensorboard"

    def shown_for(self, username: str | None) -> "Names":
        """The same names, shown for the user that the values name, if any."""
        return replace(self, user=username) if username else self

    def service(self, service_type: str) -> str:
        """The Service of ports whose type differs from that of the Service with the job's name."""
        return f"{self.job}-{service_type.lower()}"

    def claim(self, index: int) -> str:
        """The claim that is created for the item at that position."""
        return f"pvc-{self.job}-{index}"

    def beside(self, name: str) -> str:
        """The name of a container beside the job's own, which has the job's name and so could be called `name` too."""
        return name if name != self.job else f"{name}-beside"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every output, including pods."""
        labels = {
            WORKLOAD_UID_LABEL: self.workload_uid,
            WORKLOAD_LABEL: label_value(self.workload_name),
            RELEASE_LABEL: self.job,
            PROJECT_LABEL: label_value(self.project),
            USER_LABEL: label_value(self.user),
        }
        return {key: value for key, value in labels.items() if value}

    @property
    def selector(self) -> dict[str, str]:
        """The labels that select the job's reachable pods and no others.

        Pods of a deleted job with the same name do not match either.
        """
        role = {ROLE_LABEL: self.role} if self.role else {}
        return {RELEASE_LABEL: self.job, WORKLOAD_UID_LABEL: self.workload_uid, **role}

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels that pods have in addition: the queue of their project."""
        return {**self.labels, QUEUE_LABEL: label_value(self.project)}

    def priority(self, name: str) -> dict[str, str]:
        """The label that sets a job's priority: `build`, `interactive-preemptible` or `inference`."""
        return {PRIORITY_LABEL: name}

    @property
    def owner(self) -> Manifest:
        """The owner reference, so that the cluster deletes the output together with its workload."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.workload_kind,
            "name": self.workload_name,
            "uid": self.workload_uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }

    def metadata(self, name: str, labels: dict[str, str] | None = None) -> Manifest:
        """Metadata of the output called `name`, with additional `labels` if given."""
        return {
            "name": name,
            "namespace": self.namespace,
            "labels": {**self.labels, **(labels or {})},
            "ownerReferences": [self.owner],
        }


def label_value(text: str) -> str:
    """`text` as a valid label value: forbidden characters become `-`, and 63 characters are kept. Empty for no text.

    `system:serviceaccount:a:b` becomes `system-serviceaccount-a-b`. Two texts may give the same value: use it for
    display only.
    """
    return _NO_LABEL.sub("-", text).lstrip("-_.")[:LONGEST_LABEL_VALUE].rstrip("-_.")


def port_name(container: int) -> str:
    """The name of a container port, in the container and in the Service."""
    return f"{container}-port"
