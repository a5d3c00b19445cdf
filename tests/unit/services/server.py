"""A client of the API server that keeps its objects in a dictionary: enough for the logic of its readers and writers.
The integration tests show what the real server does.
"""

import copy
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from shared.errors import AlreadyExistsError, ConflictError, NotFoundError, SlipwayError

Object = dict[str, Any]


class Server:
    """Objects by path; every call is recorded, and refused if the test says so."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.calls: list[str] = []
        """Such as `create /api/v1/namespaces/a/services/b`."""
        self.answer: Callable[[str], SlipwayError | None] = lambda call: None
        """Called with each call before it takes effect; a returned error is raised."""
        self.version = 100
        self.history: list[tuple[str, str, Object]] = []
        """Changes by type and path, each with the object as it was."""
        self.remembers_since = 0
        """The version before which changes are forgotten."""

    @property
    def writes(self) -> list[str]:
        """The calls that change something, with the last part of their path alone."""
        kept = (call for call in self.calls if not call.startswith(("get ", "list ", "watch ")))
        return [f"{call.split()[0]} {'/'.join(call.split('/')[-2:])}" for call in kept]

    def put(self, path: str, item: Object) -> Object:
        """Store an object, whatever was there before."""
        self.version += 1
        metadata = {"uid": f"uid-{self.version}", **item.get("metadata", {}), "resourceVersion": str(self.version)}
        parts = path.split("/")
        named = {"name": parts[-1], "namespace": parts[parts.index("namespaces") + 1]}
        change = "MODIFIED" if path in self.objects else "ADDED"
        self.objects[path] = {**item, "metadata": {**named, **metadata}}
        self.history.append((change, path, copy.deepcopy(self.objects[path])))
        return copy.deepcopy(self.objects[path])

    async def get(self, path: str, params: Any = None, *, accept: str | None = None) -> Object:
        """The object, as a copy."""
        self._call("get", path)
        return copy.deepcopy(self._found(path))

    async def create(self, path: str, body: Object, params: Any = None) -> Object:
        """Create, never overwrite."""
        whole = f"{path}/{body['metadata']['name']}"
        self._call("create", whole)
        if whole in self.objects:
            raise AlreadyExistsError(f"{whole} already exists")
        return self.put(whole, copy.deepcopy(body))

    async def patch(self, path: str, body: Object, content_type: str = "", params: Any = None) -> Object:
        """Merge, if the preconditions hold."""
        self._call("patch", path)
        whole = path.removesuffix("/status")
        item = self._found(whole)
        for key in ("uid", "resourceVersion"):
            if key in body["metadata"] and body["metadata"][key] != item["metadata"][key]:
                raise ConflictError(f"{key} of {whole} is another one")
        return self.put(whole, _merged(item, body))

    async def delete(self, path: str, *, uid: str | None = None, propagation: str = "Background") -> Object:
        """Delete, if the uid matches."""
        self._call("delete", path)
        item = self._found(path)
        if uid and item["metadata"]["uid"] != uid:
            raise ConflictError(f"{path} is another one")
        return self.take(path)

    def take(self, path: str) -> Object:
        """Remove an object, as a person would."""
        self.version += 1
        item = self.objects.pop(path)
        metadata = {**item["metadata"], "resourceVersion": str(self.version)}
        self.history.append(("DELETED", path, {**item, "metadata": metadata}))
        return item

    async def watch(self, path: str, params: dict[str, str], *, idle: float) -> AsyncIterator[Object]:
        """The changes of one object since a version, and a bookmark."""
        self._call("watch", path)
        name, since = params["fieldSelector"].removeprefix("metadata.name="), int(params["resourceVersion"])
        if since < self.remembers_since:
            yield {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}
            return
        for change, place, item in self.history:
            if place == f"{path}/{name}" and int(item["metadata"]["resourceVersion"]) > since:
                yield {"type": change, "object": copy.deepcopy(item)}
        yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}

    async def list(self, path: str, params: dict[str, str] | None = None, *, accept: str | None = None) -> Object:
        """The objects with the label."""
        self._call("list", path)
        label, _, value = (params or {}).get("labelSelector", "").partition("=")
        found = (item for place, item in self.objects.items() if place.rpartition("/")[0] == path)
        items = [item for item in found if not label or item["metadata"].get("labels", {}).get(label) == value]
        return {"items": copy.deepcopy(items), "metadata": {"resourceVersion": str(self.version)}}

    async def names(self, path: str) -> Sequence[str]:
        """The names of all objects of a list."""
        return [item["metadata"]["name"] for item in (await self.list(path))["items"]]

    def _call(self, verb: str, path: str) -> None:
        self.calls.append(f"{verb} {path}")
        if error := self.answer(self.calls[-1]):
            raise error

    def _found(self, path: str) -> Object:
        if path not in self.objects:
            raise NotFoundError(f"{path} not found", path.split("/")[-2])
        return self.objects[path]


def _merged(item: Any, patch: Any) -> Any:
    if not isinstance(item, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = {key: value for key, value in item.items() if patch.get(key, ...) is not None}
    return merged | {key: _merged(item.get(key, {}), value) for key, value in patch.items() if value is not None}
