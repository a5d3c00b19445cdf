"""The parts of a project: its namespace, and the rights of its researchers there and in the shared namespace. Pure.

Researchers get only the rights that the verbs of this command line need. They cannot create or change jobs except
through workloads, which policies govern. Suspending a job requires a patch, so they can patch jobs, of which admission
policies let them change the suspension only. Secrets are given by the administrator.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from shared.names import GLOBAL_NAMESPACE, GROUP, PROJECT_LABEL, PROJECT_PREFIX, RBAC, SEAL_KEYS, SECURITY_LABEL
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS

RESEARCHER: Final = "runai-researcher"
"""The Role of researchers in their project."""
READER: Final = "runai-reader"
"""The Role of researchers in the namespace shared by all projects."""
SECURITY: Final = "baseline"
"""The default Pod Security level of a project, which limits how pods can affect their node."""
READ: Final = ("get", "list", "watch")
WORKLOADS: Final = tuple(kind.workload_plural for kind in KINDS)
POLICIES: Final = tuple(kind.policy_plural for kind in KINDS)


class Part(NamedTuple):
    """One resource of a project, and its purpose."""

    manifest: JsonObject
    purpose: str


def parts(project: str, subjects: Sequence[JsonObject], scheduler: str | None = None) -> list[Part]:
    """All parts of a project, in the order of creation."""
    namespace = PROJECT_PREFIX + project
    labels = {PROJECT_LABEL: project, SECURITY_LABEL: SECURITY}
    if scheduler:
        labels[f"{GROUP}/scheduler"] = scheduler
    readers = f"{READER}s-{project}"
    return [
        Part(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
            "contains the workloads, policies and jobs of the project",
        ),
        Part(_role(RESEARCHER, namespace, researcher_rules(namespace)), "what researchers may do in the project"),
        Part(_binding(f"{RESEARCHER}s", namespace, RESEARCHER, subjects), "who are the researchers of the project"),
        Part(_role(READER, GLOBAL_NAMESPACE, reader_rules()), "lets researchers see global templates and policies"),
        Part(_binding(readers, GLOBAL_NAMESPACE, READER, subjects), "lets researchers of this project see them"),
    ]


def subject(kind: str, name: str) -> JsonObject:
    """A `User` or `Group` that is granted rights."""
    return {"apiGroup": RBAC, "kind": kind, "name": name}


def researcher_rules(namespace: str) -> list[JsonObject]:
    """The rights of a researcher in the project's namespace."""
    return [
        _rule((GROUP,), WORKLOADS, (*READ, "create", "update", "patch", "delete")),
        _rule((GROUP,), POLICIES, READ),
        _rule((GROUP,), ("runaijobs",), (*READ, "patch", "delete")),
        _rule(("kubeflow.org",), ("mpijobs", "pytorchjobs"), (*READ, "patch", "delete")),
        _rule(("apps",), ("deployments",), (*READ, "patch", "delete")),
        _rule(("serving.knative.dev",), ("services",), (*READ, "delete")),
        _rule(("batch",), ("jobs",), READ),
        _rule(("apps",), ("statefulsets",), READ),
        _rule(("kueue.x-k8s.io",), ("workloads",), READ),
        _rule(("visibility.kueue.x-k8s.io",), ("localqueues/pendingworkloads",), ("get",)),
        _rule(("",), ("pods",), (*READ, "delete")),
        _rule(("",), ("pods/log",), ("get",)),
        _rule(("",), ("pods/exec", "pods/attach", "pods/portforward"), ("get", "create")),
        _rule(("",), ("services", "configmaps", "events", "persistentvolumeclaims", "resourcequotas"), READ),
        _rule(("events.k8s.io",), ("events",), READ),
        _rule(("networking.k8s.io",), ("ingresses",), READ),
        _rule(("metrics.k8s.io",), ("pods",), READ),
        {**_rule(("",), ("namespaces",), ("get",)), "resourceNames": [namespace]},
    ]


def reader_rules() -> list[JsonObject]:
    """The rights of a researcher in the shared namespace: reading, also the public keys of seals."""
    keys = {**_rule(("",), ("configmaps",), ("get",)), "resourceNames": [SEAL_KEYS]}
    return [_rule((GROUP,), (*WORKLOADS, *POLICIES), READ), keys]


def _rule(groups: Sequence[str], resources: Sequence[str], verbs: Sequence[str]) -> JsonObject:
    return {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}


def _role(name: str, namespace: str, rules: list[JsonObject]) -> JsonObject:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules}


def _binding(name: str, namespace: str, role: str, subjects: Sequence[JsonObject]) -> JsonObject:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
        "subjects": list(subjects),
    }


def missing(manifest: JsonObject, stored: JsonObject) -> JsonObject:
    """The merge patch that adds what the stored resource lacks; empty if it lacks nothing. It never removes anything.

    Other choices are kept: a different value of a label, additional rules, additional subjects.
    """
    wanted = manifest["metadata"].get("labels") or {}
    has = stored["metadata"].get("labels") or {}
    patch: JsonObject = {}
    if labels := {name: value for name, value in wanted.items() if name not in has}:
        patch["metadata"] = {"labels": labels}
    for field in ("rules", "subjects"):
        there = stored.get(field) or []
        if more := [one for one in manifest.get(field, ()) if one not in there]:
            patch[field] = [*there, *more]
    return patch


def otherwise(manifest: JsonObject, stored: JsonObject) -> dict[str, str]:
    """Labels of the stored resource whose value differs from that of a new one."""
    wanted = manifest["metadata"].get("labels") or {}
    has = stored["metadata"].get("labels") or {}
    return {name: has[name] for name, value in wanted.items() if name in has and has[name] != value}
