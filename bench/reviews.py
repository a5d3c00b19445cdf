"""Measure what asking for a submitter's right to a Secret costs: `python -m bench.reviews --count 1000`.

It starts its own API server and etcd, with a project whose submitter may read one Secret by name through one of many
groups. It asks as the resolver does: one question after another, and 32 at a time. For each it prints the time of one
answer and the processor that the API server and etcd spent on it, beside those of reading one small object.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from deploy.local.controlplane import API, ControlPlane
from services.resolver.gather import Gather
from shared.kubernetes.api import Api
from shared.names import resource_path
from shared.objects import JsonObject
from shared.submitter import Submitter

NAMESPACE: Final = "runai-team-a"
RBAC: Final = "rbac.authorization.k8s.io"
GROUPS: Final = 50
AT_ONCE: Final = 32
Call = Callable[[], Awaitable[object]]


async def prepare(api: Api) -> None:
    """Create the project, with a role for the Secret and as many bindings as there are groups."""
    await api.create("/api/v1/namespaces", {"kind": "Namespace", "metadata": {"name": NAMESPACE}})
    version = f"{RBAC}/v1"
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get"]}
    role: JsonObject = {"kind": "Role", "metadata": {"name": "reads"}, "rules": [rule]}
    await api.create(resource_path("roles", NAMESPACE, api_version=version), role)
    for number in range(GROUPS):
        binding = {
            "kind": "RoleBinding",
            "metadata": {"name": f"reads-{number}"},
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "reads"},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": f"group-{number}"}],
        }
        await api.create(resource_path("rolebindings", NAMESPACE, api_version=version), binding)


async def measure(what: str, plane: ControlPlane, call: Call, count: int, at_once: int) -> None:
    """Make the calls, and print their time and the servers' processor time for each."""
    servers = [psutil.Process(part.pid) for part in plane.components if part.pid]
    times: list[float] = []
    left = iter(range(count))

    async def calls() -> None:
        for _ in left:
            began = time.perf_counter()
            await call()
            times.append(time.perf_counter() - began)

    before = sum(sum(one.cpu_times()[:2]) for one in servers)
    await asyncio.gather(*(calls() for _ in range(at_once)))
    spent = sum(sum(one.cpu_times()[:2]) for one in servers) - before
    print(f"{what:32} {at_once:3} at once   p50 {median(times) * 1e3:6.2f} ms   servers {spent / count * 1e3:6.2f} ms")


async def ask(plane: ControlPlane, count: int) -> None:
    """Measure questions that are answered yes and no, and reading a namespace beside them."""
    api = await Api.connect(str(plane.kubeconfig))
    try:
        await prepare(api)
        gather, groups = Gather(api), tuple(f"group-{number}" for number in range(GROUPS))
        member, other = Submitter("jane", groups=groups), Submitter("bob", groups=("system:authenticated",))
        if not (await gather.rights(member, NAMESPACE, ["mine"])).readable:
            await asyncio.sleep(1.0)  # the server reads new roles a moment later
        namespace = resource_path("namespaces", None, NAMESPACE, "v1")
        for at_once in (1, AT_ONCE):
            for what, call in (
                ("read a namespace", lambda: api.get(namespace)),
                (f"asked, allowed by 1 of {GROUPS} groups", lambda: gather.rights(member, NAMESPACE, ["mine"])),
                ("asked, denied", lambda: gather.rights(other, NAMESPACE, ["mine"])),
            ):
                await measure(what, plane, call, count, at_once)
    finally:
        await api.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="questions of each kind")
    count = parser.parse_args(arguments).count
    with tempfile.TemporaryDirectory() as folder, ControlPlane(Path(folder), parts=API) as plane:
        asyncio.run(ask(plane, count))


if __name__ == "__main__":
    main()
