"""Restrictions of Knative on the pods of an inference workload, some of which depend on its feature flags.

Knative's webhook reports its own fields when it refuses a pod. What it never accepts is refused here first, in our
words. What depends on its administrator is accepted with a note. As of Knative Serving 1.23.
"""

from collections.abc import Iterator
from typing import Any, Final

from shared.parameters import sentences
from shared.parameters.kinds import INFERENCE
from shared.parameters.storage import VolumeMode
from shared.resolution.chosen import Chosen, Found
from shared.resolution.cross_details import mounted
from shared.schedulers import PLACE_PODS

VARIABLES: Final = frozenset({"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"})
"""Environment variables that Knative sets and nobody else may set."""
CONTAINER: Final = "queue-proxy"
"""Knative's own container beside the workload's, whose name is the job's."""
PORTS: Final = frozenset({8008, 8012, 8013, 8022, 9090, 9091})
"""Ports that Knative's own container beside the workload's listens on."""
DIRECTORIES: Final = ("/dev", "/dev/log")
"""Directories where Knative forbids mounts, in addition to the root, where nothing is ever mounted."""
FEATURES: Final = {
    "capabilities": ("kubernetes.containerspec-addcapabilities",),
    "gitSync": ("kubernetes.podspec-init-containers",),
    "s3": ("kubernetes.podspec-init-containers",),
    "mountPropagation": ("kubernetes.podspec-volumes-mount-propagation",),
    "hostIpc": ("kubernetes.podspec-hostipc",),
    "hostNetwork": ("kubernetes.podspec-hostnetwork", "kubernetes.podspec-dnspolicy"),
    "runAsUser": ("kubernetes.podspec-securitycontext",),
    "nodeType": ("kubernetes.podspec-nodeselector",),
    "nodePool": ("kubernetes.podspec-affinity",),
    "nodePools": ("kubernetes.podspec-affinity",),
    "tolerations": ("kubernetes.podspec-tolerations",),
}
"""Features of Knative that a parameter's value needs, by parameter. All of them are off by default."""
OF_SCHEDULERS: Final = ("kubernetes.podspec-schedulername",)
OF_VOLUMES: Final = ("kubernetes.podspec-volumes-hostpath",)
OF_CLAIMS: Final = ("kubernetes.podspec-persistent-volume-claim",)
OF_WRITTEN_CLAIMS: Final = (*OF_CLAIMS, "kubernetes.podspec-persistent-volume-write")
OF_EPHEMERAL_CLAIMS: Final = ("kubernetes.podspec-volumes-ephemeral",)
REPLACED: Final = ("serviceType", "exposedUrls")
"""Parameters that say how ports are reached, which Knative decides for itself."""


def serving(chosen: Chosen) -> Iterator[Found]:
    """The workload has a port for requests, and nothing that Knative never accepts in a pod."""
    if chosen.kind != INFERENCE.name:
        return
    if "ports" not in chosen.stated:
        yield "ports", sentences.needs_request_port()
    if chosen["name"] == CONTAINER:
        yield "name", sentences.kept_by("Knative", [CONTAINER])
    for label, port in _served(chosen):
        if port.container in PORTS:
            yield ("ports", label, "container"), sentences.kept_by("Knative", sorted(PORTS))
    for name in ("stdin", "tty"):
        if chosen[name]:
            yield name, sentences.not_for_kind(INFERENCE.name)
    for variable in chosen.items("environment"):
        if variable in VARIABLES:
            yield ("environment", variable), sentences.set_by("Knative")
    yield from _volumes(chosen)


def _volumes(chosen: Chosen) -> Iterator[Found]:
    for label, volume in chosen.items("volumes").items():
        if volume.nfs_server:
            yield ("volumes", label, "nfsServer"), sentences.not_for_kind(INFERENCE.name)
        elif not volume.read_only:
            yield ("volumes", label, "readOnly"), sentences.only_true_for_kind(INFERENCE.name)
    for label, claim in chosen.items("pvcs").items():
        if claim.volume_mode is VolumeMode.BLOCK:
            yield ("pvcs", label, "volumeMode"), sentences.not_for_kind(INFERENCE.name)
    for path, target in mounted(chosen):
        if target in DIRECTORIES:
            yield path, sentences.kept_by("Knative", DIRECTORIES)


def notes(chosen: Chosen) -> Iterator[str]:
    """Notes on values that have no effect on an inference workload, or that need a feature of Knative."""
    if chosen.kind != INFERENCE.name:
        return
    for name in REPLACED:
        if chosen[name]:
            yield sentences.left_to(name, "Knative")
    labels = list(chosen.items("ports"))
    for label in labels[1:]:
        yield sentences.other_port(f"ports.{label}", f"ports.{labels[0]}")
    for path, features in _needed(chosen):
        yield sentences.needs_feature(path, "Knative", features)


def _served(chosen: Chosen) -> list[tuple[str, Any]]:
    """The port that requests are sent to, which is the first; nothing if there is none."""
    return list(chosen.items("ports").items())[:1]


def _needed(chosen: Chosen) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The features of Knative that the workload needs, by what needs them."""
    if chosen.scheduler in PLACE_PODS:
        yield f"scheduler {chosen.scheduler}", OF_SCHEDULERS
    for name, features in FEATURES.items():
        if chosen[name]:
            yield name, features
    for label, volume in chosen.items("volumes").items():
        if not volume.nfs_server:
            yield f"volumes.{label}", OF_VOLUMES
    for label, claim in chosen.items("pvcs").items():
        yield f"pvcs.{label}", _of_claim(claim.ephemeral, claim.read_only)


def _of_claim(ephemeral: bool, read_only: bool) -> tuple[str, ...]:
    if ephemeral:
        return OF_EPHEMERAL_CLAIMS
    return OF_CLAIMS if read_only else OF_WRITTEN_CLAIMS
