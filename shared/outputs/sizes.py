"""How large an object becomes where the API server keeps it, and how large it may be. Pure."""

from typing import Any, Final

import orjson

from shared.errors import TooLargeError
from shared.parameters import sentences
from shared.parameters.limits import LARGEST_OBJECT

_ESCAPED: Final = {b"<": 5, b">": 5, b"&": 5, "\u2028".encode(): 3, "\u2029".encode(): 3}
"""What the API server keeps as six characters (`\\u0026`), and how many bytes more than in our JSON that makes."""


def kept(item: dict[str, Any]) -> int:
    """Bytes of the object as the API server keeps it."""
    text = orjson.dumps(item)
    return len(text) + sum(more * text.count(character) for character, more in _ESCAPED.items())


def must_fit(item: dict[str, Any]) -> None:
    """Raises TooLargeError for an object that the API server could not keep, and would call that its own failure."""
    if kept(item) > LARGEST_OBJECT * 1024:
        raise TooLargeError(sentences.object_too_large(item["kind"], item["metadata"]["name"], LARGEST_OBJECT))
