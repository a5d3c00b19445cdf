"""The values of the chart as its values.yaml describes them: their schema, and the page that lists them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from generate.notice import COMMAND, REFERENCE
from generate.services_pages import SETTINGS
from shared.schedulers import Scheduler

CHART: Final = Path("deploy/chart")
VALUES: Final = CHART / "values.yaml"
SERVICES: Final = ("watcher", "resolver", "creator", "status", "runner", "console")
OF_THE_CHART: Final = (
    *(f"SLIPWAY_NATS_{name}" for name in ("URL", "LOGIN", "CA")),
    *("SLIPWAY_KUBECONFIG", "SLIPWAY_HTTP_PORT", "SLIPWAY_HTTP_HOST"),
    *("SLIPWAY_DECLARE_STREAM", "SLIPWAY_DECLARE_CONSUMERS", "SLIPWAY_STREAM_REPLICAS"),
    *("RESOLVER_SEAL_KEY", "CREATOR_SEAL_KEYS", "WATCHER_JOBS", "WATCHER_LEASE_NAMESPACE"),
    *(
        f"CONSOLE_{name}"
        for name in ("HOST", "PORT", "ADDRESS", "KEYS", "OIDC_SECRET", "OIDC_CA", "IMPERSONATE", "LINKS")
    ),
)
"""Settings that the chart itself states: other values would break it."""
NAME: Final = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
NAMES: Final = {"type": "array", "items": {"type": "string", "minLength": 1}}
QUANTITY: Final = {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"}
QUANTITIES: Final = {"type": "object", "additionalProperties": QUANTITY}
PORT: Final = {"type": "integer", "minimum": 1, "maximum": 65535}
PROJECT: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": NAME,
        "groups": NAMES,
        "users": NAMES,
        "scheduler": {"enum": [one.value for one in Scheduler]},
        "security": {"enum": ["privileged", "baseline", "restricted"]},
    },
}
SHAPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "replicas": {"type": "integer", "minimum": 0},
    "stream.replicas": {"enum": [1, 3, 5]},
    "by": {"enum": ["none", "hpa", "keda"]},
    "min": {"type": "integer", "minimum": 1},
    "max": {"type": "integer", "minimum": 1},
    "cpu": {"type": "integer", "minimum": 1},
    "lag": {"type": "integer", "minimum": 1},
    "timeout": {"type": "integer", "minimum": 1},
    "size": QUANTITY,
    "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "resources": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"requests": QUANTITIES, "limits": QUANTITIES},
    },
    "generations": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1},
        "minItems": 1,
        "maxItems": 2,
        "uniqueItems": True,
    },
    "projects": {"type": "array", "items": PROJECT},
    "address": {"type": "string", "pattern": "^(https://[^/]+)?$"},
    "apiServerPorts": {"type": "array", "items": PORT, "minItems": 1},
    "apiServer": {"type": "array", "items": {"type": "string", "pattern": "/[0-9]+$"}},
    "environment": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
}
"""What a value may be, by its path, or by the last word of it; others are of the type that values.yaml has."""


@dataclass(frozen=True)
class Value:
    """One value of the chart."""

    path: str
    default: Any
    meaning: str
    """Its comment, in one line."""
    inner: Sequence["Value"] = field(default=())
    """The values inside it that have comments of their own."""


def values(text: str) -> Sequence[Value]:
    """The values of a values.yaml, each with the comment above it. ValueError names those that have none."""
    lines, document = text.splitlines(), yaml.compose(text, yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)
    found = tuple(_read(document, "", lines))
    if silent := [one.path for one in _all(found) if not one.meaning and not one.inner]:
        raise ValueError(f"no comment says what these values mean: {', '.join(silent)}")
    return found


def _read(node: yaml.MappingNode, path: str, lines: Sequence[str]) -> Iterator[Value]:
    for key, value in node.value:
        name = f"{path}.{key.value}".lstrip(".")
        inner: Sequence[Value] = ()
        if isinstance(value, yaml.MappingNode) and not value.flow_style:
            inner = tuple(_read(value, name, lines))
        told = inner if any(one.meaning for one in inner) else ()
        yield Value(name, _plain(value), _comment(lines, key.start_mark.line, key.start_mark.column), told)


def _plain(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node, Dumper=yaml.SafeDumper))


def _comment(lines: Sequence[str], line: int, column: int) -> str:
    begin = " " * column + "#"
    told: list[str] = []
    while line > 0 and lines[line - 1].startswith(begin):
        line -= 1
        told.insert(0, lines[line][len(begin) :])
    paragraph = "\n".join(told).partition("\n\n")[0]  # what follows an empty line is an example
    return " ".join(paragraph.split())


def _all(found: Sequence[Value]) -> Iterator[Value]:
    for one in found:
        yield one
        yield from _all(one.inner)


def schema(found: Sequence[Value]) -> Mapping[str, Any]:
    """The schema by which Helm refuses wrong values."""
    inner = {one.path: _shape(one) for one in found}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": f"Generated by `{COMMAND}`, never edited.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**inner, "global": {"type": "object"}},
    }


def _shape(value: Value) -> Mapping[str, Any]:
    last = value.path.rpartition(".")[2]
    if value.inner:
        properties = {one.path.rpartition(".")[2]: _shape(one) for one in value.inner}
        shape: Mapping[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    elif last == "settings":
        shape = _settings(value.path.partition(".")[0])
    else:
        shape = SHAPES.get(value.path) or SHAPES.get(last) or {"type": _type(value.default)}
    return {"description": value.meaning, **shape}


def _settings(owner: str) -> Mapping[str, Any]:
    """The settings of one service, or those that all have."""
    prefixes = ["SLIPWAY_", f"{owner.upper()}_"] if owner in SERVICES else ["SLIPWAY_"]
    known = {
        f"{prefix}{name.upper()}": " ".join((one.description or "").split())
        for settings in SETTINGS
        if (prefix := str(settings.model_config.get("env_prefix"))) in prefixes
        for name, one in settings.model_fields.items()
    }
    plain = {"type": ["string", "number", "boolean"]}
    properties = {name: {**plain, "description": text} for name, text in known.items() if name not in OF_THE_CHART}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type(default: Any) -> str:
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    return kinds[type(default)]


def page(found: Sequence[Value]) -> str:
    """The page that lists the values."""
    lines = [f"<!-- Generated by `{COMMAND}` from the comments of {VALUES}, never edited. -->", "# Values of the chart"]
    lines += ["", "`deploy/chart` installs Slipway with Helm: see [Install](../install.md)."]
    lines += ["Helm refuses values that are not listed here, and values of the wrong type.", ""]
    single = [one for one in found if not one.inner]
    for one in (each for each in found if each.inner):
        lines += [
            f"## {one.path}",
            "",
            one.meaning,
            "",
            *_table([each for each in _all(one.inner) if each.meaning]),
            "",
        ]
    return "\n".join([*lines, "## Others", "", *_table(single), ""])


def _table(rows: Sequence[Value]) -> Iterator[str]:
    yield "| value | default | meaning |"
    yield "|---|---|---|"
    for one in rows:
        default = "" if one.inner or one.default in ("", [], {}) else f"`{json.dumps(one.default)}`"
        yield f"| `{one.path}` | {default} | {one.meaning.replace('|', '&#124;')} |"


def files(root: Path) -> Mapping[Path, str]:
    """The schema and the page, by path in the repository."""
    found = values((root / VALUES).read_text())
    return {
        CHART / "values.schema.json": json.dumps(schema(found), indent=2) + "\n",
        REFERENCE / "chart.md": page(found),
    }
