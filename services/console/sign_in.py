"""The pages by which people sign in and out."""

import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import orjson
import structlog
from aiohttp import web

from services.console.doors import Doors, NotATokenError
from services.console.events import STREAMS
from services.console.links import redeemed
from services.console.origin import path_within
from services.console.pages import render
from services.console.provider import NotSignedInError
from services.console.received import received
from services.console.session import SESSION, Session
from shared.errors import BusyError, SlipwayError, UnauthorizedError

DOORS: Final = web.AppKey("doors", Doors)
PENDING: Final = "slipway-in"
"""The name of the cookies of sign-ins that have begun."""
SLOTS: Final = 4
"""How many sign-ins one browser may have begun at once, in as many tabs."""
WITHIN: Final = 600
"""Seconds that a sign-in at the provider may take."""
log = structlog.get_logger()


async def page(request: web.Request) -> web.Response:
    """Show the ways to sign in."""
    return _page(request, request.query.get("next", "/"))


async def by_token(request: web.Request) -> web.Response:
    """Sign in with a pasted token."""
    form, doors = await received(request), request.app[DOORS]
    where = form.get("next", "/")
    if not doors.tokens:
        return _page(request, where, "this console takes no tokens", 403)
    try:
        _count(doors)
        return await _enter(request, doors.by_token(form.get("token", "")), where)
    except NotATokenError as error:
        return _page(request, where, str(error), 400)
    except UnauthorizedError:
        _refused("token", "the API server does not accept it")
        return _page(request, where, "the cluster does not accept this token: it is wrong, or has expired", 401)
    except SlipwayError as error:
        return _page(request, where, str(error), 400)


async def by_link(request: web.Request) -> web.Response:
    """Sign in with a one-time link; a browser that only looks ahead does not use it up."""
    doors = request.app[DOORS]
    if "Sec-Purpose" in request.headers:
        return web.Response(status=503, headers={"Cache-Control": "no-store"})
    token = redeemed(doors.links, request.query.get("once", "")) if doors.links else None
    if token is None:
        _refused("link", "it is not there")
        return _page(request, "/", "this link has been used, or is too old: print a new one by make up", 401)
    try:
        return await _enter(request, doors.by_token(token, "link"), "/")
    except SlipwayError as error:
        _refused("link", "the API server does not accept it")
        return _page(request, "/", f"the cluster does not accept this link: {error}", 401)


async def at_provider(request: web.Request) -> web.Response:
    """Send the browser to the provider, and let it remember what the sign-in began with."""
    doors, where = request.app[DOORS], path_within(request.query.get("next", "/"))
    if doors.provider is None:
        return _page(request, where, "this console has no identity provider", 404)
    slot, state, nonce, verifier = secrets.randbelow(SLOTS), *(secrets.token_urlsafe(32) for _ in range(3))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    began = {"state": state, "nonce": nonce, "verifier": verifier, "next": where, "at": time.time()}
    try:
        response = web.Response(status=303, headers={"Cache-Control": "no-store"})
        response.headers["Location"] = await doors.provider.address(f"{slot}{state}", nonce, challenge)
        doors.jar.give(response, doors.jar.sealed(f"{PENDING}-{slot}", orjson.dumps(began)), WITHIN)
    except SlipwayError as error:
        return _page(request, where, str(error), 503)
    return response


async def signed_in(request: web.Request) -> web.Response:
    """Take the answer of the provider, if it belongs to a sign-in that this browser has begun."""
    doors = request.app[DOORS]
    slot, state = (request.query.get("state") or "-")[:1], request.query.get("state", "")[1:]
    name = f"{PENDING}-{slot}"
    content = doors.jar.read(request.cookies, name) if slot in map(str, range(SLOTS)) else None
    began = orjson.loads(content) if content else {}
    fresh = bool(began) and secrets.compare_digest(began["state"], state) and time.time() - began["at"] < WITHIN
    if doors.provider is None or not fresh:
        _refused("provider", "this browser has not begun it")
        return _page(request, "/", "this sign-in was not begun here, or took too long: begin again", 400)
    try:
        _count(doors)
        session = await _answered(request, doors, began)
        response = await _enter(request, session, began["next"])
    except SlipwayError as error:
        _refused("provider", str(error) if isinstance(error, NotSignedInError) else type(error).__name__)
        response = _page(request, began["next"], _explained(error), 401)
    doors.jar.clear(response, request.cookies, name)
    return response


async def _answered(request: web.Request, doors: Doors, began: dict[str, str]) -> Session:
    provider = doors.provider
    assert provider is not None
    if not await provider.answers_for(request.query.get("iss")):
        raise NotSignedInError("the answer comes from another identity provider")
    if "code" not in request.query:
        said = request.query.get("error_description") or request.query.get("error") or "it gives no code"
        raise NotSignedInError(f"the identity provider says: {said[:300]}")
    return doors.by_provider(await provider.exchanged(request.query["code"], began["verifier"], began["nonce"]))


async def done(request: web.Request) -> web.Response:
    """Say that the form, which waits in another tab, can be sent now."""
    return render(request, "signed_in.html")


async def sign_out(request: web.Request) -> web.Response:
    """Forget this person, here and at the provider."""
    doors = request.app[DOORS]
    session, elsewhere = doors.session_of(request), None
    if session and session.way == "provider" and doors.provider:
        try:
            if session.refresh:
                await doors.provider.revoke(session.refresh)
            elsewhere = await doors.provider.ended_at(f"{doors.address}/sign-in")
        except SlipwayError as error:
            log.warning("the provider is not told of a sign-out", reason=str(error))
    if session:
        request.app[STREAMS].end(session.id)
    response = render(request, "signed_out.html", elsewhere=elsewhere)
    doors.jar.clear(response, request.cookies, SESSION)
    return response


async def _enter(request: web.Request, session: Session, where: str) -> web.Response:
    """Go on as the person whose session this is, once the API server knows them."""
    doors = request.app[DOORS]
    person, cookies = await doors.enter(session)
    response = web.Response(status=303, headers={"Location": path_within(where), "Cache-Control": "no-store"})
    doors.jar.clear(response, request.cookies, SESSION)  # parts that the new one does not have
    doors.jar.give(response, cookies)
    log.info("signed in", way=session.way, groups=len(person.groups))
    return response


def _page(request: web.Request, where: str, problem: str = "", status: int = 200) -> web.Response:
    doors, inside = request.app[DOORS], path_within(where)
    return render(
        request, "sign_in.html", status, next=inside, onward=quote(inside, safe="/"), problem=problem,
        provider=doors.provider and doors.provider.client.issuer, tokens=doors.tokens,
        local=doors.links is not None, expired=doors.session_of(request) is not None and not problem,
    )  # fmt: skip


def _explained(error: SlipwayError) -> str:
    if isinstance(error, UnauthorizedError):
        return (
            "the identity provider has signed you in, and the cluster does not accept its identity token: does the API "
            "server know the provider, with this console's client as the audience?"
        )
    return str(error)


def _count(doors: Doors) -> None:
    if wait := doors.tries.wait("everybody"):
        raise BusyError("many people sign in just now: try again in a moment", wait)


def _refused(way: str, reason: str) -> None:
    log.info("sign-in refused", way=way, reason=reason)
