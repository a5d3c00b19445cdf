"""Describes the relations between parameters in words, which end a parameter's description everywhere."""

from collections.abc import Callable, Collection, Iterator, Sequence

from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.shown import Condition, Either, Shown

Called = Callable[[str], str]
"""Returns the name of a parameter for people: its name in a resource, or its flag on the command line."""


def described(name: str, shown: Shown, known: Collection[str], called: Called = str) -> Iterator[str]:
    """A sentence for each relation of a parameter to the `known` ones, which are those of a kind."""
    if shown.required:
        yield "Required."
    yield from _conditions(shown, called)
    if shown.follows and shown.follows.parameter in known:
        value = sentences.written(shown.follows.value)
        with_other = f" with {called(shown.follows.parameter)}"
        yield f"Defaults to {value}{'' if _only_with_the_same(shown) else with_other}."
    others = [called(other) for other in (*excluded_by(name), *shown.not_with) if other in known]
    if others:
        yield f"Not together with {sentences.any_of(others)}."


def only_if(condition: Condition, called: Called = str) -> str:
    """What a parameter needs, as a sentence."""
    return f"Only {_condition(condition, called)}."


def never_with(other: str, called: Called = str) -> str:
    """What a parameter excludes, as a sentence."""
    return f"Not together with {called(other)}."


def excluded_by(name: str) -> Sequence[str]:
    """The other parameters of the group in which only one takes effect; empty for most parameters."""
    group = next((group for group in EXCLUSIVE if name in group), ())
    return [other for other in group if other != name]


def _conditions(shown: Shown, called: Called) -> Iterator[str]:
    required, only = shown.required_with, shown.only_with
    if required and required == only:
        yield f"Required {_condition(required, called)}, and only allowed then."
        return
    if required:
        yield f"Required {_condition(required, called)}."
    if only:
        yield only_if(only, called)


def _condition(condition: Condition, called: Called) -> str:
    if isinstance(condition, Either):
        return f"with {condition.words}"
    if condition.value is True:
        return f"with {called(condition.parameter)}"
    return f"if {called(condition.parameter)} is {condition.value}"


def _only_with_the_same(shown: Shown) -> bool:
    only = shown.only_with
    return not isinstance(only, Either) and only is not None and only.parameter == (shown.follows or only).parameter
