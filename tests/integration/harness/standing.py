"""What a worker's cluster held before its first test, and has to hold after each file."""

from dataclasses import dataclass
from typing import Final

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.registry import PASSING

GONE_WITHIN: Final = 60.0
"""Seconds from the last test's end until the garbage collector has removed what was made for what it made."""


@dataclass
class Standing:
    """A cluster, and the keys of what it held at first."""

    cluster: Cluster
    before: set[str]

    async def nothing_left(self) -> None:
        """Wait until nothing more is there than at first. AssertionError names what stays, once."""
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
        """Take the empty namespaces, with what each has, from under the API server, whose controller takes longer."""
        for name in self.cluster.empty:
            await self.cluster.registry.forget(f"namespaces/{name}", f"serviceaccounts/{name}/", f"configmaps/{name}/")
        self.cluster.empty.clear()
