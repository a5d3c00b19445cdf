"""The projects that a person may see, and the one that they saw last."""

from typing import Final

from aiohttp import web

from services.console.pages import render
from services.console.people import person_of
from shared.errors import ForbiddenError
from shared.names import PROJECT_PREFIX, is_name, project_of, resource_path

COOKIE: Final = "slipway-project"
"""Keeps the name of the project that was seen last, which is no secret."""
KEPT: Final = 365 * 86400
"""Seconds."""
MOST: Final = 500
"""Projects on the page; the filter finds the others."""


async def start(request: web.Request) -> web.Response:
    """Lead to the jobs of the project that was seen last, or else to the projects."""
    last = request.cookies.get(COOKIE, "")
    raise web.HTTPFound(_jobs_of(last) if _is_project(last) else "/p")


async def projects(request: web.Request) -> web.Response:
    """Show the projects that this person may see, or lead to the one whose name they typed."""
    wanted = request.query.get("project", "").strip().removeprefix(PROJECT_PREFIX)
    if _is_project(wanted):
        raise web.HTTPSeeOther(_jobs_of(wanted))
    q, problem, names = request.query.get("q", "").strip().lower(), "", []
    try:
        found = await person_of(request).api.names(resource_path("namespaces", None, None, "v1"))
        names = sorted(name for name in map(project_of, found) if name)
    except ForbiddenError as error:
        problem = str(error)
    shown = [name for name in names if q in name]
    return render(
        request, "projects.html", projects=shown[:MOST], every=len(names), matching=len(shown), problem=problem, q=q
    )


def remember(request: web.Request, response: web.Response, project: str) -> None:
    """Lead this person to the project when they come back."""
    if request.cookies.get(COOKIE) != project:
        response.set_cookie(COOKIE, project, max_age=KEPT, httponly=True, samesite="Lax", secure=request.secure)


def _is_project(name: str) -> bool:
    return is_name(name) and name.replace("-", "").isalnum() and name.isascii()


def _jobs_of(project: str) -> str:
    return f"/p/{project}/jobs"
