"""What is kept of an object that a list shows: a list holds thousands of them for as long as somebody looks. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.names import CHANGED_BY_ANNOTATION, JOB_NAME_ANNOTATION, SUBMITTED_BY_ANNOTATION
from shared.objects import JsonObject
from shared.outputs.naming import GPU_FRACTION_ANNOTATION, GPU_MEMORY_ANNOTATION

OF_METADATA: Final = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
    "ownerReferences",
)
ANNOTATIONS: Final = (
    CHANGED_BY_ANNOTATION,
    GPU_FRACTION_ANNOTATION,
    GPU_MEMORY_ANNOTATION,
    JOB_NAME_ANNOTATION,
    SUBMITTED_BY_ANNOTATION,
)
OF_CONTAINERS: Final = ("name", "image", "resources")
OF_POD_SPECS: Final = ("nodeName", "restartPolicy")
OF_WORKLOADS: Final = ("usage", "baseWorkload", "image")
OF_STATUS: Final = ("phase", "jobName")


def slim_job(item: JsonObject) -> JsonObject:
    """What the row of a job needs of it, or of one of its pods."""
    spec = item.get("spec") or {}
    kept = {**item, "metadata": _metadata(item["metadata"])}
    if item["kind"] == "Pod":
        return {**kept, "spec": _pod_spec(spec)}
    for replicas in ("mpiReplicaSpecs", "pytorchReplicaSpecs"):
        if isinstance(spec.get(replicas), Mapping):
            parts = {name: _with_template(part) for name, part in spec[replicas].items()}
            return {**kept, "spec": {"runPolicy": spec.get("runPolicy"), replicas: parts}}
    return {**kept, "spec": _with_template(spec)}


def slim_workload(item: JsonObject) -> JsonObject:
    """What the row of a workload or of a policy needs of it."""
    parts: tuple[tuple[str, Sequence[str]], ...] = (("spec", OF_WORKLOADS), ("status", OF_STATUS))
    kept = {name: _of(item.get(name) or {}, names) for name, names in parts}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": _metadata(item["metadata"]), **kept}


def _metadata(metadata: JsonObject) -> JsonObject:
    annotations = _of(metadata.get("annotations") or {}, ANNOTATIONS)
    return {**_of(metadata, OF_METADATA), **({"annotations": annotations} if annotations else {})}


def _with_template(spec: JsonObject) -> JsonObject:
    template = spec.get("template") or {}
    kept = {"metadata": _metadata(template.get("metadata") or {}), "spec": _pod_spec(template.get("spec") or {})}
    return {**spec, "template": kept}


def _pod_spec(spec: JsonObject) -> JsonObject:
    lists = {name: spec.get(name) for name in ("containers", "initContainers")}
    containers = {name: [_of(one, OF_CONTAINERS) for one in found] for name, found in lists.items() if found}
    return {**_of(spec, OF_POD_SPECS), **containers}


def _of(whole: Mapping[str, Any], names: Sequence[str]) -> JsonObject:
    return {name: whole[name] for name in names if name in whole}
