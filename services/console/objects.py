"""Everything that the workload of a form would create, each object tried on the API server and none stored."""

from aiohttp import web

from services.console.forms import Filled, filled_in, judged_form, sent_in, shown
from services.console.judged import Judged
from services.console.keeping import hidden_spec
from services.console.people import person_of
from shared.inquiry.now import Preview, preview
from shared.inquiry.preflight import DRY
from shared.inquiry.yaml_texts import yaml_text
from shared.names import PREVIOUS_JOB_LABELS
from shared.objects import JsonObject
from shared.parameters.secrecy import secrets_in, unquoted


async def objects(request: web.Request) -> web.Response:
    """Show what would be created, or why nothing would be."""
    filled = await filled_in(request)
    found = await judged_form(request, filled.place, sent_in(request, filled), fresh=True)
    tried = None if found.refused else await _tried(request, found, filled)
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response(_told(found, tried))
    texts = _texts(tried) if tried else []
    return shown(request, found, filled.ticket, "objects.html", tried=tried, objects=texts)


async def _tried(request: web.Request, found: Judged, filled: Filled) -> Preview:
    """The objects, as the API server says of each."""
    api, place = person_of(request).api, found.place
    name = filled.ticket.name(found.verdict.result.values_set)
    body = place.workload(found.spec, name, labels=dict(PREVIOUS_JOB_LABELS))
    return await preview(api, place.kind, await api.create(place.collection, body, DRY))


def _texts(tried: Preview) -> list[tuple[str, str]]:
    """Each object's name and YAML, without secrets."""
    secrets = secrets_in(tried.explained.values)
    return [(f"{one['kind']} {one['metadata']['name']}", unquoted(yaml_text(one), secrets)) for one in tried.objects]


def _told(found: Judged, tried: Preview | None) -> JsonObject:
    """The answer for programs."""
    if tried is None:
        return found.to_json()
    objects = [{"kind": one["kind"], "name": one["metadata"]["name"]} for one in tried.objects]
    return {**tried.explained.to_json(), "spec": hidden_spec(found.place.kind, found.spec), "objects": objects}
