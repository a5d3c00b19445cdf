"""The addresses of the console: one line each."""

from typing import Final

from aiohttp import web

from services.console import pages, projects

ROUTES: Final = (
    web.get("/static/{name}", pages.static),
    web.get("/", projects.start),
    web.get("/p", projects.projects),
)
OPEN: Final = frozenset({pages.static})
"""Handlers that answer without knowing who asks."""
