"""The ways into the console, and who has come in by one of them."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from services.console.claims import Naming, names
from services.console.cookies import Jar, TooLargeCookieError
from services.console.limits import SIGN_INS, Rate
from services.console.origin import Network, trusted
from services.console.people import PERSON, People, Person
from services.console.provider import NotSignedInError, Provider, Tokens
from services.console.session import SESSION, Session, packed, unpacked
from shared.errors import PermanentError, TransientError, UnauthorizedError
from shared.kubernetes.kubeconfig import User

BEARER: Final = "Bearer "
KEPT: Final = 60.0
"""Seconds for which a renewed token is given to requests that still bring the one before it."""
COOKIES: Final = web.RequestKey("cookies", list[tuple[str, str]])
"""Cookies that the response sets: name and value."""
SESSION_OF: Final = web.RequestKey("session", Session)
log = structlog.get_logger()


class NotATokenError(UnauthorizedError):
    """The text can be no token."""


class SignedOutError(UnauthorizedError):
    """This person has to sign in, or to sign in again."""


@dataclass
class Doors:
    """How people sign in here."""

    people: People
    jar: Jar
    address: str | None
    """Where people find this console; None if that is wherever it listens on its machine."""
    lasts: float
    """Seconds after which people sign in again."""
    provider: Provider | None = None
    naming: Naming | None = None
    """How the console names those that it acts as; None if their own tokens are used."""
    proxies: tuple[Network, ...] = ()
    links: Path | None = None
    tokens: bool = True
    tries: Rate = field(default_factory=lambda: Rate(SIGN_INS))
    _renewing: "OrderedDict[str, tuple[float, asyncio.Task[Session]]]" = field(default_factory=OrderedDict)

    async def person(self, request: web.Request) -> Person:
        """Return whose request this is; SignedOutError if nobody's, or if that cannot be believed any more."""
        if (said := request.headers.get("Authorization", "")).startswith(BEARER):
            if not trusted(request.remote, self.proxies):
                raise UnauthorizedError("tokens in a header are taken from the proxies in CONSOLE_TRUSTED_PROXIES only")
            return await self.people.person(User(token=plain_token(said.removeprefix(BEARER))))
        session = self.session_of(request)
        if session is None:
            raise SignedOutError("you are not signed in")
        if session.due():
            session = await self._fresh(request, session)
        if session.expired():
            raise SignedOutError("your sign-in has expired")
        request[SESSION_OF] = session
        return await self._known(session)

    def session_of(self, request: web.Request) -> Session | None:
        """Return what this request's cookie says, whether or not it has expired."""
        content = self.jar.read(request.cookies, SESSION)
        return unpacked(content) if content is not None else None

    async def enter(self, session: Session) -> tuple[Person, list[tuple[str, str]]]:
        """Return who has signed in, and their cookies.

        Raises UnauthorizedError if the API server does not accept them, and NotSignedInError if no browser keeps that.
        """
        person = await self._known(session)
        try:
            return person, self.jar.sealed(SESSION, packed(session))
        except TooLargeCookieError as error:
            raise NotSignedInError(
                f"your token is too large: {error}; it puts you into {len(person.groups)} groups: ask your "
                "administrator to let the identity provider name fewer"
            ) from error

    def by_token(self, token: str, way: str = "token") -> Session:
        """Return the session of somebody who brings a token of the API server."""
        plain = plain_token(token)
        return Session("link" if way == "link" else "token", plain, ends_at(plain), time.time() + self.lasts)

    def by_provider(self, tokens: Tokens, over: float | None = None) -> Session:
        """Return the session of somebody that the provider has signed in, until `over` if it goes on.

        Raises NotSignedInError if the token names nobody that the console may act as.
        """
        ends = time.time() + self.lasts if over is None else over
        session = Session(
            "provider", tokens.identity, tokens.ends, ends, tokens.refresh, str(tokens.claims.get("sub", ""))
        )
        if self.naming is None:
            return session
        found = names(tokens.claims, self.naming)
        if isinstance(found, str):
            raise NotSignedInError(found)
        return replace(session, token="", acts_as=found[0], groups=found[1])

    async def _known(self, session: Session) -> Person:
        try:
            return await self.people.person(session.user)
        except SignedOutError:
            raise
        except UnauthorizedError as error:
            if session.acts_as:  # signing in again would change nothing
                raise TransientError(f"the API server does not accept the console's own account: {error}") from error
            raise

    async def _fresh(self, request: web.Request, session: Session) -> Session:
        """Return the session with a new token if the provider gives one, and let the browser keep it.

        Until the old token ends, a provider that does not answer, or that has given the new one to another replica,
        changes nothing.
        """
        try:
            renewed = await self._renewed(session)
            request[COOKIES] = self.jar.sealed(SESSION, packed(renewed))
        except (TransientError, PermanentError) as error:
            log.info("a sign-in is not renewed", reason=str(error), expired=session.expired())
            if not session.expired():
                return session
            if isinstance(error, TransientError):
                raise
            raise SignedOutError(f"your sign-in has expired: {error}") from error
        return renewed

    async def _renewed(self, session: Session) -> Session:
        """Renew a token once, however many requests bring it."""
        key, now = sha256(session.refresh.encode()).hexdigest(), time.monotonic()
        while self._renewing and now - next(iter(self._renewing.values()))[0] > KEPT:
            self._renewing.popitem(last=False)
        if key not in self._renewing or _in_vain(self._renewing[key][1]):
            self._renewing[key] = now, asyncio.create_task(self._asked_anew(session))
            self._renewing.move_to_end(key)
        return await asyncio.shield(self._renewing[key][1])

    async def _asked_anew(self, session: Session) -> Session:
        if self.provider is None:
            raise SignedOutError("this console has no identity provider any more")
        tokens = await self.provider.renewed(session.refresh, session.subject)
        return replace(self.by_provider(tokens, session.over), id=session.id)


def _in_vain(task: "asyncio.Task[Session]") -> bool:
    """Return whether the provider did not answer, so that it is asked again."""
    return task.done() and (task.cancelled() or isinstance(task.exception(), TransientError))


def plain_token(said: str) -> str:
    """Return a token without the space around it; NotATokenError if it is none."""
    token = said.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NotATokenError("this is no token: expected letters and digits in one line")
    return token


def ends_at(token: str) -> float:
    """Return when a token ends, in seconds since 1970; 0 if it does not say, as tokens need not."""
    from shared.kubernetes.oidc import ends_at as told

    try:
        return told(token)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return 0.0


def who_of(request: web.Request) -> str:
    """Return what stands for the sign-in, or for the token, of who asks."""
    return request[SESSION_OF].id if SESSION_OF in request else request[PERSON].id
