"""The words that two services, the command line and the chart must spell alike."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from shared.errors import NotFoundError

GROUP: Final = "run.ai"
VERSION: Final = "v1alpha1"
"""The version in which workloads and policies are stored, read and written."""
SERVED_VERSIONS: Final = (VERSION, "v2alpha1")
"""The versions that people may write. They share one schema, which takes the spellings of both: an object is the same
in each."""
API_VERSION: Final = f"{GROUP}/{VERSION}"

GLOBAL_NAMESPACE: Final = "runai"
"""The namespace of what applies to every project: global policies and templates. It is not a project itself."""
PROJECT_PREFIX: Final = "runai-"
"""A project's namespace is this prefix followed by the project's name."""
PROJECT_LABEL: Final = f"{GROUP}/project"
"""On a project's namespace: the project's name. An operator may let only namespaces with this label be projects."""

JOB_NAME_ANNOTATION: Final = f"{GROUP}/job-name"
"""On a workload: the name of its job, recorded before anything of that name is made. Empty if it was given up."""
JOB_SINCE_ANNOTATION: Final = f"{GROUP}/job-since"
"""On a workload: what is known about the making of its job, as JSON; it changes whenever the job's name does."""
FAILURE_ANNOTATION: Final = f"{GROUP}/failure"
"""On a workload: why its submission failed for good, as JSON. Once it is there, no more outputs are made."""
SUBMITTED_BY_ANNOTATION: Final = f"{GROUP}/submitted-by"
"""On a workload: who created it, stamped by the API server."""
SUBMITTER_ANNOTATION: Final = f"{GROUP}/submitter"
"""On a workload: UID, groups and extra values of who created it, stamped beside the name: their rights depend on them.
`shared.submitter` reads it."""

RECORD: Final = "record"
"""What only the service that creates jobs may update: a subresource of workloads that exists for this right alone. No
role for people names it, not even one that allows everything with workloads."""
CHANGED_BY_ANNOTATION: Final = f"{GROUP}/changed-by"
"""On a template: who changed its spec last, stamped by the API server; absent if nobody did."""
REPLICAS_ANNOTATION: Final = f"{GROUP}/replicas"
"""On a Deployment: how many replicas were decided, to which a suspended one is resumed."""
SECURITY_LABEL: Final = "pod-security.kubernetes.io/enforce"
"""On a project's namespace: its Pod Security level, which limits how pods can affect their node."""
HOSTS_ANNOTATION: Final = f"{GROUP}/hosts"
"""On a project's namespace: hosts, separated by commas, under which its workloads may choose addresses."""

PREVIOUS_JOB_LABELS: Final = {"PreviousJob": "true"}
"""Labels of a workload that a command or a form created, as opposed to one that was written by hand."""
STAMP: Final = "%Y-%m-%dt%H-%M-%S"
"""Suffix of such a workload's name: when it was submitted, in UTC."""
DEFAULT_PREFIX: Final = "job"
"""The beginning of a job's name if its workload states neither a name nor a prefix."""

RELEASE_LABEL: Final = "release"
"""On a job and its pods: the name of the job, by which common tools look for them."""
WORKLOAD_UID_LABEL: Final = f"{GROUP}/workload-uid"
"""On every output: the uid of the workload it was made for."""
KUEUE_QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
"""On a job: the Kueue queue in which it waits, suspended, until there is room."""
JOB_UID_LABEL: Final = f"{GROUP}/job-uid"
"""On a Job or StatefulSet: the uid of the RunaiJob that it runs."""

RBAC: Final = "rbac.authorization.k8s.io"
"""The API group of roles and their bindings."""
SEAL_KEYS: Final = "slipway-seal-keys"
"""The ConfigMap in the global namespace with the public keys of the resolver's seals, one `*.pem` each, for people."""

PART_OF: Final = "app.kubernetes.io/part-of"
OURS: Final = "slipway"
"""Label and its value on Slipway's own resource definitions, to distinguish them from another installation's."""


DIGEST_ANNOTATION: Final = f"{GROUP}/digest"
"""On Slipway's own admission policies and their bindings: a digest of what they say, by which versions differ."""


def project_of(namespace: str) -> str | None:
    """Return the project whose namespace this is (`team-a` for `runai-team-a`), or None if it is not a project's."""
    project = namespace.removeprefix(PROJECT_PREFIX)
    return project if project and project != namespace else None


def is_labelled(namespace: str, labels: Mapping[str, str] | None) -> bool:
    """Return whether the namespace has the label of the project whose name it has."""
    project = project_of(namespace)
    return project is not None and (labels or {}).get(PROJECT_LABEL) == project


def resource_path(
    plural: str, namespace: str | None = None, name: str | None = None, api_version: str = API_VERSION
) -> str:
    """Return the API server's path of a resource, or of a whole list if `name` (and `namespace`) is left out.

    The path leads nowhere else, whatever the name contains: raises NotFoundError for a name that nothing can have.
    """
    root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
    scope = "" if namespace is None else f"/namespaces/{_segment(namespace)}"
    collection = f"{root}{scope}/{plural}"
    return collection if name is None else item_path(collection, name)


def item_path(collection: str, name: str) -> str:
    """Return the path of the named resource in a collection; raises NotFoundError for a name that nothing can have."""
    return f"{collection}/{_segment(name)}"


def is_name(text: str) -> bool:
    """Return whether Kubernetes accepts this as a name of any kind of object."""
    return text not in ("", ".", "..") and "/" not in text and "%" not in text


def _segment(name: str) -> str:
    """Return the name as exactly one segment of a path.

    Raises NotFoundError for a name that Kubernetes accepts for nothing: a server that decodes it would see several
    segments, or a step back.
    """
    if not is_name(name):
        raise NotFoundError(f"nothing can have the name {name[:253]!r}", "names")
    return quote(name, safe="")
