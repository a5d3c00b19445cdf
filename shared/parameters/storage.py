"""Value types for what is mounted into a container besides plain volumes: claims, clones and copies."""

import re
from typing import Annotated, ClassVar, Final

from shared.parameters import sentences
from shared.parameters.confidential import Credential, SecretName
from shared.parameters.shown import Cell, Suggests
from shared.parameters.types import (
    SUBDOMAIN,
    Boolean,
    Choice,
    Line,
    Members,
    Quantity,
    TargetPath,
    Text,
)

AMAZON: Final = ("https://s3.amazon.com", "https://s3.amazonaws.com")
"""Addresses that mean Amazon's own object storage. The first, whose host does not exist, is the default in the
original's documentation."""


class Size(Quantity):
    """An amount of storage, greater than zero."""

    form = sentences.STORAGE_SIZE

    def mistake(self) -> str | None:
        """The mistake if the form is wrong, the amount is too large for Kubernetes, or it is zero."""
        return super().mistake() or (sentences.must_be(self.form) if not self.amount else None)


class ResourceText(Text):
    """The name of a Kubernetes resource."""

    form = sentences.RESOURCE
    pattern = re.compile(rf"(?=.{{1,253}}$){SUBDOMAIN}")


class AccessMode(Choice):
    """Who may mount a claim at a time."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_ONLY_MANY = "ReadOnlyMany"
    READ_WRITE_MANY = "ReadWriteMany"


class VolumeMode(Choice):
    """How the container sees a claim: as a directory, or as a device."""

    FILESYSTEM = "Filesystem"
    BLOCK = "Block"


class Address(Text):
    """An address over http or https, without user and password."""

    form = sentences.ADDRESS
    pattern = re.compile(r"https?://[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[^\s\x00-\x1f\x7f@]*)?")


class RepositoryAddress(Address):
    """The address of a git repository."""

    form = sentences.REPOSITORY


class Revision(Text):
    """A branch, a tag or a commit."""

    form = sentences.REVISION
    pattern = re.compile(r"[^-\s\x00-\x20\x7f~^:?*\[\\][^\s\x00-\x20\x7f~^:?*\[\\]{0,254}")


class Bucket(Text):
    """A bucket, optionally with a folder in it."""

    form = sentences.BUCKET
    pattern: ClassVar = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]{1,254}(?:/[^\x00-\x1f\x7f]*)?")


class Claim(Members):
    """A claim of storage, mounted into the container: one that exists, or one made for the job."""

    switches = {f"{mode[0].lower()}{mode[1:]}": ("accessModes", mode.value) for mode in AccessMode}  # noqa: RUF012
    path: Annotated[TargetPath, Cell("Path", example="/scratch")]
    """Directory in the container where it is mounted, or the path of the device for volumeMode Block."""
    claim_name: Annotated[ResourceText | None, Cell("Claim name", example="my-claim", suggests=Suggests.CLAIMS)] = None
    """Name of the claim. Required if existingPvc is true; by default, a new claim is named after the job."""
    existing_pvc: Annotated[Boolean, Cell("Existing", example="true")] = False
    """Whether the claim exists already: it is used, and kept when the workload is deleted."""
    size: Annotated[Size | None, Cell("Size", unit="bytes", example="10Gi")] = None
    """How much storage a new claim requests. Required unless existingPvc is true."""
    storage_class: Annotated[
        ResourceText | None, Cell("Storage class", example="fast", suggests=Suggests.STORAGE_CLASSES)
    ] = None
    """Storage class of a new claim; defaults to the cluster's default."""
    read_only: Annotated[Boolean, Cell("Read only", example="true")] = False
    """Whether the container may only read it."""
    access_modes: Annotated[AccessMode, Cell("Access mode", example="ReadWriteMany")] = AccessMode.READ_WRITE_ONCE
    """Access mode of a new claim: ReadWriteOnce, ReadOnlyMany or ReadWriteMany."""
    volume_mode: Annotated[VolumeMode, Cell("Volume mode", example="Filesystem")] = VolumeMode.FILESYSTEM
    """How the container sees the claim: as a directory (Filesystem) or a device (Block)."""
    ephemeral: Annotated[Boolean, Cell("Ephemeral", example="true")] = False
    """Whether each pod gets a new claim of its own, which is deleted with the pod."""


class EmptyDirectory(Members):
    """An empty directory of the pod, whose content is lost with it."""

    path: Annotated[TargetPath, Cell("Path", example="/scratch")]
    """Directory in the container."""
    size: Annotated[Size | None, Cell("Size", unit="bytes", example="10Gi")] = None
    """How much it may hold: a pod that exceeds it is evicted. By default, as much as the node has."""


class ConfigMapVolume(Members):
    """A ConfigMap, mounted into the container: a file for each key."""

    spellings = {"configMap": "name", "mountPath": "path"}  # noqa: RUF012
    name: Annotated[ResourceText, Cell("ConfigMap", example="settings")]
    """Name of the ConfigMap, in the workload's project."""
    path: Annotated[TargetPath, Cell("Path", example="/settings")]
    """Directory in the container where it is mounted."""


class SecretVolume(Members):
    """A Secret, mounted into the container: a file for each key."""

    spellings = {"secret": "name", "mountPath": "path"}  # noqa: RUF012
    name: Annotated[SecretName, Cell("Secret", example="my-keys")]
    """Name of the Secret, in the workload's project."""
    path: Annotated[TargetPath, Cell("Path", example="/keys")]
    """Directory in the container where it is mounted."""


class Repository(Members):
    """A git repository, cloned before the container starts."""

    source: Annotated[RepositoryAddress, Cell("Repository", example="https://github.com/team/project.git")]
    """Address of the repository, over http or https."""
    target: Annotated[TargetPath, Cell("Target path", example="/code")]
    """Directory in the container that shows the files."""
    branch: Annotated[Revision | None, Cell("Branch", example="main")] = None
    """Branch to check out; defaults to the repository's default branch."""
    rev: Annotated[Revision | None, Cell("Tag or commit", example="v1.2")] = None
    """Tag or commit to check out; overrides the branch."""
    username: Annotated[Line | None, Cell("User name", example="robot")] = None
    """User who signs in to the repository. Requires a password."""
    password: Annotated[Credential | None, Cell("Password", example="SECRET:git,token")] = None
    """Password or token of that user, as SECRET:<name>,<key> and never in plain."""


class ObjectStore(Members):
    """A bucket of an object storage, copied before the container starts."""

    bucket: Annotated[Bucket, Cell("Bucket", example="images")]
    """Bucket to copy, optionally with a folder in it."""
    key: Annotated[Credential, Cell("Access key", example="SECRET:store,key")]
    """Access key, as SECRET:<name>,<key> and never in plain."""
    secret: Annotated[Credential, Cell("Secret key", example="SECRET:store,secret")]
    """Secret of that access key, as SECRET:<name>,<key> and never in plain."""
    target: Annotated[TargetPath, Cell("Target path", example="/data")]
    """Directory in the container that shows the copy."""
    url: Annotated[Address | None, Cell("Address", example="https://s3.example.com")] = None
    """Address of the object storage; defaults to Amazon S3."""
