"""What must hold between the values that make up a pod: storage, addresses, place and rights. Judged with `cross`."""

import re
from collections.abc import Callable, Iterator
from posixpath import normpath
from typing import Final

from shared.parameters import sentences
from shared.parameters.confidential import references
from shared.parameters.kinds import INFERENCE
from shared.parameters.limits import MOST_SECRETS
from shared.parameters.placement import Capability, Effect, Operator
from shared.parameters.reserved import (
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
"""The ports that a node can have, as clusters are set up unless somebody changes it."""
HOME: Final = "/home/runai-home"
"""The home directory that is made where one is asked for."""
SHARED_MEMORY_PATH: Final = "/dev/shm"  # noqa: S108 - where Linux has it
"""What processes share memory through."""

LARGEST_ANNOTATIONS: Final = 240
"""KiB of all keys and values; Kubernetes keeps 256 with one object, some of which are the system's."""


def without_effect(chosen: Chosen) -> Iterator[str]:
    """Notes on what is stated and changes nothing."""
    for name in ("ingressUrl", "userId"):
        if name in chosen.stated:
            yield sentences.no_effect(name)


def not_theirs(chosen: Chosen) -> Iterator[str]:
    """Notes on labels, annotations and variables that are left out, since they are not the user's to set."""
    for name in ("labels", "annotations"):
        for key in chosen.items(name):
            if is_ours(key):
                yield sentences.not_theirs(f"{name}.{key}")
    gpu = chosen["gpu"]
    variables = {
        JOB_NAME_VARIABLE: True,
        PROJECT_VARIABLE: True,
        GPU_FRACTION_VARIABLE: gpu is not None and 0 < gpu.amount < 1,
        MPI_WORKERS_VARIABLE: chosen["mpi"] or chosen["jobType"] is JobType.MPI,
        JUPYTER_PORT_VARIABLE: chosen["jupyter"],
        JUPYTER_TOKEN_VARIABLE: chosen["notebookToken"] is not None,
    }
    for name in chosen.items("environment"):
        if variables.get(name):
            yield sentences.variable_not_theirs(f"environment.{name}")


# ---------------------------------------------------------------- GPUs
def gpu_limit(chosen: Chosen) -> Iterator[Found]:
    """A shared GPU's memory is not limited to less than is asked for."""
    memory, limit = chosen["gpuMemory"], chosen["gpuLimit"]
    if limit is not None and memory is not None and limit.amount < memory.amount:
        yield "gpuLimit", sentences.no_less_than_other("gpuMemory", memory)


# ---------------------------------------------------------------- storage
def claims(chosen: Chosen) -> Iterator[Found]:
    """A claim either exists, or is made with a size; and goes with its pod only if it was made for it."""
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
    """No two new claims have one name, be it given or made from the job's."""
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
    """Whether the claim is an object of its own, made for the job."""
    return not claim.existing_pvc and not claim.ephemeral


def claims_as_they_are(chosen: Chosen) -> Iterator[str]:
    """Notes on what is stated of a claim and cannot be heeded: it exists already, or there is no place to say it."""
    for label, claim in chosen.items("pvcs").items():
        of_new = {"size": "size", "storage_class": "storageClass", "access_modes": "accessModes"}
        stated = [name for field, name in of_new.items() if field in claim.model_fields_set]
        if claim.existing_pvc:
            yield from (sentences.no_effect_on_existing(f"pvcs.{label}.{name}") for name in stated)
        if claim.ephemeral and claim.read_only and claim.volume_mode is VolumeMode.BLOCK:
            yield sentences.never_read_only(f"pvcs.{label}.readOnly")


def clones(chosen: Chosen) -> Iterator[Found]:
    """Who signs in to a repository has both a name and a password."""
    for label, repository in chosen.items("gitSync").items():
        if repository.username is not None and repository.password is None:
            yield ("gitSync", label, "password"), sentences.blank_beside(f"gitSync.{label}.username")
        if repository.password is not None and repository.username is None:
            yield ("gitSync", label, "username"), sentences.blank_beside(f"gitSync.{label}.password")


def mounts(chosen: Chosen) -> Iterator[Found]:
    """Whatever is mounted has a directory of its own, which is not all of the container's."""
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
    """Every directory that items are mounted at, with the path of the member that says so."""
    for name, member, field in (
        ("volumes", "targetPath", "target_path"),
        ("pvcs", "path", "path"),
        ("gitSync", "target", "target"),
        ("s3", "target", "target"),
    ):
        for label, item in chosen.items(name).items():
            yield (name, label, member), directory(getattr(item, field))


def directory(path: str) -> str:
    """The one way to write a directory that can be written in many: `/a//b/` is `/a/b`."""
    return "/" + normpath(path).lstrip("/")


def secrets(chosen: Chosen) -> Iterator[Found]:
    """As few Secrets as the API server can check, which may have been told not to."""
    stated = ((one.parameter, chosen.values[one.parameter]) for one in places() if one.parameter in chosen.values)
    referred = [(name, secret.name) for name, value in stated for secret in references(value)]
    if len({secret for _, secret in referred}) > MOST_SECRETS:
        yield referred[0][0], sentences.TOO_MANY_SECRETS


# ---------------------------------------------------------------- addresses
def services(chosen: Chosen) -> Iterator[Found]:
    """A service has something to reach: a port, the notebook's or TensorBoard's; an Ingress an address as well."""
    reached = chosen["jupyter"] or chosen["tensorboard"] or "ports" in chosen.stated
    if chosen["serviceType"] is ServiceType.INGRESS:
        reached = reached or "exposedUrls" in chosen.stated
    if chosen["serviceType"] is not None and not reached:
        yield "serviceType", sentences.needs_ports()


def ports(chosen: Chosen) -> Iterator[Found]:
    """Every port is reached at a place of its own, which exists."""
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
    """How a port is reached, in Kubernetes' words: as it says itself, or else as the workload says."""
    by_workload = {
        ServiceType.NODE_PORT: PortService.NODE_PORT,
        ServiceType.LOAD_BALANCER: PortService.LOAD_BALANCER,
    }
    default = by_workload.get(service_type, PortService.CLUSTER_IP) if service_type else PortService.CLUSTER_IP
    return port.service_type or default


def _fits_node(port: PortMapping) -> bool:
    return port.external is None or LOWEST_NODE_PORT <= port.external <= HIGHEST_NODE_PORT


def urls(chosen: Chosen) -> Iterator[Found]:
    """Each port is exposed once, and nobody takes an address that others count on."""
    taken: dict[int | str, Path] = {}
    for label, exposed in chosen.items("exposedUrls").items():
        member, key = "container", exposed.container
        if exposed.url is not None:
            member, key = "url", exposed.url.host + exposed.url.path
            if "exposedUrls" not in chosen.mentioned:
                yield ("exposedUrls", label, member), sentences.chooses_address("exposedUrls")
        path = ("exposedUrls", label, member)
        if key in taken:
            yield path, sentences.same_member(spelled(taken[key]))
        taken.setdefault(key, path)


# ---------------------------------------------------------------- rights and place
def capabilities(chosen: Chosen) -> Iterator[Found]:
    """Every capability is one that Linux has; what amounts to all rights is not called less."""
    for label, value in chosen.items("capabilities").items():
        name = Capability.named(value or label)
        if not name:
            yield ("capabilities", label), sentences.must_be(sentences.CAPABILITY)
        if name in ("ALL", "SYS_ADMIN") and not chosen["allowPrivilegeEscalation"]:
            never = chosen.kind == INFERENCE.name  # which has no such parameter
            missing = sentences.needs("allowPrivilegeEscalation")
            yield ("capabilities", label), sentences.not_for_kind(INFERENCE.name) if never else missing


def host(chosen: Chosen) -> Iterator[Found]:
    """Nothing reaches the node itself unless the administrator has spoken of it."""
    of_node = [label for label, volume in chosen.items("volumes").items() if volume.nfs_server is None]
    reaching: dict[str, list[Path]] = {
        "volumes": [("volumes", label) for label in of_node],
        "capabilities": [("capabilities", label) for label in chosen.items("capabilities")],
        **{name: [(name,)] for name in ("hostIpc", "hostNetwork", "allowPrivilegeEscalation") if chosen[name]},
    }
    for name, paths in reaching.items():
        if name not in chosen.mentioned:
            yield from ((path, sentences.reaches_host(name)) for path in paths)


def tolerations(chosen: Chosen) -> Iterator[Found]:
    """A value where it is compared, and seconds where pods are driven away."""
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
    if logs is not None and directory(logs) == "/":  # an empty volume of the pod, where no other one holds it
        yield "tensorboardLogdir", sentences.below_root()


def of_root(chosen: Chosen) -> Iterator[str]:
    """A note on what an MPI job's operator does only for root."""
    if chosen["runAsUser"] and (chosen["mpi"] or chosen["jobType"] is JobType.MPI):
        yield sentences.needs_ssh_of_user()


def annotations(chosen: Chosen) -> Iterator[Found]:
    """No more annotations than an object can hold, those of the system beside."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in chosen.items("annotations").items())
    if size > LARGEST_ANNOTATIONS * 1024:
        yield "annotations", sentences.annotations_too_large(LARGEST_ANNOTATIONS)


def elasticity(chosen: Chosen) -> Iterator[Found]:
    """A job that makes do with fewer GPUs runs one pod at a time."""
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
    host,
    tolerations,
    log_directory,
    annotations,
    elasticity,
)
