"""An API server in one dictionary: enough to show what a handler does, but no model of the real one."""

from collections.abc import Callable
from copy import deepcopy

from shared.errors import AlreadyExistsError, ConflictError, NotFoundError, SlipwayError
from shared.objects import JsonObject


class Server:
    """Holds objects by path; counts calls as `VERB plural`, and refuses the next creation with `refusal`."""

    def __init__(self, *items: JsonObject) -> None:
        self.items: dict[str, JsonObject] = {}
        self.calls: list[str] = []
        self.created: list[str] = []
        self.refusal: SlipwayError | None = None
        self.before: Callable[[str], object] = lambda call: None
        """Called with each call before it has an effect."""
        self._version = 100
        for item in items:
            self.put(item)

    def put(self, item: JsonObject) -> None:
        """Keep the object as it is."""
        self.items[path_of(item["kind"], item["metadata"]["name"])] = deepcopy(item)

    def find(self, kind: str, name: str) -> JsonObject | None:
        """The object, or None."""
        found = self.items.get(path_of(kind, name))
        return deepcopy(found) if found else None

    def remove(self, kind: str, name: str) -> None:
        """Forget the object."""
        del self.items[path_of(kind, name)]

    def change(self, kind: str, name: str, **parts: JsonObject) -> JsonObject:
        """Merge into the parts of an object, such as its status."""
        item = self.items[path_of(kind, name)]
        for part, changes in parts.items():
            item[part] = {**item.get(part, {}), **changes}
        item["metadata"]["resourceVersion"] = self._next()
        return deepcopy(item)

    async def get(self, path: str) -> JsonObject:
        self._count("GET", path)
        if path not in self.items:
            raise NotFoundError("not found")
        return deepcopy(self.items[path])

    async def create(self, path: str, body: JsonObject) -> JsonObject:
        self._count("POST", path)
        if self.refusal:
            raise self.refusal
        place = f"{path}/{body['metadata']['name']}"
        if place in self.items:
            raise AlreadyExistsError("already exists")
        metadata = {**body["metadata"], "uid": f"uid-{self._next()}", "resourceVersion": self._next()}
        self.items[place] = {**deepcopy(body), "metadata": metadata}
        self.created.append(place)
        return deepcopy(self.items[place])

    async def patch(self, path: str, body: JsonObject) -> JsonObject:
        self._count("PATCH", path)
        place = path.removesuffix("/status")
        if place not in self.items:
            raise NotFoundError("not found")
        item = self.items[place]
        if any(item["metadata"][key] != value for key, value in body["metadata"].items()):
            raise ConflictError("the object has been modified")
        parts = {part: changes for part, changes in body.items() if part != "metadata"}
        return self.change(item["kind"], item["metadata"]["name"], **parts)

    def _count(self, verb: str, path: str) -> None:
        plural = path.split("/namespaces/runai-team-a/")[1].split("/")[0]
        self.calls.append(f"{verb} {plural}")
        self.before(self.calls[-1])

    def _next(self) -> str:
        self._version += 1
        return str(self._version)


def path_of(kind: str, name: str) -> str:
    """The object's path on the API server."""
    group = {"RunaiJob": "run.ai/v1", "Job": "batch/v1", "StatefulSet": "apps/v1"}[kind]
    return f"/apis/{group}/namespaces/runai-team-a/{kind.lower()}s/{name}"
