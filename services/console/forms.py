"""The New Job form on its way between browser and console: what came back, and the page that shows it."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from aiohttp import web

from services.console.expired import AGAIN
from services.console.form import Field
from services.console.judged import Gathered, Gathering, Judged, Sent, judge_sent
from services.console.keeping import FIELD, kept_of, packed, unpacked
from services.console.marks import Marks
from services.console.moved import SEEN, references
from services.console.pages import TEMPLATES, render
from services.console.people import person_of
from services.console.place import BASE, Place, place_at
from services.console.posted import Posted, read
from services.console.prefill import Fields, link_query
from services.console.received import received
from services.console.sealing import Keys, opened, sealed
from services.console.sign_in import DOORS
from services.console.stated import Kept
from services.console.tickets import Ticket
from shared.errors import TransientError
from shared.inquiry.yaml_texts import yaml_text
from shared.parameters.kinds import KINDS

GATHERING: Final = web.AppKey("gathering", Gathering)
MARKS: Final = b"marks of what a form showed"
"""Makes the keys of marks from the console's keys."""
PURPOSE: Final = "secrets that were typed into a form"
NOTHING_SAID: Final[dict[str, Any]] = {
    **dict.fromkeys(("sentence", "adding", "focus", "saved_said", "saved_tone", "saved_as"), ""),
    "notes": (),
    "alert": False,
}
UNDO, TOGGLE, ADD = "undo", "toggle", "add"
"""Buttons that change the form itself: bring back what a value beats, remove or restore a row, add one."""
OLD_KIND, OLD_BASE = "kind", "from"
"""Fields that say what the form was made for."""


@dataclass(frozen=True)
class Filled:
    """A form as it came back."""

    place: Place
    fields: Fields
    ticket: Ticket

    def get(self, name: str, default: str = "") -> str:
        """The last text of a field."""
        return dict(self.fields).get(name, default)

    @property
    def pressed(self) -> str:
        """The button that sent it: `submit` unless it is another one."""
        if self.get(AGAIN):  # it was sent without a valid sign-in, and comes back to be looked at
            return "check"
        changing = next((one for one in (UNDO, TOGGLE, ADD) if self.get(one)), "")
        pinning = any(name.startswith("pin.") and text == "now" for name, text in self.fields)
        return changing or ("pin" if pinning else self.get("do", "submit"))


def place_of(request: web.Request) -> Place:
    """The place that a request is about."""
    return place_at(request.match_info["project"], request.match_info["kind"], request.query.get(BASE, ""))


async def filled_in(request: web.Request) -> Filled:
    """The form that a request brings, once its buttons that change it have done so."""
    fields = tuple((await received(request)).items())
    return Filled(place_of(request), _changed(fields), Ticket.of(dict(fields)))


def _changed(fields: Fields) -> Fields:
    """The fields as the pressed button leaves them."""
    said = dict(fields)
    if undone := said.get(UNDO):
        return tuple(one for one in fields if not _is_of(one[0], undone))
    if toggled := said.get(TOGGLE):
        rest = tuple(one for one in fields if one[0] != toggled)
        return rest if len(rest) < len(fields) else (*fields, (toggled, "on"))
    return fields


def _is_of(name: str, undone: str) -> bool:
    """Whether a field states something of the value or the row that is undone."""
    what, _, path = name.partition(".")
    return what in ("v", "e", "pin", "d") and (path == undone or path.startswith(f"{undone}."))


def keys_of(request: web.Request) -> Keys:
    """The console's keys. Raises TransientError while there are none."""
    keys = request.app[DOORS].jar.keys()
    if keys is None:
        raise TransientError("the console has no keys yet: try again")
    return keys


def prepare(app: web.Application) -> None:
    """Put into the application what the form needs."""
    app[GATHERING] = Gathering()


def marks_of(request: web.Request) -> Marks:
    """What makes and recognises the marks of forms."""
    return Marks([hmac.digest(key, MARKS, sha256) for key in keys_of(request)])


def sent_in(request: web.Request, filled: Filled) -> Sent:
    """What the form states."""
    return Sent(read(filled.place.kind, filled.fields), filled.get(SEEN), kept_in(request, filled))


def kept_in(request: web.Request, filled: Filled) -> Kept:
    """The secrets that the form keeps without showing them."""
    text = filled.get(FIELD)
    return unpacked(opened(keys_of(request), PURPOSE, text) if text else None)


async def under_of(request: web.Request, place: Place, *, fresh: bool = False) -> Gathered:
    """What drafts of the place rest on."""
    return await request.app[GATHERING](person_of(request).api, place, fresh=fresh)


async def judged_form(request: web.Request, place: Place, sent: Sent, *, fresh: bool = False) -> Judged:
    """The verdict on what a form states."""
    found = await under_of(request, place, fresh=fresh)
    return await judge_sent(person_of(request).api, place, found, sent, marks_of(request))


def shown(
    request: web.Request, found: Judged, ticket: Ticket, template: str = "new.html", status: int = 200, **more: Any
) -> web.Response:
    """The page, or the part of it, that shows the form."""
    values = {**_values(request, found, ticket), **NOTHING_SAID, **more}
    renew = _renewed(values, found, ticket, pressed=values["alert"])
    response = render(request, template, status, **values, **renew)
    response.headers["Cache-Control"] = (
        "private, no-cache"  # so that the way back leads to the form as it was filled in
    )
    return response


TEMPLATES.filters["problems_of"] = lambda of: sum(1 for _ in of.all_problems())


def _values(request: web.Request, found: Judged, ticket: Ticket) -> dict[str, Any]:
    place, form = found.place, found.form
    kept = {**found.sent.kept, **kept_of(place.kind, found.stated.spec, found.stated.loose)}
    name = ticket.name(found.verdict.result.values_set)
    return {
        "place": place,
        "kinds": KINDS,
        "found": found,
        "form": form,
        "basics": [one for one in form.fields() if one.rank == "basic"],
        "ticket": ticket,
        "seen": references(found.gathered.sources),
        "kept": sealed(keys_of(request), PURPOSE, packed(kept)) if kept else "",
        "yaml": yaml_text(place.workload(found.shown_spec, name)),
        "link": place.address(**dict(link_query(place.kind, found.stated.spec))),
    }


def _renewed(values: dict[str, Any], found: Judged, ticket: Ticket, *, pressed: bool) -> dict[str, Any]:
    """What an answer writes into the form: once somebody has pressed Submit, all that moved as well."""
    if found.moved and not pressed:
        return {"renewed": (), "anew": ()}
    own = [("number", ticket.number), ("made", ticket.made), ("seen", values["seen"])] if pressed else []
    anew = {one.path[0] for one in found.moved if len(one.path) > 1}
    return {"renewed": [*own, *renewed(found.form.fields(), found.sent.posted)], "anew": anew}


def renewed(fields: Any, posted: Posted) -> Sequence[tuple[str, str]]:
    """The names and texts of controls that must say something else than they were sent with.

    Only those that the person left alone, and whose value follows from others or was brought back.
    """
    found: list[tuple[str, str]] = []
    for one in fields:
        found += _of_rows(one, posted) if one.itemized else _of_value(one, posted)
    return found


def _of_value(one: Field, posted: Posted) -> list[tuple[str, str]]:
    entry = posted.values.get(one.name)
    if entry is None or one.mine or (entry.mark == one.mark and entry.texts):
        return []
    texts = [(cell.name, cell.text) for cell in one.cells]
    return [*texts, (f"s.{one.name}", one.mark)]


def _of_rows(one: Field, posted: Posted) -> list[tuple[str, str]]:
    entries = posted.rows.get(one.name, {})
    back = [row for row in one.rows if row.key in entries and not entries[row.key].texts and not row.mine]
    return [(cell.name, cell.text) for row in back for cell in row.cells] + [(f"d.{row.name}", "false") for row in back]
