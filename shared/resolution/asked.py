"""The digest of a request and its sender, by which a sealed decision names the workload it is about. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from shared.names import SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION
from shared.objects import JsonObject

LONGEST_SUBMITTER: Final = 1024
"""Characters of the submitter's name that count, as messages carry no more."""
STAMPS: Final = (SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION)
"""The annotations that say who submitted the workload, with which rights."""

Spec = Mapping[str, Any]
Annotations = Mapping[str, str]


def is_about(sources: JsonObject, spec: Spec, annotations: Annotations) -> bool:
    """Whether these sealed sources are about the workload with this spec and stamps, as the API server has them.

    Nothing is ever decided on a Template.
    """
    submits = spec.get("usage", "Submit") == "Submit"
    return submits and bool(sources["workload"].get("digest") == digest(spec, annotations))


def digest(spec: Spec, annotations: Annotations) -> str:
    """The SHA-256 of what a workload asks for and of who asks, the same for each way in which the server writes it."""
    stamps = {name: annotations[name] for name in STAMPS if name in annotations}
    if name := stamps.get(SUBMITTED_BY_ANNOTATION):
        stamps[SUBMITTED_BY_ANNOTATION] = name[:LONGEST_SUBMITTER]
    text = orjson.dumps(_plain({"spec": spec, "stamps": stamps}), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    """The value without nulls, and with whole numbers as integers."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
