"""The fields of a form as a browser sends them, by parameter and row. Pure.

| name | what it is |
|---|---|
| `v.gpu`, `v.runPolicy.backoffLimit` | the text of a control: of a value, or of its member |
| `v.environment.2`, `v.ports.2.container` | the same for the row 2 of an itemized parameter |
| `l.ports.2` | the label of the row |
| `d.ports.2` | present if the row is removed |
| `s.gpu`, `s.ports.2` | the mark of what was shown, see `marks` |
| `pin.gpu`, `pin.ports.2` | present if it is kept as the workload's own, even if it is the same as the inherited one |
| `e.notebookToken`, `e.tolerations.2.value` | present if an empty text is the value, and not none |
| `c.gpu` | the one of the parameters that exclude each other that counts; named after the first of them |

If a name comes twice, the last one counts: a checkbox comes after a hidden field with its other text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.console.marks import LOCKED
from shared.parameters.derive import Parameter, parameters
from shared.parameters.kinds import Kind


@dataclass(slots=True)
class Entry:
    """What was sent for a value, or for one row."""

    texts: dict[str, str] = field(default_factory=dict)
    """By member; the name is empty for a value without members."""
    mark: str = ""
    label: str = ""
    removed: bool = False
    pinned: bool = False
    empty: set[str] = field(default_factory=set)
    """Members whose value is empty text."""

    @property
    def locked(self) -> bool:
        """Whether nobody could change it when it was shown."""
        return self.mark.startswith(LOCKED)


@dataclass(slots=True)
class Posted:
    """Everything that was sent."""

    values: dict[str, Entry] = field(default_factory=dict)
    """By parameter."""
    rows: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By parameter and row, in the order of the form."""
    picked: dict[str, str] = field(default_factory=dict)
    """The parameter that counts, by the first of those that exclude each other."""
    unknown: list[str] = field(default_factory=list)
    """Names of parameters that the kind does not have."""


def read(kind: Kind, fields: Iterable[tuple[str, str]]) -> Posted:
    """Read the fields of a form, each with its name and text; those of others are left alone."""
    posted, known = Posted(), parameters(kind)
    for name, text in fields:
        what, dot, path = name.partition(".")
        parameter_name, _, rest = path.partition(".")
        if not dot or what not in ("v", "l", "d", "s", "pin", "e", "c"):
            continue
        if what == "c":
            posted.picked[path] = text
        elif parameter := known.get(parameter_name):
            _take(posted, parameter, what, rest, text)
        elif parameter_name not in posted.unknown:
            posted.unknown.append(parameter_name)
    return posted


def _take(posted: Posted, parameter: Parameter, what: str, rest: str, text: str) -> None:
    if parameter.itemized:
        row, _, rest = rest.partition(".")
        entry = posted.rows.setdefault(parameter.name, {}).setdefault(row, Entry())
    else:
        entry = posted.values.setdefault(parameter.name, Entry())
    known: Mapping[str, object] = parameter.members or {"": None}
    match what:
        case "v" if rest in known:
            entry.texts[rest] = text
        case "e" if rest in known:
            entry.empty.add(rest)
        case "s":
            entry.mark = text
        case "l":
            entry.label = text
        case "d":
            entry.removed = True
        case "pin":
            entry.pinned = True
