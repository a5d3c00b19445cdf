"""YAML files as a person wrote them, and the policies that stand in them."""

import sys
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cli.exits import Exit, Stop
from cli.tables import printable
from shared.names import GROUP, SERVED_VERSIONS

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

JsonObject = dict[str, Any]
STDIN = "-"
LONGEST: Final = 64
"""Bits of a number."""
MOST: Final = 100_000
"""Values in a file: a text that repeats parts of itself by name can stand for more than any memory holds."""


class Written(NamedTuple):
    """A policy, from a file or from the cluster."""

    kind: "Kind"
    resource: JsonObject

    @property
    def namespace(self) -> str:
        """Its namespace; empty where the file leaves it out."""
        return str(self.resource["metadata"].get("namespace") or "")

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.resource["metadata"].get("name") or "")

    @property
    def spec(self) -> JsonObject:
        """Its rules and defaults."""
        spec: JsonObject = self.resource.get("spec") or {}
        return spec

    def __str__(self) -> str:
        return f"{self.kind.policy} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


def policies_in(files: Iterable[str], namespace: str | None = None) -> list[Written]:
    """Every policy of the files, `-` being standard input, in `namespace` where a file names none.

    Stop where a file cannot be read, or holds anything else.
    """
    found = [_policy(document, file, namespace) for file in files for document in _documents(file)]
    if not found:
        raise Stop(Exit.USAGE, "the file holds no policy")
    return found


def _documents(file: str) -> list[Any]:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Exit.USAGE, f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return [inner for document in documents_in(text, file) for inner in _members(document)]


def documents_in(text: str, file: str) -> list[Any]:
    """The documents of a YAML text that are not empty, of nothing but what a resource can hold; `file` is what it is
    called. Dates are text, as for kubectl. Stop where it is anything else."""
    try:
        documents = _loaded(text)
    except Exception as error:  # a text can be wrong in as many ways as the parser has exceptions
        raise Stop(Exit.USAGE, printable(f"{file} is no YAML: {' '.join(str(error).split())}")) from error
    if wrong := _unheld(documents):
        raise Stop(Exit.USAGE, printable(f"{file}: {wrong}"))
    return documents


def _loaded(text: str) -> list[Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Without dates."""

    Loader.yaml_implicit_resolvers = {
        first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return [document for document in yaml.load_all(text, Loader) if document is not None]


def _unheld(documents: list[Any]) -> str:
    """What no resource can hold, of all that YAML can; empty where there is none."""
    waiting = list(documents)
    for _ in range(MOST):
        if not waiting:
            return ""
        match waiting.pop():
            case dict() as inner:
                if strange := [key for key in inner if not isinstance(key, str)]:
                    return f"the key {strange[0]} is no text: put it in quotes, as on, off, yes and no too"
                waiting += inner.values()
            case list() as inner:
                waiting += inner
            case int() as number if number.bit_length() > LONGEST:
                return f"a number has more than {LONGEST} bits"
            case float() as number if not isfinite(number):
                return f"{number} is no number that a resource can hold"
            case str() | int() | float() | None:
                pass
            case other:
                return f"a {type(other).__name__} is nothing that a resource can hold"
    return "it holds itself, or is larger than any resource"


def _members(document: Any) -> list[Any]:
    """The objects of a `List`, or the one object."""
    if isinstance(document, dict) and str(document.get("kind")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]


def _policy(document: Any, file: str, namespace: str | None) -> Written:
    from shared.parameters.kinds import KINDS

    kinds = {kind.policy: kind for kind in KINDS}
    if not isinstance(document, dict) or str(document.get("kind")) not in kinds:
        what = document.get("kind") if isinstance(document, dict) else "something that is no object"
        holds = printable(f"{file} holds {what or 'an object without a kind'}")
        raise Stop(Exit.USAGE, f"{holds}, and not {' or '.join(kinds)}")
    versions = [f"{GROUP}/{version}" for version in SERVED_VERSIONS]
    if document.get("apiVersion") not in versions:
        raise Stop(Exit.USAGE, f"{file}: apiVersion of a {document['kind']} is {' or '.join(versions)}")
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Stop(Exit.USAGE, f"{file}: a {document['kind']} has no name")
    if spec is not None and not isinstance(spec, dict):
        raise Stop(Exit.USAGE, f"{file}: the spec of {document['kind']} {metadata['name']} is no object")
    if not isinstance(metadata.get("namespace") or "", str):
        raise Stop(Exit.USAGE, f"{file}: the namespace of {document['kind']} {metadata['name']} is no text")
    place = metadata.get("namespace") or namespace
    return Written(kinds[document["kind"]], {**document, "metadata": {**metadata, "namespace": place}})
