"""RunaiJobs and their child objects, for tests."""

from typing import Any

from shared.objects import JsonObject

UID = "uid-of-the-job"
NOW = "2026-01-05T10:00:00Z"


def runaijob(
    name: str = "train-1", restart: str = "Never", status: JsonObject | None = None, **spec: Any
) -> JsonObject:
    """A RunaiJob as the API server holds it."""
    template = {
        "metadata": {"labels": {"release": name}, "annotations": {"note": "x"}},
        "spec": {"restartPolicy": restart, "containers": [{"name": name, "image": "ubuntu"}]},
    }
    return {
        "apiVersion": "run.ai/v1",
        "kind": "RunaiJob",
        "metadata": {
            "name": name,
            "namespace": "runai-team-a",
            "uid": UID,
            "resourceVersion": "10",
            "labels": {"release": name, "project": "team-a"},
        },
        "spec": {"template": template, **spec},
        **({"status": status} if status else {}),
    }


def child(kind: str = "Job", *, spec: JsonObject | None = None, owner: str = UID, **status: Any) -> JsonObject:
    """The child that runs it, as the watcher publishes it: without its template."""
    counts = {"parallelism": 1, "completions": 1, "backoffLimit": 6, "suspend": False}
    defaults: JsonObject = counts if kind == "Job" else {"replicas": 1}
    return {
        "kind": kind,
        "metadata": {
            "name": "train-1" if kind == "Job" else "train-1-0",
            "namespace": "runai-team-a",
            "uid": "uid-of-the-child",
            "resourceVersion": "20",
            "creationTimestamp": "2026-01-05T09:59:00Z",
            "ownerReferences": [{"kind": "RunaiJob", "name": "train-1", "uid": owner, "controller": True}],
        },
        "spec": {**defaults, **(spec or {})},
        "status": status,
    }


def condition(kind: str, reason: str = "", status: str = "True", message: str = "", at: str = NOW) -> JsonObject:
    """A condition as Kubernetes writes it."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastProbeTime": at,
        "lastTransitionTime": at,
    }
