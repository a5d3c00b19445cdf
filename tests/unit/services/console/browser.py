"""What a browser does with a form: it shows controls, lets a person change them, and posts their texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.console.fields import form_of
from services.console.form import Cell, Field, Form, Row
from services.console.inherited import inherited
from services.console.keeping import kept_of
from services.console.known import Draft
from services.console.marks import Marks
from services.console.moved import Moved, moved_in
from services.console.posted import read
from services.console.stated import NOTHING_KEPT, Kept, Stated, stated
from shared.parameters.kinds import INTERACTIVE, Kind
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.resolve import resolve

MARKS: Final = Marks([b"the key of the tests, 32 bytes....."])
Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Ground:
    """What a workload is based on."""

    kind: Kind
    policy: Policy
    base: Source | None

    def result(self, spec: Spec) -> Resolved | Refused:
        return resolve(self.kind, Source(Origin.WORKLOAD, None, dict(spec)), self.base, self.policy)

    def draft(self, spec: Spec, given: Stated | None = None) -> Draft:
        loose, unknown = (given.loose, given.unknown) if given else ((), ())
        return Draft(self.kind, dict(spec), self.policy, self.base, self.result(spec), loose, unknown)

    def page(self, spec: Spec, given: Stated | None = None) -> "Page":
        draft = self.draft(spec, given)
        form = form_of(draft, MARKS)
        return Page(form, kept_of(self.kind, draft.spec, draft.loose))

    def stated(self, page: "Page") -> Stated:
        under = inherited(self.kind, self.policy, self.base)
        return stated(under, read(self.kind, page.posted()), MARKS, page.kept)

    def again(self, page: "Page") -> tuple[Stated, "Page"]:
        """What the page states, and the page that shows it."""
        given = self.stated(page)
        return given, self.page(given.spec, given)

    def moved(self, page: "Page", form: Form) -> tuple[Moved, ...]:
        under = inherited(self.kind, self.policy, self.base)
        return tuple(moved_in(form, under, read(self.kind, page.posted()), MARKS))


def ground(kind: Kind = INTERACTIVE, policy: Spec | None = None, base: Spec | None = None, name: str = "big") -> Ground:
    compiled = compile_policy(kind, dict(policy or {}), SourceRef("runai-team-a", "the-policy", "uid", "1"))
    below = Source(Origin.BASE, SourceRef("runai-team-a", name, "uid", "1"), dict(base)) if base is not None else None
    return Ground(kind, compiled, below)


class Page:
    """A form in a browser."""

    def __init__(self, form: Form, kept: Kept = NOTHING_KEPT) -> None:
        self.form, self.kept = form, kept
        self.fields: dict[str, str] = {}
        for one in form.fields():
            if one.folded:
                continue
            if not one.itemized:
                self._value(one)
            for row in one.rows:
                self._row(row)

    def posted(self) -> Sequence[tuple[str, str]]:
        """The fields as they are sent, with the line ends of the web."""
        return [(name, text.replace("\n", "\r\n")) for name, text in self.fields.items()]

    def type(self, name: str, text: str) -> "Page":
        """Type a text into a control: `gpu`, `ports.0.container`."""
        assert f"v.{name}" in self.fields, name
        self.fields[f"v.{name}"] = text
        return self

    def remove(self, row: str) -> "Page":
        self.fields[f"d.{row}"] = "1"
        return self

    def restore(self, row: str) -> "Page":
        self.fields.pop(f"d.{row}", None)
        return self

    def pin(self, name: str) -> "Page":
        self.fields[f"pin.{name}"] = "1"
        return self

    def undo(self, name: str) -> "Page":
        """Undo the person's own statement of a value."""
        self.fields.pop(f"pin.{name}", None)
        for key in [key for key in self.fields if key == f"v.{name}" or key.startswith(f"v.{name}.")]:
            self.fields[key] = ""
        return self

    def pick(self, group: str, name: str) -> "Page":
        self.fields[f"c.{group}"] = name
        return self

    def add(self, parameter: str, label: str, **texts: str) -> "Page":
        """Fill a new row; the text of an item without members is `value`."""
        taken = {key.split(".")[2] for key in self.fields if key.startswith(f"l.{parameter}.")}
        row = f"{parameter}.{next(str(key) for key in range(99) if str(key) not in taken)}"
        self.fields[f"l.{row}"] = label
        for member, text in texts.items():
            self.fields[f"v.{row}" if member == "value" else f"v.{row}.{member}"] = text
        return self

    def row(self, parameter: str, label: str) -> Row:
        return next(row for row in self.form.field(parameter).rows if row.label == label)

    def _value(self, one: Field) -> None:
        self.fields[f"s.{one.name}"] = one.mark
        if one.pinned:
            self.fields[f"pin.{one.name}"] = "1"
        if one.picked:
            self.fields[f"c.{one.group[0]}"] = one.name
        self._cells(one.cells)

    def _row(self, row: Row) -> None:
        self.fields[f"l.{row.name}"] = row.label
        said = {"s": row.mark, "d": "1" if row.removed else "", "pin": "1" if row.pinned else ""}
        self.fields.update({f"{what}.{row.name}": text for what, text in said.items() if text})
        self._cells(row.cells)

    def _cells(self, cells: Sequence[Cell]) -> None:
        for cell in cells:
            self.fields[cell.name] = cell.text
            if cell.empty:
                self.fields[cell.empty] = "1"
