"""Read a service's settings from the environment, and name everything that is wrong with them at once.

A setting that is ignored is worse than a service that does not start: a name that is almost that of a setting counts as
a mistake too.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UndecodedError

SettingsT = TypeVar("SettingsT", bound="Settings")

RENAMED: Final = {"CREATOR_SCHEDULER": "SLIPWAY_SCHEDULER"}
"""Variables that were renamed in some release: old name to new name."""
OF_SERVICES: Final = re.compile(r"_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")
"""Ends of the variables that Kubernetes sets in pods for every Service of the namespace, whatever that is called."""
OF_A_SERVICE: Final = re.compile("(tcp|udp|sctp)://")
"""Beginning of the value of another such variable, whose name ends as a setting may end: in `_PORT`."""
UNDECODED: Final = re.compile(r'for field "(\w+)"')
"""Where pydantic-settings names the field whose text is no JSON."""
ALIKE: Final = 0.8
"""Share of equal letters from which a name counts as another one, mistyped."""
WRONG_SETTINGS: Final = 2
"""Exit code of a service whose settings are wrong: a new process with the same ones cannot help."""
LONGEST_SHOWN: Final = 60
"""Letters of a wrong value that are shown."""
HIDDEN: Final = ("nats_url", "exporter_otlp_endpoint", "exporter_otlp_traces_endpoint")
"""Settings whose value is not shown, since it may hold a password."""
MUST: Final[Mapping[str, str]] = {
    "bool_parsing": "must be true or false",
    "enum": "must be one of {expected}",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "less_than_equal": "must be {le:g} or less",
    "missing": "must be set",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be one of {expected}",
}
"""What a value must be, by pydantic's name for what it is not."""


class SettingsError(Exception):
    """Settings are wrong; the text names all of them, one a line."""


class Settings(BaseSettings):
    """Settings that are read once, from variables with a prefix."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Environment:
    """The variables of this process, and what is wrong with those that were read so far."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._variables = variables
        self._wrong = list(renamed(variables))
        self._known: dict[str, set[str]] = {}

    def read(self, kind: type[SettingsT], *, shared_prefix: bool = False) -> SettingsT:
        """Return the settings of a class; its defaults if some are wrong, which `finish` reports.

        With a `shared_prefix`, others read variables with the same prefix, so that unknown names are none of ours.
        """
        prefix = str(kind.model_config["env_prefix"])
        if not shared_prefix:
            self._known[prefix] = {f"{prefix}{field}".upper() for field in kind.model_fields}
        try:
            return kind()
        except ValidationError as error:
            self._wrong += (_sentence(prefix, one) for one in error.errors())
        except UndecodedError as error:  # the first of those that are written as JSON
            field = UNDECODED.search(str(error))
            self._wrong.append(f"{prefix}{field[1].upper() if field else '...'}: must be JSON")
        wrong: SettingsT = kind.model_construct()  # type: ignore[assignment]  # says BaseSettings
        return wrong

    def finish(self) -> list[str]:
        """Return variables that look like settings and are none. SettingsError names all mistakes."""
        for name, meant in self._mistyped():
            self._wrong.append(f"{name} is not a setting: did you mean {meant}?")
        if self._wrong:
            raise SettingsError("\n".join(dict.fromkeys(self._wrong)))  # a class may have been read twice
        return [name for name in self._unknown() if name.upper().startswith(tuple(self._known))]

    def _unknown(self) -> Iterator[str]:
        known = set().union(*self._known.values(), RENAMED)
        for name, value in self._variables.items():
            if name.upper() not in known and not _is_of_kubernetes(name.upper(), value):
                yield name

    def _mistyped(self) -> Iterator[tuple[str, str]]:
        for name in self._unknown():
            if meant := meant_by(name.upper(), self._known):
                yield name, meant


def _is_of_kubernetes(name: str, value: str) -> bool:
    return bool(OF_SERVICES.search(name) or (name.endswith("_PORT") and OF_A_SERVICE.match(value)))


def meant_by(name: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Return the setting that an unknown name is meant to be, among settings by prefix; None if it is like none."""
    for prefix, settings in known.items():
        if name.startswith(prefix):
            close = get_close_matches(name.removeprefix(prefix), [s.removeprefix(prefix) for s in settings], 1, ALIKE)
            return f"{prefix}{close[0]}" if close else None
    start, line, rest = name.partition("_")
    for prefix, settings in known.items():
        if f"{prefix}{rest}" in settings and SequenceMatcher(None, start + line, prefix).ratio() >= ALIKE:
            return f"{prefix}{rest}"
    return None


def renamed(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for every variable that is set only under its old name, which would be ignored."""
    for old, new in RENAMED.items():
        if old in variables and new not in variables:
            yield f"{old} is not read any more: set {new} instead"


def wrong_settings(name: str, sentences: str) -> SystemExit:
    """Say what is wrong, each sentence on a line of its own as plain text, and return the exit."""
    for sentence in sentences.splitlines():
        print(f"{name}: {sentence}", file=sys.stderr)
    return SystemExit(WRONG_SETTINGS)


def _sentence(prefix: str, error: Any) -> str:
    kind, text = error["type"], error["msg"].removeprefix("Value error, ")
    if not error["loc"]:  # about several settings, which the text names
        return str(text)
    field = str(error["loc"][0])
    must = MUST[kind].format_map(error.get("ctx") or {}) if kind in MUST else text
    shown = "" if field in HIDDEN or kind == "missing" else f", and is {str(error['input'])[:LONGEST_SHOWN]!r}"
    return f"{prefix}{field.upper()}: {must}{shown}"
