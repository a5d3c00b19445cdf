"""Where a value comes from, in the words of the form. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from services.console.form import Beat, From, Whose
from shared.parameters.derive import Parameter
from shared.parameters.secrecy import hidden
from shared.parameters.sentences import written
from shared.resolution.cross_relations import FOLLOWED
from shared.resolution.merge import Statement
from shared.resolution.model import Origin, Provenance

MINE: Final = From(Whose.MINE, "mine")
WHOSE: Final = {
    Origin.POLICY: Whose.POLICY,
    Origin.BASE: Whose.BASE,
    Origin.WORKLOAD: Whose.MINE,
    Origin.BUILT_IN: Whose.BUILT_IN,
}
TEXTS: Final = {Origin.POLICY: "policy", Origin.WORKLOAD: MINE.text, Origin.BUILT_IN: "built-in"}


def from_source(origin: Origin, base: str) -> From:
    """The origin in words; `base` is the name of the base workload."""
    return From(WHOSE[origin], TEXTS.get(origin) or (f"from {base}" if base else "base"))


def from_provenance(parameter: Parameter, found: Provenance, base: str, titled: Callable[[str], str]) -> From:
    """Where a value of the values set comes from; a built-in one may follow from another parameter."""
    made = from_source(found.origin, base)
    if found.origin is Origin.BUILT_IN and found.value != parameter.default:
        return made._replace(text=f"{made.text}, follows from {titled(FOLLOWED[parameter.name])}")
    return made


def beaten(parameter: Parameter, statements: Iterable[Statement], base: str, label: str = "") -> Iterator[Beat]:
    """The statements that lost, in the order given, without secrets."""
    for one in statements:
        text = "(deleted)" if one.deleted else written(hidden(parameter.name, one.raw, label))
        yield Beat(from_source(one.origin, base), text)
