"""A real Kubernetes of one node on this machine, in namespaces without a way out.

with Node(directory) as node:
    node.kubeconfig, node.kubectl("get", "nodes")    # as the administrator, from this machine
    node.load(image)                                 # an image that pods can use; nothing is ever pulled
    node.plane                                       # the control plane
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final, Self

from deploy.local import binaries, tools
from deploy.local.certificates import write_pair
from deploy.local.controlplane import ALL, ControlPlane, is_ready, plain_get
from deploy.local.errors import PlatformError
from deploy.local.kubeconfigs import write_kubeconfig
from deploy.local.kubectl import Kubectl
from deploy.local.ports import Ports
from deploy.local.processes import Component
from deploy.local.progress import Progress
from deploy.local.started import Started
from deploy.local.versions import BINARIES, NODE_BINARIES
from tests.node import configuration, machine
from tests.node.archives import Image
from tests.node.configuration import ADDRESS, NODE, PAUSE_IMAGE, written
from tests.node.namespaces import Namespaces
from tests.node.programs import COREDNS, PAUSE
from tests.node.programs import NODE as PROGRAMS

ROOT: Final = Path(__file__).parents[2]
MANIFESTS: Final = Path(__file__).parent / "manifests"
COREDNS_IMAGE: Final = "localhost/coredns:v1"
PARTS: Final = tuple(part for part in ALL if part != "kwok")
AGENTS: Final = ("kubelet", "kube-proxy")
REACHED: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
"""Whose ports are reached from outside, at the same number."""
GPUS: Final = 8
"""What the node says that it has, so that jobs that ask for GPUs are placed."""
CONTROLLERS: Final = ("disruption", "horizontal-pod-autoscaler", "persistentvolume-binder")
"""Controllers that only a real node needs."""
ARGUMENTS: Final = {
    "kube-apiserver": (
        f"--advertise-address={ADDRESS}",
        "--endpoint-reconciler-type=lease",
        "--authorization-mode=Node",
        "--enable-admission-plugins=NodeRestriction",
    ),
    "kube-controller-manager": (
        f"--controllers={','.join(f'{name}-controller' for name in CONTROLLERS)}",
        "--horizontal-pod-autoscaler-sync-period=3s",
        "--horizontal-pod-autoscaler-downscale-stabilization=30s",
    ),
}


class Node(Started):
    """A control plane and one node, in one folder; see this module's docstring."""

    def __init__(self, directory: Path = ROOT / ".local" / "node", progress: Progress | None = None) -> None:
        self.directory, self.progress = directory.absolute(), progress or Progress()
        self._lock: IO[str] | None = None
        ports = Ports(self.directory)
        self.ports = {part: ports[part] for part in (*REACHED, "etcd-peer")}
        self._group = f"/slipway-node-{self.ports['kube-apiserver']}"
        self.namespaces = Namespaces(self.directory, self._group)
        self.plane = ControlPlane(
            self.directory,
            parts=PARTS,
            ports=self.ports,
            listen="0.0.0.0",
            arguments=ARGUMENTS,
            component=self._program,
        )
        self._relay = Component("relay", self.directory, self._relay_command, lambda: True, working_directory=ROOT)
        self._containerd = self._program(
            "containerd", self.directory, self._containerd_command, self._containerd_answers
        )
        self._kubelet = self._program("kubelet", self.directory, self._kubelet_command, self._node_ready)
        self._kube_proxy = self._program(
            "kube-proxy",
            self.directory,
            self._kube_proxy_command,
            lambda: plain_get(self.ports["kube-proxy"], "/healthz"),
        )

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.plane.kubeconfig

    @property
    def kubectl(self) -> Kubectl:
        """Runs kubectl as the administrator."""
        return self.plane.kubectl

    def start(self) -> Self:
        """Start it, once whatever an interrupted run left is removed; wait until pods run and names are resolved.

        PlatformError if the machine lacks something, or if another process uses the node of this folder.
        """
        machine.check()
        binaries.provide([*BINARIES, *NODE_BINARIES], self.progress)
        self._tools = tools.provide(PROGRAMS, self.progress)
        self.stop()
        self._hold()
        with self.progress.step("starting the namespaces and the control plane", "control plane ready"):
            self.namespaces.start()
            self._configure()
            self._relay.start()
            self._containerd.start()
            with ThreadPoolExecutor() as pool:
                loading = pool.submit(self._load_own)
                self.plane.start()
                loading.result()
        with self.progress.step("starting the node", "node ready"):
            for agent in (self._kubelet, self._kube_proxy):
                agent.start()
            self.kubectl("apply", "--server-side", "-f", str(MANIFESTS / "node.yaml"))
            for agent in (self._kubelet, self._kube_proxy):
                agent.wait()
            self._offer_gpus()
            self.kubectl("wait", "--for=condition=Available", "--timeout=60s", "-n=kube-system", "deploy/coredns")
        return self

    def stop(self) -> None:
        """End the node and everything on it, at once, and remove its data; the logs stay.

        PlatformError if another process uses it.
        """
        self._hold()
        self._relay.stop()
        self.namespaces.stop()
        for component in (*self.plane.components, self._containerd, self._kubelet, self._kube_proxy):
            component.forget()
        if self.directory.exists():
            for path in self.directory.iterdir():
                if path.name not in ("logs", "ports.json", "lock"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        if self._lock:
            self._lock.close()
            self._lock = None

    def _hold(self) -> None:
        """Keep other processes from using this folder's node until it is stopped, or this process ends."""
        if self._lock:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = (self.directory / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise PlatformError(f"another process uses the node in {self.directory}; wait until it ends") from None
        self._lock = lock

    def load(self, image: Image | Path) -> None:
        """Make an image, or each image of an archive that `docker save` wrote, available to pods."""
        if isinstance(image, Path):
            self._ctr("images", "import", "--local", str(image))
        else:
            self.load(self._archive(image))

    def run(self, *words: str) -> str:
        """Run a program inside, with the rights of root; return its output. PlatformError with what it said."""
        done = subprocess.run([*self.namespaces.inside(), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PlatformError(f"`{' '.join(words)}` failed on the node: {done.stderr.strip()}")
        return done.stdout

    def stats(self) -> Any:
        """What the kubelet measures of its pods: `stats/summary`, decoded."""
        return self.plane.request("GET", f"/api/v1/nodes/{NODE}/proxy/stats/summary")

    def _archive(self, image: Image) -> Path:
        path = self.directory / "images" / f"{image.name.replace('/', '_')}.tar"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(image.archive())
        return path

    def _ctr(self, *words: str) -> str:
        return self.run(str(self._tools["ctr"]), "--namespace=k8s.io", *words)

    def _load_own(self) -> None:
        self._containerd.wait()
        self.load(Image(PAUSE_IMAGE, {"pause": self._tools[PAUSE.name]}, entrypoint=["/pause"]))
        coredns = {"coredns": self._tools[COREDNS.name]}
        self.load(Image(COREDNS_IMAGE, coredns, entrypoint=["/coredns"], user=""))
        self._ctr("images", "label", PAUSE_IMAGE, "io.cri-containerd.pinned=pinned")

    def _program(
        self, name: str, directory: Path, command: Callable[[], Sequence[str]], answers: Callable[[], bool], /
    ) -> Component:
        return Component(name, directory, lambda: [*self.namespaces.inside(), *command()], answers, self._environment)

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.directory / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

    def _configure(self) -> None:
        """Write certificates and configuration files, and put the programs into one folder."""
        pki, run = self.directory / "pki", self.namespaces.files
        links = self.directory / "bin"
        links.mkdir(exist_ok=True)
        for name, path in self._tools.items():
            (links / name).symlink_to(path)
        authority = self.plane.authority
        write_pair(authority.server("kubelet", [NODE, ADDRESS, "127.0.0.1"]), pki / "kubelet-server")
        credentials = {
            "kubelet": authority.client(f"system:node:{NODE}", ["system:nodes"]),
            "kube-proxy": authority.client("system:kube-proxy"),
        }
        for name, pair in credentials.items():
            write_kubeconfig(self._kubeconfig(name), self.plane.server, authority.certificate, pair)
        written(run / "network" / "10-pods.conflist", configuration.network())
        runc = Path(shutil.which("runc") or "runc")
        written(run / "containerd.toml", configuration.containerd(runc, links, run / "network"))
        written(run / "kubelet", configuration.kubelet(pki, authority.certificate_file, run, self._group))
        written(run / "kube-proxy", configuration.kube_proxy(self._kubeconfig("kube-proxy"), self.ports["kube-proxy"]))

    def _kubeconfig(self, name: str) -> Path:
        return self.directory / "kubeconfigs" / f"{name}.yaml"

    def _relay_command(self) -> Sequence[str]:
        ports = [str(self.ports[part]) for part in REACHED]
        return [sys.executable, "-m", "tests.node.relay", f"/proc/{self.namespaces.init}/ns/net", *ports]

    def _containerd_command(self) -> Sequence[str]:
        return [str(self._tools["containerd"]), "--config", str(self.namespaces.files / "containerd.toml")]

    def _containerd_answers(self) -> bool:
        try:
            return bool(self._ctr("version"))
        except PlatformError:
            return False

    def _kubelet_command(self) -> Sequence[str]:
        return [
            str(binaries.find(["kubelet"])["kubelet"]),
            f"--config={self.namespaces.files / 'kubelet'}",
            f"--kubeconfig={self._kubeconfig('kubelet')}",
            f"--hostname-override={NODE}",
            f"--node-ip={ADDRESS}",
        ]

    def _kube_proxy_command(self) -> Sequence[str]:
        return [str(binaries.find(["kube-proxy"])["kube-proxy"]), f"--config={self.namespaces.files / 'kube-proxy'}"]

    def _node_ready(self) -> bool:
        try:
            return is_ready(self.plane.request("GET", f"/api/v1/nodes/{NODE}"))
        except PlatformError:
            return False

    def _offer_gpus(self) -> None:
        offered = {"status": {"capacity": {"nvidia.com/gpu": str(GPUS)}}}
        self.plane.request("PATCH", f"/api/v1/nodes/{NODE}/status", offered)
