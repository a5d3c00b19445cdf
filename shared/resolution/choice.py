"""Chooses the resource that applies from those that were read, and refers to it. Pure: the caller reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from shared.names import CHANGED_BY_ANNOTATION, GLOBAL_NAMESPACE, SUBMITTED_BY_ANNOTATION, is_labelled, project_of
from shared.parameters import sentences
from shared.parameters.derive import Unreadable, controls
from shared.resolution.model import SourceRef


def applying(policies: Iterable[Mapping[str, Any]], namespace: str) -> list[Mapping[str, Any]]:
    """The policies of the namespace, or the global ones if it has none; the oldest, which applies, comes first.

    The others have no effect and should not exist.
    """
    by_place: dict[str, list[Mapping[str, Any]]] = {namespace: [], GLOBAL_NAMESPACE: []}
    for policy in policies:
        by_place.get(policy["metadata"]["namespace"], []).append(policy)
    return sorted(by_place[namespace] or by_place[GLOBAL_NAMESPACE], key=_age)


def unfit_base(base: JsonValue, workload: str | None) -> str | None:
    """Why `base` can never be the base of the workload of that name, whatever exists; None if it can."""
    try:
        controls()["baseWorkload"].read(base)
    except Unreadable as error:
        return error.mistakes[0].message
    return sentences.base_of_itself() if base == workload else None


def base_named(spec: Mapping[str, JsonValue], workload: str | None) -> str | None:
    """The name of the base workload to look for; None if the spec names none, or names one that is invalid."""
    name = spec.get("baseWorkload")
    return str(name) if name and unfit_base(name, workload) is None else None


def is_at(item: Mapping[str, Any], namespace: str, name: str) -> bool:
    """Whether the resource is the one that was asked for: no other may contribute values to a workload."""
    return (item["metadata"].get("namespace"), item["metadata"].get("name")) == (namespace, name)


def projects_among(namespaces: Iterable[Mapping[str, Any]], *, labelled: bool = False) -> list[str]:
    """The namespaces that belong to projects, or the `labelled` ones only, sorted by name."""
    found = ((str(one["metadata"]["name"]), one["metadata"].get("labels")) for one in namespaces)
    return sorted(name for name, labels in found if (is_labelled(name, labels) if labelled else project_of(name)))


def ref_of(item: Mapping[str, Any]) -> SourceRef:
    """A reference to the resource exactly as it was read."""
    metadata = item["metadata"]
    return SourceRef(metadata["namespace"], metadata["name"], metadata["uid"], metadata["resourceVersion"])


def ref_of_base(workload: Mapping[str, Any]) -> SourceRef:
    """A reference to a base workload exactly as it was read, with its author and its last editor."""
    stamps = workload["metadata"].get("annotations") or {}
    submitted_by, changed_by = stamps.get(SUBMITTED_BY_ANNOTATION), stamps.get(CHANGED_BY_ANNOTATION)
    return replace(ref_of(workload), submitted_by=submitted_by, changed_by=changed_by)


def _age(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("creationTimestamp") or "", item["metadata"]["name"]
