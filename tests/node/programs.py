"""The programs of a real node, and of what an administrator runs on it for autoscaling."""

from pathlib import Path
from typing import Final

from deploy.local.tools import Module, OwnModule, Tool

HERE: Final = Path(__file__).parent
_CONTAINERD: Final = Module(
    "github.com/containerd/containerd/v2", "2.4.2", "h1:p6Qg+xbEz8lvwdhHDx0U469xENvp4LgGBx+E7djXkGw="
)
_VERSION: Final = f"-X {_CONTAINERD.path}/version.Version=v{_CONTAINERD.version}"
_TAGS: Final = "osusergo,netgo,static_build,no_btrfs,no_zfs,no_devmapper"
CONTAINERD: Final = [
    Tool(name, _CONTAINERD, f"./cmd/{name}", [_VERSION], _TAGS)
    for name in ("containerd", "containerd-shim-runc-v2", "ctr")
]
_PLUGINS: Final = Module(
    "github.com/containernetworking/plugins", "1.9.1", "h1:8oU6WsIsU3bpnNZuvHp74a6cE1MJwbj2P7s4/yTUNlA="
)
NETWORK: Final = [
    Tool(package.rpartition("/")[2], _PLUGINS, f"./plugins/{package}")
    for package in ("main/bridge", "main/loopback", "ipam/host-local", "meta/portmap")
]
"""How containerd connects pods."""
COREDNS: Final = Tool("coredns", OwnModule(HERE / "modules" / "coredns"))
"""With only the plugins that a cluster needs: the full program links the libraries of three clouds."""
PAUSE: Final = Tool("pause", OwnModule(HERE / "modules" / "pause"))
"""The first process of every pod."""
NODE: Final = [*CONTAINERD, *NETWORK, COREDNS, PAUSE]

METRICS_SERVER: Final = Tool(
    "metrics-server",
    Module("sigs.k8s.io/metrics-server", "0.9.0", "h1:nlqqZ2H0Xfko8eJC/1qaNVVT17hu4rxndkOi22KTZ4w="),
    "./cmd/metrics-server",
)
_KEDA: Final = Module("github.com/kedacore/keda/v2", "2.21.0", "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=")
KEDA: Final = Tool("keda", _KEDA, "./cmd/operator")
KEDA_ADAPTER: Final = Tool("keda-adapter", _KEDA, "./cmd/adapter")
AUTOSCALERS: Final = [METRICS_SERVER, KEDA, KEDA_ADAPTER]
