"""What of a workload a form cannot carry, so that it stays in the view that shows it as YAML. Pure."""

from collections.abc import Iterator

from pydantic import JsonValue

from shared.parameters.derive import Parameter, Unreadable, parameters
from shared.parameters.kinds import Kind
from shared.resolution.merge import Statement, read_layer
from shared.resolution.model import JsonObject, Origin, Path, Source, Violation


def not_carried(kind: Kind, spec: JsonObject) -> tuple[Violation, ...]:
    """Everything that is written in another way than a form would write it, with what would be right.

    A value that is wrong is carried as long as it can be typed.
    """
    layer = read_layer(kind, Source(Origin.WORKLOAD, None, spec))
    found = list(layer.violations)
    for name, parameter in parameters(kind).items():
        for statement in layer.values.get(name, ()):
            found += _wrong(parameter, (name,), statement)
        for label, statements in layer.items.get(name, {}).items():
            found += [one for statement in statements for one in _wrong(parameter, (name, label), statement)]
    return tuple(found)


def _wrong(parameter: Parameter, path: Path, statement: Statement) -> Iterator[Violation]:
    if statement.mistake:
        yield Violation(path, statement.mistake, origin=Origin.WORKLOAD)
    elif not statement.deleted and not _can_be_typed(parameter, statement.raw):
        yield from _mistakes(parameter, path, statement.raw)


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


def _mistakes(parameter: Parameter, path: Path, raw: JsonValue) -> Iterator[Violation]:
    try:
        parameter.read(raw)
    except Unreadable as error:
        for one in error.mistakes:
            yield Violation((*path, *one.path), one.message, origin=Origin.WORKLOAD)
