"""Pages from templates, with the headers that keep them safe; errors as pages."""

import mimetypes
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.errors import (
    AlreadyExistsError,
    BusyError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    SlipwayError,
    TooLargeError,
    TransientError,
    UnauthorizedError,
)
from shared.inquiry.errors import MissingError
from shared.inquiry.texts import printable
from shared.inquiry.times import age, moment

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
LETTERS: Final = 12
"""Letters of a file's digest in its address: another content is another address, so that browsers may keep it."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATUS: Final[tuple[tuple[type[SlipwayError], int], ...]] = (
    (UnauthorizedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (MissingError, 404),
    (ConflictError, 409),
    (TooLargeError, 413),
    (AlreadyExistsError, 409),
    (BusyError, 429),
    (TransientError, 503),
)
"""HTTP status by error; 400 for any other."""


def _read() -> dict[str, tuple[bytes, str]]:
    """Return the static files by the last part of their address, with their media types."""
    files = {}
    for path in sorted(STATIC.rglob("*.*")):
        content = path.read_bytes()
        files[f"{path.stem}.{sha256(content).hexdigest()[:LETTERS]}{path.suffix}"] = (
            content,
            mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        )
    return files


FILES: Final = _read()
ADDRESSES: Final = {f"{name.split('.')[0]}{name[name.rindex('.') :]}": f"/static/{name}" for name in FILES}


def address(name: str) -> str:
    """Return the address of a static file, such as `console.css`."""
    return ADDRESSES[name]


def _legible(value: Any) -> Any:
    """Return a text with what acts or hides in it escaped; markup, and a value after `| e`, stay as they are."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(part if part in ("\n", "\t") else printable(part) for part in re.split(r"([\n\t])", value))


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    finalize=_legible,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals["address"] = address
TEMPLATES.filters["age"] = lambda since: age(since, datetime.now(UTC))
TEMPLATES.filters["seconds"] = lambda text: int(then.timestamp()) if (then := moment(text)) else 0


def render(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """Return a page (or a part of one, for a request of htmx) made from a template."""
    from services.console.people import PERSON

    common = {"path": request.path, "partial": is_partial(request), "signed_in": "Authorization" not in request.headers}
    text = TEMPLATES.get_template(template).render(values, person=request.get(PERSON), **common)
    return web.Response(text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})


def is_partial(request: web.Request) -> bool:
    """Return whether a page asks for a part of itself."""
    return request.headers.get("HX-Request") == "true"


def failed(request: web.Request, error: SlipwayError) -> web.Response:
    """Return the page that says what is wrong."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 400)
    return render(request, "error.html", status, message=str(error), status_code=status)


async def secured(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that keep others from framing, guessing at or scripting a page."""
    response.headers.update(HEADERS)


async def static(request: web.Request) -> web.Response:
    """Return a static file; its address changes with its content, so that it may be kept for ever."""
    try:
        content, kind = FILES[request.match_info["name"]]
    except KeyError:
        raise web.HTTPNotFound from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=content, content_type=kind, headers=headers)
