"""TensorBoard beside an interactive job: the container that shows its logs, and the Service that exposes it."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names, port_name
from shared.outputs.resources import resources
from shared.outputs.service import service, single
from shared.outputs.storage import UNPRIVILEGED, literal
from shared.parameters.catalogue import InteractiveValues
from shared.parameters.reserved import NO_DEVICES, VISIBLE_DEVICES_VARIABLE
from shared.parameters.types import PortService

PORT: Final = 6006
"""The port that TensorBoard listens on."""


def build(values: InteractiveValues, names: Names) -> Iterator[Manifest]:
    """The Service of TensorBoard, which has no login and so is reached inside the cluster only; nothing without it."""
    if values.tensorboard:
        yield service(names, names.tensorboard, PortService.CLUSTER_IP, single(PORT))


def container(values: InteractiveValues, names: Names, mounts: list[Manifest], path: str) -> Manifest:
    """The TensorBoard container, with the mounts of the job's own container. `path` is its path on the Ingress."""
    prefix = [f"--path_prefix={path}"] if path else []
    return {
        "name": names.beside("tensorboard"),
        "image": names.site.tensorboard_image,
        "command": ["tensorboard"],
        "args": [literal(f"--logdir={values.tensorboard_logdir}"), "--host=0.0.0.0", f"--port={PORT}", *prefix],
        "env": [{"name": VISIBLE_DEVICES_VARIABLE, "value": NO_DEVICES}],
        "ports": [{"name": port_name(PORT), "containerPort": PORT}],
        **resources(values, {"cpu": names.site.tensorboard_cpu, "memory": names.site.tensorboard_memory}),
        "volumeMounts": mounts,
        "securityContext": UNPRIVILEGED,
    }
