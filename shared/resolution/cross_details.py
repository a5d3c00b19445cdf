"""Rules between the values of a pod: storage, addresses, placement and rights. They run as part of `cross`."""

import re
from collections.abc import Callable, Iterator
from posixpath import normpath
from typing import Final

from shared.parameters import sentences
from shared.parameters.confidential import references
from shared.parameters.kinds import INFERENCE
from shared.parameters.limits import MOST_SECRETS
from shared.parameters.placement import Capability, Effect, Operator
from shared.parameters.references import circles
from shared.parameters.reserved import (
    DEVICE_VARIABLES,
    GPU_FRACTION_VARIABLE,
    JOB_NAME_VARIABLE,
    JUPYTER_PORT_VARIABLE,
    JUPYTER_TOKEN_VARIABLE,
    MPI_WORKERS_VARIABLE,
    PROJECT_VARIABLE,
    is_ours,
)
from shared.parameters.scaling import JobType
from shared.parameters.secrecy import places
from shared.parameters.storage import Claim, VolumeMode
from shared.parameters.types import PortMapping, PortService, ServiceType
from shared.resolution.chosen import Chosen, Found
from shared.resolution.model import Path, spelled

LOWEST_NODE_PORT: Final = 30000
HIGHEST_NODE_PORT: Final = 32767
"""Range of node ports in a cluster with default settings."""
HOME: Final = "/home/runai-home"
"""The home directory that is created on request."""
SHARED_MEMORY_PATH: Final = "/dev/shm"  # noqa: S108 - the path on Linux
"""The directory through which processes share memory."""

LARGEST_ANNOTATIONS: Final = 240
"""KiB of all keys and values together. Kubernetes allows 256 per object, and the system needs some of them."""


def without_effect(chosen: Chosen) -> Iterator[str]:
    """Notes on stated values that have no effect."""
    for name in ("ingressUrl", "userId"):
        if name in chosen.stated:
            yield sentences.no_effect(name)


def inside_only(chosen: Chosen) -> Iterator[str]:
    """A note that TensorBoard is not exposed by the workload's service type, since it has no login."""
    if chosen["tensorboard"] and chosen["serviceType"] not in (None, ServiceType.CLUSTER_IP, ServiceType.PORT_FORWARD):
        yield sentences.inside_only("tensorboard")


def not_theirs(chosen: Chosen) -> Iterator[str]:
    """Notes on labels, annotations and variables that are left out because users may not set them."""
    for name in ("labels", "annotations"):
        for key in chosen.items(name):
            if is_ours(key):
                yield sentences.not_theirs(f"{name}.{key}")
    for name in _taken(chosen):
        yield sentences.variable_not_theirs(f"environment.{name}")


def _taken(chosen: Chosen) -> list[str]:
    """The user's variables that give way to the system's own."""
    gpu = chosen["gpu"]
    variables = {
        JOB_NAME_VARIABLE: True,
        PROJECT_VARIABLE: True,
        GPU_FRACTION_VARIABLE: gpu is not None and 0 < gpu.amount < 1,
        MPI_WORKERS_VARIABLE: chosen["mpi"] or chosen["jobType"] is JobType.MPI,
        JUPYTER_PORT_VARIABLE: chosen["jupyter"],
        JUPYTER_TOKEN_VARIABLE: chosen["notebookToken"] is not None,
        **dict.fromkeys(DEVICE_VARIABLES, True),
    }
    return [name for name in chosen.items("environment") if variables.get(name)]


def environment(chosen: Chosen) -> Iterator[Found]:
    """No variables refer to each other in a circle: Kubernetes follows references only to variables before."""
    taken = _taken(chosen)
    variables = {name: value for name, value in chosen.items("environment").items() if name not in taken}
    for circle in circles(variables):
        yield ("environment", circle[0]), sentences.refers_to_itself(circle)


# ---------------------------------------------------------------- GPUs
def gpu_limit(chosen: Chosen) -> Iterator[Found]:
    """The memory limit of a shared GPU is not lower than the request."""
    memory, limit = chosen["gpuMemory"], chosen["gpuLimit"]
    if limit is not None and memory is not None and limit.amount < memory.amount:
        yield "gpuLimit", sentences.no_less_than_other("gpuMemory", memory)


# ---------------------------------------------------------------- storage
def claims(chosen: Chosen) -> Iterator[Found]:
    """A claim either exists or is created with a size, and is ephemeral only if it is created."""
    for label, claim in chosen.items("pvcs").items():
        path = spelled(("pvcs", label))
        if claim.existing_pvc and claim.claim_name is None:
            yield ("pvcs", label, "claimName"), sentences.blank_where("existingPvc", "true")
        if not claim.existing_pvc and claim.size is None:
            yield ("pvcs", label, "size"), sentences.blank_unless("existingPvc")
        if claim.ephemeral and claim.existing_pvc:
            yield ("pvcs", label, "ephemeral"), sentences.together_with(f"{path}.existingPvc")
        elif claim.ephemeral and claim.claim_name is not None:
            yield ("pvcs", label, "claimName"), sentences.together_with(f"{path}.ephemeral")
    yield from _made_once(chosen)


def _made_once(chosen: Chosen) -> Iterator[Found]:
    """No two new claims have the same name, whether it is given or derived from the job's."""
    taken: dict[str, Path] = {}
    made = [(index, label, claim) for index, (label, claim) in enumerate(chosen.items("pvcs").items()) if is_new(claim)]
    job = re.escape(chosen["name"]) if chosen["name"] else rf"{re.escape(chosen['namePrefix'] or 'job')}-\d+"
    for _, label, claim in made:
        if claim.claim_name is None:
            continue
        path = ("pvcs", label, "claimName")
        if claim.claim_name in taken:
            yield path, sentences.same_member(spelled(taken[claim.claim_name]))
        taken.setdefault(claim.claim_name, path)
        for index, other, unnamed in made:
            if unnamed.claim_name is None and re.fullmatch(f"pvc-{job}-{index}", claim.claim_name):
                yield path, sentences.same_member(f"pvcs.{other}")


def is_new(claim: Claim) -> bool:
    """Whether the claim is a separate object that is created for the job."""
    return not claim.existing_pvc and not claim.ephemeral


def claims_as_they_are(chosen: Chosen) -> Iterator[str]:
    """Notes on settings of a claim that have no effect, since it already exists or Kubernetes has no field for them."""
    for label, claim in chosen.items("pvcs").items():
        of_new = {"size": "size", "storage_class": "storageClass", "access_modes": "accessModes"}
        stated = [name for field, name in of_new.items() if field in claim.model_fields_set]
        if claim.existing_pvc:
            yield from (sentences.no_effect_on_existing(f"pvcs.{label}.{name}") for name in stated)
        if claim.ephemeral and claim.read_only and claim.volume_mode is VolumeMode.BLOCK:
            yield sentences.never_read_only(f"pvcs.{label}.readOnly")


def clones(chosen: Chosen) -> Iterator[Found]:
    """Signing in to a repository takes both a user name and a password."""
    for label, repository in chosen.items("gitSync").items():
        if repository.username is not None and repository.password is None:
            yield ("gitSync", label, "password"), sentences.blank_beside(f"gitSync.{label}.username")
        if repository.password is not None and repository.username is None:
            yield ("gitSync", label, "username"), sentences.blank_beside(f"gitSync.{label}.password")


def mounts(chosen: Chosen) -> Iterator[Found]:
    """Every mount has a directory of its own, which is not the container's root."""
    taken: dict[str, Path] = {SHARED_MEMORY_PATH: ("largeShm",)} if chosen["largeShm"] else {}
    if chosen["createHomeDir"]:
        taken[HOME] = ("createHomeDir",)
    for path, target in mounted(chosen):
        if target == "/":
            yield path, sentences.below_root()
            continue
        if target in taken:
            yield path, sentences.same_member(spelled(taken[target]))
        taken.setdefault(target, path)
    logs = chosen["tensorboardLogdir"] if chosen["tensorboard"] else None
    for label, claim in chosen.items("pvcs").items():
        if claim.volume_mode is VolumeMode.BLOCK and logs is not None and directory(claim.path) == directory(logs):
            yield ("pvcs", label, "path"), sentences.same_member("tensorboardLogdir")


def mounted(chosen: Chosen) -> Iterator[tuple[Path, str]]:
    """Every directory that an item is mounted at, with the path of the member that states it."""
    for name, member, field in (
        ("volumes", "targetPath", "target_path"),
        ("pvcs", "path", "path"),
        ("emptyDirVolumes", "path", "path"),
        ("configMapVolumes", "path", "path"),
        ("secretVolumes", "path", "path"),
        ("gitSync", "target", "target"),
        ("s3", "target", "target"),
    ):
        for label, item in chosen.items(name).items():
            yield (name, label, member), directory(getattr(item, field))


def directory(path: str) -> str:
    """The canonical form of a directory: `/a//b/` becomes `/a/b`."""
    return "/" + normpath(path).lstrip("/")


def secrets(chosen: Chosen) -> Iterator[Found]:
    """No more Secrets than the API server can check. Checked here too, since its check may be turned off."""
    stated = ((one.parameter, chosen.values[one.parameter]) for one in places() if one.parameter in chosen.values)
    referred = [(name, secret.name) for name, value in stated for secret in references(value)]
    if len({secret for _, secret in referred}) > MOST_SECRETS:
        yield referred[0][0], sentences.TOO_MANY_SECRETS


# ---------------------------------------------------------------- addresses
def services(chosen: Chosen) -> Iterator[Found]:
    """A service exposes a port or the notebook; an Ingress also an address.

    Reaching the job from inside the cluster only is what happens anyway, and always the case for TensorBoard.
    """
    if chosen["serviceType"] in (None, ServiceType.CLUSTER_IP, ServiceType.PORT_FORWARD):
        return
    reached = chosen["jupyter"] or "ports" in chosen.stated
    if chosen["serviceType"] is ServiceType.INGRESS:
        reached = reached or "exposedUrls" in chosen.stated
    if not reached:
        yield "serviceType", sentences.needs_ports()


def ports(chosen: Chosen) -> Iterator[Found]:
    """Every port is reached at an external port of its own, which is valid for its service type."""
    taken: dict[tuple[PortService, int], Path] = {}
    for label, port in chosen.items("ports").items():
        path, service = ("ports", label, "external"), service_of(port, chosen["serviceType"])
        if port.auto_generate:
            if port.external is not None:
                yield path, sentences.numbered_by_itself()
            continue
        place = service, port.container if port.external is None else port.external
        if place in taken:
            yield path, sentences.same_member(spelled(taken[place]))
        taken.setdefault(place, path)
        if service is PortService.NODE_PORT and not _fits_node(port):
            yield path, sentences.node_port(LOWEST_NODE_PORT, HIGHEST_NODE_PORT)


def service_of(port: PortMapping, service_type: ServiceType | None) -> PortService:
    """The service type of a port, in Kubernetes' spelling: its own, or else the workload's."""
    by_workload = {
        ServiceType.NODE_PORT: PortService.NODE_PORT,
        ServiceType.LOAD_BALANCER: PortService.LOAD_BALANCER,
    }
    default = by_workload.get(service_type, PortService.CLUSTER_IP) if service_type else PortService.CLUSTER_IP
    return port.service_type or default


def _fits_node(port: PortMapping) -> bool:
    return port.external is None or LOWEST_NODE_PORT <= port.external <= HIGHEST_NODE_PORT


def urls(chosen: Chosen) -> Iterator[Found]:
    """Each port and each address is exposed once."""
    taken: dict[int | str, Path] = {}
    for label, exposed in chosen.items("exposedUrls").items():
        member, key = "container", exposed.container
        if exposed.url is not None:
            member, key = "url", exposed.url.host + exposed.url.path
        path = ("exposedUrls", label, member)
        if key in taken:
            yield path, sentences.same_member(spelled(taken[key]))
        taken.setdefault(key, path)


# ---------------------------------------------------------------- rights and place
def capabilities(chosen: Chosen) -> Iterator[Found]:
    """Every capability exists in Linux; one that amounts to all rights needs allowPrivilegeEscalation."""
    for label, value in chosen.items("capabilities").items():
        name = Capability.named(value or label)
        if not name:
            yield ("capabilities", label), sentences.must_be(sentences.CAPABILITY)
        if name in ("ALL", "SYS_ADMIN") and not chosen["allowPrivilegeEscalation"]:
            never = chosen.kind == INFERENCE.name  # which lacks the parameter
            missing = sentences.needs("allowPrivilegeEscalation")
            yield ("capabilities", label), sentences.not_for_kind(INFERENCE.name) if never else missing


def tolerations(chosen: Chosen) -> Iterator[Found]:
    """A toleration has a value only if its operator compares it, and seconds only if its effect evicts pods."""
    for label, one in chosen.items("tolerations").items():
        if one.operator is Operator.EQUAL and one.value is None:
            yield ("tolerations", label, "value"), sentences.blank_where("operator", Operator.EQUAL)
        if one.operator is Operator.EXISTS and one.value:
            yield ("tolerations", label, "value"), sentences.only_where("operator", Operator.EQUAL)
        if one.seconds is not None and one.effect is not Effect.NO_EXECUTE:
            yield ("tolerations", label, "seconds"), sentences.only_where("effect", Effect.NO_EXECUTE)


# ---------------------------------------------------------------- tools
def log_directory(chosen: Chosen) -> Iterator[Found]:
    """TensorBoard has a directory of its own."""
    logs = chosen["tensorboardLogdir"]
    if logs is not None and directory(logs) == "/":  # an empty volume, unless another one holds it
        yield "tensorboardLogdir", sentences.below_root()


def of_root(chosen: Chosen) -> Iterator[str]:
    """A note on what the operator of an MPI job supports only for root."""
    if chosen["runAsUser"] and (chosen["mpi"] or chosen["jobType"] is JobType.MPI):
        yield sentences.needs_ssh_of_user()


def annotations(chosen: Chosen) -> Iterator[Found]:
    """Annotations fit into an object, together with those of the system."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in chosen.items("annotations").items())
    if size > LARGEST_ANNOTATIONS * 1024:
        yield "annotations", sentences.annotations_too_large(LARGEST_ANNOTATIONS)


def elasticity(chosen: Chosen) -> Iterator[Found]:
    """An elastic job, which can run with fewer GPUs, runs one pod at a time."""
    if chosen["elastic"] and chosen["parallelism"] is not None and chosen["parallelism"] > 1:
        yield "elastic", sentences.together_with("parallelism")


DETAIL_RULES: Final[tuple[Callable[[Chosen], Iterator[Found]], ...]] = (
    gpu_limit,
    services,
    ports,
    urls,
    claims,
    clones,
    mounts,
    secrets,
    capabilities,
    tolerations,
    log_directory,
    annotations,
    environment,
    elasticity,
)
