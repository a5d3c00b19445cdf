"""Rules and built-in defaults for the relations between parameters that the catalogue declares. Part of `cross`.

The tables are built once, on import: every parameter that declares a relation has a rule.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from shared.parameters import sentences
from shared.parameters.kinds import KINDS, Kind
from shared.parameters.shown import Condition, Either, Shown, State, When, shown_of
from shared.resolution.chosen import Chosen, Found


class Declared(NamedTuple):
    """The catalogue's declaration of a parameter."""

    shown: Shown
    switch: bool
    """Whether its value is true or false; if so, it counts as given only if it is on."""

    def given(self, name: str, chosen: Chosen) -> bool:
        """Whether some source gives it, and its value means more than none."""
        value = chosen[name]
        return name in chosen.stated and (bool(value) if self.switch else value not in self.shown.idle)


def _declared(kind: Kind) -> dict[str, Declared]:
    """Every parameter of a kind by name. Reads only the fields, since building their readers takes much longer."""
    fields = kind.values.model_fields
    return {info.alias or field: Declared(shown_of(info), info.annotation is bool) for field, info in fields.items()}


DECLARED: Final[dict[str, Declared]] = {name: one for kind in KINDS for name, one in _declared(kind).items()}
REQUIRED: Final = {kind.name: [name for name, one in _declared(kind).items() if one.shown.required] for kind in KINDS}
"""Required parameters by kind of workload."""
REQUIRED_WITH: Final = [(one.shown.required_with, name) for name, one in DECLARED.items() if one.shown.required_with]
ONLY_WITH: Final = {name: one.shown.only_with for name, one in DECLARED.items() if one.shown.only_with}
NOT_WITH: Final = {
    switch: [name for name, one in DECLARED.items() if switch in one.shown.not_with]
    for switch in dict.fromkeys(switch for one in DECLARED.values() for switch in one.shown.not_with)
}
"""Parameters that a switch excludes, by switch."""
FOLLOWS: Final = [(*one.shown.follows, name) for name, one in DECLARED.items() if one.shown.follows]
FOLLOWED: Final[Mapping[str, str]] = {**{name: switch for switch, _, name in FOLLOWS}, "workers": "pyTorchJob"}
"""Parameters whose built-in default can follow from another one, each with that one."""


def implied(values: Mapping[str, Any], stated: Collection[str]) -> Mapping[str, str | bool | int]:
    """Built-in defaults that follow from other values: a notebook's image, TensorBoard's directory, a user's home."""
    found = {name: value for switch, value, name in FOLLOWS if values.get(switch) and name not in stated}
    return {**found, **elastic_default(values, stated)}


def elastic_default(values: Mapping[str, Any], stated: Collection[str]) -> Mapping[str, int]:
    """The number of workers of an elastic job that states none: as few as it may have, if that is more than usual."""
    elastic = values.get("pyTorchJob")
    if "workers" in stated or elastic is None or elastic.min_replicas is None or elastic.max_replicas is None:
        return {}
    least = elastic.min_replicas
    return {"workers": least} if values["workers"] < least <= elastic.max_replicas else {}


def required(chosen: Chosen) -> Iterator[Found]:
    """Every required parameter is given by some source."""
    for name in REQUIRED[chosen.kind]:
        if chosen[name] is None and name not in chosen.stated:
            yield name, sentences.cannot_be_blank()


def required_with(chosen: Chosen) -> Iterator[Found]:
    """A parameter that a condition requires is given if the condition holds."""
    for condition, name in REQUIRED_WITH:
        if met(condition, chosen[condition.parameter]) and chosen[name] is None and name not in chosen.stated:
            yield name, sentences.blank_where(condition.parameter, sentences.written(condition.value))


def only_with(chosen: Chosen) -> Iterator[Found]:
    """A parameter that needs a condition is given only if the condition holds."""
    for name in chosen.stated:  # far fewer than the parameters that have conditions
        condition = ONLY_WITH.get(name)
        if condition and DECLARED[name].given(name, chosen) and known_unmet(condition, chosen.values, chosen.stated):
            yield name, _only_with(condition)


def not_with(chosen: Chosen) -> Iterator[Found]:
    """A parameter that a switch excludes is not given while the switch is on."""
    for switch, names in NOT_WITH.items():
        if chosen[switch]:
            yield from ((name, sentences.not_with(switch)) for name in names if DECLARED[name].given(name, chosen))


def _only_with(condition: Condition) -> str:
    if isinstance(condition, Either):
        return sentences.needs_any(condition.words)
    if condition.value is True:
        return sentences.needs(condition.parameter)
    return sentences.only_where(condition.parameter, str(condition.value))


def known_unmet(condition: Condition, values: Mapping[str, Any], stated: Collection[str]) -> bool:
    """Whether a condition is known not to hold; nothing is known about a value that is stated and could not be read."""
    if isinstance(condition, When):
        value = values.get(condition.parameter)
        return value is not None and not met(condition, value)
    found = [(one, values.get(one.parameter)) for one in condition.conditions]
    unread = any(value is None and one.parameter in stated for one, value in found)
    return not unread and not any(met(one, value) for one, value in found)


def met(condition: When, value: Any) -> bool:
    """Whether a condition holds, given the value of its parameter as it was read; None if there is none."""
    if value is None:
        return False
    if condition.value is State.FRACTION:
        return bool(0 < value.amount < 1)
    if condition.value is State.SOME:
        return bool(value.amount > 0)
    return bool(value == condition.value)


RELATION_RULES: Final[tuple[Callable[[Chosen], Iterator[Found]], ...]] = (required, required_with, only_with, not_with)
