"""Reads YAML documents, with a clear message for everything that is invalid."""

import sys
from math import isfinite
from pathlib import Path
from typing import Any, Final

from cli.shell.exits import Exit, Stop
from shared.inquiry.texts import printable

STDIN = "-"
LONGEST: Final = 64
"""Largest size of a number, in bits."""
MOST: Final = 100_000
"""Largest number of values in a file: YAML aliases can expand a short text to more than fits in memory."""


def text_in(file: str) -> str:
    """The text of a file, or of standard input for `-`, in UTF-8 whatever the locale; Stop if it cannot be read."""
    try:
        return (sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Exit.USAGE, f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def parsed(file: str) -> list[Any]:
    """The objects of a file, those inside a `List` one by one; Stop if it cannot be read."""
    return [inner for document in documents_in(text_in(file), file) for inner in _members(document)]


def documents_in(text: str, file: str) -> list[Any]:
    """The non-empty documents of a YAML text, with only what a resource can hold; `file` is the name for messages.
    Dates are text, as for kubectl. Stop if the text is invalid."""
    try:
        documents = _loaded(text)
    except Exception as error:  # the parser raises all kinds of exceptions
        raise Stop(Exit.USAGE, printable(f"{file} is not valid YAML: {' '.join(str(error).split())}")) from error
    if wrong := _unheld(documents):
        raise Stop(Exit.USAGE, printable(f"{file}: {wrong}"))
    return documents


def _loaded(text: str) -> list[Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A loader that reads dates as text."""

    Loader.yaml_implicit_resolvers = {
        first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return [document for document in yaml.load_all(text, Loader) if document is not None]


def _unheld(documents: list[Any]) -> str:
    """The first thing in the value that YAML allows but a resource cannot hold; empty if there is none."""
    waiting = list(documents)
    for _ in range(MOST):
        if not waiting:
            return ""
        match waiting.pop():
            case dict() as inner:
                if strange := [key for key in inner if not isinstance(key, str)]:
                    return f"key {strange[0]} is not a string: put it in quotes (on, off, yes and no need them too)"
                waiting += inner.values()
            case list() as inner:
                waiting += inner
            case int() as number if number.bit_length() > LONGEST:
                return f"a number is longer than {LONGEST} bits"
            case float() as number if not isfinite(number):
                return f"{number} is not a number that a resource can hold"
            case str() | int() | float() | None:
                pass
            case other:
                return f"a {type(other).__name__} is not a value that a resource can hold"
    return "it contains itself or is larger than any resource"


def _members(document: Any) -> list[Any]:
    """The objects of a `List`, or the one object."""
    if isinstance(document, dict) and str(document.get("kind")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]
