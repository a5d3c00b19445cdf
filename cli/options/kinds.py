"""The switches that select the kind of workload."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from shared.parameters.kinds import DEFAULT, KINDS, Kind

F = TypeVar("F", bound=Callable[..., Any])
Switches = dict[str, tuple[tuple[str, ...], str]]
"""The flags and their help, by name."""

SWITCHES: Final[Switches] = {kind.name: (kind.switches, kind.told) for kind in KINDS}
"""The flags that select a kind in submit commands, by kind of workload."""
SERVING: Final = "serving"
SERVING_FLAG: Final = "--inference"


def _read_switches() -> Switches:
    found: Switches = {}
    for kind in KINDS:
        if kind.serves:
            others = ", and ".join(one.serves for one in KINDS if one.serves)
            found.setdefault(SERVING, ((SERVING_FLAG,), f"Select {others}."))
            own = tuple(flag for flag in kind.switches if flag != SERVING_FLAG)
            found[kind.name] = own, f"Select {kind.serves} only ({kind.workload})."
        else:
            found[kind.name] = SWITCHES[kind.name]
    return found


READ_SWITCHES: Final = _read_switches()
"""The switches of verbs that read: one for served models covers several kinds, so that users need not know which."""


def any_kind(switches: Mapping[str, bool]) -> Sequence[Kind]:
    """The kinds whose switch is on; all kinds if none is."""
    return kinds_from(**switches) if any(switches.values()) else KINDS


def kind_options(command: F) -> F:
    """Add the kind switches to a verb that reads, which passes them to `kinds_from`."""
    return _switches(command, {name: text for name, (_, text) in READ_SWITCHES.items()})


def any_kind_options(command: F) -> F:
    """Add the kind switches to a verb that searches all kinds by default."""
    return _switches(
        command, {name: text.partition(";")[0].rstrip(".") + "." for name, (_, text) in READ_SWITCHES.items()}
    )


def _switches(command: F, told: Mapping[str, str]) -> F:
    for name, (flags, _) in reversed(READ_SWITCHES.items()):
        command = click.option(*flags, name, is_flag=True, help=told[name])(command)
    return command


def kinds_from(**switches: bool) -> tuple[Kind, ...]:
    """The kinds whose switch is on; training if none is."""
    chosen = [name for name, on in switches.items() if on]
    if len(chosen) > 1:
        flags = " or ".join(READ_SWITCHES[name][0][0] for name in chosen)
        raise click.UsageError(f"specify one kind of workload only: {flags}")
    if chosen == [SERVING]:
        return tuple(kind for kind in KINDS if kind.serves)
    name = chosen[0] if chosen else DEFAULT.name
    return tuple(kind for kind in KINDS if kind.name == name)
