"""Sources written as in a manifest, and their resolution in readable form."""

from collections.abc import Mapping
from typing import Any

import yaml

from shared.parameters.kinds import DISTRIBUTED, INFERENCE, INTERACTIVE, Kind
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve

Spec = Mapping[str, Any]

LEAST: Mapping[Kind, Spec] = {
    INFERENCE: {"ports": {"items": {"http": {"value": {"container": 8080}}}}},
    DISTRIBUTED: {"jobType": "PyTorch"},
}
"""What a workload of each kind must state beside its image."""


def workload(spec: str | Spec, name: str = "mine") -> Source:
    return Source(Origin.WORKLOAD, SourceRef("runai-team-a", name, f"uid-of-{name}", "1"), _spec(spec))


def base(spec: str | Spec, name: str = "big") -> Source:
    return Source(Origin.BASE, SourceRef("runai-team-a", name, f"uid-of-{name}", "1"), _spec(spec))


def outcome(
    mine: str | Spec, of_base: str | Spec | None = None, policy: str | Spec | None = None, kind: Kind = INTERACTIVE
) -> Resolved | Refused:
    return resolve(
        kind,
        workload(mine),
        None if of_base is None else base(of_base),
        None if policy is None else compile_policy(kind, _spec(policy)),
    )


def resolved(
    mine: str | Spec, of_base: str | Spec | None = None, policy: str | Spec | None = None, kind: Kind = INTERACTIVE
) -> Resolved:
    """The values set; the sources have an image unless they say otherwise."""
    found = outcome({"image": {"value": "python"}, **_spec(mine)}, of_base, policy, kind)
    assert isinstance(found, Resolved), [str(violation) for violation in found.violations]
    return found


def refused(
    mine: str | Spec, of_base: str | Spec | None = None, policy: str | Spec | None = None, kind: Kind = INTERACTIVE
) -> list[str]:
    """The sentences; none if nothing is wrong. The sources have an image unless they say otherwise."""
    found = outcome({"image": {"value": "python"}, **_spec(mine)}, of_base, policy, kind)
    return [str(violation) for violation in found.violations] if isinstance(found, Refused) else []


def ports(**items: Any) -> Spec:
    return {"ports": {"items": {label.replace("_", "-"): item for label, item in items.items()}}}


def port(container: int, external: int | None = None) -> Spec:
    return {"value": {"container": container, **({} if external is None else {"external": external})}}


DELETED = {"deleted": True}


def shown(found: Resolved) -> dict[str, str]:
    """The ports as the guide prints them, container:external."""
    values: Any = found.values_set.get("ports", {})
    return {label: f"{port['container']}:{port['external']}" for label, port in values.items()}


def _spec(spec: str | Spec) -> Spec:
    return (yaml.safe_load(spec) or {}) if isinstance(spec, str) else spec
