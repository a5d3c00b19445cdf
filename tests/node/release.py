"""Slipway as an administrator installs it: the chart, by Helm, with images that the node has."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.images.build import server_image, service_image
from deploy.images.engine import Engine
from deploy.local.errors import PlatformError
from deploy.local.tools import HELM, provide
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.node.node import ROOT, Node

CHART: Final = ROOT / "deploy" / "chart"
VALUES: Final = Path(__file__).parent / "values.yaml"
NAME: Final = "slipway"
NAMESPACE: Final = "slipway"
SERVICES: Final = ("watcher", "resolver", "creator", "status", "runner", "console")
TIMEOUT: Final = "180s"


@dataclass(frozen=True)
class Release:
    """One installation of the chart."""

    node: Node
    cluster: Cluster
    image: str
    """Of the services."""
    images: Sequence[str]
    """Arguments that name the images."""

    @classmethod
    def prepare(cls, node: Node, cluster: Cluster) -> "Release":
        """Build the images and load them into the node; nothing is installed yet."""
        names = {"image": service_image(), "nats.image": server_image("nats")}
        for name in names.values():
            node.load(_saved(name, node.directory / "images" / f"{name.replace('/', '_')}.tar"))
        parts = {value: name.rpartition(":") for value, name in names.items()}
        images = [
            f"--set-string={value}.{part}={text}"
            for value, (repository, _, tag) in parts.items()
            for part, text in (("repository", repository), ("tag", tag))
        ]
        return cls(node, cluster, names["image"], images)

    def install(self) -> None:
        """`helm install`, until everything is ready."""
        self.helm("install", NAME, str(CHART), "--create-namespace", *self._as_wanted({}))

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """`helm upgrade` with these values changed, by their paths such as `resolver.replicas`; until all is ready."""
        # people have scaled by hand before, so that Helm must be told whose number counts
        self.helm("upgrade", NAME, str(CHART), "--force-conflicts", *self._as_wanted(values))

    def uninstall(self) -> None:
        """`helm uninstall`, until everything is gone that goes."""
        self.helm("uninstall", NAME, "--wait", f"--timeout={TIMEOUT}")

    def helm(self, *words: str) -> str:
        """Run Helm as the administrator; return its output. PlatformError with what it said."""
        program = provide([HELM], self.node.progress)["helm"]
        command = [str(program), f"--kubeconfig={self.node.kubeconfig}", f"--namespace={NAMESPACE}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PlatformError(f"`helm {' '.join(words)}` failed: {done.stderr.strip()}\n{done.stdout.strip()}")
        return done.stdout

    def _as_wanted(self, values: Mapping[str, Any]) -> Sequence[str]:
        changed = [f"--set-json={path}={json.dumps(value)}" for path, value in values.items()]
        return [f"--values={VALUES}", *self.images, *changed, "--wait", f"--timeout={TIMEOUT}"]

    async def pods(self, service: str = "") -> list[Manifest]:
        """The pods of a service, or of all, that are not being removed; those of jobs and of tests are left out."""
        found = await self.cluster.items("pods", NAMESPACE)
        return [pod for pod in found if _serves(pod) and service_of(pod) == (service or service_of(pod))]

    async def ready(self, service: str, count: int, within: float = 120.0) -> list[Manifest]:
        """Wait until the service has exactly this many pods, all ready; return them."""

        def all_ready(pods: list[Manifest]) -> bool:
            return len(pods) == count and all(is_ready(pod) for pod in pods)

        what = f"{count} ready pods of {service}"
        return await self.cluster.wait_for(what, lambda: self.pods(service), all_ready, within)


def _saved(name: str, path: Path) -> Path:
    """The archive of an image of the Docker engine."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        for chunk in Engine.connect().client.images.get(name).save(named=name):
            file.write(chunk)
    return path


def _serves(pod: Manifest) -> bool:
    owners = pod["metadata"].get("ownerReferences", [])
    return "deletionTimestamp" not in pod["metadata"] and any(owner["kind"] != "Job" for owner in owners)


def service_of(pod: Manifest) -> str:
    """The service that a pod of the chart runs."""
    return str(pod["spec"]["containers"][0]["name"])


def is_ready(pod: Manifest) -> bool:
    """Whether the pod is ready."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
