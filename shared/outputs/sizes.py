"""The size of an object in the API server's store, and its limit. Pure."""

from typing import Any, Final

import orjson

from shared.errors import TooLargeError
from shared.parameters import sentences
from shared.parameters.limits import LARGEST_OBJECT

_ESCAPED: Final = {b"<": 5, b">": 5, b"&": 5, "\u2028".encode(): 3, "\u2029".encode(): 3}
"""Characters that the API server stores as six (`\\u0026`), and how many bytes each adds to our JSON."""


def kept(item: dict[str, Any]) -> int:
    """Bytes of the object as the API server stores it."""
    text = orjson.dumps(item)
    return len(text) + sum(more * text.count(character) for character, more in _ESCAPED.items())


def must_fit(item: dict[str, Any]) -> None:
    """Raise TooLargeError if the object is too large for the API server, which would report an internal error."""
    if kept(item) > LARGEST_OBJECT * 1024:
        raise TooLargeError(sentences.object_too_large(item["kind"], item["metadata"]["name"], LARGEST_OBJECT))
