"""Real autoscalers on the node, from their projects' own manifests: metrics-server, and KEDA.

Their images are made of the programs built from the same modules. KEDA's admission webhook is left out.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local import golang, tools
from deploy.local.errors import PlatformError
from deploy.local.tools import Module, Tool
from shared.objects import Manifest
from tests.node.archives import Image
from tests.node.node import Node
from tests.node.programs import KEDA, KEDA_ADAPTER, METRICS_SERVER

LEFT_OUT: Final = ("keda-admission-webhooks", "keda-admission")
"""Names of objects of KEDA's webhook."""


def provide(node: Node) -> None:
    """Build the autoscalers if they are missing, load them into the node, and wait until they serve metrics."""
    for name, path in tools.provide([METRICS_SERVER, KEDA, KEDA_ADAPTER], node.progress).items():
        node.load(Image(_image(name), {name: path}, entrypoint=[f"/{name}"]))
    _apply(node, METRICS_SERVER, "manifests/base", _metrics_server)
    _apply(node, KEDA, "config/default", _keda)
    for name in ("v1beta1.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"):
        node.kubectl("wait", "--for=condition=Available", "--timeout=120s", f"apiservice/{name}")


def _image(name: str) -> str:
    return f"localhost/{name}:v1"


def _apply(node: Node, tool: Tool, folder: str, adapted: Callable[[Manifest], None]) -> None:
    assert isinstance(tool.module, Module)
    place = tool.module.folder(golang.compiler(tool.path.parents[1], node.progress)) / folder
    manifests = list(_without_webhook(_kustomized(node, place)))
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            adapted(manifest["spec"]["template"]["spec"])
    node.kubectl("apply", "--server-side", "-f", "-", given=yaml.safe_dump_all(manifests))


def _kustomized(node: Node, place: Path) -> Iterator[Manifest]:
    done = subprocess.run(
        [str(node.kubectl.program), "kustomize", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PlatformError(f"`kubectl kustomize {place}` failed: {done.stderr.strip()}")
    yield from filter(None, yaml.safe_load_all(done.stdout))


def _without_webhook(manifests: Iterator[Manifest]) -> Iterator[Manifest]:
    return (one for one in manifests if one["metadata"]["name"] not in LEFT_OUT)


def _metrics_server(pod: Manifest) -> None:
    """It trusts the authority that signed the kubelet's certificate, and asks as often as it may."""
    container = _adapted(pod, METRICS_SERVER.name)
    container["args"] = [one for one in container["args"] if not one.startswith("--metric-resolution")]
    container["args"] += ["--metric-resolution=10s", "--kubelet-request-timeout=5s"]
    container["args"] += ["--kubelet-certificate-authority=/authority/ca.crt"]
    container["volumeMounts"].append({"name": "authority", "mountPath": "/authority", "readOnly": True})
    pod["volumes"].append({"name": "authority", "configMap": {"name": "kube-root-ca.crt"}})


def _keda(pod: Manifest) -> None:
    _adapted(pod, pod["containers"][0]["command"][0].removeprefix("/"))


def _adapted(pod: Manifest, program: str) -> dict[str, Any]:
    """Let the pod run our image of the program, and be probed from the start: there is no need to spare this node."""
    (container,) = pod["containers"]
    container |= {"image": _image(program), "imagePullPolicy": "IfNotPresent"}
    probes: list[Mapping[str, Any]] = [container[name] for name in ("readinessProbe", "livenessProbe")]
    container["readinessProbe"] = {**probes[0], "initialDelaySeconds": 1, "periodSeconds": 2}
    result: dict[str, Any] = container
    return result
