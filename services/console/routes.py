"""The addresses of the console: one line each."""

from typing import Final

from aiohttp import web

from services.console import actions, lists, pages, projects

ROUTES: Final = (
    web.get("/static/{name}", pages.static),
    web.get("/", projects.start),
    web.get("/p", projects.projects),
    web.get(f"/p/{{project}}/{{list:{lists.NAMES}}}", lists.page),
    web.get(f"/p/{{project}}/{{list:{lists.NAMES}}}/live", lists.live),
    web.post("/p/{project}/jobs/{act:suspend|resume}", actions.steer),
    web.post("/p/{project}/jobs/delete", actions.delete),
)
OPEN: Final = frozenset({pages.static})
"""Handlers that answer without knowing who asks."""
