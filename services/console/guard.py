"""What stands before every page: who may send a request, who asks, how often, and what they see if it fails."""

from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from services.console.doors import COOKIES, who_of
from services.console.expired import signed_out
from services.console.limits import CHECKS, Rate
from services.console.origin import READS, host_problem, sender_problem
from services.console.pages import failed, secured
from services.console.people import PERSON
from services.console.routes import OPEN
from services.console.sign_in import DOORS
from shared.errors import BusyError, ForbiddenError, NotFoundError, PermanentError, SlipwayError, UnauthorizedError

CHECKING: Final = ("/check", "/objects")
"""Ends of the addresses that a form asks again and again."""
CHECKED: Final = web.AppKey("checked", Rate)
OURS: Final = "this is a mistake of the console, which has written it into its log: try again"
STEADY: Final = "max-age=31536000"
"""For a year, browsers ask for this host over HTTPS only."""
log = structlog.get_logger()


class MisdirectedError(ForbiddenError):
    """The request is for another host."""


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer an error with a page that says what is wrong in a sentence."""
    try:
        return await handler(request)
    except UnauthorizedError as error:
        return await signed_out(request, error)
    except SlipwayError as error:
        return failed(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = failed(request, _of_http(request, error))
        response.set_status(error.status)
        response.headers.update({name: error.headers[name] for name in ("Allow",) if name in error.headers})
        return response
    except Exception:
        log.exception("a page failed", page=request.match_info.route.name or request.match_info.handler.__name__)
        response = failed(request, PermanentError(OURS))
        response.set_status(500)
        return response


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site sends, and what is meant for another host."""
    address = request.app[DOORS].address
    if problem := host_problem(request.host, address):
        raise MisdirectedError(problem)
    if problem := sender_problem(request.method, request.headers, address or f"http://{request.host}"):
        raise ForbiddenError(problem)
    return await handler(request)


@web.middleware
async def recognised(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, except for what everybody may see, and whether they ask too often."""
    if request.match_info.handler not in OPEN and request.match_info.http_exception is None:
        request[PERSON] = person = await request.app[DOORS].person(request)
        checks = request.method not in READS and request.path.endswith(CHECKING)
        if checks and (wait := request.app[CHECKED].wait(who_of(request))):
            raise BusyError("the form asks too often: wait a moment", wait)
        try:
            return await handler(request)
        except UnauthorizedError:
            request.app[DOORS].people.forget(person)
            raise
    return await handler(request)


async def finished(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that keep a page safe, and the cookies of a renewed sign-in."""
    await secured(request, response)
    doors = request.app[DOORS]
    if (doors.address or "").startswith("https://"):
        response.headers["Strict-Transport-Security"] = STEADY
    given = web.Response()
    doors.jar.give(given, request.get(COOKIES, []))
    for cookie in given.cookies.values():  # those of the response itself are among its headers by now
        response.headers.add("Set-Cookie", cookie.OutputString())


def limits(app: web.Application) -> None:
    """Let the application count what people ask for."""
    app[CHECKED] = Rate(CHECKS)


def _of_http(request: web.Request, error: web.HTTPException) -> SlipwayError:
    if error.status == 404:
        return NotFoundError("there is no such page")
    if error.status == 405:
        return PermanentError(f"this page takes no {request.method}")
    return PermanentError(f"the request cannot be answered: {error.reason}")
