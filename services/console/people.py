"""Who asks, and a way to the API server that carries their rights and no others."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from aiohttp import web

from shared.errors import UnauthorizedError
from shared.inquiry.rights import WHO
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api
from shared.kubernetes.calls import Called
from shared.kubernetes.kubeconfig import Chosen, Cluster, User
from shared.objects import JsonObject

BEARER: Final = "Bearer "
REVIEW: Final[JsonObject] = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


@dataclass(frozen=True)
class Person:
    """Someone whom the API server knows."""

    name: str
    groups: tuple[str, ...]
    api: Api
    """Calls the API server with this person's own token."""


class People:
    """Those who use this console."""

    def __init__(self, cluster: Cluster, timeout: float, called: Called | None = None) -> None:
        """`timeout` is that of a call of the API server, in seconds."""
        self._cluster, self._timeout, self._called = cluster, timeout, called
        self._known: dict[bytes, Person] = {}

    async def person(self, token: str) -> Person:
        """Return whose token it is; UnauthorizedError if the API server does not accept it."""
        key = sha256(token.encode()).digest()
        if key not in self._known:
            self._known[key] = await self._met(token)
        return self._known[key]

    async def close(self) -> None:
        """Close all connections."""
        for person in self._known.values():
            await person.api.close()

    async def _met(self, token: str) -> Person:
        access = Access(Chosen(self._cluster, User(token=token)))
        api = Api(access, self._timeout, "slipway-console", called=self._called)
        try:
            who = (await api.create(WHO, REVIEW))["status"]["userInfo"]
        except BaseException:
            await api.close()
            raise
        return Person(str(who.get("username", "")), tuple(who.get("groups") or ()), api)


PERSON: Final = web.RequestKey("person", Person)
PEOPLE: Final = web.AppKey("people", People)


def person_of(request: web.Request) -> Person:
    """Return who asks."""
    return request[PERSON]


async def recognised(request: web.Request) -> Person:
    """Return whose request it is; UnauthorizedError if it carries no token."""
    said = request.headers.get("Authorization", "")
    if not said.startswith(BEARER):
        raise UnauthorizedError("you are not signed in")
    return await request.app[PEOPLE].person(said.removeprefix(BEARER).strip())
