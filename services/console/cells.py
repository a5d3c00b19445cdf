"""The controls of a value or of an item. Pure."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from services.console.form import Cell
from services.console.known import OF_MEMBERS, Known
from services.console.texts import Texts
from services.console.widgets import control_of
from shared.inquiry.allowed import in_words
from shared.parameters.derive import Member, Parameter


class Content(NamedTuple):
    """What the controls of a value, or of the item with this label, show."""

    parameter: Parameter
    label: str
    name: str
    """The beginning of the names of the controls."""
    texts: Texts
    raw: JsonValue
    """The value as it is written, which the texts may hide; None if there is none."""
    locked: bool = False


def cells_of(known: Known, content: Content) -> tuple[Cell, ...]:
    """The controls: one for each member, or one for the value itself."""
    return tuple(_cell(known, content, member) for member in _members(content.parameter))


def _members(parameter: Parameter) -> Iterator[Member | None]:
    yield from parameter.members.values() if parameter.members else (None,)


def _cell(known: Known, content: Content, member: Member | None) -> Cell:
    parameter, label = content.parameter, content.label
    key = member.name if member else ""
    name = f"{content.name}.{key}" if key else content.name
    path = tuple(step for step in (parameter.name, label, key) if step)
    written, text = known.written_of(parameter, key, label), content.texts.get(key, "")
    allowed = in_words({rule: one for rule, one in written.items() if rule not in OF_MEMBERS}, None)
    title = title_of(parameter, member)
    own = bool(member) or not parameter.itemized
    return Cell(
        path=path,
        member=key,
        name=name,
        title=title,
        help=member.doc if member else parameter.described(known.titled),
        unit=_unit(parameter, member),
        control=control_of(member or parameter, text, written),
        text=text,
        required=member.required if member else known.required(parameter) or _needs_value(parameter),
        locked=content.locked or (member is not None and known.frozen(parameter, member, label, content.raw)),
        empty=f"e.{name.removeprefix('v.')}" if key in _empty(parameter, content.raw) else "",
        allowed=allowed,
        problems=known.problems(known.wrong(*path), name, title, allowed) if own else (),
    )


def title_of(parameter: Parameter, member: Member | None) -> str:
    """The title of a control; that of the value, for an item without members, is the last heading."""
    if member:
        return member.cell.title if member.cell else member.name
    return parameter.shown.headings[-1] if parameter.itemized else parameter.shown.title


def _unit(parameter: Parameter, member: Member | None) -> str:
    if member:
        return member.cell.unit if member.cell else ""
    return parameter.shown.unit


def _needs_value(parameter: Parameter) -> bool:
    """Whether an item without members must have a value."""
    return parameter.itemized and not parameter.omissible and not getattr(parameter.type, "blank", False)


def _empty(parameter: Parameter, raw: JsonValue) -> Collection[str]:
    """The members that are stated as empty text, which is not the same as none."""
    if parameter.itemized and not parameter.members:
        return ()
    if not parameter.members:
        return ("",) if raw == "" and not parameter.absent("") else ()
    stated = raw if isinstance(raw, dict) else {}
    blank = (name for name, member in parameter.members.items() if getattr(member.type, "blank", False))
    return tuple(name for name in blank if stated.get(name) == "")
