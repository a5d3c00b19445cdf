"""The control that a value gets, from its type and the policy's rules. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple

import yaml
from pydantic import JsonValue

from services.console.texts import text_of
from shared.parameters.confidential import Confidential
from shared.parameters.derive import Family, Member, Parameter, same
from shared.parameters.rules import Options
from shared.parameters.shown import Suggests
from shared.parameters.types import AnnotationValue, Choice, Text, Words


class Widget(StrEnum):
    """A kind of control; each has a macro in the templates."""

    LINE = "line"
    """One line of text."""
    AREA = "area"
    """Several lines of text."""
    NUMBER = "number"
    """One line with a number: text, so that 0.50 and 1e3 stay as they are typed."""
    SWITCH = "switch"
    """A checkbox, whose text is true or false."""
    SELECT = "select"
    """A choice from a closed list."""


class Option(NamedTuple):
    """An entry of a closed list."""

    value: str
    text: str
    allowed: bool = True
    """Whether it can be chosen; if not, it is there since it is the value now."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a value is written in the form."""

    widget: Widget
    inputmode: str = "text"
    """The keyboard that a touch screen shows: text, numeric or decimal."""
    options: tuple[Option, ...] = ()
    """Of a select."""
    suggests: Suggests | None = None
    """What can be suggested while typing."""
    units: tuple[str, ...] = ()
    """Units that an amount is usually written with."""
    placeholder: str = ""
    secret: bool = False
    """Whether the text may be a secret; `SECRET:<name>,<key>` refers to one."""


LONG: Final = (Words, AnnotationValue)
"""Types whose text may be long."""
NUMERIC: Final = {Family.INTEGER: "numeric", Family.NUMBER: "decimal"}


def control_of(of: Parameter | Member, text: str = "", written: Mapping[str, Any] | None = None) -> Control:
    """The control for a value or a member that says `text`, under the policy's rules as they are `written`."""
    choices = options_of(of.type, text, written or {})
    return Control(
        widget=_widget(of.type, of.family, text, choices),
        inputmode=NUMERIC.get(of.family, "text"),
        options=choices,
        suggests=of.suggests,
        units=of.units,
        placeholder=placeholder(of),
        secret=issubclass(of.type, Confidential) and not of.type.public,
    )


def _widget(of_type: Any, family: Family, text: str, options: Sequence[Option]) -> Widget:
    if family is Family.BOOLEAN and text in ("true", "false"):
        return Widget.SWITCH
    if options:
        return Widget.SELECT
    if "\n" in text or issubclass(of_type, LONG):
        return Widget.AREA
    return Widget.NUMBER if family in NUMERIC else Widget.LINE


def options_of(of_type: Any, text: str, written: Mapping[str, Any]) -> tuple[Option, ...]:
    """The closed list of a value, with the one that it has now; empty if there is none."""
    listed = written.get(Options.name)
    if isinstance(listed, list) and issubclass(of_type, Text | Choice):
        found = [_option(of_type, one) for one in listed]
    elif issubclass(of_type, Choice):
        found = [Option(one.value, one.value) for one in of_type]
    else:
        return ()
    if any(one.value == text for one in found):
        return tuple(found)
    return Option(text, text, allowed=not text or _means_one_of(of_type, text, found)), *found


def _means_one_of(of_type: type[Text | Choice], text: str, options: Sequence[Option]) -> bool:
    """Whether a text means the same as one of the options, in another spelling."""
    try:
        return any(same(of_type.read(text), of_type.read(one.value)) for one in options)
    except ValueError:
        return False


def _option(of_type: type[Text | Choice], raw: JsonValue) -> Option:
    """An option of a policy, in the spelling of its type."""
    value = raw.get("value") if isinstance(raw, dict) else raw
    shown = raw.get("displayed") if isinstance(raw, dict) else None
    try:
        text = str(of_type.read(value))
    except ValueError:
        text = text_of(value)
    return Option(text, text_of(shown) or text)


def placeholder(of: Parameter | Member) -> str:
    """The example of a value or a member as a person types it; empty if there is none for the value alone."""
    if isinstance(of, Member):
        return text_of(_read(of.cell.example)) if of.cell else ""
    example = _read(of.shown.example)
    if of.itemized:
        return "" if of.members else _example_of_item(example)
    return "" if of.members else text_of(example)


@cache
def _read(example: str) -> Any:
    return yaml.safe_load(example)


def _example_of_item(example: JsonValue) -> str:
    item = next(iter(example.values()), None) if isinstance(example, dict) else None
    return text_of(item.get("value")) if isinstance(item, dict) else ""
