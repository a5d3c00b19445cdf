"""The New Job page: the form, its answers while somebody types, and the submission."""

from dataclasses import replace
from typing import Final

from aiohttp import web

from services.console.forms import (
    ADD,
    OLD_BASE,
    OLD_KIND,
    TOGGLE,
    UNDO,
    Filled,
    filled_in,
    judged_form,
    marks_of,
    place_of,
    sent_in,
    shown,
)
from services.console.judged import Judged, Sent, judge
from services.console.pages import STATUS, is_partial
from services.console.people import person_of
from services.console.place import BASE, BY_NAME, Place
from services.console.posted import read
from services.console.prefill import prefilled
from services.console.stated import Stated
from services.console.tickets import Ticket
from services.console.yaml_view import from_yaml, yaml_page
from shared.errors import AlreadyExistsError, SlipwayError, UnauthorizedError
from shared.inquiry.creation import create_or_find
from shared.names import PREVIOUS_JOB_LABELS
from shared.objects import JsonObject
from shared.parameters import sentences
from shared.parameters.derive import parameters

TAKEN: Final = "a workload of this name was created by somebody else in the same second: submit again"
TWICE: Final = "this form has created {name} already, and says something else now: submit again for another workload"
MOVED: Final = "some values changed while this form was open: look at them, then submit again"
UNSAID: Final = "some of what you typed is no part of the workload yet, and YAML would lose it: mend that first"
REFUSED: Final = "this workload would be refused: nothing was sent"


async def form(request: web.Request) -> web.Response:
    """Show the form, filled by its base and by what the address states."""
    place = place_of(request)
    filled = prefilled(place.kind, ((name, text) for name, text in request.query.items() if name != BASE))
    found = await judged_form(request, place, Sent(read(place.kind, filled.fields)))
    return shown(request, found, Ticket.new(), notes=filled.notes)


async def post(request: web.Request) -> web.Response:
    """Do what the pressed button says: submit, or show the form as it is then."""
    filled = await filled_in(request)
    match filled.pressed:
        case "load":
            return await _load(request, filled)
        case "yaml":
            found = await judged_form(request, filled.place, sent_in(request, filled))
            if found.stated.problems:
                return shown(request, found, filled.ticket, status=422, sentence=UNSAID, alert=True)
            return yaml_page(request, found, filled)
        case "form":
            return await from_yaml(request, filled)
        case "submit":
            return await submit(request, filled)
    found = await judged_form(request, filled.place, sent_in(request, filled))
    return shown(request, found, filled.ticket, adding=filled.get(ADD))


async def check(request: web.Request) -> web.Response:
    """Answer with what must be said beside the controls, and never with the controls themselves."""
    filled = await filled_in(request)
    found = await judged_form(request, filled.place, sent_in(request, filled))
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response(found.to_json())
    return shown(request, found, filled.ticket, "answer.html", focus=filled.get(UNDO) or filled.get(TOGGLE))


async def submit(request: web.Request, filled: Filled) -> web.Response:
    """Create the workload once, unless it would be refused or says something that the form did not show."""
    place, ticket = filled.place, filled.ticket
    found = await judged_form(request, place, sent_in(request, filled), fresh=True)
    if found.moved:
        return _again(request, found, ticket, MOVED, 409)
    if found.refused:
        return _again(request, found, ticket, REFUSED, 422)
    name = ticket.name(found.verdict.result.values_set)
    body = place.workload(found.spec, name, labels=dict(PREVIOUS_JOB_LABELS))
    try:
        created = await create_or_find(person_of(request).api, place.collection, body, ticket.number)
    except AlreadyExistsError:
        return _again(request, found, Ticket.new(), TAKEN, 409)
    except UnauthorizedError:
        raise
    except SlipwayError as error:
        status = next((code for kind, code in STATUS if isinstance(error, kind)), 400)
        return _again(request, found, ticket, str(error), status)
    if _differs(created, found.spec):
        return _again(request, found, Ticket.new(), TWICE.format(name=created["metadata"]["name"]), 409)
    return _led_to(request, place, created)


def _differs(created: JsonObject, spec: JsonObject) -> bool:
    """Whether the workload states something else than the form does now."""
    stored = {name: entry for name, entry in created["spec"].items() if name != "usage"}
    return bool(stored != spec)


def _led_to(request: web.Request, place: Place, created: JsonObject) -> web.Response:
    """Lead to the page of the workload."""
    address = f"/p/{place.project}/{place.kind.name}/{created['metadata']['name']}"
    if is_partial(request):
        return web.Response(headers={"HX-Redirect": address})
    raise web.HTTPSeeOther(address)


def _again(request: web.Request, found: Judged, ticket: Ticket, sentence: str, status: int) -> web.Response:
    """Show the form again, with why nothing was sent."""
    if is_partial(request):
        return shown(request, found, ticket, "answer.html", sentence=sentence, alert=True)
    return shown(request, found, ticket, status=status, sentence=sentence, alert=True)


async def _load(request: web.Request, filled: Filled) -> web.Response:
    """Show the form of another base or kind, with what the person stated in the one before."""
    place, marks = filled.place, marks_of(request)
    before = Place(BY_NAME.get(filled.get(OLD_KIND), place.kind), place.project, filled.get(OLD_BASE))
    typed = await judged_form(request, before, sent_in(request, replace(filled, place=before)))
    known = parameters(place.kind)
    spec = {name: entry for name, entry in typed.stated.spec.items() if name in known}
    lost = [name for name in typed.stated.spec if name not in known]
    said = Stated(spec, tuple(one for one in typed.stated.loose if one.parameter in known))
    under = await judged_form(request, place, Sent())
    found = await judge(person_of(request).api, place, under.gathered, said, marks)
    notes = [f"{name}: {sentences.unknown_parameter(place.kind.name)}" for name in lost]
    return shown(request, found, filled.ticket, notes=notes)
