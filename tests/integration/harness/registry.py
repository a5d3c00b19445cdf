"""The API server's objects as etcd stores them: one query finds what a test left, of any kind."""

import asyncio
import base64
import re
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

_ROOT: Final = "/registry/"
_EVENTS: Final = f"{_ROOT}events/"
_AFTER: Final = "0"
"""The character after `/`, which ends a range."""
_VERSIONS: Final = {
    "run.ai": "v1alpha1",
    "kubeflow.org": "v1",
    "serving.knative.dev": "v1",
    "apps": "v1",
    "batch": "v1",
    "rbac.authorization.k8s.io": "v1",
    "networking.k8s.io": "v1",
}
_GROUPS: Final = {
    **dict.fromkeys(("jobs", "cronjobs"), "batch"),
    **dict.fromkeys(("deployments", "statefulsets", "replicasets"), "apps"),
    **dict.fromkeys(("roles", "rolebindings"), "rbac.authorization.k8s.io"),
    "ingress": "networking.k8s.io",
}
_PLURALS: Final = {"services/specs": "services", "ingress": "ingresses"}
_OWN_VERSIONS: Final = {"runaijobs": "v1", "mpijobs": "v2beta1"}
_OF_OTHERS: Final = ("controllerrevisions", "endpointslices", "services/endpoints", "leases", "replicasets")
"""Kinds whose objects are deleted with their owner, or that their user removes."""

PASSING: Final = re.compile(
    r"events/|ranges/|ipaddresses/|servicecidrs/|masterleases/|csinodes/|resourceslices/"
    r"|minions/gpu-node-|apiregistration\.k8s\.io/"
    r"|apiextensions\.k8s\.io/customresourcedefinitions/\w+\.(kubeflow\.org|serving\.knative\.dev)$"
    r"|[^/]+(/[^/]+)?/kube-(system|public|node-lease)/|configmaps/[^/]+/kube-root-ca\.crt$"
    r"|serviceaccounts/[^/]+/default$|roles/runai/runai-reader$"
)
"""Objects of the control plane itself, those that every namespace has, and those that projects share."""


@dataclass(frozen=True)
class Registry:
    """The store of one control plane, at this port."""

    port: int

    async def keys(self) -> set[str]:
        """The keys of all objects but events, such as `pods/runai-team-a/train-1`."""
        ranges = ((_ROOT, _EVENTS), (_EVENTS.removesuffix("/") + _AFTER, _ROOT.removesuffix("/") + _AFTER))
        answers = await asyncio.gather(*(self._ask("range", _range(*both) | {"keys_only": True}) for both in ranges))
        found = (base64.b64decode(item["key"]).decode() for answer in answers for item in answer.get("kvs", []))
        return {key.removeprefix(_ROOT) for key in found}

    async def forget(self, *prefixes: str) -> None:
        """Delete everything under these prefixes, bypassing the API server."""
        deletions = [
            {"request_delete_range": _range(f"{_ROOT}{prefix}", f"{_ROOT}{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}")}
            for prefix in prefixes
        ]
        await self._ask("txn", {"success": deletions})

    async def _ask(self, what: str, question: dict[str, Any]) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/v3/kv/{what}"
        async with aiohttp.ClientSession() as session, session.post(url, json=question) as answer:
            return dict(await answer.json())


def _range(first: str, after: str) -> dict[str, Any]:
    return {"key": base64.b64encode(first.encode()).decode(), "range_end": base64.b64encode(after.encode()).decode()}


def collections(keys: set[str], namespace: str) -> set[str]:
    """The paths of the collections in the namespace that hold any of the keys, except those deleted automatically."""
    found = set()
    for key in keys:
        kept, within, _ = key.rpartition(f"/{namespace}/")
        if within and kept not in _OF_OTHERS and not PASSING.match(key):
            found.add(_path(kept, namespace))
    return found


def _path(kept: str, namespace: str) -> str:
    """The API server's path of the collection stored under this name."""
    group, _, plural = kept.rpartition("/")
    if "." not in group:  # Kubernetes' own kinds, which are stored without their group
        group, plural = _GROUPS.get(kept, ""), _PLURALS.get(kept, kept)
    if not group:
        return f"/api/v1/namespaces/{namespace}/{plural}"
    return f"/apis/{group}/{_OWN_VERSIONS.get(plural, _VERSIONS[group])}/namespaces/{namespace}/{plural}"
