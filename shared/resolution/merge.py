"""Reads sources into layers and merges the layers. The last source wins, and items are taken whole, never mixed.

A layer keeps every statement of every source, the weakest first. Merging therefore only joins them, and each statement
beats those before it. Nothing is judged here, since only the final winner is judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Final, NamedTuple

from pydantic import JsonValue

from shared.parameters import sentences
from shared.parameters.derive import Parameter, controls, parameters, same
from shared.parameters.kinds import Kind
from shared.resolution.model import Origin, Path, Source, Violation

VALUE_FORM: Final = "{value: ...}"
LIKENESS: Final = 0.7
"""How much a name must be like another one to be taken for it, from 0 to 1."""
UNSUPPORTED: Final = {"masterSpec": sentences.one_spec_for_all()}
"""Sentences for parameters of Run:ai that are known and not supported."""
ITEMS_FORM: Final = "{items: {<label>: {value: ...}}}"


class Statement(NamedTuple):
    """One source's statement about a value or an item: `raw` as its author wrote it, or that it is deleted.

    `source` is the name of the resource, empty if it has none yet. A statement with a `mistake` cannot be read.
    """

    origin: Origin
    source: str
    raw: JsonValue
    deleted: bool = False
    mistake: str | None = None


Statements = tuple[Statement, ...]
"""All statements about one value or item, the weakest source first; never empty. The last one wins."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The statements of one or more sources by parameter, and by label for itemized parameters.

    `violations` concern the form of a source itself, whatever wins in the end.
    """

    values: Mapping[str, Statements] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Statements]] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()


def merge(*layers: Layer) -> Layer:
    """Merge the layers, given with the weakest first."""
    values: dict[str, Statements] = {}
    items: dict[str, dict[str, Statements]] = {}
    for layer in layers:
        for name, statements in layer.values.items():
            values[name] = values.get(name, ()) + statements
        for name, labels in layer.items.items():
            mine = items.setdefault(name, {})
            for label, statements in labels.items():
                mine[label] = mine.get(label, ()) + statements
    return Layer(values, items, tuple(violation for layer in layers for violation in layer.violations))


def read_layer(kind: Kind, source: Source) -> Layer:
    """The layer of a workload's spec, whether it is submitted or a base."""
    reader = Reader(kind, source.origin, source.ref.name if source.ref else "")
    for name, entry in source.spec.items():
        if name not in controls() and entry is not None:
            reader.take(name, entry)
    return reader.layer()


@cache
def names(kind: Kind) -> Mapping[str, Parameter]:
    """Every parameter of the kind, by each of its names."""
    found = {alias: parameter for parameter in parameters(kind).values() for alias in parameter.aliases}
    return {**found, **parameters(kind)}


class Reader:
    """Reads the spec of one source into a layer."""

    def __init__(self, kind: Kind, origin: Origin, source: str) -> None:
        self.kind, self.origin, self.source = kind, origin, source
        self._values: dict[str, Statements] = {}
        self._written: dict[str, str] = {}
        self._items: dict[str, Mapping[str, Statements]] = {}
        self._violations: list[Violation] = []

    def layer(self) -> Layer:
        """Everything that was read so far."""
        return Layer(self._values, self._items, tuple(self._violations))

    def refuse(self, path: Path, message: str) -> None:
        """Record that the source itself has an invalid form."""
        self._violations.append(Violation(path, self._said_of(message), origin=self.origin))

    def take(self, name: str, entry: JsonValue) -> None:
        """Read what the spec has under `name`: a value, or items by label."""
        parameter = names(self.kind).get(name)
        if parameter is None:
            self.refuse((name,), UNSUPPORTED.get(name) or self._unknown(name))
        elif parameter.itemized:
            self._take_items(parameter, name, entry)
        elif not parameter.shown.wrapped:
            self.state(parameter, name, entry)
        elif not isinstance(entry, dict):
            self.state(parameter, name, entry, sentences.written_as(VALUE_FORM))
        else:
            self._take_value(parameter, name, entry)

    def _take_value(self, parameter: Parameter, name: str, entry: Mapping[str, JsonValue]) -> None:
        """Read a value; one with members also as `values`, where each member may be written as `{value: ...}`."""
        self.known((name,), entry, ("value", "values") if parameter.members else ("value",))
        if (value := entry.get("value")) is not None:
            self.state(parameter, name, unwrapped(value) if parameter.members else value)
        if parameter.members and (values := unwrapped(entry.get("values"))):
            self.state(parameter, f"{name}.values", values)

    def state(self, parameter: Parameter, written: str, raw: JsonValue, mistake: str | None = None) -> None:
        """Record the value of a parameter under the name it was written with; twice only if both mean the same.

        An optional value that is empty means the same as none.
        """
        if parameter.absent(raw):
            return
        if earlier := self._values.get(parameter.name):
            if not _equal(parameter, earlier[0].raw, raw):
                twice = sentences.two_names(self._written[parameter.name], written)
                self._values[parameter.name] = (Statement(self.origin, self.source, raw, mistake=twice),)
            return
        self._written[parameter.name] = written
        self._values[parameter.name] = (Statement(self.origin, self.source, raw, mistake=mistake),)

    def _unknown(self, name: str) -> str:
        """The sentence for a name that the kind does not have, with the one that may be meant."""
        close = get_close_matches(name, [*names(self.kind), *controls()], n=1, cutoff=LIKENESS)
        hint = close[0] if close and self.origin is not Origin.POLICY else ""
        return sentences.unknown_parameter(self.kind.name, hint)

    def known(self, path: Path, entry: JsonValue | Mapping[str, JsonValue], known: Sequence[str]) -> None:
        """Refuse what an object holds besides the `known` fields: it would be lost without a word."""
        for key, inner in entry.items() if isinstance(entry, Mapping) else ():
            if key not in known and inner is not None:
                self.refuse((*path, key), sentences.unknown_member(known))

    def _take_items(self, parameter: Parameter, name: str, entry: JsonValue) -> None:
        self.known((name,), entry, ("items",))
        items = entry.get("items") if isinstance(entry, dict) else entry
        if isinstance(items, dict):
            self._items[parameter.name] = {label: (self._item(parameter, item),) for label, item in items.items()}
            for label, item in items.items():
                self.known((name, label), item, ("value", "deleted"))
        elif items is not None:
            self.refuse((parameter.name,), sentences.written_as(ITEMS_FORM))

    def _item(self, parameter: Parameter, item: JsonValue) -> Statement:
        if not isinstance(item, dict):
            form = None if item is None else sentences.written_as(VALUE_FORM)
            return Statement(self.origin, self.source, item, mistake=form or sentences.cannot_be_blank())
        raw = item.get("value")
        if raw is not None and len(item) == 1:
            return Statement(self.origin, self.source, raw)
        if raw is None and parameter.omissible and item.get("deleted") is not True:
            raw = ""
        mistake = sentences.cannot_be_blank() if raw is None else None
        if item.get("deleted") is True:
            if raw is None:
                return Statement(self.origin, self.source, None, deleted=True)
            mistake = sentences.deleted_with_value()
        return Statement(self.origin, self.source, raw, mistake=mistake)

    def _said_of(self, message: str) -> str:
        if self.origin is Origin.BASE:
            return sentences.in_base(message, self.source)
        return sentences.in_policy(message) if self.origin is Origin.POLICY else message


def unwrapped(raw: JsonValue) -> JsonValue:
    """The members of a value, each without `{value: ...}` around it."""
    if not isinstance(raw, dict):
        return raw
    wrapped = {name: one for name, one in raw.items() if isinstance(one, dict) and one.keys() <= {"value"}}
    plain = {name: wrapped[name].get("value") if name in wrapped else one for name, one in raw.items()}
    return {name: one for name, one in plain.items() if one is not None}


def _equal(parameter: Parameter, one: JsonValue, other: JsonValue) -> bool:
    try:
        return same(parameter.read(one), parameter.read(other))
    except ValueError:
        return one == other
