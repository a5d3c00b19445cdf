"""Measure how long one resolution takes: `python -m bench.resolve`.

It prints p50 and p99 in microseconds of processor time, so that other load on the machine has little effect. It
resolves a workload with 40 items over a base and a policy with as many items, which has rules for all of them. Then it
seals the decision as the resolver does, and checks the seal as the creator does.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import quantiles
from time import thread_time
from timeit import repeat
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.pictures import Picture
from shared.messages import WorkloadRef, WorkloadResolved
from shared.parameters.kinds import INTERACTIVE
from shared.resolution.decided import opened, sealed
from shared.resolution.model import JsonObject, Origin, Resolved, Source, SourceRef, provenance_json
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from shared.resolution.seal import SealingKey

ITEMS: Final = 40
TIMES: Final = 5000

Items = dict[str, JsonObject]


def variables(origin: str) -> Items:
    """The environment variables, which are half of the items."""
    return {f"VARIABLE_{n}": {"value": f"{origin} {n}"} for n in range(ITEMS // 2)}


def ports(first: int) -> Items:
    """The ports, which are the other half of the items."""
    return {f"port-{n}": {"value": {"container": first + n, "external": first + n}} for n in range(ITEMS // 2)}


def source(origin: Origin, first: int) -> Source:
    """A source that states all items."""
    spec: JsonObject = {
        "image": {"value": "jupyter/scipy-notebook"},
        "jobNamePrefix": {"value": "jupyter"},
        "gpu": {"value": "1"},
        "memory": {"value": "1.5Gi"},
        "environment": {"items": {**variables(origin)}},
        "ports": {"items": {**ports(first)}},
    }
    return Source(origin, SourceRef("runai-team-a", "measured", "uid", "1"), spec)


POLICY: Final[JsonObject] = {
    "gpu": {"rules": {"required": True, "min": "0.1", "max": "4", "step": "0.1"}, "value": "1"},
    "memory": {"rules": {"max": "64Gi"}, "value": "1G"},
    "environment": {"rules": {"canAdd": True}, "items": {**variables("policy")}},
    "ports": {
        "itemRules": {"container": {"min": 1000, "max": 32767}, "external": {"min": 1000, "max": 32767}},
        "items": {label: {**item, "rules": {"canRemove": False}} for label, item in ports(30000).items()},
    },
}


def measure(_: Sequence[str] = ()) -> list[Picture]:
    """Measure, and print the results."""
    workload, base = source(Origin.WORKLOAD, 31000), source(Origin.BASE, 32000)
    policy = compile_policy(INTERACTIVE, POLICY)
    resolved = resolve(INTERACTIVE, workload, base, policy)
    assert isinstance(resolved, Resolved), resolved
    decision, key = _decision(resolved), SealingKey("measured", Ed25519PrivateKey.generate())
    sent, keys = sealed(decision, workload.spec, {}, key), {key.id: key.private.public_key()}
    calls: dict[str, Callable[[], object]] = {
        f"resolve {ITEMS} items, base, policy": lambda: resolve(INTERACTIVE, workload, base, policy),
        f"resolve {ITEMS} items alone": lambda: resolve(INTERACTIVE, workload, None, None),
        "compile the policy": lambda: compile_policy(INTERACTIVE, POLICY),
        "write the provenance": lambda: provenance_json(resolved),
        "seal the decision": lambda: sealed(decision, workload.spec, {}, key),
        "check the seal": lambda: opened(sent, keys),
    }
    found: dict[str, list[float | None]] = {"p50": [], "p99": []}
    for what, call in calls.items():
        times = sorted(repeat(call, number=1, repeat=TIMES, timer=thread_time))
        cuts = quantiles(times, n=100)
        p50, p99 = cuts[49] * 1e6, cuts[98] * 1e6
        print(f"{what:32} p50 {p50:7.0f} µs   p99 {p99:7.0f} µs")
        found["p50"].append(p50)
        found["p99"].append(p99)
    return [Picture("resolve", "Microseconds of CPU time", list(calls), found)]


def _decision(resolved: Resolved) -> WorkloadResolved:
    """The message that the resolver sends."""
    ref = WorkloadRef(
        kind="InteractiveWorkload", namespace="runai-team-a", name="measured", uid="uid", generation=1,
        resource_version="1",
    )  # fmt: skip
    values, provenance = resolved.values_set, provenance_json(resolved)
    return WorkloadResolved(workload=ref, observed_at=datetime.now(UTC), values_set=values, provenance=provenance)


if __name__ == "__main__":
    measure()
