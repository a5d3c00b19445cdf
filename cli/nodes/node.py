"""Nodes as the cluster stores them, with their pods."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cli.shell.exits import Exit, Stop, note
from shared.inquiry.capacity import Amounts, of_list, requested, total
from shared.inquiry.live import Live, changes_of
from shared.inquiry.pods import name_of_node
from shared.inquiry.texts import printable
from shared.names import resource_path
from shared.objects import JsonObject

HOLDING: Final = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"
"""Pods that hold what they requested."""
GPU_TYPE: Final = "nvidia.com/gpu.product"
ROLE: Final = "node-role.kubernetes.io/"
"""Prefix of the labels that name a node's roles."""


@dataclass(frozen=True)
class Node:
    """A node and the pods that hold its resources."""

    resource: JsonObject
    pods: Sequence[JsonObject] | None
    """None if the user may not see other users' pods."""
    gone: bool = False
    """Whether it has been deleted; `resource` is its last state."""

    @property
    def name(self) -> str:
        """The node's name."""
        return str(self.resource["metadata"]["name"])

    @property
    def status(self) -> str:
        """Ready, NotReady or Unknown, and whether it accepts new pods."""
        conditions = (self.resource.get("status") or {}).get("conditions") or []
        ready = next((one.get("status") for one in conditions if one.get("type") == "Ready"), "Unknown")
        word = {"True": "Ready", "False": "NotReady"}.get(str(ready), "Unknown")
        closed = (self.resource.get("spec") or {}).get("unschedulable")
        return f"{word},SchedulingDisabled" if closed else word

    @property
    def address(self) -> str:
        """The node's address inside the cluster."""
        addresses = (self.resource.get("status") or {}).get("addresses") or []
        return next((str(one["address"]) for one in addresses if one["type"] == "InternalIP"), "N/A")

    @property
    def roles(self) -> str:
        """The node's roles; `<none>` if it has none."""
        names = [label.removeprefix(ROLE) for label in self._labels if label.startswith(ROLE)]
        return ",".join(sorted(name for name in names if name)) or "<none>"

    @property
    def gpu_type(self) -> str:
        """The model of its GPUs, if a label names it."""
        return str(self._labels.get(GPU_TYPE) or "-")

    @property
    def _labels(self) -> JsonObject:
        return self.resource["metadata"].get("labels") or {}

    @property
    def capacity(self) -> Amounts:
        """The node's capacity."""
        return of_list((self.resource.get("status") or {}).get("capacity") or {})

    @property
    def allocatable(self) -> Amounts:
        """The amounts that it offers to pods."""
        return of_list((self.resource.get("status") or {}).get("allocatable") or {})

    @property
    def allocated(self) -> Amounts | None:
        """The amounts that its pods request; None if not known."""
        return None if self.pods is None else total(map(requested, self.pods))


@dataclass
class NodeLists:
    """The nodes of the cluster, or only those with the given names."""

    api: Any
    names: Collection[str] = ()
    _lists: list[Live] = field(default_factory=list)
    _nodes: dict[str, JsonObject] = field(default_factory=dict)
    """Nodes by name."""
    _pods: dict[str, dict[str, JsonObject]] | None = field(default_factory=dict)
    """Pods by the name of their node, then by uid; None if the user may not see them."""

    async def read(self) -> list[Node]:
        """The nodes by name. Stop if one of the names is not found."""
        from shared.errors import ForbiddenError

        await self._read(Live(self.api, resource_path("nodes", None, None, "v1")))
        try:
            await self._read(Live(self.api, resource_path("pods", None, None, "v1"), {"fieldSelector": HOLDING}))
        except ForbiddenError as error:
            self._pods = None
            note(f"allocated resources are not shown: {printable(str(error))}")
        if missing := [name for name in self.names if name not in self._nodes]:
            known = f"; available nodes: {', '.join(sorted(self._nodes))}" if self._nodes else ""
            raise Stop(Exit.NOT_FOUND, f"node not found: {', '.join(missing)}{known}")
        return [self._node(name) for name in sorted(self._nodes) if self._is_meant(name)]

    async def changes(self) -> AsyncIterator[Node]:
        """Call after `read`: yields each node again whenever it or its pods change, without end."""
        async for change, item in changes_of(self._lists):
            gone = change == "DELETED" and item["kind"] == "Node"
            name = self._take(item, deleted=change == "DELETED")
            if not self._is_meant(name):
                continue
            if gone:
                yield Node(item, [], gone=True)
            elif name in self._nodes:
                yield self._node(name)

    def _is_meant(self, name: str) -> bool:
        return not self.names or name in self.names

    async def _read(self, items: Live) -> None:
        async for page in items.pages():
            for item in page:
                self._take(item, deleted=False)
        self._lists.append(items)

    def _take(self, item: JsonObject, *, deleted: bool) -> str:
        """Keep the object that was read; return the name of its node."""
        of_node = item["kind"] == "Node"
        name = str(item["metadata"]["name"] if of_node else name_of_node(item))
        pods = {} if self._pods is None else self._pods
        kept = self._nodes if of_node else pods.setdefault(name, {})
        key = name if of_node else item["metadata"]["uid"]
        if deleted:
            kept.pop(key, None)
        else:
            kept[key] = item
        return name

    def _node(self, name: str) -> Node:
        pods = None if self._pods is None else list(self._pods.get(name, {}).values())
        return Node(self._nodes[name], pods)
