"""The addresses of the console: one line each."""

from typing import Final

from aiohttp import web

from services.console import actions, details, lists, logs, new_job, objects, pages, policies, projects, saving, sign_in
from services.console.subject import STEPS

ROUTES: Final = (
    web.get("/static/{name}", pages.static),
    web.get("/sign-in", sign_in.page),
    web.post("/sign-in/token", sign_in.by_token),
    web.get("/sign-in/provider", sign_in.at_provider),
    web.get("/sign-in/link", sign_in.by_link),
    web.get("/sign-in/done", sign_in.done),
    web.get("/signed-in", sign_in.signed_in),
    web.post("/sign-out", sign_in.sign_out),
    web.get("/", projects.start),
    web.get("/p", projects.projects),
    web.get("/p/{project}/new/{kind}", new_job.form),
    web.post("/p/{project}/new/{kind}", new_job.post),
    web.post("/p/{project}/new/{kind}/check", new_job.check),
    web.post("/p/{project}/new/{kind}/objects", objects.objects),
    web.post("/p/{project}/new/{kind}/save-as", saving.save_as),
    web.get("/p/{project}/new/{kind}/bases", saving.bases),
    web.get(f"/p/{{project}}/policies/{{kind:{policies.STEPS}}}", policies.page),
    web.post(f"/p/{{project}}/policies/{{kind:{policies.STEPS}}}/check", policies.check),
    web.post(f"/p/{{project}}/policies/{{kind:{policies.STEPS}}}/impact", policies.impact),
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
OPEN: Final = frozenset(
    {
        pages.static,
        sign_in.page,
        sign_in.by_token,
        sign_in.at_provider,
        sign_in.by_link,
        sign_in.done,
        sign_in.signed_in,
        sign_in.sign_out,
    }
)
"""Handlers that answer without knowing who asks."""
