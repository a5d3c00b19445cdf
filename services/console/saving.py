"""What a form can start from and become: the list of bases, and the form as a template."""

import re
from typing import Any

from aiohttp import web

from services.console.forms import filled_in, judged_form, place_of, sent_in, shown
from services.console.judged import Judged
from services.console.pages import STATUS, is_partial, render
from services.console.people import person_of
from services.console.saved import Saved, saved
from services.console.template import template_spec
from shared.errors import AlreadyExistsError, SlipwayError, UnauthorizedError
from shared.inquiry.sources import as_source
from shared.inquiry.yaml_texts import yaml_text
from shared.names import GLOBAL_NAMESPACE
from shared.objects import JsonObject
from shared.parameters.types import SUBDOMAIN

NAMELESS = "a template needs a name of lower case letters, digits, - and ., such as team-a-defaults"
TO_APPLY = "# For an administrator to apply, since it serves every project: kubectl apply -f {name}.yaml\n"


async def bases(request: web.Request) -> web.Response:
    """List what a form can start from, and whether each can be submitted as it is."""
    place, wanted = place_of(request), request.query.get("q", "")
    problem, found = "", Saved((), ())
    try:
        found = await saved(person_of(request).api, place.kind, place.namespace, wanted)
    except UnauthorizedError:
        raise
    except SlipwayError as error:
        if not is_partial(request):
            raise
        problem = str(error)
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response(found.to_json())
    return render(request, "bases.html", place=place, saved=found, q=wanted, problem=problem)


async def save_as(request: web.Request) -> web.Response:
    """Save the form as a template of the project, or hand out the YAML of a global one."""
    filled = await filled_in(request)
    found = await judged_form(request, filled.place, sent_in(request, filled), fresh=True)
    name, everyones = filled.get("template").strip(), filled.get("do") == "save-global"
    said, status, tone = await _saved(request, found, name, everyones=everyones)
    if everyones and status == 200:
        return _file(found, name)
    more: dict[str, Any] = {"saved_said": said, "saved_tone": tone, "saved_as": name}
    if is_partial(request):
        return render(request, "saved.html", **more)
    return shown(request, found, filled.ticket, status=status, **more)


async def _saved(request: web.Request, found: Judged, name: str, *, everyones: bool) -> tuple[str, int, str]:
    """What became of the template: a sentence, a status and a tone."""
    if not re.fullmatch(SUBDOMAIN, name):
        return NAMELESS, 422, "bad"
    if found.stated.problems:
        return "; ".join(str(one) for one in found.stated.problems), 422, "bad"
    if everyones:
        return "", 200, ""
    try:
        await person_of(request).api.create(found.place.collection, _template(found, name, found.place.namespace))
    except UnauthorizedError:
        raise
    except AlreadyExistsError:
        return f"{found.place.kind.workload} {name} exists already: choose another name", 409, "bad"
    except SlipwayError as error:
        return str(error), next((code for kind, code in STATUS if isinstance(error, kind)), 400), "bad"
    return f"template {name} is saved in project {found.place.project}", 200, "ok"


def _file(found: Judged, name: str) -> web.Response:
    text = TO_APPLY.format(name=name) + yaml_text(_template(found, name, GLOBAL_NAMESPACE))
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"', "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="application/yaml", headers=headers)


def _template(found: Judged, name: str, namespace: str) -> JsonObject:
    place, grounds = found.place, found.gathered.sources.grounds()
    workload = place.workload(found.spec)
    spec = template_spec(place.kind, as_source(workload), grounds.base, grounds.policy)
    return {**workload, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
