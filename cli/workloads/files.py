"""Reads workloads from YAML files."""

from typing import TYPE_CHECKING, Any

from cli.cluster.documents import documents_in
from cli.options.places import project_from
from cli.shell.exits import Exit, Stop
from shared.names import GROUP, PROJECT_PREFIX
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


def workloads_in(text: str, namespace: str | None) -> "list[tuple[Kind, JsonObject]]":
    """The workloads of a YAML file, each in its own namespace, else in `namespace`, else in the default project's."""
    documents = documents_in(text, "the file")
    if not documents:
        raise Stop(Exit.USAGE, "the file contains no workload")
    return [_workload(document, namespace) for document in documents]


def _workload(document: Any, namespace: str | None) -> "tuple[Kind, JsonObject]":
    from shared.parameters.kinds import KINDS

    kinds = {kind.workload: kind for kind in KINDS}
    if not isinstance(document, dict) or not str(document.get("apiVersion")).startswith(f"{GROUP}/"):
        raise Stop(Exit.USAGE, f"the file contains objects other than workloads of {GROUP}")
    kind = kinds.get(str(document.get("kind")))
    if kind is None:
        raise Stop(Exit.USAGE, f"invalid kind {document.get('kind')}: expected one of {', '.join(kinds)}")
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Stop(Exit.USAGE, f"a {kind.workload} in the file has no name")
    if not isinstance(spec, dict):
        raise Stop(Exit.USAGE, f"{kind.workload} {metadata['name']} in the file has no spec")
    place = metadata.get("namespace") or namespace or PROJECT_PREFIX + (project_from(None, all_projects=False) or "")
    read_metadata = {**metadata, "namespace": str(place), "uid": "", "resourceVersion": ""}
    return kind, {**document, "metadata": read_metadata, "spec": spec, "status": {}}
