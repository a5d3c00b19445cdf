"""The other view of the form: the workload as YAML. What one view says, the other one shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from aiohttp import web

from services.console.carried import not_carried
from services.console.forms import Filled, kept_in, marks_of, shown, under_of
from services.console.judged import Judged, judge
from services.console.keeping import revealed
from services.console.people import person_of
from services.console.place import Place
from services.console.stated import Stated
from shared.inquiry.documents import UnreadableError, documents_in
from shared.names import GROUP
from shared.objects import JsonObject
from shared.parameters import sentences

TEXT: Final = "yaml"
"""The field with the text."""
ONE: Final = "expected one workload"


def yaml_page(request: web.Request, found: Judged, filled: Filled) -> web.Response:
    """The page with the draft as YAML."""
    return shown(request, found, filled.ticket, "yaml.html", text="", problems=())


async def from_yaml(request: web.Request, filled: Filled) -> web.Response:
    """The form of the YAML, or the YAML with every reason why no form can show it."""
    text, place = filled.get(TEXT), filled.place
    try:
        base, stated_spec = read_workload(place, text)
    except UnreadableError as error:
        found = await judged_at(request, place, {})
        return shown(request, found, filled.ticket, "yaml.html", 422, text=text, problems=str(error).splitlines())
    found = await judged_at(
        request, replace(place, base=base), revealed(place.kind, stated_spec, kept_in(request, filled))
    )
    problems = [str(one) for one in not_carried(place.kind, stated_spec)]
    if problems:
        return shown(request, found, filled.ticket, "yaml.html", 422, text=text, problems=problems)
    return shown(request, found, filled.ticket)


async def judged_at(request: web.Request, place: Place, spec: JsonObject) -> Judged:
    """The verdict on a spec."""
    under = await under_of(request, place)
    return await judge(person_of(request).api, place, under, Stated(spec), marks_of(request))


def read_workload(place: Place, text: str) -> tuple[str, JsonObject]:
    """The name of the base and the values that a YAML text states; UnreadableError lists every mistake, one a line."""
    documents = documents_in(text, "the text")
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise UnreadableError(f"the text has {len(documents)} documents: {ONE}")
    document = documents[0]
    if wrong := list(_mistakes(place, document)):
        raise UnreadableError("\n".join(wrong))
    spec = document["spec"]
    return str(spec.get("baseWorkload") or ""), {
        name: entry for name, entry in spec.items() if name not in ("usage", "baseWorkload")
    }


def _mistakes(place: Place, document: JsonObject) -> Iterator[str]:
    kind, metadata, spec = place.kind.workload, document.get("metadata"), document.get("spec")
    if not str(document.get("apiVersion")).startswith(f"{GROUP}/"):
        yield f"apiVersion: expected {GROUP}/v1alpha1"
    if document.get("kind") != kind:
        yield f"kind: expected {kind}, since this is the form of {place.kind.name} workloads"
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    if namespace not in (None, "", place.namespace):
        yield f"metadata.namespace: expected {place.namespace}, since this is the form of project {place.project}"
    if not isinstance(spec, dict):
        yield "spec: expected the values of the workload"
    elif spec.get("usage") not in (None, "", "Submit"):
        yield "usage: expected Submit; save the form as a template instead"
    elif not isinstance(spec.get("baseWorkload", ""), str | None):
        yield "baseWorkload: expected a name"
    for name in document.keys() - {"apiVersion", "kind", "metadata", "spec", "status"}:
        yield f"{name}: {sentences.unknown_member(['apiVersion', 'kind', 'metadata', 'spec'])}"
