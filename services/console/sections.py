"""The sections of a page of details: what each shows, and where that comes from."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.console.origins import WHOSE
from services.console.subject import Subject
from shared.errors import ForbiddenError, SlipwayError, UnauthorizedError
from shared.inquiry import events as events_in
from shared.inquiry.addresses import read_exposure, urls
from shared.inquiry.explained_values import facts_of, values_of
from shared.inquiry.explanation import Explanation, of_frozen
from shared.inquiry.frozen import sealed_of
from shared.inquiry.now import as_of_now
from shared.inquiry.pods import in_order, name_of_node
from shared.inquiry.sayings import Outlook
from shared.inquiry.timeline import timeline as told
from shared.inquiry.why import why as decided
from shared.inquiry.yaml_texts import clean, yaml_text
from shared.jobs import pod_status, why_waiting
from shared.names import PROJECT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.parameters.secrecy import hidden, hidden_default, secrets_in_pod, unquoted
from shared.resolution.model import Origin

Found = Mapping[str, Any]
"""What the template of a section shows: plain data, so that a change of it can be seen."""
WRITTEN: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""What kubectl wrote, whole: a second copy of every secret."""
MOST_EVENTS: Final = 200
TONES: Final = {Outlook.RUNS: "ok", Outlook.BLOCKED: "warn", Outlook.NEVER: "bad"}
WHOSE_TEXT: Final = {origin.value: WHOSE[origin].value for origin in Origin}


class Section(NamedTuple):
    """A section: its template is `details_<name>.html`."""

    name: str
    title: str
    read: Callable[[Subject], Awaitable[Found | None]]
    """Returns what to show; None if the section has nothing to do with the subject."""


@dataclass(frozen=True)
class Shown:
    """A section as it is now."""

    section: Section
    found: Found | None
    """What it shows; None if it has nothing to do with the subject now."""
    problem: str = ""
    """Why it cannot be shown, in the API server's words."""

    @property
    def template(self) -> str:
        """The name of its template."""
        return f"details_{self.section.name}.html"


async def shown(subject: Subject) -> list[Shown]:
    """All sections. One that cannot be read says so, and keeps no other away."""
    return await asyncio.gather(*(_shown(section, subject) for section in SECTIONS))


async def _shown(section: Section, subject: Subject) -> Shown:
    try:
        return Shown(section, await section.read(subject))
    except UnauthorizedError:
        raise
    except SlipwayError as error:
        return Shown(section, {}, str(error))


async def values(subject: Subject) -> Found | None:
    """Every value with its origin: as frozen when it was submitted, or else as it would be now."""
    if subject.workload is None:
        return None
    explained = await _explained(subject)
    rows = [{**one._asdict(), "whose": WHOSE_TEXT.get(one.origin, "")} for one in values_of(explained)]
    stated = [row for row in rows if row["origin"] != Origin.BUILT_IN.value]
    others = [row for row in rows if row not in stated]
    broken = [str(one) for one in explained.violations]
    return {
        "facts": facts_of(explained),
        "rows": stated,
        "others": others,
        "broken": broken,
        "notes": list(explained.notes),
    }


async def _explained(subject: Subject) -> Explanation:
    assert subject.kind and subject.workload, "values are those of a workload"
    frozen, seal = await sealed_of(subject.api, subject.workload)
    if frozen is not None:
        return of_frozen(subject.kind, subject.workload, frozen, seal)
    return await as_of_now(subject.api, subject.kind, subject.workload, PROJECT_PREFIX + subject.project)


async def events(subject: Subject) -> Found | None:
    """What Slipway and the cluster said about it, the newest first."""
    if subject.template:
        return None
    path = resource_path("events", subject.namespace, None, "v1")
    asked = (subject.api.list(path, {"fieldSelector": f"involvedObject.uid={uid}"}) for uid in subject.uids)
    problem, found = "", []
    try:
        found = [event for answer in await asyncio.gather(*asked) for event in answer["items"]]
    except ForbiddenError as error:
        problem = f"those of Kubernetes are not shown: {error}"
    rows = sorted([*map(_event, found), *_own_events(subject, found)], key=lambda row: row["at"], reverse=True)
    return {"rows": rows[:MOST_EVENTS], "problem": problem}


def _event(event: JsonObject) -> JsonObject:
    return {
        "at": events_in.happened(event),
        "type": str(event.get("type") or ""),
        "source": events_in.source(event),
        "reason": str(event.get("reason") or ""),
        "text": events_in.message(event),
    }


def _own_events(subject: Subject, found: list[JsonObject]) -> Iterator[JsonObject]:
    """Those that the workload's status keeps, unless Kubernetes still has them."""
    told = {(str(event.get("message")), str(event.get("reason"))) for event in found}
    for event in ((subject.workload or {}).get("status") or {}).get("events") or []:
        if (str(event.get("message")), str(event.get("reason"))) not in told:
            yield {
                "at": str(event.get("time") or ""),
                "type": str(event.get("type") or ""),
                "source": "status",
                "reason": str(event.get("reason") or ""),
                "text": events_in.message(event),
            }


async def why(subject: Subject) -> Found | None:
    """Whether the job runs; if not, what keeps it from that, and what can be done."""
    if subject.template:
        return None
    answer = decided(await subject.facts)
    causes = [{**vars(cause), "words": " ".join(cause.words.split())} for cause in answer.causes]
    tone = TONES.get(answer.outlook, "")
    return {"headline": answer.outlook.headline, "tone": tone, "causes": causes, "notes": list(answer.notes)}


async def timeline(subject: Subject) -> Found | None:
    """Each step of the submission, with the time since the one before."""
    if subject.template:
        return None
    found = told(await subject.facts)
    rows = [{"at": one.time.isoformat(), "when": one.when, "gap": one.gap, **vars(one)} for one in found.entries]
    return {"rows": rows, "notes": list(found.notes)}


async def addresses(subject: Subject) -> Found | None:
    """Where the job can be reached from outside the cluster; None if it cannot."""
    if subject.job is None or subject.job.gone:
        return None
    notes: list[str] = []
    exposure = await read_exposure(subject.api, subject.namespace, subject.job.uid_of_pods, notes.append)
    found = [url for url in urls(subject.job, exposure) if url.startswith(("http://", "https://"))]
    return {"urls": found, "notes": list(dict.fromkeys(notes))} if found else None


async def created(subject: Subject) -> Found | None:
    """The resources that were created for the workload."""
    if subject.workload is None or subject.runs_nothing:
        return None
    made = (subject.workload.get("status") or {}).get("createdResources") or []
    return {"rows": sorted((one["kind"], one["version"], one["name"]) for one in made)}


async def pods(subject: Subject) -> Found | None:
    """The pods of the job, with what keeps them from running."""
    if subject.runs_nothing:
        return None
    rows = [_pod(pod) for pod in in_order(subject.job.pods)] if subject.job else []
    return {"rows": rows, "path": subject.path}


def _pod(pod: JsonObject) -> JsonObject:
    status = pod.get("status") or {}
    return {
        "name": str(pod["metadata"]["name"]),
        "status": pod_status(pod),
        "why": " ".join(why_waiting(pod).split()),
        "node": name_of_node(pod) or "",
        "address": str(status.get("podIP") or ""),
        "restarts": sum(int(one.get("restartCount") or 0) for one in status.get("containerStatuses") or []),
        "at": str(pod["metadata"].get("creationTimestamp") or ""),
    }


async def logs(subject: Subject) -> Found | None:
    """Where the logs are: the page loads them once there is a pod."""
    if subject.runs_nothing:
        return None
    return {"path": f"{subject.path}/logs" if subject.job and subject.job.pods else ""}


async def yaml(subject: Subject) -> Found | None:
    """The resources as they are stored, without secrets."""
    found = [(subject.kind.workload, _secretless(subject.workload))] if subject.kind and subject.workload else []
    if subject.job and not subject.job.gone:
        item = {"apiVersion": subject.job.kind.api_version, "kind": subject.job.kind.kind, **subject.job.resource}
        found.append((subject.job.kind.kind, item))
    secrets = {
        secret for template, _ in (subject.job.templates() if subject.job else ()) for secret in _secrets(template)
    }
    return {"texts": [(title, unquoted(yaml_text(clean(item)), secrets)) for title, item in found]}


def _secrets(template: JsonObject) -> set[str]:
    return secrets_in_pod(template.get("spec") or {})


def _secretless(workload: JsonObject) -> JsonObject:
    """The workload without secrets: not even in what kubectl wrote beside it."""
    metadata = workload["metadata"]
    annotations = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != WRITTEN}
    spec = {name: _stated(name, stated) for name, stated in (workload.get("spec") or {}).items()}
    return {**workload, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def _stated(name: str, stated: Any) -> Any:
    if isinstance(stated, Mapping) and isinstance(stated.get("items"), Mapping):
        items = {label: _item(name, item, label) for label, item in stated["items"].items()}
        return {**{key: hidden(name, one) for key, one in stated.items() if key != "items"}, "items": items}
    return hidden_default(name, stated)


def _item(name: str, item: Any, label: str) -> Any:
    if isinstance(item, Mapping) and "value" in item:
        return {key: hidden(name, one, label) if key == "value" else one for key, one in item.items()}
    return item if item == {"deleted": True} else hidden(name, item, label)


SECTIONS: Final = (
    Section("why", "Does it run?", why),
    Section("pods", "Pods", pods),
    Section("logs", "Logs", logs),
    Section("addresses", "Addresses", addresses),
    Section("events", "Events", events),
    Section("timeline", "Timeline", timeline),
    Section("values", "Values", values),
    Section("created", "Created resources", created),
    Section("yaml", "YAML", yaml),
)
"""In the order of the page: first what changes, then what stays."""
