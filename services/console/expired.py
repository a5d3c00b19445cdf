"""What somebody sees who is not signed in, or not any more: nothing that they have filled in is lost.

A page that asks for a part of itself keeps all that it shows; its script says that the sign-in has expired, and a link
leads to it in another tab. A form that was sent comes back as a page which holds its fields: it shows the same form
again once its owner has signed in. Nothing is kept here, and nothing goes into an address.
"""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from services.console.origin import READS
from services.console.pages import failed, is_partial, render
from services.console.received import received
from shared.errors import SlipwayError, UnauthorizedError

AGAIN: Final = "sent-before"
"""The name of a form's field that says: show these values again, and do nothing with them yet."""


async def signed_out(request: web.Request, error: UnauthorizedError) -> web.Response:
    """Lead to the sign-in, and back to what was asked for."""
    if "Authorization" in request.headers:  # a proxy signs people in
        return failed(request, error)
    if is_partial(request) or request.headers.get("Accept", "").startswith(("text/event-stream", "application/json")):
        return render(request, "signed_out_part.html", 401, message=str(error))
    if request.method in READS:
        where = quote(request.path_qs, safe="/")
        return web.Response(status=303, headers={"Location": f"/sign-in?next={where}", "Cache-Control": "no-store"})
    try:
        fields = [pair for pair in (await received(request)).items() if pair[0] != AGAIN]
    except SlipwayError as unread:
        return failed(request, unread)
    return render(request, "sign_in_again.html", 401, message=str(error), fields=fields, again=AGAIN)
