"""The configuration files of the node's programs."""

import json
from pathlib import Path
from typing import Any, Final

from shared.objects import Manifest

NODE: Final = "node-1"
ADDRESS: Final = "10.200.0.2"
"""Of the node, on its own loopback interface."""
PODS: Final = "10.244.0.0/24"
DNS: Final = "10.96.0.10"
"""Of the Service of CoreDNS."""
PAUSE_IMAGE: Final = "localhost/pause:v1"

CONTAINERD: Final = """\
version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
imports = []
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp']

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{pause}'

[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  # where root may not lower the score of a process, the one that Kubernetes asks for pods would make runc fail
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = '{runc}'
        SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['{programs}']
    conf_dir = '{network}'
"""


def containerd(runc: Path, programs: Path, network: Path) -> str:
    """Containerd's: images in overlays, pods by runc, their network by the plugins in `programs`."""
    return CONTAINERD.format(pause=PAUSE_IMAGE, runc=runc, programs=programs, network=network)


def network() -> Manifest:
    """The network of pods: a bridge without a way out of this machine."""
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def kubelet(pki: Path, authority: Path, run: Path, control_group: str) -> Manifest:
    """The kubelet's. No image is ever deleted, since it cannot be pulled again."""
    least = {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": control_group,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "address": "0.0.0.0",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS],
        "resolvConf": str(run / "resolv.conf"),
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {**least, "nodefs.inodesFree": "1%"},
        "nodeStatusUpdateFrequency": "5s",
        "syncFrequency": "10s",
    }


def kube_proxy(kubeconfig: Path, health: int) -> Manifest:
    """kube-proxy's. It leaves the limits of connection tracking alone, since they are the whole machine's."""
    unchanged: dict[str, Any] = {"maxPerCore": 0, "min": 0}
    unchanged |= {"tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": "10.244.0.0/16",
        "hostnameOverride": NODE,
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "healthzBindAddress": f"127.0.0.1:{health}",
        "metricsBindAddress": "127.0.0.1:10249",
        "conntrack": unchanged,
    }


def written(path: Path, content: Manifest | str) -> Path:
    """Write the content to the file, as JSON unless it is a text; return the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path
