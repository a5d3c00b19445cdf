"""Which of the resources that were read counts, and how it is referred to. Pure: the reading is done elsewhere."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from shared.names import GLOBAL_NAMESPACE, project_of
from shared.parameters import sentences
from shared.parameters.derive import Unreadable, controls
from shared.resolution.model import SourceRef


def applying(policies: Iterable[Mapping[str, Any]], namespace: str) -> list[Mapping[str, Any]]:
    """The policies of the namespace, where it has none the global ones: the oldest first, which is the one that counts.

    Those after it do not count; nobody should have made them.
    """
    by_place: dict[str, list[Mapping[str, Any]]] = {namespace: [], GLOBAL_NAMESPACE: []}
    for policy in policies:
        by_place.get(policy["metadata"]["namespace"], []).append(policy)
    return sorted(by_place[namespace] or by_place[GLOBAL_NAMESPACE], key=_age)


def unfit_base(base: JsonValue, workload: str | None) -> str | None:
    """Why `base` cannot be the base of the workload of that name, whatever there is; None where it can."""
    try:
        controls()["baseWorkload"].read(base)
    except Unreadable as error:
        return error.mistakes[0].message
    return sentences.base_of_itself() if base == workload else None


def base_named(spec: Mapping[str, JsonValue], workload: str | None) -> str | None:
    """The name of the base workload to look for; None if the spec names none, or one that cannot be it."""
    name = spec.get("baseWorkload")
    return str(name) if name and unfit_base(name, workload) is None else None


def is_at(item: Mapping[str, Any], namespace: str, name: str) -> bool:
    """Whether the resource is the one that was asked for: nothing else may lend a workload its values."""
    return (item["metadata"].get("namespace"), item["metadata"].get("name")) == (namespace, name)


def projects_among(namespaces: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those of the namespaces that are projects', by name."""
    names = (str(namespace["metadata"]["name"]) for namespace in namespaces)
    return sorted(name for name in names if project_of(name))


def ref_of(item: Mapping[str, Any]) -> SourceRef:
    """The resource exactly as it was read."""
    metadata = item["metadata"]
    return SourceRef(metadata["namespace"], metadata["name"], metadata["uid"], metadata["resourceVersion"])


def _age(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("creationTimestamp") or "", item["metadata"]["name"]
