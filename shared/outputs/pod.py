"""The pod template that every pod of a job is created from."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from shared.objects import Manifest
from shared.outputs import ingress, jupyter, placement, storage, tensorboard
from shared.outputs.naming import (
    ELASTIC_ANNOTATION,
    GPU,
    GPU_FRACTION_ANNOTATION,
    GPU_LIMIT_ANNOTATION,
    GPU_MEMORY_ANNOTATION,
    MIG,
    MPS_ANNOTATION,
    NVIDIA,
    Names,
    port_name,
)
from shared.outputs.resources import of_container
from shared.outputs.roles import runs_mpi
from shared.parameters.catalogue import CommonValues, InteractiveValues
from shared.parameters.confidential import Token
from shared.parameters.references import expandable, in_order
from shared.parameters.reserved import (
    DEVICE_VARIABLES,
    DOCUMENTED_VARIABLES,
    GPU_FRACTION_VARIABLE,
    JOB_NAME_VARIABLE,
    JUPYTER_PORT_VARIABLE,
    JUPYTER_TOKEN_VARIABLE,
    MPI_WORKERS_VARIABLE,
    NO_DEVICES,
    PROJECT_VARIABLE,
    VISIBLE_DEVICES_VARIABLE,
    is_ours,
)
from shared.parameters.types import LabelKey, Quantity, Words
from shared.resolution.cross_details import HOME

MEBIBYTE: Final = Decimal(2**20)


def template(values: CommonValues, names: Names, restart: str, labels: dict[str, str] | None = None) -> Manifest:
    """A pod template with a container that the values describe.

    `restart` is the pods' restartPolicy; `labels` are added to ours.
    """
    metadata = {
        "labels": {**_theirs(values.labels), **names.pod_labels, **(labels or {})},
        "annotations": {**_theirs(values.annotations), **_shared_gpu(values), **_marks(values)},
    }
    return {"metadata": {key: value for key, value in metadata.items() if value}, "spec": _spec(values, names, restart)}


def _spec(values: CommonValues, names: Names, restart: str) -> Manifest:
    mounted = storage.mounted(values, names)
    spec: Manifest = {
        "restartPolicy": restart,
        "automountServiceAccountToken": False,
        # Otherwise every Service of the namespace sets variables in every container: a job called `jupyter` sets
        # JUPYTER_PORT for all others, and a process cannot start with the variables of thousands of Services.
        "enableServiceLinks": False,
        **placement.spec(values, names),
        "containers": [_container(values, names, mounted), *_beside(values, names, mounted)],
    }
    if values.image_pull_secrets:
        pulled_with = dict.fromkeys(one.secret.name for one in values.image_pull_secrets.values())
        spec["imagePullSecrets"] = [{"name": name} for name in pulled_with]
    if fetchers := storage.fetchers(values, names):
        spec["initContainers"] = fetchers
    if mounted:
        spec["volumes"] = [one.volume for one in mounted]
    return spec


def _beside(values: Any, names: Names, mounted: list[storage.Mounted]) -> list[Manifest]:
    """The containers that run beside the job's own."""
    if not _runs_tensorboard(values):
        return []
    mounts = [one.mount for one in mounted if not one.device]
    return [tensorboard.container(values, names, mounts, ingress.path_of(values, names, tensorboard.PORT))]


def _container(values: CommonValues, names: Names, mounted: list[storage.Mounted]) -> Manifest:
    command = _notebook_command(values, names)
    system = _system_variables(values, names)
    container: Manifest = {
        "name": names.job,
        "image": values.image and str(values.image),
        "imagePullPolicy": values.image_pull_policy.value,
        "command": command[:1] or _words(values.command, system),
        "args": command[1:] or _words(values.arguments, system),
        "workingDir": values.working_dir and str(values.working_dir),
        "stdin": values.stdin,
        "tty": values.tty,
        "env": _environment(values, system),
        "ports": [{"name": port_name(port), "containerPort": port} for port in _ports(values)],
        "resources": _resources(values),
        "volumeMounts": storage.with_propagation(values, [one.mount for one in mounted if not one.device]),
        "volumeDevices": [one.mount for one in mounted if one.device],
    }
    stated = {key: value for key, value in container.items() if value}
    return {**stated, "securityContext": placement.rights(values)}


def _notebook_command(values: CommonValues, names: Names) -> list[str]:
    """The command that starts a notebook under its Ingress path; empty if its image or the workload starts it."""
    path = ingress.path_of(values, names, jupyter.PORT) if _runs_notebook(values) else ""
    if not path or values.command or values.arguments:
        return []
    return [jupyter.COMMAND, f"--NotebookApp.base_url={path}"]


def _system_variables(values: CommonValues, names: Names) -> dict[str, str]:
    """The system's environment variables. They win over variables of the same name in the user's environment."""
    variables = {JOB_NAME_VARIABLE: names.job, PROJECT_VARIABLE: names.project}
    if names.mpi_workers:
        variables[MPI_WORKERS_VARIABLE] = str(names.mpi_workers)
    if fraction := _fraction(values):
        variables[GPU_FRACTION_VARIABLE] = fraction
    if not _requests_gpu(values):  # otherwise an image that asks for all of the node's GPUs gets them
        variables[VISIBLE_DEVICES_VARIABLE] = NO_DEVICES
    if _runs_notebook(values):
        variables[JUPYTER_PORT_VARIABLE] = str(jupyter.PORT)
    if values.create_home_dir and "HOME" not in values.environment:
        variables["HOME"] = HOME
    return variables


def _environment(values: CommonValues, system: dict[str, str]) -> list[Manifest]:
    """The system's variables first, so that the user's can refer to them; and each after those that it refers to."""
    ours: list[Manifest] = [{"name": name, "value": value} for name, value in system.items()]
    token = getattr(values, "notebook_token", None)
    if token is not None:
        ours.append(_variable(JUPYTER_TOKEN_VARIABLE, token, system))
    taken = DEVICE_VARIABLES | {variable["name"] for variable in ours}
    if runs_mpi(values):
        taken |= {MPI_WORKERS_VARIABLE}  # a worker does not get it, not even from the user
    theirs = {str(name): value for name, value in values.environment.items() if name not in taken}
    return ours + [_variable(name, theirs[name], system) for name in in_order(theirs)]


def _variable(name: str, value: Token, system: Iterable[str]) -> Manifest:
    if secret := value.secret:
        return {"name": str(name), "valueFrom": {"secretKeyRef": {"name": secret.name, "key": secret.key}}}
    return {"name": str(name), "value": _expandable(value, system)}


def _words(text: Words | None, system: Iterable[str]) -> list[str]:
    return [_expandable(word, system) for word in text.words] if text else []


def _expandable(text: str, system: Iterable[str]) -> str:
    """`text` with references to the documented ones of the system's variables as Kubernetes follows them."""
    return expandable(text, DOCUMENTED_VARIABLES.intersection(system))


def _ports(values: CommonValues) -> list[int]:
    """The ports of the container, each once.

    TensorBoard's port always belongs to its own container: the containers of a pod share one network, and on the
    node's network a port can be taken only once.
    """
    notebook = [jupyter.PORT] if _runs_notebook(values) else []
    ports = [port.container for port in values.ports.values()]
    urls = [exposed.container for exposed in values.exposed_urls.values()]
    beside = [tensorboard.PORT] if _runs_tensorboard(values) else []
    return [port for port in dict.fromkeys([*ports, *urls, *notebook]) if port not in beside]


def _runs_notebook(values: CommonValues) -> bool:
    return isinstance(values, InteractiveValues) and values.jupyter


def _runs_tensorboard(values: CommonValues) -> bool:
    return isinstance(values, InteractiveValues) and values.tensorboard


def _requests_gpu(values: CommonValues) -> bool:
    """Whether anything is requested that NVIDIA's device plugin or a GPU-sharing scheduler allocates."""
    amounts = [one for one in (values.gpu, values.gpu_memory) if one is not None and one.amount > 0]
    of_nvidia = [name for name in values.extended_resources if name.startswith(NVIDIA)]
    return bool(amounts or of_nvidia or values.mig_profile is not None)


def _resources(values: CommonValues) -> Manifest:
    stated: Manifest = of_container(values)
    if values.gpu is not None and values.gpu.amount >= 1:
        stated["limits"][GPU] = int(values.gpu.amount)
    if values.mig_profile is not None:
        stated["limits"][f"{MIG}{values.mig_profile}"] = 1
    for name, quantity in values.extended_resources.items():
        stated["requests"][str(name)] = stated["limits"][str(name)] = str(quantity)
    return {key: value for key, value in stated.items() if value}


def _shared_gpu(values: CommonValues) -> dict[str, str]:
    """The annotations that a GPU-sharing scheduler reads; whole GPUs are limits of the container instead."""
    if fraction := _fraction(values):
        return {GPU_FRACTION_ANNOTATION: fraction}
    if values.gpu_memory is not None and values.gpu_memory.amount > 0:
        return {GPU_MEMORY_ANNOTATION: _mebibytes(values.gpu_memory)}
    return {}


def _marks(values: Any) -> dict[str, str]:
    """Other annotations that a scheduler may read from a pod."""
    flags = {MPS_ANNOTATION: "mps", ELASTIC_ANNOTATION: "elastic"}
    marks = {annotation: "true" for annotation, field in flags.items() if getattr(values, field, False)}
    limit = {GPU_LIMIT_ANNOTATION: _mebibytes(values.gpu_limit)} if values.gpu_limit else {}
    return {**marks, **limit}


def _mebibytes(quantity: Quantity) -> str:
    """The amount in MiB, rounded up to a whole number."""
    return str(int((quantity.amount / MEBIBYTE).to_integral_value(ROUND_CEILING)))


def _fraction(values: CommonValues) -> str:
    """The fraction of a GPU in its shortest form, such as 0.5; empty if it is not a fraction."""
    share = values.gpu.amount if values.gpu is not None else Decimal(0)
    return format(share.normalize(), "f") if 0 < share < 1 else ""


def _theirs(items: Mapping[LabelKey, str]) -> dict[str, str]:
    """The user's labels or annotations, without the keys that users may not set."""
    return {str(key): str(value) for key, value in items.items() if not is_ours(key)}
