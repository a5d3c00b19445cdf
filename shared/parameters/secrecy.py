"""Hides the secrets in values, but not the references to where they are kept. Pure.

Quick to import: the catalogue is imported only when a value is shown.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from shared.parameters.confidential import Confidential

HIDDEN: Final = "(hidden)"
PREFIX: Final = "SECRET:"
"""The prefix of a reference to a Secret."""
OF_MEMBERS: Final = ("itemRules", "memberRules")
"""Rules of a policy that hold others, by member."""
LONG: Final = 8
"""Characters of a secret that is no part of any other word."""
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
    others: frozenset[str] = frozenset()
    """Names of the other members, whose texts are no secrets."""


@cache
def places() -> tuple[Place, ...]:
    """Every parameter of any kind that may hold a secret, in the order of the catalogue."""
    from shared.parameters.derive import parameters
    from shared.parameters.kinds import KINDS

    found: dict[str, Place] = {}
    for one in (parameter for kind in KINDS for parameter in parameters(kind).values() if parameter.confidential):
        earlier = found[one.name].members if one.name in found else {}
        members = {**earlier, **one.confidential}
        others = frozenset(name for name in (*one.members, *one.spellings) if name not in members)
        found[one.name] = Place(one.name, (one.name, *one.aliases), one.itemized, members, others)
    return tuple(found.values())


@cache
def _by_name() -> Mapping[str, Place]:
    return {name: place for place in places() for name in place.names}


def hidden(name: str, value: Any, label: str = "", member: str = "") -> Any:
    """The JSON of a parameter, of its item `label`, or of a `member`, without secrets.

    A value of another form than that of its parameter may have a secret anywhere in it, so all of it is hidden.
    """
    place = _by_name().get(name)
    if place is None:
        return _cleaned(value)
    if place.itemized and not label:
        return (
            {key: hidden(name, one, key) for key, one in value.items()} if isinstance(value, Mapping) else _all(value)
        )
    if "" in place.members:
        return _hidden_text(place.members[""], value, label)
    if member:
        return _hidden_member(place, member, value, label)
    if not isinstance(value, Mapping):
        return _all(value)
    return {key: _hidden_member(place, key, one, label) for key, one in value.items()}


def _hidden_member(place: Place, member: str, value: Any, label: str) -> Any:
    if of_type := place.members.get(member):
        return _hidden_text(of_type, value, label)
    return _cleaned(value) if member in place.others and not isinstance(value, Mapping | list) else _all(value)


def _hidden_text(of_type: "type[Confidential]", value: Any, label: str) -> Any:
    if not of_type.hides(label):
        return _cleaned(value)
    return _all(value) if isinstance(value, Mapping | list) or _plain(value, of_type) else value


def _all(value: Any) -> Any:
    return value if value is None else HIDDEN


def hidden_default(name: str, written: Any, label: str = "") -> Any:
    """A policy's default for a parameter or an item, in either notation, without secrets."""
    if isinstance(written, Mapping) and written.keys() == {"value"}:
        return {"value": hidden(name, written["value"], label)}
    return hidden(name, written, label)


def hidden_rules(name: str, rules: Mapping[str, Any], label: str = "", member: str = "") -> dict[str, Any]:
    """The rules for a parameter, for its item `label` or for a `member`, without options that are secrets.

    Rules for all items of a parameter may be for one whose value is a secret.
    """
    place = _by_name().get(name)
    if place is None:
        return dict(rules)
    shown: dict[str, Any] = {}
    for key, rule in rules.items():
        if key in OF_MEMBERS and isinstance(rule, Mapping):
            shown[key] = {one: _inner(place, own, label, one) for one, own in rule.items()}
        else:
            shown[key] = _hidden_option(place, rule, label, member) if key == "options" else rule
    return shown


def _inner(place: Place, rules: Any, label: str, member: str) -> Any:
    own = "" if "" in place.members else member
    return hidden_rules(place.parameter, rules, label, own) if isinstance(rules, Mapping) else rules


def _hidden_option(place: Place, rule: Any, label: str, member: str) -> Any:
    if member not in place.members:  # of a value as a whole, which no policy can list
        return rule if member or all(one.public for one in place.members.values()) else _all(rule)
    of_type = place.members[member]
    if of_type.public or (label and not of_type.hides(label)):
        return rule
    return [_option(one, of_type) for one in rule] if isinstance(rule, list) else _all(rule)


def _option(option: Any, of_type: "type[Confidential]") -> Any:
    if isinstance(option, Mapping):
        return {key: _option(one, of_type) for key, one in option.items()}
    return HIDDEN if _plain(option, of_type) else option


@dataclass(frozen=True, eq=False)
class AsWritten:
    """A value that cannot be read, as it may be shown; it is equal to no other."""

    shown: Any


def like(value: Any, texts: Sequence[str]) -> list[str]:
    """Texts that may be shown beside a value that was read: hidden if they are secrets as the value is."""
    from shared.parameters.confidential import Confidential

    if not isinstance(value, Confidential) or value.telltale is not None:
        return list(texts)
    return [HIDDEN if _plain(text, type(value)) else text for text in texts]


def secrets_in(values: Mapping[str, Any]) -> set[str]:
    """Every secret that a values set holds in plain."""
    found: set[str] = set()
    for place in places():
        value = values.get(place.parameter)
        items = value if place.itemized and isinstance(value, Mapping) else {"": value}
        for label, item in items.items():
            for member, of_type in place.members.items():
                text = item.get(member) if member and isinstance(item, Mapping) else item
                if isinstance(text, str) and of_type.hides(label) and _plain(text, of_type):
                    found.add(text)
    return found


def secrets_in_pod(spec: Mapping[str, Any]) -> set[str]:
    """The values of a pod's variables that are named like secrets."""
    from shared.parameters.confidential import EnvironmentValue

    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    variables = [one for container in containers for one in container.get("env") or []]
    return {one["value"] for one in variables if one.get("value") and EnvironmentValue.hides(one["name"])}


def unquoted(text: str, secrets: Iterable[str]) -> str:
    """A text by somebody else, such as the API server, without the secrets that it may quote, in any of its forms.

    A short secret is hidden only as a whole word, since it may be a part of any other one.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        for form in map(re.escape, sorted(forms)):
            whole = form if len(secret) >= LONG else rf"(?<!\w){form}(?!\w)"
            text = re.sub(whole, HIDDEN, text)
    return str(_cleaned(text))


def without_secrets(value: Any) -> Any:
    """A value that was read, as JSON without secrets."""
    from pydantic import BaseModel

    from shared.parameters.confidential import Confidential

    if isinstance(value, AsWritten):
        return value.shown
    if isinstance(value, BaseModel):
        shown = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
        secret = {(info.alias or field): getattr(value, field) for field, info in type(value).model_fields.items()}
        return {name: without_secrets(secret[name]) if name in secret else one for name, one in shown.items()}
    if isinstance(value, Confidential) and value.telltale is None and _plain(value, type(value)):
        return HIDDEN
    return _cleaned(value)


def _plain(value: Any, of_type: "type[Confidential]") -> bool:
    """Whether the text is the secret itself, and not a reference to it."""
    return value not in (None, "") and not of_type.reference.fullmatch(str(value))


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return IN_ADDRESS.sub(rf"\1:{HIDDEN}@", value) if isinstance(value, str) else value
