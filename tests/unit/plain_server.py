"""An API server of plain data, for decisions that depend on its answers."""

from collections.abc import Callable, Mapping, Sequence

from shared.errors import AlreadyExistsError, ForbiddenError, NotFoundError
from shared.objects import JsonObject

Fault = Callable[[str, str], None]
"""Called with a verb and a path; raises to refuse the request."""


class PlainServer:
    """Objects by path; calls are counted, and may be made to fail before or after they are done."""

    def __init__(self, objects: Mapping[str, JsonObject] | None = None) -> None:
        self.objects = dict(objects or {})
        self.calls: list[tuple[str, str]] = []
        self.before: Fault = lambda verb, path: None
        self.after: Fault = lambda verb, path: None
        self.forbidden: tuple[str, ...] = ()
        """Prefixes of paths that this person may not access."""

    async def get(self, path: str, params: object = None) -> JsonObject:
        """One object, or a list."""
        return self._answered("get", path, lambda: self._list(path) if self._is_list(path) else self._one(path))

    async def list(self, path: str, params: object = None, *, accept: str | None = None) -> JsonObject:
        """A whole list."""
        return self._answered("list", path, lambda: self._list(path))

    async def names(self, path: str) -> Sequence[str]:
        """The names of all objects of a list."""
        return [item["metadata"]["name"] for item in (await self.list(path))["items"]]

    async def create(self, path: str, body: JsonObject, params: object = None) -> JsonObject:
        """Create, never overwrite."""

        def create() -> JsonObject:
            place = f"{path}/{body['metadata']['name']}"
            if place in self.objects:
                raise AlreadyExistsError("it is there")
            stored = {**body, "metadata": {**body["metadata"], "uid": f"uid-{len(self.objects)}"}}
            self.objects[place] = stored
            return stored

        return self._answered("create", path, create)

    async def text(self, path: str) -> str:
        """Text, stored under `text` of an object at the path."""
        return str(self._answered("text", path, lambda: self._one(path))["text"])

    def _answered(self, verb: str, path: str, do: Callable[[], JsonObject]) -> JsonObject:
        self.calls.append((verb, path))
        if path.startswith(self.forbidden or ("\0",)):
            raise ForbiddenError(f"you cannot {verb} {path}")
        self.before(verb, path)
        answer = do()
        self.after(verb, path)
        return answer

    def _one(self, path: str) -> JsonObject:
        if path not in self.objects:
            raise NotFoundError("not found", "things")
        return self.objects[path]

    def _is_list(self, path: str) -> bool:
        return path not in self.objects and any(place.rpartition("/")[0] == path for place in self.objects)

    def _list(self, path: str) -> JsonObject:
        return {"items": [item for place, item in self.objects.items() if place.rpartition("/")[0] == path]}
