"""The words that two services, the command line and the chart must spell alike."""

from typing import Final
from urllib.parse import quote

from shared.errors import NotFoundError

GROUP: Final = "run.ai"
VERSION: Final = "v1alpha1"
"""The version of workloads and policies that is stored, and that we read and write."""
SERVED_VERSIONS: Final = (VERSION, "v2alpha1")
"""The versions that people may write them in. They have one schema, which takes the spellings of both: an object is the
same in each."""
API_VERSION: Final = f"{GROUP}/{VERSION}"

GLOBAL_NAMESPACE: Final = "runai"
"""Holds what applies to every project: global policies and templates. It is itself no project."""
PROJECT_PREFIX: Final = "runai-"
"""A project's namespace is this and the project's name."""

JOB_NAME_ANNOTATION: Final = f"{GROUP}/job-name"
"""On a workload: the name of its job. Written once, when the claim of that name exists; never changed after."""
FAILURE_ANNOTATION: Final = f"{GROUP}/failure"
"""On a workload: why its submission failed for good, as JSON. Once there, no output is made any more."""
SUBMITTED_BY_ANNOTATION: Final = f"{GROUP}/submitted-by"
"""On a workload: who created it, stamped by the API server."""

DEFAULT_PREFIX: Final = "job"
"""What the names of jobs begin with if their workload states neither a name nor a prefix."""

RELEASE_LABEL: Final = "release"
"""On a job and its pods: the name of the job, by which the tools of this field look for them."""
WORKLOAD_UID_LABEL: Final = f"{GROUP}/workload-uid"
"""On every output: the uid of the workload it was made for."""
KUEUE_QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
"""On a job: the queue of Kueue in which it waits, suspended, until there is room."""
JOB_UID_LABEL: Final = f"{GROUP}/job-uid"
"""On a Job or StatefulSet: the uid of the RunaiJob that it runs."""

PART_OF: Final = "app.kubernetes.io/part-of"
OURS: Final = "slipway"
"""Label and its value on our resource definitions, by which they are told from another installation's."""


def project_of(namespace: str) -> str | None:
    """The project whose namespace this is (`team-a` for `runai-team-a`), or None where it is no project's."""
    project = namespace.removeprefix(PROJECT_PREFIX)
    return project if project and project != namespace else None


def resource_path(
    plural: str, namespace: str | None = None, name: str | None = None, api_version: str = API_VERSION
) -> str:
    """The API server's path of a resource, or of a whole list where `name` (and `namespace`) is left out.

    Whatever a name says, the path leads nowhere else: raises NotFoundError for one that nothing can have.
    """
    root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
    scope = "" if namespace is None else f"/namespaces/{_segment(namespace)}"
    collection = f"{root}{scope}/{plural}"
    return collection if name is None else item_path(collection, name)


def item_path(collection: str, name: str) -> str:
    """The path of the resource of that name in a collection; raises NotFoundError for one that nothing can have."""
    return f"{collection}/{_segment(name)}"


def is_name(text: str) -> bool:
    """Whether Kubernetes lets anything be called so, of whatever kind."""
    return text not in ("", ".", "..") and "/" not in text and "%" not in text


def _segment(name: str) -> str:
    """The name as exactly one segment of a path. What Kubernetes lets nothing be called is never asked for: a server
    that decodes it would see several segments, or a step back."""
    if not is_name(name):
        raise NotFoundError(f"nothing can have the name {name[:253]!r}", "names")
    return quote(name, safe="")
