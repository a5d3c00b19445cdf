"""The claim: the ConfigMap named as the job, holding what was decided."""

from typing import Any

import orjson

from shared.objects import Manifest
from shared.outputs.naming import Names


def build_claim(
    names: Names, values_set: dict[str, Any], provenance: dict[str, Any], sources: dict[str, Any]
) -> Manifest:
    """Reserve the job's name, and freeze the values, the origin of each, and the policy and base that counted.

    The API server itself refuses every later change of what it holds.
    """
    data = {"values.json": values_set, "provenance.json": provenance, "sources.json": sources}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": names.shown_for(values_set.get("username")).metadata(names.job),
        "immutable": True,
        "data": {key: orjson.dumps(value).decode() for key, value in data.items()},
    }
