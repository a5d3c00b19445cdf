"""A job created by hand, with a pod in which commands run."""

from collections.abc import Awaitable, Callable
from typing import Any

JOB = "shell-1"
POD = "shell-1-0-0"


def job_of(name: str, namespace: str) -> dict[str, Any]:
    """A RunaiJob created by hand, which no runner handles in these tests."""
    spec = {"template": {"spec": {"containers": [{"name": name, "image": "any"}]}}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": spec}


def pod_of(job: dict[str, Any], name: str, node: str | None = None, **container: Any) -> dict[str, Any]:
    """One of the job's pods, with a second container beside the main one."""
    metadata = job["metadata"]
    work = {"name": metadata["name"], "image": "any", **container}
    labels = {"run.ai/job-uid": metadata["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": metadata["namespace"], "labels": labels},
        "spec": {"containers": [{"name": "beside", "image": "any"}, work], **({"nodeName": node} if node else {})},
    }


Run = Callable[..., Awaitable[dict[str, Any]]]
