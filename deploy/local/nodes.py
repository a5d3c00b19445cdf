"""Simulated nodes: they accept and run pods, and report as many GPUs as configured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FAKE: Final = "kwok.x-k8s.io/node"
"""Annotation of the nodes that kwok simulates."""
STAGES: Final = Path(__file__).parent / "kwok" / "stages.yaml"
"""What kwok does with pods and nodes: Jobs' pods complete, all others stay Running."""
HERE: Final = "127.0.0.1"
"""The address at which the API server reaches the nodes: this machine only."""


@dataclass(frozen=True)
class Node:
    """One node and its capacity."""

    name: str
    gpus: int = 8
    cpu: str = "128"
    memory: str = "1Ti"
    pods: int = 1000

    def manifest(self, address: str = "10.200.0.1", port: int = 0) -> dict[str, Any]:
        """The Node object for that address, not yet Ready: kwok sets it to Ready.

        Logs, attach and port-forward are served at that port of this machine.
        """
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
            "status": {"allocatable": room, "capacity": room, "phase": "Pending", **self.place(address, port)},
        }

    def place(self, address: str, port: int) -> dict[str, Any]:
        """The node's status: the address that users see, and the address at which the API server really reaches it."""
        addresses = {"InternalIP": address, "Hostname": self.name, "ExternalIP": HERE}
        return {
            "addresses": [{"type": kind, "address": text} for kind, text in addresses.items()],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        }


TWO_NODES: Final[Sequence[Node]] = (Node("gpu-node-1"), Node("gpu-node-2"))
"""The default nodes of a platform: 16 GPUs."""


def kwok_command(binary: Path, kubeconfig: Path, streams: Path, port: int, pair: Path) -> list[str]:
    """The command that starts kwok: it simulates every node with the annotation, and answers for it at that port.

    `pair` is the path of the certificate and key that it serves with, without `.crt` and `.key`.
    """
    return [
        str(binary),
        f"--kubeconfig={kubeconfig}",
        f"--config={STAGES}",
        f"--config={streams}",
        f"--server-address={HERE}:{port}",
        f"--node-port={port}",
        f"--tls-cert-file={pair}.crt",
        f"--tls-private-key-file={pair}.key",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={FAKE}=fake",
        "--node-lease-duration-seconds=40",
        "--cidr=10.244.0.1/16",
        "--node-ip=10.200.0.1",
        "--v=WARN",
    ]
