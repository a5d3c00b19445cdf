"""Derives flags from the catalogue into `flags.json`, so that `--help` and completion need not import the catalogue."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from cli.submit.flags import FILE, Flag
from generate.historic_flags import HISTORIC
from shared.parameters.confidential import EnvironmentValue, SecretName
from shared.parameters.derive import Family, Parameter, controls, parameters
from shared.parameters.kinds import KINDS, Kind
from shared.parameters.placement import Capability
from shared.parameters.storage import Claim
from shared.parameters.types import PortMapping, Volume

CAMEL_CASE: Final = re.compile(r"(?<!mentions )\b[a-z]+[A-Z]\w*")
NOTATIONS: Final[dict[type[Any], str]] = {
    Capability: "name",
    EnvironmentValue: "variable",
    PortMapping: "port",
    SecretName: "name",
    Volume: "volume",
}
"""The notation of types whose items have one of their own; see `cli.submit.notations`."""


def derived() -> list[dict[str, Any]]:
    """Every flag, in the catalogue's order, as `cli.submit.flags.Flag` takes it."""
    found: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        for parameter in _of(kind):
            for names in _spellings(parameter):
                flag = found.setdefault(names[0], _flag(parameter, names))
                flag["kinds"].append(kind.name)
    return [*found.values(), *_historic()]


def _historic() -> Iterator[dict[str, Any]]:
    """Flags that the catalogue does not imply, for the kinds whose workloads have the parameter."""
    for flag in HISTORIC:
        kinds = [kind.name for kind in KINDS if flag.parameter in parameters(kind)]
        stated = {key: value for key, value in flag._asdict().items() if value != Flag._field_defaults.get(key)}
        yield {**stated, "kinds": kinds}


def files() -> dict[Path, str]:
    """The generated file, by path in the repository."""
    return {Path("cli/submit") / FILE: text()}


def text() -> str:
    """The text of the file, with a line per flag."""
    return "[\n" + ",\n".join(json.dumps(flag) for flag in derived()) + "\n]\n"


def _of(kind: Kind) -> Iterator[Parameter]:
    yield from controls().values()
    yield from parameters(kind).values()


def _spellings(parameter: Parameter) -> Iterator[tuple[str, ...]]:
    """The flags of a parameter. All are names of the same flag, but for items each long name is a notation."""
    names = parameter.shown.flags
    several = [name for name in names if name.startswith("--")]
    if parameter.itemized and len(several) > 1:
        yield from ((name,) for name in names)
    elif names:
        yield names


def _flag(parameter: Parameter, names: tuple[str, ...]) -> dict[str, Any]:
    members = {name: member.family.value for name, member in parameter.members.items()}
    told = {
        "parameter": parameter.name,
        "names": names,
        "notation": _notation(parameter, names[0]),
        "section": parameter.shown.section,
        "help": _by_flags(parameter.described(lambda name: long_flags().get(name, name))),
        "wrapped": parameter.shown.wrapped,
        "choices": [str(choice) for choice in parameter.choices],
        "members": members,
    }
    return {**{key: value for key, value in told.items() if value not in ([], {})}, "kinds": []}


def _by_flags(doc: str) -> str:
    """The text with other parameters replaced by their flags, as readers of `--help` know them."""
    return CAMEL_CASE.sub(lambda word: long_flags().get(word[0], word[0]), doc)


@cache
def long_flags() -> dict[str, str]:
    """The flag under which help shows each parameter."""
    every = (parameter for kind in KINDS for parameter in _of(kind))
    return {one.name: next(flag for flag in one.shown.flags if flag[:2] == "--") for one in every if one.shown.flags}


def _notation(parameter: Parameter, name: str) -> str:
    if parameter.itemized:
        if parameter.type is Claim:
            return name.removeprefix("--")
        return NOTATIONS.get(parameter.type) or ("members" if parameter.members else "pair")
    return {Family.BOOLEAN: "switch", Family.INTEGER: "number"}.get(parameter.family, "text")
