"""The projects that a person may see."""

from aiohttp import web

from services.console.pages import render


async def start(_: web.Request) -> web.Response:
    """Lead to the projects."""
    raise web.HTTPFound("/p")


async def projects(request: web.Request) -> web.Response:
    """Show the projects that this person may see."""
    return render(request, "projects.html", projects=())
