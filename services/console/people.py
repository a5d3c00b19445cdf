"""Who asks, and a way to the API server that carries their rights and no others."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import aiohttp
from aiohttp import web

from shared.errors import TransientError, UnauthorizedError
from shared.inquiry.rights import WHO
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api, session_of
from shared.kubernetes.calls import Called
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, User, is_secure
from shared.objects import JsonObject

AGENT: Final = "slipway-console"
REVIEW: Final[JsonObject] = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
REMEMBERED: Final = 1000
"""Tokens whose owners are remembered."""
BELIEVED: Final = 60.0
"""Seconds after which the API server is asked again whether it accepts a token, and for whose it takes it."""


@dataclass(frozen=True)
class Person:
    """Someone known to the API server."""

    name: str
    groups: tuple[str, ...]
    api: Api
    """Calls the API server with this person's own token."""
    id: str
    """The same for all that this person does with this token; says nothing of it."""


class People:
    """Those who use this console."""

    def __init__(
        self, own: Chosen, timeout: float, called: Called | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`own` is the console's own way to the API server; `timeout` is that of a call there, in seconds.

        Raises UnusableError if people's tokens would not be sent, since the server is reached without TLS.
        """
        if not is_secure(own.cluster):
            raise UnusableError("it names an API server without TLS, which no person's token is sent to")
        self._own, self._timeout, self._called, self._clock = own, timeout, called, clock
        self._known: OrderedDict[str, tuple[Person, float]] = OrderedDict()
        """Who comes with which token, and when the API server said so; who came last is at the end."""
        self._calls: aiohttp.ClientSession | None = None

    async def person(self, user: User) -> Person:
        """Return who this is; UnauthorizedError if the API server does not accept the token.

        `user` has either a token, or a name that the console's own account acts as.
        """
        key = sha256(repr((user.token, user.acts_as, user.acts_as_groups)).encode()).hexdigest()
        known, at = self._known.pop(key, (None, 0.0))
        if known is None or self._clock() - at >= BELIEVED:
            known, at = await self._met(user, key, known), self._clock()
        self._known[key] = known, at
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def forget(self, person: Person) -> None:
        """Ask the API server again who this is, the next time."""
        self._known.pop(person.id, None)

    async def close(self) -> None:
        """Close all connections."""
        if self._calls:
            await self._calls.close()

    async def _met(self, user: User, key: str, known: Person | None) -> Person:
        api = known.api if known else self._api(user)
        try:
            who = (await api.create(WHO, REVIEW))["status"]["userInfo"]
        except TransientError as error:
            if known is None or isinstance(error, UnauthorizedError):
                raise
            return known  # each page says by itself that the API server is away
        name, groups = str(who.get("username", "")), tuple(who.get("groups") or ())
        return known if known and (known.name, known.groups) == (name, groups) else Person(name, groups, api, key)

    def _api(self, user: User) -> Api:
        access = Access(Chosen(self._own.cluster, self._as(user)))
        self._calls = self._calls or session_of(access, AGENT)
        return Api(access, self._timeout, AGENT, called=self._called, session=self._calls)

    def _as(self, user: User) -> User:
        """Return whose credentials are used: never the console's own, except to act as a named person."""
        if user.token and not user.acts_as:
            return User(token=user.token)
        if user.acts_as and not user.token:
            plain = replace(self._own.user, acts_as_uid="", acts_as_extra={})
            return replace(plain, acts_as=user.acts_as, acts_as_groups=user.acts_as_groups)
        raise UnauthorizedError("you are not signed in")


PERSON: Final = web.RequestKey("person", Person)
PEOPLE: Final = web.AppKey("people", People)


def person_of(request: web.Request) -> Person:
    """Return who asks."""
    return request[PERSON]
