"""The fields of a form that a page sends, within limits."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from shared.errors import PermanentError, TooLargeError, TransientError

FIELDS: Final = 4000
"""Most fields of a form."""
LARGEST: Final = 1024 * 1024
"""Bytes of the largest form."""
WITHIN: Final = 30.0
"""Seconds within which a form must arrive."""
FORM: Final = "application/x-www-form-urlencoded"
FIELDS_OF: Final = web.RequestKey("fields", MultiDictProxy)


async def received(request: web.Request) -> MultiDictProxy[str]:
    """Return the fields of the form that this request sends, in their order.

    Raises TooLargeError if there are too many, or if they are too large, and PermanentError if they are no form.
    """
    if FIELDS_OF not in request:
        request[FIELDS_OF] = MultiDictProxy(MultiDict(_fields(request, await _body(request))))
    return request[FIELDS_OF]


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(WITHIN):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLargeError(f"the form is larger than {LARGEST // 1024} KiB") from None
    except TimeoutError:
        raise TransientError(f"the form did not arrive within {WITHIN:.0f} s") from None


def _fields(request: web.Request, body: bytes) -> list[tuple[str, str]]:
    if body and request.content_type != FORM:
        raise PermanentError(f"the form is sent as {request.content_type}: expected {FORM}")
    if body.count(b"&") >= FIELDS:
        raise TooLargeError(f"the form has more than {FIELDS} fields")
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise PermanentError("the form is not encoded as UTF-8") from None
