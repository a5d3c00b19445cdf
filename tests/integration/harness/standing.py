"""What a worker's cluster holds before its first test, and must hold again after each file."""

import time
from dataclasses import dataclass
from typing import Final

import pytest

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.registry import PASSING
from tests.integration.harness.services import Services

GONE_WITHIN: Final = 60.0
"""Seconds from the end of the last test until nothing is left of it."""
COLLECTED_WITHIN: Final = 20.0
"""Seconds that the control plane has to remove the dependents of what tests removed; then they are removed for it."""


@dataclass
class Standing:
    """A cluster, and the keys of what it held at the start."""

    cluster: Cluster
    before: set[str]

    async def stays(self) -> None:
        """Count what it holds now as there from the start."""
        self.before |= await self.cluster.registry.keys()

    async def nothing_left(self) -> None:
        """Wait until it holds no more than at the start. AssertionError lists what remains, once."""
        deadline = time.monotonic() + COLLECTED_WITHIN

        async def look() -> list[str]:
            left = await self._left()
            if left and time.monotonic() > deadline:
                await self._forget_dependents(left)
            return left

        try:
            await self.cluster.wait_for("the file's objects to be gone", look, lambda left: not left, GONE_WITHIN)
        finally:
            await self._forget_namespaces()
            await self.stays()

    async def _left(self) -> list[str]:
        empty = {f"namespaces/{namespace}" for namespace in self.cluster.empty}
        found = await self.cluster.registry.keys() - self.before - empty
        return sorted(key for key in found if not PASSING.match(key))

    async def _forget_dependents(self, left: list[str]) -> None:
        """Delete from the store what is left in removed projects: a busy garbage collector may take minutes."""
        parts = [key.partition(f"/{namespace}/") for key in left for namespace in self.cluster.empty]
        await self.cluster.registry.forget(*{f"{kind}{namespace}" for kind, namespace, _ in parts if namespace})

    async def _forget_namespaces(self) -> None:
        """Delete the empty namespaces and their contents from the store, which is faster than their controller."""
        for name in self.cluster.empty:
            await self.cluster.registry.forget(f"namespaces/{name}", f"serviceaccounts/{name}/", f"configmaps/{name}/")
        self.cluster.empty.clear()


STANDING: Final = pytest.StashKey[Standing]()
"""Where a run keeps it, once there is a cluster."""
STAYING: Final = pytest.StashKey[Services]()
"""Services that run until the end of the run, if there are any."""
