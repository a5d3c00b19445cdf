"""Count the names of jobs with a prefix: `<prefix>-<index>`, from 1, the next one that is free."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from shared.errors import NotFoundError
from shared.inquiry.numbers import last_numbers, numbered
from shared.kubernetes.api import Api
from shared.names import resource_path
from shared.process.remembered import Remembered

LEARN_AFTER: Final = 8
"""Taken names in a row after which the names in use are read again: other creators have moved on."""
NAMESPACES: Final = 1024
PREFIXES: Final = 16384
"""How many namespaces, and prefixes of each, are remembered. What is forgotten is read again when needed."""


@dataclass
class Indices:
    """The last index known to be used, per namespace and prefix: the next name is usually free at the first try."""

    api: Api
    _last: Remembered[str, Remembered[str, int]] = field(default_factory=lambda: Remembered(NAMESPACES))
    _learning: dict[str, asyncio.Task[dict[str, int]]] = field(default_factory=dict)
    _outdated: Remembered[str, bool] = field(default_factory=lambda: Remembered(NAMESPACES))
    _shared: Remembered[tuple[str, str], bool] = field(default_factory=Remembered)
    """Prefixes that another creator counts too, at the moment: a name is looked up before it is given out."""

    async def next(self, namespace: str, prefix: str) -> str:
        """Return a name for the prefix that this process has not given out and that was free at the last reading."""
        looked = 0
        while True:
            name = await self._count(namespace, prefix)
            if not self._shared.get((namespace, prefix), False):
                return name
            if not await self._is_claimed(namespace, name):
                if not looked:
                    self._shared.put((namespace, prefix), False)
                return name
            looked += 1
            if looked % LEARN_AFTER == 0:
                await self.learn(namespace)

    def found_taken(self, namespace: str) -> None:
        """Note that a name was taken after the last reading: the next name is given out only after a new one."""
        self._outdated.put(namespace, True)

    def found_claimed(self, namespace: str, prefix: str) -> None:
        """Note that another creator has given out a name of this prefix."""
        self._shared.put((namespace, prefix), True)

    async def learn(self, namespace: str) -> dict[str, int]:
        """Read which names are in use. Indices only grow; concurrent callers share one reading."""
        task = self._learning.get(namespace)
        if task is None:
            task = self._learning[namespace] = asyncio.create_task(self._learn(namespace))
            task.add_done_callback(lambda _: self._learning.pop(namespace, None))
        return await asyncio.shield(task)

    async def _count(self, namespace: str, prefix: str) -> str:
        known, found = self._last.get(namespace, None), dict[str, int]()
        if known is None or self._outdated.get(namespace, False):
            self._outdated.put(namespace, False)
            found = await self.learn(namespace)
            known = self._last.first(namespace, Remembered(PREFIXES))
        index = max(known.get(prefix, 0), found.get(prefix, 0)) + 1
        known.put(prefix, index)
        return numbered(prefix, index)

    async def _is_claimed(self, namespace: str, name: str) -> bool:
        try:
            await self.api.get(resource_path("configmaps", namespace, name, "v1"))
        except NotFoundError:
            return False
        return True

    async def _learn(self, namespace: str) -> dict[str, int]:
        found = await last_numbers(self.api, namespace)
        known = self._last.first(namespace, Remembered(PREFIXES))
        for prefix, index in found.items():
            known.put(prefix, max(known.get(prefix, 0), index))
        return found
