"""The chart in a control plane of its own: installed by Helm, with containers of its pods as processes."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from deploy.local import tools
from deploy.local.accounts import write_account
from deploy.local.controlplane import ControlPlane
from deploy.local.errors import PlatformError
from deploy.local.kubectl import Kubectl
from deploy.local.processes import write_atomically
from shared.objects import Manifest
from tests.integration.harness.cluster import path_of, plural_of

CHART: Final = Path(__file__).parents[3] / "deploy" / "chart"
NAMESPACE: Final = "slipway"
WITHOUT_NAMESPACE: Final = ("namespace", "validatingadmissionpolicy")
RELEASE: Final = "slipway"


class HelmError(Exception):
    """Helm failed; the message is its own."""


def helm(*arguments: str, kubeconfig: Path | None = None, given: str = "") -> str:
    """Run Helm with these arguments; return its output. HelmError with its message if it fails."""
    program = tools.provide([tools.HELM])["helm"]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig or os.devnull)}
    done = subprocess.run(
        [str(program), *arguments], env=environment, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise HelmError("\n".join(line for line in done.stderr.splitlines() if not line.startswith("level=INFO")))
    return done.stdout


def until(look: Callable[[], object], tell: Callable[[], str], within: float = 90.0) -> None:
    """Wait until `look` returns something true. AssertionError with what `tell` returns if that takes too long."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.1)


@dataclass
class Installation:
    """A release of the chart on one control plane."""

    plane: ControlPlane
    folder: Path
    """Where containers have their files."""
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl with the administrator's rights."""
        return self.plane.kubectl

    def helm(self, *arguments: str) -> str:
        """Run Helm in the namespace of the services."""
        return helm(*arguments, f"--namespace={NAMESPACE}", kubeconfig=self.plane.kubeconfig)

    def get(self, kind: str, name: str, namespace: str = NAMESPACE) -> Any:
        """One object by its kind in lower case; None if it does not exist."""
        path = path_of(plural_of(kind), None if kind in WITHOUT_NAMESPACE else namespace, name)
        try:
            return self.plane.request("GET", path)
        except PlatformError as error:
            if ": 404 " in str(error):
                return None
            raise

    def pod_of(self, kind: str, component: str) -> Manifest:
        """What the pods of a Deployment, StatefulSet or Job are made from."""
        selector = quote(f"app.kubernetes.io/component={component}")
        path = path_of(plural_of(kind), NAMESPACE)
        [one] = self.plane.request("GET", f"{path}?labelSelector={selector}")["items"]
        spec: Manifest = one["spec"]["template"]["spec"]
        return spec

    def container(self, pod: Manifest, **more: str) -> "Container":
        """The only container of a pod with its files written, as a kubelet does."""
        [container] = pod["containers"]
        folder = self.folder / container["name"]
        mounts = {one["name"]: one for one in container["volumeMounts"]}
        for volume in pod["volumes"]:
            for name, content in self._files(volume).items():
                write_atomically(folder / mounts[volume["name"]]["mountPath"].lstrip("/") / name, content, 0o600)
        environment = {one["name"]: self._value(one) for one in container.get("env", [])}
        moved = {name: _moved(text, folder, mounts) for name, text in environment.items()}
        account = {"SLIPWAY_KUBECONFIG": str(self._kubeconfig(pod, folder))} if "serviceAccountName" in pod else {}
        return Container(container["name"], folder, container["args"], {**moved, **account, **more}, self.processes)

    def _files(self, volume: Manifest) -> Mapping[str, str]:
        if secret := volume.get("secret"):
            held = self.get("secret", secret["secretName"])["data"]
            names = {item["key"]: item["path"] for item in secret.get("items", [])} or {name: name for name in held}
            return {path: base64.b64decode(held[key]).decode() for key, path in names.items()}
        if configuration := volume.get("configMap"):
            data: Mapping[str, str] = self.get("configmap", configuration["name"])["data"]
            return data
        return {}

    def _value(self, variable: Manifest) -> str:
        if "value" in variable:
            return str(variable["value"])
        source = variable["valueFrom"]
        if reference := source.get("secretKeyRef"):
            return base64.b64decode(self.get("secret", reference["name"])["data"][reference["key"]]).decode()
        assert source["fieldRef"]["fieldPath"] == "metadata.name"
        return "pod-0"

    def _kubeconfig(self, pod: Manifest, folder: Path) -> Path:
        account = pod["serviceAccountName"]
        token = self.kubectl("create", "token", account, "-n", NAMESPACE).strip()
        config = self.kubectl.json("config", "view", "--minify", "--flatten")
        return write_account(config, account.removeprefix("slipway-"), token, folder)


@dataclass
class Container:
    """A program with the files and variables that its container would have."""

    name: str
    folder: Path
    arguments: Sequence[str]
    environment: Mapping[str, str]
    processes: list["subprocess.Popen[bytes]"]

    def run(self) -> str:
        """Run it to its end; return what it logged. AssertionError if it fails."""
        done = subprocess.run(self._command, env=self._around, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start it, or another program in its place, with its log in its folder."""
        with (self.folder / "log").open("ab") as log:
            started = subprocess.Popen(command or self._command, env=self._around, stdout=log, stderr=log)
        self.processes.append(started)
        return started

    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", *self.arguments]

    @property
    def _around(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(CHART.parents[1]), **self.environment}


def _moved(text: str, folder: Path, mounts: Mapping[str, Manifest]) -> str:
    """A variable that names a mounted file, as it is found here."""
    inside = any(text == one["mountPath"] or text.startswith(f"{one['mountPath']}/") for one in mounts.values())
    return str(folder / text.lstrip("/")) if inside else text
