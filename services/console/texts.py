"""Values as the texts of a form's controls, and texts as values. Pure.

A value has one text, or one for each of its members. Browsers change line ends and drop control characters, so texts
are compared without these.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import JsonValue

from shared.parameters.amounts import EXACT
from shared.parameters.derive import Family, Member, Parameter, Unreadable, meaning
from shared.parameters.types import Text

Texts = Mapping[str, str]
"""The texts of a value by member; the name is empty for a value without members."""

WHOLE: Final = re.compile(r"[+-]?\d{1,20}", re.ASCII)
SWITCH: Final[Mapping[str, bool]] = {"true": True, "false": False}
CARRIED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\ufffd]")
"""Characters that do not come back from a browser as they were."""


def texts_of(parameter: Parameter, raw: JsonValue) -> dict[str, str]:
    """The texts for a value as it is written; a switch that is left out has the text of its default."""
    if not parameter.members:
        return {"": text_of(raw)}
    given = raw if isinstance(raw, dict) else {}
    named = {parameter.spellings.get(name, name): one for name, one in given.items()}
    return {name: _text_of_member(member, named.get(name)) for name, member in parameter.members.items()}


def text_of(raw: JsonValue) -> str:
    """The text for one value; what is neither text nor a number is shown as JSON."""
    if raw is None or isinstance(raw, str):
        return plain(raw or "")
    if isinstance(raw, float):
        return format(Decimal(repr(raw)), "f") if abs(raw) < 1e300 else repr(raw)
    return json.dumps(raw)


def _text_of_member(member: Member, raw: JsonValue) -> str:
    switch = raw is None and member.family is Family.BOOLEAN
    return text_of(member.default if switch else raw)


def raw_of(parameter: Parameter, texts: Texts, stated: Collection[str] = (), empty: Collection[str] = ()) -> JsonValue:
    """The value that the texts state, as it is written in a spec; it may be one that cannot be read.

    A member whose text is empty is left out unless it is one of the `empty` ones, whose value is empty text. A switch
    with its default is left out unless it is one of the `stated` ones.
    """
    if not parameter.members:
        return _raw(parameter.family, parameter.type, texts.get("", ""))
    found: dict[str, JsonValue] = {}
    for name, member in parameter.members.items():
        text = texts.get(name, "")
        raw = _raw(member.family, member.type, text)
        default = member.family is Family.BOOLEAN and raw is member.default
        if (text.strip() or name in empty) and (not default or name in stated):
            found[name] = raw
    return found


def _raw(family: Family, of_type: Any, text: str) -> JsonValue:
    """The value that a text states. Blanks around it count only where blank text is a value."""
    text = plain(text)
    if not (issubclass(of_type, Text) and of_type.blank):
        text = text.strip()
    if family is Family.BOOLEAN:
        return SWITCH.get(text, text)
    if family is Family.INTEGER and WHOLE.fullmatch(text):
        return int(text)
    return text


def plain(text: str) -> str:
    """The text with the line ends of Unix."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def carried(text: str) -> str:
    """The text without what a browser changes or drops."""
    return CARRIED.sub("", plain(text))


def is_empty(parameter: Parameter, texts: Texts) -> bool:
    """Whether the texts state nothing: all are empty, or the defaults of switches."""
    if not parameter.members:
        return not texts.get("", "").strip()
    return raw_of(parameter, texts) == {}


def payload(parameter: Parameter, texts: Texts) -> str:
    """A text that is the same for texts that mean the same, and different otherwise."""
    if is_empty(parameter, texts) and not parameter.itemized:
        return "nothing"
    raw = raw_of(parameter, texts)
    try:
        return f"means {_told(meaning(parameter.read(raw)))}"
    except Unreadable:
        return f"says {json.dumps({name: carried(text).strip() for name, text in sorted(texts.items())})}"


def _told(value: Any) -> str:
    """A meaning as text."""
    if isinstance(value, Decimal):
        return str(value.normalize(EXACT) if value else Decimal(0))
    if isinstance(value, Mapping):
        return _listed(f"{name}: {_told(one)}" for name, one in value.items())
    if isinstance(value, frozenset):
        return _listed(sorted(map(_told, value)))
    if isinstance(value, tuple):
        return _listed(map(_told, value))
    return json.dumps(carried(value).strip() if isinstance(value, str) else value)


def _listed(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))
