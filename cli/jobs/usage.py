"""Reads the usage of nodes and pods, if a metrics server provides it."""

from collections.abc import Mapping
from typing import Any, Final

from cli.shell.exits import note
from shared.inquiry.capacity import Amounts, of_list, total
from shared.inquiry.texts import printable
from shared.names import resource_path

METRICS: Final = "metrics.k8s.io/v1beta1"

Usage = Mapping[tuple[str, str], Amounts]
"""Amounts used, by namespace (empty for nodes) and name."""


async def usage_of_nodes(api: Any) -> Usage | None:
    """What each node uses; None, after a note on standard error, if no metrics are available."""
    return await _read(api, resource_path("nodes", None, None, METRICS))


async def usage_of_pods(api: Any, namespace: str | None) -> Usage | None:
    """What each pod uses; None, after a note on standard error, if no metrics are available."""
    return await _read(api, resource_path("pods", namespace, None, METRICS))


async def _read(api: Any, path: str) -> Usage | None:
    from shared.errors import ForbiddenError, NotFoundError, TransientError

    try:
        answer = await api.get(path)
    except NotFoundError:
        note("usage is not shown: the cluster has no metrics server (metrics.k8s.io)")
    except (ForbiddenError, TransientError) as error:
        note(f"usage is not shown: {printable(str(error))}")
    else:
        return {_key(item): _used(item) for item in answer["items"]}
    return None


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return str(item["metadata"].get("namespace") or ""), str(item["metadata"]["name"])


def _used(item: dict[str, Any]) -> Amounts:
    """The amounts of a node, or the sum over the containers of a pod."""
    if "usage" in item:
        return of_list(item["usage"])
    return total(of_list(container.get("usage") or {}) for container in item.get("containers") or [])
