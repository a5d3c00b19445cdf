"""The shapes of what the API server and Slipway store: plain JSON objects."""

import json
from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A JSON object, not yet interpreted."""

Manifest = dict[str, Any]
"""One Kubernetes object as JSON, as it is posted to the API server."""


def json_size(value: Any) -> int:
    """Return the size of the value in bytes, as JSON without spaces, as it travels and is stored."""
    try:
        return len(orjson.dumps(value))
    except TypeError:  # an integer of more than 64 bits, or text that is not valid UTF-8
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
