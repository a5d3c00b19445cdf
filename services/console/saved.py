"""What a new workload can start from: templates and former workloads, and whether each can be submitted as it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.errors import ForbiddenError, NotFoundError, PermanentError
from shared.inquiry.frozen import claim_named
from shared.inquiry.rights import rights_to, unknown
from shared.inquiry.sources import Sources, Verdict, as_source, decide, gather
from shared.kubernetes.api import NAMES_ONLY
from shared.names import GLOBAL_NAMESPACE, resource_path
from shared.objects import JsonObject
from shared.outputs.conflicts import name_conflict
from shared.parameters.kinds import Kind
from shared.resolution.model import Refused
from shared.resolution.verdict import TEMPLATE, named_secrets

MOST: Final = 30
"""Former workloads that are shown; a filter finds the others."""
UNNAMED: Final = "new"
"""Stands for the name of a workload that has none yet; no base can have it, since names of bases have a place."""
BEHIND: Final = "the project has a workload of this name, which is used instead"


@dataclass(frozen=True)
class Entry:
    """A workload to start from."""

    workload: JsonObject
    reasons: Sequence[str] = ()
    """Why it cannot be submitted as it is; none if it can."""
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.workload["metadata"]["name"])

    @property
    def usage(self) -> str:
        """What it is: Template or Submit."""
        return str(self.workload["spec"].get("usage") or "Submit")

    @property
    def created(self) -> str:
        """When it was created, as an RFC 3339 time."""
        return str(self.workload["metadata"].get("creationTimestamp") or "")

    def to_json(self) -> JsonObject:
        """The entry for programs."""
        return {
            "name": self.name,
            "namespace": self.workload["metadata"]["namespace"],
            "usage": self.usage,
            "created": self.created,
            "fits": not self.reasons,
            "reasons": list(self.reasons),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Saved:
    """Everything that a new workload of one kind can start from."""

    own: Sequence[Entry]
    """Those of the project: templates by name, then former workloads, the youngest first."""
    everyones: Sequence[Entry]
    """Global templates, by name."""
    more: int = 0
    """How many former workloads are not shown."""
    notes: Sequence[str] = ()
    """What cannot be shown, and why."""

    def to_json(self) -> JsonObject:
        """The entries for programs."""
        bases = [one.to_json() for one in (*self.own, *self.everyones)]
        return {"bases": bases, "more": self.more, "notes": list(self.notes)}


async def saved(api: Any, kind: Kind, namespace: str, wanted: str = "") -> Saved:
    """What a new workload in the namespace can start from, as far as its name contains `wanted`.

    Raises what reading the project's workloads raises, such as ForbiddenError.
    """
    notes: list[str] = []
    own, former, everyones, sources = await asyncio.gather(
        _templates(api, kind, namespace, wanted),
        _former(api, kind, namespace, wanted),
        _everyones(api, kind, wanted, notes),
        gather(api, kind, namespace, {}),
    )
    youngest, more = former
    judged = await _judged(api, sources, [*own, *youngest, *everyones])
    count, names = len(own) + len(youngest), {one["metadata"]["name"] for one in (*own, *youngest)}
    behind = [replace(one, reasons=[BEHIND]) if one.name in names else one for one in judged[count:]]
    return Saved(judged[:count], behind, more, notes)


async def _templates(api: Any, kind: Kind, namespace: str, wanted: str) -> list[JsonObject]:
    path = resource_path(kind.workload_plural, namespace)
    found = (await api.list(path, {"fieldSelector": f"spec.usage={TEMPLATE}"}))["items"]
    named = (one for one in found if wanted.lower() in one["metadata"]["name"])
    return sorted(named, key=lambda one: str(one["metadata"]["name"]))


async def _everyones(api: Any, kind: Kind, wanted: str, notes: list[str]) -> list[JsonObject]:
    try:
        return await _templates(api, kind, GLOBAL_NAMESPACE, wanted)
    except ForbiddenError as error:
        notes.append(f"global templates are not shown: {error}")
        return []


async def _former(api: Any, kind: Kind, namespace: str, wanted: str) -> tuple[list[JsonObject], int]:
    """The youngest former workloads, and how many others there are: only their metadata is read of all of them."""
    path = resource_path(kind.workload_plural, namespace)
    found = (await api.list(path, {"fieldSelector": "spec.usage=Submit"}, accept=NAMES_ONLY))["items"]
    named = [one["metadata"] for one in found if wanted.lower() in one["metadata"]["name"]]
    named.sort(key=lambda one: (str(one.get("creationTimestamp")), str(one["name"])), reverse=True)
    read = await asyncio.gather(*(_there(api, kind, namespace, one["name"]) for one in named[:MOST]))
    return [one for one in read if one], len(named[MOST:])


async def _there(api: Any, kind: Kind, namespace: str, name: str) -> JsonObject | None:
    """The workload; None if it was deleted in the meantime."""
    try:
        found: JsonObject = await api.get(resource_path(kind.workload_plural, namespace, name))
    except NotFoundError:
        return None
    return found


async def _judged(api: Any, sources: Sources, workloads: Sequence[JsonObject]) -> list[Entry]:
    """Each workload, with the verdict on one that states nothing but it as its base."""
    verdicts = [_as_it_is(sources, one) for one in workloads]
    named = sorted({secret for verdict in verdicts for secret in named_secrets(verdict.result)})
    known, notes = sources, list[str]()
    if named:
        try:
            known = replace(sources, rights=await rights_to(api, sources.namespace, named))
        except (ForbiddenError, NotFoundError) as error:
            notes = [unknown(named, str(error))]
        verdicts = [
            _as_it_is(known, one) if verdict.result.secrets else verdict
            for one, verdict in zip(workloads, verdicts, strict=True)
        ]
    taken = await asyncio.gather(*(_taken(api, sources.namespace, one) for one in verdicts))
    return [
        _entry(one, verdict, conflict, notes) for one, verdict, conflict in zip(workloads, verdicts, taken, strict=True)
    ]


def _as_it_is(sources: Sources, base: JsonObject) -> Verdict:
    spec = {"baseWorkload": base["metadata"]["name"]}
    workload = {"metadata": {"name": UNNAMED, "namespace": sources.namespace}, "spec": spec}
    return decide(replace(sources, base=base), as_source(workload))


def _entry(workload: JsonObject, verdict: Verdict, conflict: str | None, notes: Sequence[str]) -> Entry:
    result = verdict.result
    if isinstance(result, Refused):
        return Entry(workload, [str(one) for one in result.violations], [*notes, *verdict.notes])
    return Entry(workload, [conflict] if conflict else [], notes if result.secrets else [])


async def _taken(api: Any, namespace: str, verdict: Verdict) -> str | None:
    """Why the job cannot have the name that the base gives it; None if it can, or nobody knows."""
    name = None if isinstance(verdict.result, Refused) else verdict.result.values_set.get("name")
    if not name:
        return None
    try:
        found = await claim_named(api, namespace, str(name))
        return str(await name_conflict(api, "ConfigMap", str(name), dict(found))) if found else None
    except PermanentError:
        return None
