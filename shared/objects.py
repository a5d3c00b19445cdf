"""The shapes of what the API server and this system write down: plain JSON objects."""

import json
from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A JSON object, unread."""

Manifest = dict[str, Any]
"""One Kubernetes object as JSON, as it is posted to the API server."""


def json_size(value: Any) -> int:
    """Bytes of the value as JSON without spaces, as it travels and is stored."""
    try:
        return len(orjson.dumps(value))
    except TypeError:  # an integer of more than 64 bits, or text that is no UTF-8
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
