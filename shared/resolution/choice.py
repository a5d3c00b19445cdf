"""Which of the resources that were read counts, and how it is referred to. Pure: the reading is done elsewhere."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.names import GLOBAL_NAMESPACE
from shared.resolution.model import SourceRef


def applying(policies: Iterable[Mapping[str, Any]], namespace: str) -> list[Mapping[str, Any]]:
    """The policies of the namespace, where it has none the global ones: the oldest first, which is the one that counts.

    Those after it do not count; nobody should have made them.
    """
    by_place: dict[str, list[Mapping[str, Any]]] = {namespace: [], GLOBAL_NAMESPACE: []}
    for policy in policies:
        by_place.get(policy["metadata"]["namespace"], []).append(policy)
    return sorted(by_place[namespace] or by_place[GLOBAL_NAMESPACE], key=_age)


def ref_of(item: Mapping[str, Any]) -> SourceRef:
    """The resource exactly as it was read."""
    metadata = item["metadata"]
    return SourceRef(metadata["namespace"], metadata["name"], metadata["uid"], metadata["resourceVersion"])


def _age(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("creationTimestamp") or "", item["metadata"]["name"]
