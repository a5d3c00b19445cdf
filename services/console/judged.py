"""A draft as the form has it: what it rests on, read with the person's own rights, and the verdict on it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from services.console.fields import form_of
from services.console.form import Form
from services.console.inherited import inherited
from services.console.keeping import hidden_spec
from services.console.known import Draft
from services.console.marks import Marks
from services.console.moved import Moved, moved_in, references
from services.console.place import Place
from services.console.posted import Posted
from services.console.stated import Kept, Stated, stated
from shared.inquiry.explanation import of_verdict
from shared.inquiry.rights import judged
from shared.inquiry.sources import Sources, Verdict, gather
from shared.kubernetes.api import Api
from shared.objects import JsonObject

KEPT_FOR: Final = 2.0
"""Seconds for which what a draft rests on is not read again: keystrokes follow each other."""


@dataclass(frozen=True)
class Gathered:
    """What drafts of a place rest on."""

    sources: Sources
    unseen: Sequence[str] = ()
    """What the person may not read, so that nothing can be judged for certain."""


@dataclass(frozen=True)
class Sent:
    """What a form brought back."""

    posted: Posted = field(default_factory=Posted)
    seen: str = ""
    """The policy and the base that it shows; empty if it was not made here."""
    kept: Kept = field(default_factory=dict, repr=False)
    """Secrets of the person's own that it does not show."""


NOTHING_SENT: Final = Sent()


@dataclass(frozen=True)
class Judged:
    """A draft with the form that shows it, and the verdict."""

    place: Place
    gathered: Gathered
    stated: Stated
    verdict: Verdict
    form: Form
    sent: Sent
    moved: Sequence[Moved] = ()
    """Values that changed beneath the form since it was shown."""

    @property
    def refused(self) -> bool:
        """Whether submitting it would fail."""
        return bool(self.form.problems)

    @property
    def unseen(self) -> Sequence[str]:
        """Why the verdict is not certain; empty if it is."""
        return self.gathered.unseen

    @property
    def notes(self) -> list[str]:
        """What is worth knowing and changes nothing."""
        return [*self.verdict.result.notes, *self.verdict.notes]

    @property
    def spec(self) -> JsonObject:
        """The spec of the workload that would be sent."""
        return spec_of(self.place, self.stated)

    @property
    def shown_spec(self) -> JsonObject:
        """The same without secrets."""
        return hidden_spec(self.place.kind, self.spec)

    def to_json(self) -> JsonObject:
        """The draft for programs: as `runai explain` tells it, with the spec that would be sent and what moved."""
        told = of_verdict(self.place.workload(self.spec), self.verdict).to_json()
        problems = [one.violation.to_json() for one in self.form.problems]
        more = {
            "verdict": "refused" if self.refused else "unknown" if self.unseen else "accepted",
            "spec": self.shown_spec,
            "violations": problems,
            "moved": [one.to_json() for one in self.moved],
            "unseen": list(self.unseen),
        }
        return {**{key: one for key, one in told.items() if key != "name"}, **more}


class Gathering:
    """Reads what drafts rest on, at most once in a while for each person and place."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Api, dict[Place, tuple[float, Gathered]]] = WeakKeyDictionary()

    async def __call__(self, api: Api, place: Place, *, fresh: bool = False) -> Gathered:
        """What drafts of the place rest on; read now if it must be `fresh`. Raises what reading it raises."""
        now = time.monotonic()
        kept = {where: one for where, one in self._kept.get(api, {}).items() if now - one[0] < KEPT_FOR}
        if fresh or place not in kept:
            kept[place] = (now, await gathered(api, place))
        self._kept[api] = kept
        return kept[place][1]


async def gathered(api: Any, place: Place) -> Gathered:
    """Read what drafts of the place rest on."""
    unseen: list[str] = []
    named = {"baseWorkload": place.base} if place.base else {}
    sources = await gather(api, place.kind, place.namespace, named, unseen=unseen.append)
    return Gathered(sources, unseen)


async def judge_sent(api: Any, place: Place, found: Gathered, sent: Sent, marks: Marks) -> Judged:
    """Judge what a form says."""
    grounds = found.sources.grounds()
    said = stated(inherited(place.kind, grounds.policy, grounds.base), sent.posted, marks, sent.kept)
    return await judge(api, place, found, said, marks, sent)


async def judge(
    api: Any, place: Place, found: Gathered, said: Stated, marks: Marks, sent: Sent = NOTHING_SENT
) -> Judged:
    """Judge what a workload states."""
    kind, grounds = place.kind, found.sources.grounds()
    verdict = await judged(api, found.sources, place.workload(spec_of(place, said)))
    keys = _keys(sent.posted)
    draft = Draft(kind, said.spec, grounds.policy, grounds.base, verdict.result, said.loose, said.unknown, keys)
    form = form_of(draft, marks)
    changed = sent.seen not in ("", references(found.sources))
    under = inherited(kind, grounds.policy, grounds.base)
    moved = moved_in(form, under, sent.posted, marks) if changed else ()
    return Judged(place, found, said, verdict, form, sent, moved)


def spec_of(place: Place, said: Stated) -> JsonObject:
    """The spec of the workload that would be sent."""
    return {**({"baseWorkload": place.base} if place.base else {}), **said.spec}


def _keys(posted: Posted) -> dict[str, dict[str, str]]:
    """The numbers of the form's rows, by parameter and label."""
    keys: dict[str, dict[str, str]] = {}
    for name, rows in posted.rows.items():
        for key, entry in rows.items():
            keys.setdefault(name, {}).setdefault(entry.label.strip(), key)
    return keys
