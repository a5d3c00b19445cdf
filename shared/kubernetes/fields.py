"""Read the fields of a kubeconfig's entries, each with its type, as kubectl decodes them. Pure.

A value of the wrong type is refused and never guessed at: `token: 0123` is a number in YAML, and not the token meant.
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

T = TypeVar("T")
Value = TypeVar("Value")
LINE_ENDS: Final = str.maketrans("", "", "\r\n")


class UnusableError(Exception):
    """A kubeconfig or an environment demands something that is not possible and must not be ignored."""


class Fields:
    """The fields of one mapping; an absent or null one is empty, as in Go."""

    def __init__(self, said: Any, where: str, folder: str) -> None:
        """`where` names the mapping in errors; relative paths are resolved against `folder`."""
        self.where, self.folder = where, folder
        self._said = _typed(said, dict, {}, where, "a mapping")

    def text(self, name: str) -> str:
        """Return a text."""
        return _text(self._said.get(name), self._at(name))

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return _typed(self._said.get(name), bool, False, self._at(name), "true or false")

    def data(self, name: str) -> bytes:
        """Return bytes, written in base64."""
        try:
            return b64decode(self.text(name).translate(LINE_ENDS), validate=True)
        except ValueError as error:
            raise UnusableError(f"{self._at(name)}: expected base64: {error}") from error

    def path(self, name: str) -> str:
        """Return the absolute path of a file, which may be relative to the kubeconfig's folder; empty if absent."""
        path = self.text(name)
        return os.path.normpath(os.path.join(self.folder, path)) if path else ""  # noqa: PTH118 - not a path yet

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(_text(value, at) for value, at in self._items(name))

    def by_key(self, name: str, read: Callable[[Fields, str], Value]) -> dict[str, Value]:
        """Return a mapping whose values are read by `read`."""
        inner = self.inner(name)
        return {_text(key, inner.where): read(inner, key) for key in inner._said}

    def each(self, name: str) -> Iterator[Fields]:
        """Yield the mappings of a list."""
        for value, at in self._items(name):
            yield Fields(value, at, self.folder)

    def inner(self, name: str) -> Fields:
        """Return the fields of a mapping inside this one."""
        return Fields(self._said.get(name), self._at(name), self.folder)

    def anything(self, name: str) -> Any:
        """Return the value as it is."""
        return self._said.get(name)

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return self._said.get(name) is not None

    def _items(self, name: str) -> list[tuple[Any, str]]:
        values = _typed(self._said.get(name), list, [], self._at(name), "a list")
        return [(value, f"{self._at(name)}[{number}]") for number, value in enumerate(values)]

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name


def _text(value: Any, where: str) -> str:
    return _typed(value, str, "", where, "text; put it in quotes")


def _typed(value: Any, kind: type[T], empty: T, where: str, expected: str) -> T:
    if value is None:
        return empty
    if not isinstance(value, kind):
        raise UnusableError(f"{where + ': ' if where else ''}expected {expected}")
    return value
