"""The lists of a project: its jobs, workloads, templates and policies, as they are now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from services.console import sources
from services.console.boards import BOARDS, Board, Source
from services.console.events import stream
from services.console.list_rows import JOBS, POLICIES, TEMPLATES, WORKLOADS, Columns
from services.console.live import Parts, messages
from services.console.pages import render
from services.console.people import person_of
from services.console.projects import remember
from services.console.query import Query, read
from services.console.windows import window

READ_WITHIN: Final = 0.3
"""Seconds that a page waits for all rows; if there are too many, it shows the first ones, and the others follow."""


@dataclass(frozen=True)
class Listed:
    """A list: what it is called, what its rows show, and where they come from."""

    name: str
    title: str
    columns: Columns
    source: Callable[[Any, str], Callable[[Board], Source]]


ALL: Final = {
    one.name: one
    for one in (
        Listed("jobs", "Jobs", JOBS, sources.jobs),
        Listed("workloads", "Workloads", WORKLOADS, sources.workloads),
        Listed("templates", "Templates", TEMPLATES, sources.templates),
        Listed("policies", "Policies", POLICIES, sources.policies),
    )
}
NAMES: Final = "|".join(ALL)
"""The last step of the addresses of lists, as a route matches it."""


async def page(request: web.Request) -> web.Response:
    """Show a list, or the part of it that another filter changes."""
    of, project, board, query = _asked(request)
    await board.read(READ_WITHIN)
    now = window(board.rows.values(), query, of.columns)
    part = request.headers.get("HX-Target", "").endswith("#list")
    values = {"standing": board.standing, "now": now, "notes": board.notes, **_known(of, project, request.path, query)}
    response = render(request, "list_part.html" if part else "list.html", **values)
    if part and (address := query.address(request.path)) != request.path_qs:
        response.headers["HX-Replace-Url"] = address  # without the filters that a form sends empty
    remember(request, response, project)
    return response


async def live(request: web.Request) -> web.StreamResponse:
    """Send what changes in the list, for as long as the page is open."""
    of, project, board, query = _asked(request)
    known = request.headers.get("Last-Event-ID") or request.query.get("at", "")
    parts = Parts(of.columns, query, _known(of, project, request.path.removesuffix("/live"), query))
    return await stream(request, messages(board, parts, known))


def _known(of: Listed, project: str, path: str, query: Query) -> dict[str, Any]:
    """Return what the parts of a list's page are made from, besides its rows."""
    return {"of": of, "columns": of.columns, "project": project, "path": path, "query": query}


def _asked(request: web.Request) -> tuple[Listed, str, Board, Query]:
    """Return the list of the request's address, its project, its rows, and which of them are asked for."""
    of, project = ALL[request.match_info["list"]], request.match_info["project"]
    query = read(request.query, of.columns.names)
    person = person_of(request)
    board = request.app[BOARDS].board(person, of.name, project, of.source(person.api, project))
    return of, project, board, query
