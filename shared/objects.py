"""The shapes of what the API server and this system write down: plain JSON objects."""

from typing import Any

JsonObject = dict[str, Any]
"""A JSON object, unread."""

Manifest = dict[str, Any]
"""One Kubernetes object as JSON, as it is posted to the API server."""
