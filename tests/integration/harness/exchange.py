"""One request to the API server that passes the proxy, and what its path says about it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})

_PATH = re.compile(
    r"^/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<subresource>[^/]+))?$"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}


@dataclass(eq=False)
class Exchange:
    """A request, its client, and later the server's answer."""

    client: str
    """The client whose port it came in by; see `FaultProxy.door`."""
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    verb: str
    """As in RBAC: get, list, watch, create, update, patch, delete, deletecollection; `raw` for other paths."""
    resource: str
    """Plural with its subresource, such as `interactiveworkloads/status`; the path itself if it is not a resource."""
    namespace: str | None
    name: str | None
    """From the path, or for a create from the body."""
    status: int | None = None
    """The status of the server's answer; None until it answers."""

    @property
    def is_write(self) -> bool:
        """Whether the request changes what is stored; access reviews do not count."""
        return self.verb in WRITES and not self.resource.endswith("reviews") and self.query.get("dryRun") != "All"

    def __str__(self) -> str:
        """A short form, for the message of a failed test."""
        where = f"{self.namespace}/{self.name or '*'}" if self.namespace else self.name or "*"
        return f"{self.client}: {self.verb} {self.resource} {where} -> {self.status or 'no answer'}"


def read_exchange(client: str, method: str, path: str, query: Mapping[str, str], body: bytes) -> Exchange:
    """Parse the request's line and body into an `Exchange`."""
    found = _PATH.match(path)
    if found is None:
        return Exchange(client, method, path, query, body, "raw", path, None, None)
    resource, name = found["resource"], found["name"]
    if found["subresource"]:
        resource += f"/{found['subresource']}"
    verb = _VERBS.get(method, "raw")
    if name is None:
        listing = "watch" if query.get("watch") in ("1", "true") else "list"
        verb = {"get": listing, "delete": "deletecollection"}.get(verb, verb)
    if verb == "create" and name is None:
        name = _name_in(body)
    return Exchange(client, method, path, query, body, verb, resource, found["namespace"], name)


def _name_in(body: bytes) -> str | None:
    try:
        content: Any = json.loads(body)
        return content.get("metadata", {}).get("name") if isinstance(content, dict) else None
    except ValueError:
        return None
