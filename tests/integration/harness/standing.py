"""What a worker's cluster holds before its first test, and must hold again after each file."""

from dataclasses import dataclass
from typing import Final

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.registry import PASSING

GONE_WITHIN: Final = 60.0
"""Seconds from the end of the last test until the garbage collector has removed dependents of what it created."""


@dataclass
class Standing:
    """A cluster, and the keys of what it held at the start."""

    cluster: Cluster
    before: set[str]

    async def nothing_left(self) -> None:
        """Wait until it holds no more than at the start. AssertionError lists what remains, once."""
        try:
            await self.cluster.wait_for("the file's objects to be gone", self._left, lambda left: not left, GONE_WITHIN)
        finally:
            await self._forget_namespaces()
            self.before |= await self.cluster.registry.keys()

    async def _left(self) -> list[str]:
        empty = {f"namespaces/{namespace}" for namespace in self.cluster.empty}
        found = await self.cluster.registry.keys() - self.before - empty
        return sorted(key for key in found if not PASSING.match(key))

    async def _forget_namespaces(self) -> None:
        """Delete the empty namespaces and their contents from the store, which is faster than their controller."""
        for name in self.cluster.empty:
            await self.cluster.registry.forget(f"namespaces/{name}", f"serviceaccounts/{name}/", f"configmaps/{name}/")
        self.cluster.empty.clear()
