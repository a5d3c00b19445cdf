"""What of a workload a form cannot carry, so that it stays in the view that shows it as YAML. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from pydantic import JsonValue

from shared.parameters.derive import Parameter, Unreadable, parameters
from shared.parameters.kinds import Kind
from shared.resolution.merge import Statement, read_layer
from shared.resolution.model import JsonObject, Origin, Path, Source, Violation

ONE_LINE: Final = re.compile(r"[\x00-\x1f\x7f]")
"""Characters that a control of one line loses."""


def not_carried(kind: Kind, spec: JsonObject) -> tuple[Violation, ...]:
    """Everything that is written in another way than a form would write it, with what would be right.

    A value that is wrong is carried as long as it can be typed.
    """
    layer = read_layer(kind, Source(Origin.WORKLOAD, None, spec))
    found = list(layer.violations)
    for name, parameter in parameters(kind).items():
        for statement in layer.values.get(name, ()):
            found += _wrong(parameter, (name,), statement)
        for label, (statement,) in layer.items.get(name, {}).items():
            if label != ONE_LINE.sub("", label).strip() or not label:
                found += _mistakes(parameter.read_label, (name, label), label)
            found += _wrong(parameter, (name, label), statement)
    return tuple(found)


def _wrong(parameter: Parameter, path: Path, statement: Statement) -> Iterator[Violation]:
    if statement.mistake:
        yield Violation(path, statement.mistake, origin=Origin.WORKLOAD)
    elif not statement.deleted and not _can_be_typed(parameter, statement.raw):
        yield from _mistakes(parameter.read, path, statement.raw)


def _can_be_typed(parameter: Parameter, raw: JsonValue) -> bool:
    """Whether controls have a place for everything in the value."""
    if not parameter.members:
        return not isinstance(raw, dict | list)
    if not isinstance(raw, dict) or any(isinstance(one, dict | list) for one in raw.values()):
        return False
    try:
        parameter.read(raw)
    except Unreadable:
        named = [parameter.spellings.get(name, name) for name in raw]
        return set(named) <= set(parameter.members) and len(set(named)) == len(named)
    return True


def _mistakes(read: Callable[[Any], object], path: Path, raw: JsonValue) -> Iterator[Violation]:
    try:
        read(raw)
    except Unreadable as error:
        for one in error.mistakes:
            yield Violation((*path, *one.path), one.message, origin=Origin.WORKLOAD)
