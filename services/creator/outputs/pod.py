"""The pod template: what every pod of a job is made from."""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from services.creator.naming import (
    GPU,
    GPU_FRACTION_ANNOTATION,
    GPU_FRACTION_VARIABLE,
    GPU_MEMORY_ANNOTATION,
    JOB_NAME_VARIABLE,
    MPI_WORKERS_VARIABLE,
    PROJECT_VARIABLE,
    Manifest,
    Names,
    is_ours,
    port_name,
)
from services.creator.outputs import jupyter
from shared.parameters.catalogue import CommonValues, InteractiveValues
from shared.parameters.types import EnvironmentValue, LabelKey, Volume, Words

MEBIBYTE: Final = Decimal(2**20)
SHARED_MEMORY: Final = "dshm"
SHELL_REFERENCE: Final = re.compile(r"(?<!\$)\$(?:\{(?P<braced>\w+)\}|(?P<bare>\w+))", re.ASCII)
"""`${NAME}` or `$NAME`, as a shell reads it; `$$NAME` is none."""


def template(values: CommonValues, names: Names, restart: str, labels: dict[str, str] | None = None) -> Manifest:
    """One container running what the values say; `restart` is the pods' restartPolicy, `labels` come on top of ours."""
    metadata = {
        "labels": {**_theirs(values.labels), **names.pod_labels, **(labels or {})},
        "annotations": {**_theirs(values.annotations), **_shared_gpu(values)},
    }
    return {"metadata": {key: value for key, value in metadata.items() if value}, "spec": _spec(values, names, restart)}


def _spec(values: CommonValues, names: Names, restart: str) -> Manifest:
    volumes = _volumes(values)
    spec: Manifest = {
        "restartPolicy": restart,
        "automountServiceAccountToken": False,
        # Else every Service of the namespace becomes variables of every container: a job called `jupyter` would set
        # JUPYTER_PORT for all others, and thousands of Services are more than a process can be started with.
        "enableServiceLinks": False,
        "containers": [_container(values, names)],
    }
    if names.scheduler_name:
        spec["schedulerName"] = names.scheduler_name
    if volumes:
        spec["volumes"] = volumes
    return spec


def _container(values: CommonValues, names: Names) -> Manifest:
    system = _system_variables(values, names)
    container: Manifest = {
        "name": names.job,
        "image": values.image and str(values.image),
        "imagePullPolicy": values.image_pull_policy.value,
        "command": _words(values.command, system),
        "args": _words(values.arguments, system),
        "workingDir": values.working_dir and str(values.working_dir),
        "stdin": values.stdin,
        "tty": values.tty,
        "env": _environment(values, system),
        "ports": [{"name": port_name(port), "containerPort": port} for port in _ports(values)],
        "resources": _resources(values),
        "volumeMounts": _mounts(values),
    }
    stated = {key: value for key, value in container.items() if value}
    return {**stated, "securityContext": {"allowPrivilegeEscalation": False}}


def _system_variables(values: CommonValues, names: Names) -> dict[str, str]:
    """What the container is told; these names are ours, whatever the user's environment says."""
    variables = {JOB_NAME_VARIABLE: names.job, PROJECT_VARIABLE: names.project}
    if names.mpi_workers:
        variables[MPI_WORKERS_VARIABLE] = str(names.mpi_workers)
    if fraction := _fraction(values):
        variables[GPU_FRACTION_VARIABLE] = fraction
    if _runs_notebook(values):
        variables[jupyter.PORT_VARIABLE] = str(jupyter.PORT)
    return variables


def _environment(values: CommonValues, system: dict[str, str]) -> list[Manifest]:
    """The system's variables first, so that the user's can refer to them."""
    ours: list[Manifest] = [{"name": name, "value": value} for name, value in system.items()]
    theirs = [_variable(name, value, system) for name, value in values.environment.items() if name not in system]
    return ours + theirs


def _variable(name: str, value: EnvironmentValue, system: Iterable[str]) -> Manifest:
    if secret := value.secret:
        return {"name": str(name), "valueFrom": {"secretKeyRef": {"name": secret.name, "key": secret.key}}}
    return {"name": str(name), "value": _expandable(value, system)}


def _words(text: Words | None, system: Iterable[str]) -> list[str]:
    return [_expandable(word, system) for word in text.words] if text else []


def _expandable(text: str, system: Iterable[str]) -> str:
    """`text` with references to the system's variables as Kubernetes expands them: `${RUNAI_PROJECT}` becomes
    `$(RUNAI_PROJECT)`. All others are left to whoever reads the text, such as a shell in the container."""

    def rewritten(found: re.Match[str]) -> str:
        name = found["braced"] or found["bare"]
        return f"$({name})" if name in system else found[0]

    return SHELL_REFERENCE.sub(rewritten, str(text))


def _ports(values: CommonValues) -> list[int]:
    """The ports of the container, each once."""
    notebook = [jupyter.PORT] if _runs_notebook(values) else []
    return list(dict.fromkeys([*(port.container for port in values.ports.values()), *notebook]))


def _runs_notebook(values: CommonValues) -> bool:
    return isinstance(values, InteractiveValues) and values.jupyter


def _resources(values: CommonValues) -> Manifest:
    requests = {"cpu": values.cpu, "memory": values.memory}
    limits: Manifest = {"cpu": values.cpu_limit, "memory": values.memory_limit}
    stated: Manifest = {
        "requests": {key: str(value) for key, value in requests.items() if value is not None},
        "limits": {key: str(value) for key, value in limits.items() if value is not None},
    }
    if values.gpu is not None and values.gpu.amount >= 1:
        stated["limits"][GPU] = int(values.gpu.amount)
    return {key: value for key, value in stated.items() if value}


def _shared_gpu(values: CommonValues) -> dict[str, str]:
    """What a scheduler that shares GPUs reads; a whole GPU is a limit of the container instead."""
    if fraction := _fraction(values):
        return {GPU_FRACTION_ANNOTATION: fraction}
    if values.gpu_memory is not None and values.gpu_memory.amount > 0:
        mebibytes = (values.gpu_memory.amount / MEBIBYTE).to_integral_value(ROUND_CEILING)
        return {GPU_MEMORY_ANNOTATION: str(int(mebibytes))}
    return {}


def _fraction(values: CommonValues) -> str:
    """The fraction of a GPU in its shortest form, such as 0.5; empty where it is none."""
    share = values.gpu.amount if values.gpu is not None else Decimal(0)
    return format(share.normalize(), "f") if 0 < share < 1 else ""


def _volumes(values: CommonValues) -> list[Manifest]:
    volumes = [_volume(index, volume) for index, volume in enumerate(values.volumes.values())]
    shared_memory = [{"name": SHARED_MEMORY, "emptyDir": {"medium": "Memory"}}] if values.large_shm else []
    return volumes + shared_memory


def _volume(index: int, volume: Volume) -> Manifest:
    if volume.nfs_server:
        nfs: Manifest = {"server": str(volume.nfs_server), "path": str(volume.source_path)}
        return {"name": _volume_name(index), "nfs": {**nfs, "readOnly": True} if volume.read_only else nfs}
    return {"name": _volume_name(index), "hostPath": {"path": str(volume.source_path)}}


def _mounts(values: CommonValues) -> list[Manifest]:
    mounts: list[Manifest] = [
        {"name": _volume_name(index), "mountPath": str(volume.target_path)}
        | ({"readOnly": True} if volume.read_only else {})
        for index, volume in enumerate(values.volumes.values())
    ]
    shared_memory = [{"name": SHARED_MEMORY, "mountPath": "/dev/shm"}] if values.large_shm else []
    return mounts + shared_memory


def _volume_name(index: int) -> str:
    return f"host-path-volume-{index}"


def _theirs(items: Mapping[LabelKey, str]) -> dict[str, str]:
    """The user's labels or annotations, without what is not theirs to set."""
    return {str(key): str(value) for key, value in items.items() if not is_ours(key)}
