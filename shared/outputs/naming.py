"""Every name, label and annotation key that we give to what we create. Pure.

Keys that are ours alone are in `shared.parameters.reserved`.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from shared.names import API_VERSION, GROUP, RELEASE_LABEL, WORKLOAD_UID_LABEL
from shared.objects import Manifest
from shared.outputs.site import PLAIN, Site
from shared.schedulers import Scheduler

GPU: Final = "nvidia.com/gpu"
"""The extended resource that whole GPUs are counted in."""
GPU_FRACTION_ANNOTATION: Final = "gpu-fraction"
GPU_MEMORY_ANNOTATION: Final = "gpu-memory"
"""On pods, read by schedulers that share GPUs: a part of one device, or whole MiB of its memory."""
GPU_LIMIT_ANNOTATION: Final = f"{GROUP}/gpu-memory-limit"
"""On pods: whole MiB of a shared GPU's memory that they may use at most."""
MIG: Final = "nvidia.com/mig-"
"""What the resource of a part of a split GPU starts with."""
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
    """Who a submission is: the job, the workload it was made for, and where; everything else is named after it."""

    job: str
    namespace: str
    project: str
    workload_kind: str
    workload_name: str
    workload_uid: str
    user: str = ""
    """Who submitted, whom the job is shown for unless its values name another; empty where nobody is known."""
    scheduler: Scheduler = Scheduler.DEFAULT
    """What is to place the job's pods."""
    role: str = ""
    """Role of the pods that Services reach; empty where all pods of the job are alike."""
    mpi_workers: int = 0
    """Workers that the launcher of an MPI job is told of."""
    site: Site = PLAIN
    """What the operator says for all."""

    @property
    def jupyter(self) -> str:
        """The Service of the notebook."""
        return f"{self.job}-jupyter"

    @property
    def tensorboard(self) -> str:
        """The Service of TensorBoard."""
        return f"{self.job}-tensorboard"

    def shown_for(self, username: str | None) -> "Names":
        """The same, shown for the user that the values name, if they do."""
        return replace(self, user=username) if username else self

    def service(self, service_type: str) -> str:
        """The Service of ports that are reached in another way than those of the Service named as the job."""
        return f"{self.job}-{service_type.lower()}"

    def claim(self, index: int) -> str:
        """The claim made for the item of that place."""
        return f"pvc-{self.job}-{index}"

    def beside(self, name: str) -> str:
        """A container beside the job's own, which is called as the job, and so perhaps `name` too."""
        return name if name != self.job else f"{name}-beside"

    @property
    def labels(self) -> dict[str, str]:
        """What every output carries, pods included."""
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
        """What finds the job's pods that can be reached, and no others: not those of a deleted job of the same name
        either."""
        role = {ROLE_LABEL: self.role} if self.role else {}
        return {RELEASE_LABEL: self.job, WORKLOAD_UID_LABEL: self.workload_uid, **role}

    @property
    def pod_labels(self) -> dict[str, str]:
        """What pods carry beside: the queue of their project."""
        return {**self.labels, QUEUE_LABEL: label_value(self.project)}

    def priority(self, name: str) -> dict[str, str]:
        """The label that gives a job its priority: `build`, `interactive-preemptible` or `inference`."""
        return {PRIORITY_LABEL: name}

    @property
    def owner(self) -> Manifest:
        """The reference by which an output goes when its workload is deleted."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.workload_kind,
            "name": self.workload_name,
            "uid": self.workload_uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }

    def metadata(self, name: str, labels: dict[str, str] | None = None) -> Manifest:
        """Metadata of the output called `name`, with further `labels` where given."""
        return {
            "name": name,
            "namespace": self.namespace,
            "labels": {**self.labels, **(labels or {})},
            "ownerReferences": [self.owner],
        }


def label_value(text: str) -> str:
    """`text` as a label can hold it: what a label forbids becomes `-`, and 63 characters are kept. Empty for nothing.

    `system:serviceaccount:a:b` becomes `system-serviceaccount-a-b`. Two texts may become one: it is for display.
    """
    return _NO_LABEL.sub("-", text).lstrip("-_.")[:LONGEST_LABEL_VALUE].rstrip("-_.")


def port_name(container: int) -> str:
    """What a port of the container is called, in the container and in the Service."""
    return f"{container}-port"
