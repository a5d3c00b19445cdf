"""Nodes as the cluster holds them, with the pods that are on them."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cli import changes
from cli.capacity import Amounts, of_list, requested, total
from cli.changes import Source
from cli.connection import JsonObject
from cli.exits import Exit, Stop, note
from cli.jobs import name_of_node
from cli.tables import printable
from shared.names import resource_path

HOLDING: Final = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"
"""Pods that have what they asked for."""
GPU_TYPE: Final = "nvidia.com/gpu.product"
ROLE: Final = "node-role.kubernetes.io/"
"""Before the role, in a label."""


@dataclass(frozen=True)
class Node:
    """A node and the pods that hold something of it."""

    resource: JsonObject
    pods: Sequence[JsonObject] | None
    """None where the person may not see the pods of others."""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.resource["metadata"]["name"])

    @property
    def status(self) -> str:
        """Ready, NotReady or Unknown; and whether it takes new pods."""
        conditions = (self.resource.get("status") or {}).get("conditions") or []
        ready = next((one.get("status") for one in conditions if one.get("type") == "Ready"), "Unknown")
        word = {"True": "Ready", "False": "NotReady"}.get(str(ready), "Unknown")
        closed = (self.resource.get("spec") or {}).get("unschedulable")
        return f"{word},SchedulingDisabled" if closed else word

    @property
    def address(self) -> str:
        """Its address inside the cluster."""
        addresses = (self.resource.get("status") or {}).get("addresses") or []
        return next((str(one["address"]) for one in addresses if one["type"] == "InternalIP"), "N/A")

    @property
    def roles(self) -> str:
        """Its roles; `<none>` for a plain one."""
        names = [label.removeprefix(ROLE) for label in self._labels if label.startswith(ROLE)]
        return ",".join(sorted(name for name in names if name)) or "<none>"

    @property
    def gpu_type(self) -> str:
        """What its GPUs are, as far as it is labelled."""
        return str(self._labels.get(GPU_TYPE) or "-")

    @property
    def _labels(self) -> JsonObject:
        return self.resource["metadata"].get("labels") or {}

    @property
    def capacity(self) -> Amounts:
        """What it has in all."""
        return of_list((self.resource.get("status") or {}).get("capacity") or {})

    @property
    def allocatable(self) -> Amounts:
        """What it has for pods."""
        return of_list((self.resource.get("status") or {}).get("allocatable") or {})

    @property
    def allocated(self) -> Amounts | None:
        """What its pods have asked for; None where that is not known."""
        return None if self.pods is None else total(map(requested, self.pods))


@dataclass
class NodeLists:
    """The nodes of the cluster, those of these names where any are given."""

    api: Any
    names: Collection[str] = ()
    _nodes: Source = field(default_factory=lambda: Source(resource_path("nodes", None, None, "v1")))
    _pods: Source = field(
        default_factory=lambda: Source(resource_path("pods", None, None, "v1"), {"fieldSelector": HOLDING})
    )

    async def read(self) -> list[Node]:
        """The nodes by name. Stop where one of the names is no node's."""
        from shared.errors import ForbiddenError

        await changes.read(self.api, self._nodes)
        try:
            await changes.read(self.api, self._pods)
        except ForbiddenError as error:
            note(f"what is taken of the nodes is not shown: {printable(str(error))}")
        nodes = sorted(self._nodes.items.values(), key=lambda node: str(node["metadata"]["name"]))
        there = [node["metadata"]["name"] for node in nodes]
        if missing := [name for name in self.names if name not in there]:
            known = f"; there are {', '.join(there)}" if there else ""
            raise Stop(Exit.NOT_FOUND, f"there is no node {', '.join(missing)}{known}")
        pods = self._by_node()
        return [self._node(node, pods) for node in nodes if not self.names or node["metadata"]["name"] in self.names]

    async def changes(self) -> AsyncIterator[Node]:
        """After `read`: each node again whenever it or what is on it has changed, for ever."""
        async for event in changes.changes(self.api, [self._nodes, self._pods]):
            of_node = event.source is self._nodes
            name = event.item["metadata"]["name"] if of_node else name_of_node(event.item)
            found = [node for node in self._nodes.items.values() if node["metadata"]["name"] == name]
            if found and (not self.names or name in self.names):
                yield self._node(found[0], self._by_node())

    def _by_node(self) -> dict[str, list[JsonObject]] | None:
        if not self._pods.version:
            return None
        found: dict[str, list[JsonObject]] = {}
        for pod in self._pods.items.values():
            found.setdefault(str(name_of_node(pod)), []).append(pod)
        return found

    def _node(self, node: JsonObject, pods: dict[str, list[JsonObject]] | None) -> Node:
        resource = {"apiVersion": "v1", "kind": "Node", **node}
        return Node(resource, None if pods is None else pods.get(node["metadata"]["name"], []))
