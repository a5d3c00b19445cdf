"""TensorBoard beside an interactive job: a container that shows its logs, and the Service that reaches it."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names, port_name
from shared.outputs.resources import resources
from shared.outputs.service import service, single, type_of
from shared.outputs.storage import UNPRIVILEGED, literal
from shared.parameters.catalogue import InteractiveValues

PORT: Final = 6006
"""Where TensorBoard listens."""


def build(values: InteractiveValues, names: Names) -> Iterator[Manifest]:
    """Reach TensorBoard by the workload's service type; nothing where it does not run."""
    if values.tensorboard:
        yield service(names, names.tensorboard, type_of(values), single(PORT))


def container(values: InteractiveValues, names: Names, mounts: list[Manifest], path: str) -> Manifest:
    """What shows the logs; it sees the mounts of the job's own container. `path` is where an Ingress reaches it."""
    prefix = [f"--path_prefix={path}"] if path else []
    return {
        "name": names.beside("tensorboard"),
        "image": names.site.tensorboard_image,
        "command": ["tensorboard"],
        "args": [literal(f"--logdir={values.tensorboard_logdir}"), "--host=0.0.0.0", f"--port={PORT}", *prefix],
        "ports": [{"name": port_name(PORT), "containerPort": PORT}],
        **resources(values, {"cpu": names.site.tensorboard_cpu, "memory": names.site.tensorboard_memory}),
        "volumeMounts": mounts,
        "securityContext": UNPRIVILEGED,
    }
