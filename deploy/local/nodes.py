"""Nodes that are played: they take pods and let them run, and have as many GPUs as we say."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FAKE: Final = "kwok.x-k8s.io/node"
"""Annotation of the nodes that kwok plays."""
STAGES: Final = Path(__file__).parent / "kwok" / "stages.yaml"
"""What kwok does with pods and nodes: Jobs' pods complete, all others stay Running."""


@dataclass(frozen=True)
class Node:
    """One node and what it has to give."""

    name: str
    gpus: int = 8
    cpu: str = "128"
    memory: str = "1Ti"
    pods: int = 1000

    def manifest(self, address: str = "10.200.0.1") -> dict[str, Any]:
        """The node at that address as the API server takes it, not yet Ready: kwok makes it so."""
        room = {"cpu": self.cpu, "memory": self.memory, "pods": str(self.pods), "nvidia.com/gpu": str(self.gpus)}
        labels = {
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/instance-type": "played",
            "type": "kwok",
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "annotations": {FAKE: "fake"}, "labels": labels},
            "status": {
                "allocatable": room,
                "capacity": room,
                "phase": "Pending",
                "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": self.name}],
            },
        }


TWO_NODES: Final[Sequence[Node]] = (Node("gpu-node-1"), Node("gpu-node-2"))
"""What a platform has unless told otherwise: 16 GPUs."""


def kwok_command(binary: Path, kubeconfig: Path) -> list[str]:
    """How kwok is started to play every node that carries the annotation."""
    return [
        str(binary),
        f"--kubeconfig={kubeconfig}",
        f"--config={STAGES}",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={FAKE}=fake",
        "--node-lease-duration-seconds=40",
        "--cidr=10.244.0.1/16",
        "--node-ip=10.200.0.1",
        "--v=WARN",
    ]
