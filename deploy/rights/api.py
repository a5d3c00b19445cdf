"""The rights of each service on the API server. Pure.

Every right has a line here, and no service has any other one. A test compares them with what the services really ask
for: nothing is missing, and nothing is spare. No service may read Secrets or pods, and nobody may grant rights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared.names import GLOBAL_NAMESPACE, GROUP, OURS, PART_OF, RBAC, RECORD, SECURITY_LABEL
from shared.objects import Manifest
from shared.outputs.kinds import OUTPUT_KINDS
from shared.parameters.kinds import KINDS

NAMESPACE: Final = "slipway"
"""The namespace of the services. It holds no workloads."""
BOOTSTRAP: Final = "bootstrap"
"""The job that makes keys and passwords before the services start."""
SEAL: Final = "slipway-seal"
"""The Secret with the private key that seals decisions."""
AUTHORITY: Final = "slipway-bus-ca"
"""The Secret with the authority that signs the broker's certificate."""
LEASE: Final = "slipway-watcher"
"""The name of the watcher's Lease in that namespace."""
WORKLOADS: Final = tuple(kind.workload_plural for kind in KINDS)
POLICIES: Final = tuple(kind.policy_plural for kind in KINDS)
ADMISSION: Final = tuple(
    f"{verb}admission{what}" for verb in ("mutating", "validating") for what in ("policies", "policybindings")
)
"""Admission policies of the API server and their bindings."""


class Right(NamedTuple):
    """What a service may do with resources of one API group, and what for."""

    group: str
    resources: Sequence[str]
    verbs: Sequence[str]
    why: str
    names: Sequence[str] = ()
    """The only objects that it may do this with; empty for all of them."""
    for_admission: bool = False
    """Whether no request needs it: the admission policies ask whether the service has it."""

    @property
    def rule(self) -> Manifest:
        """The rule of a role."""
        named = {"resourceNames": list(self.names)} if self.names else {}
        return {"apiGroups": [self.group], "resources": list(self.resources), **named, "verbs": list(self.verbs)}


@dataclass(frozen=True)
class Rights:
    """The rights of one service."""

    everywhere: Sequence[Right] = ()
    at_home: Sequence[Right] = ()
    """Rights in the services' own namespace."""
    in_global: Sequence[Right] = ()
    """Rights in the namespace of what applies to every project."""
    as_owner: Sequence[Right] = ()
    """Rights that are needed only if the API server runs the plugin OwnerReferencesPermissionEnforcement, as OpenShift
    does: it asks for them before an object may block the deletion of its owner."""


def _outputs() -> Iterator[Right]:
    """Yield the rights to what a submission makes, by API group."""
    verbs, why = ("get", "list", "create", "delete"), "makes outputs, and removes those of a failed submission"
    kinds = [(_group(version), kind.plural) for (_, version), kind in OUTPUT_KINDS.items()]
    for group in dict.fromkeys(group for group, _ in kinds):
        yield Right(group, [plural for of, plural in kinds if of == group], verbs, why)


def _pasts() -> Iterator[Right]:
    """Yield the rights to ask the API server for the past of one object, which it answers to a watch."""
    jobs = [(_group(version), kind.plural) for (_, version), kind in OUTPUT_KINDS.items() if kind.job_type]
    yield Right("", ("configmaps",), ("watch",), "asks whether a claim has existed")
    for group in dict.fromkeys(group for group, _ in jobs):
        plurals = [plural for of, plural in jobs if of == group]
        yield Right(group, plurals, ("watch",), "asks whether a job has existed")


def _group(version: str) -> str:
    return version.rpartition("/")[0]


TABLE: Final[Mapping[str, Rights]] = {
    "watcher": Rights(
        everywhere=(
            Right(GROUP, WORKLOADS, ("list", "watch"), "reports workloads"),
            Right(GROUP, ("runaijobs",), ("list", "watch"), "reports jobs to the runner"),
            Right("batch", ("jobs",), ("list", "watch"), "reports what runs a training job"),
            Right("apps", ("statefulsets",), ("list", "watch"), "reports what runs an interactive job"),
        ),
        at_home=(
            Right("coordination.k8s.io", ("leases",), ("create",), "lets one replica be the active one"),
            Right("coordination.k8s.io", ("leases",), ("get", "update"), "the same", names=(LEASE,)),
        ),
    ),
    "resolver": Rights(
        everywhere=(
            Right(GROUP, POLICIES, ("list",), "finds the policy that applies"),
            Right(GROUP, WORKLOADS, ("get",), "reads base workloads"),
            Right("", ("namespaces",), ("get", "list"), "reads the labels of projects, and names them in a refusal"),
            Right("admissionregistration.k8s.io", ADMISSION, ("list",), "waits while an admission policy is missing"),
            Right(
                "authorization.k8s.io",
                ("subjectaccessreviews",),
                ("create",),
                "asks whether a submitter may read a Secret",
            ),
        ),
    ),
    "creator": Rights(
        everywhere=(
            Right(GROUP, WORKLOADS, ("get", "patch"), "records the name of the job, or the failure"),
            Right(
                GROUP,
                [f"{one}/{RECORD}" for one in WORKLOADS],
                ("update",),
                "admission keeps what it records",
                for_admission=True,
            ),
            *_outputs(),
            *_pasts(),
        ),
        as_owner=(
            Right(GROUP, [f"{one}/finalizers" for one in WORKLOADS], ("update",), "workloads own their outputs"),
        ),
    ),
    "status": Rights(
        everywhere=(
            Right(GROUP, WORKLOADS, ("get",), "reads a status before it changes it"),
            Right(GROUP, [f"{one}/status" for one in WORKLOADS], ("patch",), "records the outcome"),
            Right("events.k8s.io", ("events",), ("create",), "shows the outcome in `kubectl describe`"),
        ),
    ),
    "runner": Rights(
        everywhere=(
            Right(GROUP, ("runaijobs",), ("get",), "reads a job before it acts on it"),
            Right(GROUP, ("runaijobs/status",), ("patch",), "reports the job's progress"),
            Right("batch", ("jobs",), ("get", "create", "patch"), "runs training jobs"),
            Right("apps", ("statefulsets",), ("get", "create", "patch"), "runs interactive jobs"),
        ),
        as_owner=(Right(GROUP, ("runaijobs/finalizers",), ("update",), "jobs own what runs them"),),
    ),
    "console": Rights(),  # it acts with the rights of those who use it
}
"""The rights of each service, by its name."""
JOBS: Final[Mapping[str, Rights]] = {
    BOOTSTRAP: Rights(
        at_home=(
            Right("", ("secrets", "configmaps"), ("create",), "makes passwords, certificates and keys once"),
            Right(
                "", ("secrets",), ("get",), "signs by the authority, and publishes the public key", (AUTHORITY, SEAL)
            ),
        ),
        in_global=(
            Right("", ("configmaps",), ("create",), "publishes the public key of seals"),
            Right(GROUP, POLICIES, ("list", "create"), "makes the policies to start from"),
        ),
    ),
}
"""The rights of jobs that the chart runs, by name. They alone make Secrets, and read no others than those named."""


def account(service: str) -> str:
    """Return the name of the service's ServiceAccount, and of its roles."""
    return f"slipway-{service}"


def user(service: str) -> str:
    """Return the name of the service as a user of the API server."""
    return f"system:serviceaccount:{NAMESPACE}:{account(service)}"


def namespace() -> Manifest:
    """Return the namespace of the services."""
    labels = {PART_OF: OURS, SECURITY_LABEL: "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def manifests(service: str) -> Sequence[Manifest]:
    """Return the account of a service, or of a job, and its roles, bound to it."""
    rights, name = {**TABLE, **JOBS}[service], account(service)
    own = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(name, NAMESPACE)}
    places = ((None, rights.everywhere), (NAMESPACE, rights.at_home), (GLOBAL_NAMESPACE, rights.in_global))
    return [own, *(one for place, granted in places if granted for one in _granted(place, name, granted))]


def manifests_as_owner() -> Sequence[Manifest]:
    """Return the roles that are needed only with OwnerReferencesPermissionEnforcement, bound to the accounts."""
    found = ((service, rights.as_owner) for service, rights in TABLE.items() if rights.as_owner)
    return [one for service, rights in found for one in _granted(None, account(service), rights, "-as-owner")]


def _granted(place: str | None, account: str, rights: Sequence[Right], suffix: str = "") -> Iterator[Manifest]:
    """Yield a role and its binding: in a namespace, or for all of them."""
    kind, name = "Role" if place else "ClusterRole", f"{account}{suffix}"
    metadata = _metadata(name, place)
    yield {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": [one.rule for one in rights]}
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": account}],
    }


def _metadata(name: str, namespace: str | None) -> Manifest:
    place = {"namespace": namespace} if namespace else {}
    return {"name": name, **place, "labels": {PART_OF: OURS}}
