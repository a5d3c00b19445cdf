"""The addresses of the console: one line each."""

from typing import Final

from aiohttp import web

from services.console import actions, details, lists, logs, pages, projects
from services.console.subject import STEPS

ROUTES: Final = (
    web.get("/static/{name}", pages.static),
    web.get("/", projects.start),
    web.get("/p", projects.projects),
    web.get(f"/p/{{project}}/{{list:{lists.NAMES}}}", lists.page),
    web.get(f"/p/{{project}}/{{list:{lists.NAMES}}}/live", lists.live),
    web.post("/p/{project}/jobs/{act:suspend|resume}", actions.steer),
    web.post("/p/{project}/jobs/delete", actions.delete),
    web.get(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}", details.page),
    web.get(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/live", details.live),
    web.get(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/logs", logs.page),
    web.get(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/logs/live", logs.live),
    web.get(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/logs/text", logs.text),
    web.post(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/{{act:suspend|resume}}", actions.steer),
    web.post(f"/p/{{project}}/{{kind:{STEPS}}}/{{name}}/delete", actions.delete),
)
OPEN: Final = frozenset({pages.static})
"""Handlers that answer without knowing who asks."""
