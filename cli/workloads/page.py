"""The page of `runai describe workload`, in the guide's layout, from the objects as stored in the API server. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from cli.jobs.page import pods_table
from cli.printing.tables import GAP, table
from shared.inquiry.authors import in_words, stamps_of
from shared.inquiry.events import message
from shared.inquiry.job_facts import duration
from shared.inquiry.jobs import Job
from shared.inquiry.texts import printable, text_of
from shared.inquiry.times import age
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from shared.parameters.secrecy import hidden

CONTROLS: Final = frozenset({"usage", "baseWorkload"})
"""Fields of a spec that are not values."""
DELETED: Final = "(deleted)"


def page(workload: JsonObject, place: str, job: Job | None, now: datetime, *, wide: bool = False) -> list[str]:
    """The lines of the page; a template's ends after its values. With `wide`, it also shows the resource's metadata."""
    lines = [f"──────◆  {workload['metadata']['name']}  ◆──────", "", *values(workload["spec"], place)]
    lines += ["", *_resource(workload, now)] if wide else []
    if workload["spec"].get("usage") == "Template":
        stamps = stamps_of(workload)  # the guide's page has no such line; with `wide`, both have lines of their own
        others = stamps.get("changedBy") not in (None, stamps.get("submittedBy"))
        return [*lines, "", f"Written {printable(in_words(stamps))}"] if others and not wide else lines
    status = workload.get("status") or {}
    lines += ["", f"Status:  {status.get('phase') or 'Pending'}", *_events(status, now), *_created(status)]
    return lines + (_job(job, now) if job else [])


def values(spec: Mapping[str, Any], place: str) -> list[str]:
    """Project and the resource's own values by name, aligned; itemized values have a line below for each label."""
    own = sorted((printable(name), value) for name, value in spec.items() if name not in CONTROLS)
    width = max(len(name) for name in ("Project", *(name for name, _ in own))) + 1
    lines = [_entry("Project", place, width)]
    for name, value in own:
        lines += _lines(name, value, width)
    return lines


def _resource(workload: JsonObject, now: datetime) -> list[str]:
    """The lines that identify the resource, regardless of its values."""
    metadata, stamps = workload["metadata"], stamps_of(workload)
    facts = {
        "Kind": workload["kind"],
        "Base workload": _base(workload),
        "Submitted by": stamps.get("submittedBy"),
        "Changed by": stamps.get("changedBy"),
        "Age": age(metadata.get("creationTimestamp"), now),
        "UID": metadata.get("uid"),
    }
    width = max(map(len, facts)) + 1
    return [_entry(name, printable(str(fact)), width) for name, fact in facts.items() if fact]


def _base(workload: JsonObject) -> str | None:
    """The base workload that is named, and who wrote it as it was used."""
    base = workload["spec"].get("baseWorkload")
    authors = in_words((workload.get("status") or {}).get("baseWorkload") or {})
    return f"{base}, {authors}" if base and authors else base


def _lines(name: str, value: Any, width: int) -> Iterable[str]:
    """The lines of a value or of items. Unknown fields, which the API server keeps, can have any form."""
    if isinstance(value, dict) and isinstance(value.get("items"), dict):
        return _itemized(name, value["items"])
    form = next((form for form in ("value", "values") if isinstance(value, dict) and form in value), None)
    return [_entry(name, text_of(hidden(name, value[form] if form else value)), width)]


def _entry(name: str, text: str, width: int) -> str:
    return f"{name + ':':<{width}}{' ' * GAP}{text}"


def _itemized(name: str, items: Mapping[str, Any]) -> Iterator[str]:
    yield f"{name}:"
    width = max((len(printable(label)) for label in items), default=0) + 1
    for label, item in sorted(items.items()):
        known = item if isinstance(item, dict) else {"value": item}
        text = DELETED if known.get("deleted") else text_of(hidden(name, known.get("value"), label))
        yield "  " + _entry(printable(label), text, width)


def _events(status: JsonObject, now: datetime) -> list[str]:
    rows = [(age(event.get("time"), now), event["type"], message(event)) for event in status.get("events") or []]
    return ["", "Events: ", "", *table(["AGE", "TYPE", "MESSAGE"], rows, underlined=True)] if rows else []


def _created(status: JsonObject) -> list[str]:
    resources = status.get("createdResources") or []
    rows = sorted((one["kind"], one["version"], one["namespace"], one["name"]) for one in resources)
    header = ["KIND", "VERSION", "NAMESPACE", "NAME"]
    return ["", "Created Resources: ", "", *table(header, rows, underlined=True)] if rows else []


def _job(job: Job, now: datetime) -> list[str]:
    lines = ["", "Created job: ", "", f"Name: {job.name}", f"Namespace: {job.namespace}", f"Type: {job.type}"]
    lines.append(f"Status: {job.status}")
    if job.workload and job.workload.kind == TRAINING.workload and not job.gone:
        lines.append(f"Duration: {duration(job, now)}")
    return [*lines, *(["Pods:", *pods_table(job.pods, job.type, now)] if job.pods else ["Pods: none"])]
