"""Hides the secrets in values, but not the references to where they are kept. Pure.

Quick to import: the catalogue is imported only when a value is shown.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from shared.parameters.confidential import Confidential

HIDDEN: Final = "(hidden)"
PREFIX: Final = "SECRET:"
"""The prefix of a reference to a Secret."""
IN_ADDRESS: Final = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
"""User and password in an address, before the host."""


class Place(NamedTuple):
    """A parameter whose values, items or some of their members may be secret."""

    parameter: str
    names: tuple[str, ...]
    """The parameter's name and its aliases."""
    itemized: bool
    members: Mapping[str, "type[Confidential]"]
    """Types by the member's name as people write it; the name is empty for the value or item itself."""


@cache
def places() -> tuple[Place, ...]:
    """Every parameter of any kind that may hold a secret, in the order of the catalogue."""
    from shared.parameters.derive import parameters
    from shared.parameters.kinds import KINDS

    found: dict[str, Place] = {}
    for one in (parameter for kind in KINDS for parameter in parameters(kind).values() if parameter.confidential):
        others = found[one.name].members if one.name in found else {}
        members = {**others, **one.confidential}
        found[one.name] = Place(one.name, (one.name, *one.aliases), one.itemized, members)
    return tuple(found.values())


@cache
def _by_name() -> Mapping[str, Place]:
    return {name: place for place in places() for name in place.names}


def hidden(name: str, value: Any, label: str = "", member: str = "") -> Any:
    """The JSON of a parameter, of its item `label`, or of a `member`, without secrets."""
    place = _by_name().get(name)
    if isinstance(value, Mapping):
        if place and place.itemized and not label:
            return {key: hidden(name, one, key) for key, one in value.items()}
        return {key: hidden(name, one, label, key) for key, one in value.items()}
    of_type = place.members.get(member) if place else None
    return HIDDEN if of_type and of_type.hides(label) and _plain(value) else _cleaned(value)


def hidden_default(name: str, written: Any, label: str = "") -> Any:
    """A policy's default for a parameter or an item, in either notation, without secrets."""
    if isinstance(written, Mapping) and written.keys() == {"value"}:
        return {"value": hidden(name, written["value"], label)}
    return hidden(name, written, label)


def without_secrets(value: Any) -> Any:
    """A value that was read, as JSON without secrets."""
    from pydantic import BaseModel

    from shared.parameters.confidential import Confidential

    if isinstance(value, BaseModel):
        shown = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
        secret = {(info.alias or field): getattr(value, field) for field, info in type(value).model_fields.items()}
        return {name: without_secrets(secret[name]) if name in secret else one for name, one in shown.items()}
    if isinstance(value, Confidential) and value.telltale is None and _plain(value):
        return HIDDEN
    return _cleaned(value)


def _plain(value: Any) -> bool:
    """Whether the text is the secret itself, and not a reference to it."""
    return value not in (None, "") and not str(value).startswith(PREFIX)


def _cleaned(value: Any) -> Any:
    return IN_ADDRESS.sub(rf"\1:{HIDDEN}@", value) if isinstance(value, str) else value
