"""A dictionary that forgets what has not been used for longest. Pure."""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

REMEMBERED: Final = 4096
"""Entries that are kept."""


class Remembered(Generic[K, V]):
    """The latest entries, at most as many as its size."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K, default: D) -> V | D:
        """Return what is remembered; it becomes the latest entry."""
        if key not in self._kept:
            return default
        self._kept.move_to_end(key)
        return self._kept[key]

    def put(self, key: K, value: V) -> None:
        """Remember this as the latest entry."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def first(self, key: K, value: V) -> V:
        """Return what is remembered, or remember this; it becomes the latest entry."""
        self.put(key, kept := self._kept.get(key, value))
        return kept
