"""The page of a policy: what is in force in words, and what an edit of it would mean. Nothing is written here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from services.console.pages import is_partial, render
from services.console.people import person_of
from services.console.projects import remember
from services.console.received import received
from shared.errors import SlipwayError, UnauthorizedError
from shared.inquiry.documents import UnreadableError, documents_in
from shared.inquiry.effective import HEADER, ignored, nothing, restored, rows, secretless, whence
from shared.inquiry.impact import Impact
from shared.inquiry.judging import judge
from shared.inquiry.lint import Finding, lint
from shared.inquiry.projects import must_exist, place
from shared.inquiry.sources import effective_of, policies_for
from shared.inquiry.written import Written, policy_in
from shared.inquiry.yaml_texts import yaml_text
from shared.names import API_VERSION, PROJECT_PREFIX
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS, Kind

BY_NAME: Final[Mapping[str, Kind]] = {kind.name: kind for kind in KINDS}
STEPS: Final = "|".join(BY_NAME)
"""The last step of the addresses of policies, as a route matches it."""
TEXT: Final = "text"
"""The field with the policy that somebody edits."""
THE_TEXT: Final = "the text"
RECENT: Final = timedelta(days=30)
"""Age up to which a submitted workload counts: an older one is hardly submitted again."""
STARTING: Final = {"gpu": {"rules": {"max": "4"}}}
"""The spec that an edit begins with, if the project has no policy."""


async def page(request: web.Request) -> web.Response:
    """Show the policy in force, what it replaces, and a place to edit it."""
    kind, project, stored = await _stored(request)
    namespace = PROJECT_PREFIX + project
    own = [one for one in stored if one["metadata"]["namespace"] == namespace]
    text = _text(kind, namespace, own[0] if own else None)
    response = _page(request, kind, project, stored, text=text, checked=None)
    remember(request, response, project)
    return response


async def check(request: web.Request) -> web.Response:
    """Say what is wrong with the edited policy, while somebody types."""
    return await _checked(request, impact=False)


async def impact(request: web.Request) -> web.Response:
    """Say which workloads the edited policy would make invalid."""
    return await _checked(request, impact=True)


async def _stored(request: web.Request) -> tuple[Kind, str, list[JsonObject]]:
    kind, project = BY_NAME[request.match_info["kind"]], request.match_info["project"]
    api = person_of(request).api
    stored = await policies_for(api, kind, PROJECT_PREFIX + project)
    if not stored:
        await must_exist(api, project)
    return kind, project, stored


def _text(kind: Kind, namespace: str, policy: JsonObject | None) -> str:
    """The project's own policy as YAML without secrets; one to start from if it has none."""
    metadata = policy["metadata"] if policy else {"name": f"{kind.name}-policy", "namespace": namespace}
    return yaml_text(
        {
            "apiVersion": API_VERSION,
            "kind": kind.policy,
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "spec": secretless(kind, policy.get("spec") or {}) if policy else STARTING,
        }
    )


def _page(request: web.Request, kind: Kind, project: str, stored: Sequence[JsonObject], **values: Any) -> web.Response:
    effective = effective_of(stored, PROJECT_PREFIX + project)
    known: JsonObject = {
        "kind": kind,
        "kinds": KINDS,
        "project": project,
        "header": HEADER,
        "rows": rows(kind, effective) if effective else [],
        "whence": whence(kind, project, effective) if effective else nothing(kind, project),
        "ignored": ignored(effective) if effective else "",
        "findings": _lint_of(kind, stored, effective.resource) if effective else [],
    }
    return render(request, "policy.html", **known, **values)


def _lint_of(kind: Kind, policies: Sequence[JsonObject], about: Mapping[str, Any]) -> list[JsonObject]:
    """What lint finds in one of the policies, alone and beside the others."""
    written = [Written(kind, one) for one in policies]
    return [_finding(one) for one in lint(written) if one.policy.resource is about]


def _finding(found: Finding) -> JsonObject:
    return {"weight": found.problem.weight.value, "path": found.problem.path, "message": found.problem.message}


async def _checked(request: web.Request, *, impact: bool) -> web.Response:
    kind, project, stored = await _stored(request)
    text = (await received(request)).get(TEXT, "")
    checked = await _verdict(request, kind, project, stored, text, impact=impact)
    if is_partial(request):
        return render(request, "policy_checked.html", checked=checked)
    return _page(request, kind, project, stored, text=text, checked=checked)


async def _verdict(
    request: web.Request, kind: Kind, project: str, stored: Sequence[JsonObject], text: str, *, impact: bool
) -> JsonObject:
    """What is wrong with the text, what lint finds, and with `impact` which workloads it would make invalid."""
    told: JsonObject = {"problem": "", "findings": [], "broken": None, "judged": 0, "notes": []}
    try:
        edited = _edited(kind, project, stored, text)
        others = [one for one in stored if _place(one) != _place(edited)]
        told["findings"] = _lint_of(kind, [*others, edited], edited)
        if impact:
            api, since = person_of(request).api, datetime.now(UTC) - RECENT
            found, told["judged"] = await judge(api, {kind: [edited]}, since, lambda _: None, told["notes"].append)
            told["broken"] = [*map(_broken, found)]
    except UnauthorizedError:
        raise
    except SlipwayError as error:
        told["problem"] = str(error)
    return told


def _edited(kind: Kind, project: str, stored: Sequence[JsonObject], text: str) -> JsonObject:
    """The policy that the text holds, with what was hidden from it.

    Raises UnreadableError if it holds anything else.
    """
    documents = documents_in(text, THE_TEXT)
    if len(documents) != 1:
        raise UnreadableError(f"{THE_TEXT} holds {len(documents)} documents: expected one {kind.policy}")
    written = policy_in(documents[0], THE_TEXT, PROJECT_PREFIX + project)
    if written.kind != kind:
        raise UnreadableError(f"{THE_TEXT} holds a {written.kind.policy}: expected a {kind.policy}")
    before = next((one for one in stored if _place(one) == _place(written.resource)), None)
    metadata = {**(before or {}).get("metadata", {}), **written.resource["metadata"]}
    spec = restored(kind, written.spec, (before or {}).get("spec") or {})
    return {**written.resource, "metadata": metadata, "spec": spec}


def _place(policy: JsonObject) -> tuple[str, str]:
    return str(policy["metadata"]["namespace"]), str(policy["metadata"]["name"])


def _broken(one: Impact) -> JsonObject:
    """A workload that would no longer be valid, and why."""
    return {
        "name": one.workload["metadata"]["name"],
        "usage": one.usage,
        "place": place(one.workload),
        "sentences": [str(violation) for violation in one.violations],
    }
