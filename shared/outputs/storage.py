"""All mounts of a pod's container: volumes, claims, clones and copies, and the init containers that fill them."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.resources import resources
from shared.outputs.site import Site
from shared.parameters.catalogue import CommonValues
from shared.parameters.confidential import Credential
from shared.parameters.storage import AMAZON, Claim, ObjectStore, Repository, VolumeMode
from shared.parameters.types import Volume
from shared.resolution.cross_details import HOME, SHARED_MEMORY_PATH, directory, is_new

SHARED_MEMORY: Final = "dshm"
HOME_VOLUME: Final = "home"
LOGS_VOLUME: Final = "tensorboard-logs"
LINK: Final = "files"
"""The link in its volume under which git-sync puts the revision; the container mounts the link's target."""
WORKSPACE: Final = "/git"
COPY: Final = "/s3"
"""Where git-sync and rclone mount their volume: at the user's target, it could hide the program itself."""
LONGEST_SYNC: Final = "1h"
"""How long git-sync may take before it starts over. Its default of two minutes is too short for a large repository."""
UNPRIVILEGED: Final = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""Security context of a container that only fetches or displays data."""


class Mounted(NamedTuple):
    """A volume, and how it is mounted into the container."""

    volume: Manifest
    mount: Manifest
    device: bool = False
    """Whether `mount` is an entry of volumeDevices."""


def mounted(values: CommonValues, names: Names) -> list[Mounted]:
    """Everything mounted into the container, in the catalogue's order. Volumes are numbered by their items."""
    made = [*_items(values, names), *_extras(values, names.site)]
    return [*made, *_logs(values, made)]


def with_propagation(values: CommonValues, mounts: list[Manifest]) -> list[Manifest]:
    """The mounts with the workload's mount propagation, which decides if the node's mounts appear in them."""
    return (
        [{**mount, "mountPropagation": "HostToContainer"} for mount in mounts] if values.mount_propagation else mounts
    )


def fetchers(values: CommonValues, names: Names) -> list[Manifest]:
    """Init containers that fill volumes: git-sync for each repository, then rclone for each bucket."""
    clones = [_clone(index, one, names) for index, one in enumerate(values.git_sync.values())]
    copies = [_copy(index, one, names) for index, one in enumerate(values.s3.values())]
    return [{**one, **resources(values)} for one in (*clones, *copies)]


def _items(values: CommonValues, names: Names) -> Iterator[Mounted]:
    for index, volume in enumerate(values.volumes.values()):
        yield _volume(f"host-path-volume-{index}", volume)
    for index, claim in enumerate(values.pvcs.values()):
        yield _claim(f"pvc-volume-{index}", index, claim, names)
    yield from _of_pod(values)
    for index, repository in enumerate(values.git_sync.values()):
        name = f"code-sync-{index}"
        yield Mounted(_empty(name), {"name": name, "mountPath": str(repository.target), "subPath": LINK})
    for index, store in enumerate(values.s3.values()):
        name = f"s3-volume-{index}"
        yield Mounted(_empty(name), {"name": name, "mountPath": str(store.target)})


def _of_pod(values: CommonValues) -> Iterator[Mounted]:
    """Empty directories, ConfigMaps and Secrets."""
    for index, empty in enumerate(values.empty_dir_volumes.values()):
        limit = {} if empty.size is None else {"sizeLimit": str(empty.size)}
        name = f"empty-dir-volume-{index}"
        yield Mounted({"name": name, "emptyDir": limit}, {"name": name, "mountPath": str(empty.path)})
    for index, settings in enumerate(values.config_map_volumes.values()):
        yield _source(f"config-map-volume-{index}", {"configMap": {"name": str(settings.name)}}, settings.path)
    for index, secret in enumerate(values.secret_volumes.values()):
        yield _source(f"secret-volume-{index}", {"secret": {"secretName": secret.name.secret.name}}, secret.path)


def _source(name: str, source: Manifest, path: str) -> Mounted:
    """A volume that is read-only in any case; Knative wants to be told so."""
    return Mounted({"name": name, **source}, {"name": name, "mountPath": str(path), "readOnly": True})


def _extras(values: CommonValues, site: Site) -> Iterator[Mounted]:
    if values.large_shm:
        limit = site.shared_memory if values.memory_limit is None else str(values.memory_limit)
        memory = {"name": SHARED_MEMORY, "emptyDir": {"medium": "Memory", "sizeLimit": limit}}
        yield Mounted(memory, {"name": SHARED_MEMORY, "mountPath": SHARED_MEMORY_PATH})
    if values.create_home_dir:
        yield Mounted(_empty(HOME_VOLUME), {"name": HOME_VOLUME, "mountPath": HOME})


def _logs(values: Any, made: list[Mounted]) -> Iterator[Mounted]:
    """An empty volume for TensorBoard's directory, if no other mount contains it."""
    if not getattr(values, "tensorboard", False):
        return
    logs = str(values.tensorboard_logdir)
    if not any(_holds(one.mount["mountPath"], logs) for one in made if not one.device):
        yield Mounted(_empty(LOGS_VOLUME), {"name": LOGS_VOLUME, "mountPath": logs})


def _holds(target: str, path: str) -> bool:
    return f"{directory(path)}/".startswith(f"{directory(target).rstrip('/')}/")


def _volume(name: str, volume: Volume) -> Mounted:
    read_only = {"readOnly": True} if volume.read_only else {}
    mount = {"name": name, "mountPath": str(volume.target_path), **read_only}
    if volume.nfs_server:
        nfs = {"server": str(volume.nfs_server), "path": str(volume.source_path), **read_only}
        return Mounted({"name": name, "nfs": nfs}, mount)
    return Mounted({"name": name, "hostPath": {"path": str(volume.source_path)}}, mount)


def _claim(name: str, index: int, claim: Claim, names: Names) -> Mounted:
    is_device = claim.volume_mode is VolumeMode.BLOCK
    read_only = {"readOnly": True} if claim.read_only else {}
    if claim.ephemeral:
        template = {"metadata": {"labels": names.labels}, "spec": claim_spec(claim)}
        volume: Manifest = {"name": name, "ephemeral": {"volumeClaimTemplate": template}}
    else:
        # a device has no mount that could be read-only, so the volume itself is
        source = {"claimName": claim_name(index, claim, names), **(read_only if is_device else {})}
        volume = {"name": name, "persistentVolumeClaim": source}
    if is_device:
        return Mounted(volume, {"name": name, "devicePath": str(claim.path)}, device=True)
    return Mounted(volume, {"name": name, "mountPath": str(claim.path), **read_only})


def claim_name(index: int, claim: Claim, names: Names) -> str:
    """The name of a claim: as stated, or derived from the job and the claim's position among the items."""
    return str(claim.claim_name) if claim.claim_name is not None else names.claim(index)


def claim_spec(claim: Claim) -> Manifest:
    """The spec of a new claim; without a storage class, the cluster's default applies."""
    spec: Manifest = {
        "accessModes": [claim.access_modes.value],
        "volumeMode": claim.volume_mode.value,
        "resources": {"requests": {"storage": str(claim.size)}},
    }
    return spec if claim.storage_class is None else {**spec, "storageClassName": str(claim.storage_class)}


def new_claims(values: CommonValues, names: Names) -> Iterator[tuple[str, Claim]]:
    """The claims that are created for the job, by name."""
    for index, claim in enumerate(values.pvcs.values()):
        if is_new(claim):
            yield claim_name(index, claim, names), claim


def _clone(index: int, repository: Repository, names: Names) -> Manifest:
    """An init container that runs git-sync once; it puts the revision's files under a link in its volume."""
    options = {
        "GITSYNC_REPO": str(repository.source),
        "GITSYNC_REF": str(repository.rev or repository.branch or ""),
        "GITSYNC_ROOT": WORKSPACE,
        "GITSYNC_LINK": LINK,
        "GITSYNC_ONE_TIME": "true",
        "GITSYNC_SYNC_TIMEOUT": LONGEST_SYNC,
        "GITSYNC_USERNAME": str(repository.username or ""),
    }
    environment: list[Manifest] = [{"name": name, "value": literal(value)} for name, value in options.items() if value]
    if repository.password:
        environment.append(_secret("GITSYNC_PASSWORD", repository.password))
    return {
        "name": names.beside(f"git-sync-{index}"),
        "image": names.site.git_sync_image,
        "env": environment,
        "volumeMounts": [{"name": f"code-sync-{index}", "mountPath": WORKSPACE}],
        "securityContext": UNPRIVILEGED,
    }


def _copy(index: int, store: ObjectStore, names: Names) -> Manifest:
    """An init container that runs rclone once and copies the bucket's objects to files.

    Its settings are environment variables, so that it needs no configuration file.
    """
    remote: Manifest = {"TYPE": "s3", "PROVIDER": "AWS"}
    if store.url is not None and store.url.rstrip("/") not in AMAZON:
        remote = {"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": str(store.url)}
    plain = [{"name": f"RCLONE_CONFIG_STORE_{name}", "value": literal(value)} for name, value in remote.items()]
    keys = [
        _secret("RCLONE_CONFIG_STORE_ACCESS_KEY_ID", store.key),
        _secret("RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY", store.secret),
    ]
    return {
        "name": names.beside(f"s3-{index}"),
        "image": names.site.s3_image,
        "args": ["--config=/dev/null", "copy", literal(f"store:{store.bucket}"), COPY],
        "env": plain + keys,
        "volumeMounts": [{"name": f"s3-volume-{index}", "mountPath": COPY}],
        "securityContext": UNPRIVILEGED,
    }


def literal(text: str) -> str:
    """The text, escaped so that Kubernetes does not expand `$(NAME)` in it, not even to a secret's value."""
    return text.replace("$", "$$")


def _secret(variable: str, credential: Credential) -> Manifest:
    name, key = credential.secret
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _empty(name: str) -> Manifest:
    return {"name": name, "emptyDir": {}}
