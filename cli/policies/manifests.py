"""Reads the policies of YAML files."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.cluster.documents import parsed
from cli.shell.exits import Exit, Stop
from shared.inquiry.texts import printable
from shared.names import GROUP, SERVED_VERSIONS
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


class Written(NamedTuple):
    """A policy, from a file or from the cluster."""

    kind: "Kind"
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


def policies_in(files: Iterable[str], namespace: str | None = None) -> list[Written]:
    """Every policy in the files (`-` is standard input), in `namespace` if a file names none.

    Stop if a file cannot be read or contains anything else.
    """
    found = [_policy(document, file, namespace) for file in files for document in parsed(file)]
    if not found:
        raise Stop(Exit.USAGE, "the file contains no policy")
    return found


def _policy(document: Any, file: str, namespace: str | None) -> Written:
    from shared.parameters.kinds import KINDS

    kinds = {kind.policy: kind for kind in KINDS}
    if not isinstance(document, dict) or str(document.get("kind")) not in kinds:
        what = document.get("kind") if isinstance(document, dict) else "something that is not an object"
        holds = printable(f"{file} contains {what or 'an object without a kind'}")
        raise Stop(Exit.USAGE, f"{holds}; expected {' or '.join(kinds)}")
    versions = [f"{GROUP}/{version}" for version in SERVED_VERSIONS]
    if document.get("apiVersion") not in versions:
        raise Stop(Exit.USAGE, f"{file}: invalid apiVersion of {document['kind']}: expected {' or '.join(versions)}")
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Stop(Exit.USAGE, f"{file}: a {document['kind']} has no name")
    if spec is not None and not isinstance(spec, dict):
        raise Stop(Exit.USAGE, f"{file}: the spec of {document['kind']} {metadata['name']} is not an object")
    if not isinstance(metadata.get("namespace") or "", str):
        raise Stop(Exit.USAGE, f"{file}: the namespace of {document['kind']} {metadata['name']} is not a string")
    place = metadata.get("namespace") or namespace
    return Written(kinds[document["kind"]], {**document, "metadata": {**metadata, "namespace": place}})
