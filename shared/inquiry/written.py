"""Policies that people write: read from YAML, with a sentence for what is wrong."""

from typing import Any, NamedTuple

from shared.inquiry.documents import UnreadableError
from shared.inquiry.texts import printable
from shared.names import GROUP, SERVED_VERSIONS
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS, Kind


class Written(NamedTuple):
    """A policy, from a file or from the cluster."""

    kind: Kind
    resource: JsonObject

    @property
    def namespace(self) -> str:
        """The policy's namespace; empty if the file omits it."""
        return str(self.resource["metadata"].get("namespace") or "")

    @property
    def name(self) -> str:
        """The policy's name."""
        return str(self.resource["metadata"].get("name") or "")

    @property
    def spec(self) -> JsonObject:
        """The policy's rules and defaults."""
        spec: JsonObject = self.resource.get("spec") or {}
        return spec

    def __str__(self) -> str:
        return f"{self.kind.policy} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


def policy_in(document: Any, what: str, namespace: str | None) -> Written:
    """The policy that a document holds, in `namespace` if it names none; `what` names the text in messages.

    Raises UnreadableError if it holds anything else.
    """
    kinds = {kind.policy: kind for kind in KINDS}
    if not isinstance(document, dict) or str(document.get("kind")) not in kinds:
        found = document.get("kind") if isinstance(document, dict) else "something that is not an object"
        holds = printable(f"{what} contains {found or 'an object without a kind'}")
        raise UnreadableError(f"{holds}; expected {' or '.join(kinds)}")
    versions = [f"{GROUP}/{version}" for version in SERVED_VERSIONS]
    if document.get("apiVersion") not in versions:
        raise UnreadableError(f"{what}: invalid apiVersion of {document['kind']}: expected {' or '.join(versions)}")
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise UnreadableError(f"{what}: a {document['kind']} has no name")
    if spec is not None and not isinstance(spec, dict):
        raise UnreadableError(f"{what}: the spec of {document['kind']} {metadata['name']} is not an object")
    if not isinstance(metadata.get("namespace") or "", str):
        raise UnreadableError(f"{what}: the namespace of {document['kind']} {metadata['name']} is not a string")
    place = metadata.get("namespace") or namespace
    return Written(kinds[document["kind"]], {**document, "metadata": {**metadata, "namespace": place}})
