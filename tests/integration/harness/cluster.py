"""The cluster as a test sees it: raw objects with the administrator's rights, and waiting for conditions."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import yaml

from shared.objects import Manifest
from tests.integration.harness.credentials import Credentials
from tests.integration.harness.registry import Registry

T = TypeVar("T")

PATIENCE: Final = 120.0
"""Seconds that anything may take before a test gives up; tests of promised limits assert those themselves."""

_CUSTOM = "run.ai/v1alpha1"
_PLURALS_OF: Final = {
    "v1": "namespaces configmaps services secrets pods nodes events resourcequotas serviceaccounts "
    "persistentvolumeclaims",
    "apps/v1": "deployments statefulsets replicasets",
    "batch/v1": "jobs",
    "run.ai/v1": "runaijobs",
    "coordination.k8s.io/v1": "leases",
    "apiextensions.k8s.io/v1": "customresourcedefinitions",
    "rbac.authorization.k8s.io/v1": "roles rolebindings clusterroles clusterrolebindings",
    "admissionregistration.k8s.io/v1": "validatingadmissionpolicies validatingadmissionpolicybindings "
    "mutatingadmissionpolicies mutatingadmissionpolicybindings",
}
_API_VERSIONS: Final = {plural: version for version, plurals in _PLURALS_OF.items() for plural in plurals.split()}


class ApiError(Exception):
    """The API server refused a request; the message is its own."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('reason', '')}: {body.get('message', '')}")
        self.status, self.body = status, body


class Cluster:
    """A client for tests. Name resources by their plural; omit the namespace of resources that have none."""

    def __init__(self, kubeconfig: Path, kubectl: Path | str = "kubectl", etcd: int = 0) -> None:
        """`etcd` is the port of its store, which is queried for cleaning up."""
        self.kubeconfig, self._kubectl, self.registry = kubeconfig, kubectl, Registry(etcd)
        self.empty: set[str] = set()
        """Namespaces of projects that no test uses any more."""
        self._credentials = Credentials.read(kubeconfig)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Cluster":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._credentials.tls or False, limit=64),
            headers=self._credentials.headers,
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        params: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send any request; return the decoded answer. ApiError if the server refuses it."""
        assert self._session is not None, "to be used as `async with Cluster(...)`"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        url = self._credentials.server + path
        async with self._session.request(method, url, data=content, params=params, headers=headers) as answer:
            text = await answer.text()
        decoded = json.loads(text) if text.startswith("{") else {"message": text}
        if answer.status >= 400:
            raise ApiError(answer.status, decoded)
        return decoded

    async def create(self, manifest: Manifest, **params: str) -> Manifest:
        """Create the object; return what the server stored."""
        plural, namespace = plural_of(manifest["kind"]), manifest["metadata"].get("namespace")
        path = path_of(plural, namespace, api_version=manifest["apiVersion"])
        return await self.request("POST", path, manifest, params)

    async def apply(self, *manifests: Manifest) -> str:
        """Apply the manifests with `kubectl apply`, as a user does; return its output. ApiError(1) if it fails."""
        return await self.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(manifests))

    async def get(self, plural: str, name: str, namespace: str | None = None) -> Manifest:
        """One object. ApiError(404) if it does not exist."""
        return await self.request("GET", path_of(plural, namespace, name))

    async def find(self, plural: str, name: str, namespace: str | None = None) -> Manifest | None:
        """One object, or None if it does not exist."""
        try:
            return await self.get(plural, name, namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    async def items(
        self, plural: str, namespace: str | None = None, labels: str = "", fields: str = ""
    ) -> list[Manifest]:
        """All objects that match the selectors, in one namespace or in all."""
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        params = {key: text for key, text in selectors.items() if text}
        answer = await self.request("GET", path_of(plural, namespace), params=params)
        return list(answer["items"])

    async def names(self, plural: str, namespace: str) -> list[str]:
        """The names of all objects of a namespace, sorted."""
        return sorted(item["metadata"]["name"] for item in await self.items(plural, namespace))

    async def patch(
        self, plural: str, name: str, namespace: str | None, patch: Manifest, subresource: str = ""
    ) -> Manifest:
        """Merge the patch into the object (or its status); return what the server stored."""
        path = path_of(plural, namespace, name) + (f"/{subresource}" if subresource else "")
        return await self.request("PATCH", path, patch, content_type="application/merge-patch+json")

    async def delete(self, plural: str, name: str, namespace: str | None = None, **params: str) -> None:
        """Delete the object if it exists. `params` are the server's, such as `propagationPolicy`."""
        try:
            await self.request("DELETE", path_of(plural, namespace, name), params=params)
        except ApiError as error:
            if error.status != 404:
                raise

    async def kubectl(self, *arguments: str, given: str = "") -> str:
        """Run kubectl as the administrator with this standard input; return its output. ApiError(1) if it fails."""
        process = await asyncio.create_subprocess_exec(
            str(self._kubectl),
            f"--kubeconfig={self.kubeconfig}",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaint = await process.communicate(given.encode())
        if process.returncode:
            raise ApiError(process.returncode, {"message": complaint.decode()})
        return printed.decode()

    async def wait_for(
        self, what: str, look: Callable[[], Awaitable[T]], until: Callable[[T], object] = bool, within: float = PATIENCE
    ) -> T:
        """Call `look` repeatedly until its result satisfies `until`; return the result.

        AssertionError after `within` seconds: it says `what` was waited for and shows the last result.
        """
        deadline = time.monotonic() + within
        pause = 0.02
        while True:
            seen: Any
            try:
                seen = found = await look()
                if until(found):
                    return found
            except (ApiError, aiohttp.ClientError, KeyError, IndexError) as error:
                seen = repr(error)
            late = time.monotonic() > deadline
            assert not late, f"waited {within:.0f} s in vain for {what}; last seen:\n{_readable(seen)}"
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, 0.5)

    async def ended(self, workload: Manifest, within: float = PATIENCE) -> Manifest:
        """Wait until the workload is Submitted or Failed; return it."""
        return await self._phase(workload, ("Submitted", "Failed"), within)

    async def submitted(self, workload: Manifest, within: float = PATIENCE) -> Manifest:
        """Wait until the workload is Submitted; AssertionError with its status if it fails instead."""
        ended = await self.ended(workload, within)
        assert ended["status"]["phase"] == "Submitted", f"{_title(workload)} failed:\n{_readable(ended['status'])}"
        return ended

    async def failed(self, workload: Manifest, within: float = PATIENCE) -> Manifest:
        """Wait until the workload is Failed; AssertionError with its status if it is Submitted instead."""
        ended = await self.ended(workload, within)
        assert ended["status"]["phase"] == "Failed", f"{_title(workload)} was submitted:\n{_readable(ended['status'])}"
        return ended

    async def gone(self, plural: str, name: str, namespace: str | None = None, within: float = PATIENCE) -> None:
        """Wait until the object no longer exists."""
        what = f"{plural}/{name} to be gone"
        await self.wait_for(what, lambda: self.find(plural, name, namespace), lambda seen: seen is None, within)

    async def running(self, job: str, namespace: str, pods: int = 1, within: float = PATIENCE) -> list[Manifest]:
        """Wait until this many pods of the job are running; return them."""

        async def look() -> list[Manifest]:
            found = await self.items("pods", namespace, f"release={job}")
            return [pod for pod in found if pod["status"]["phase"] == "Running"]

        return await self.wait_for(f"{pods} running pod(s) of {job}", look, lambda seen: len(seen) >= pods, within)

    async def _phase(self, workload: Manifest, phases: tuple[str, ...], within: float) -> Manifest:
        metadata = workload["metadata"]
        return await self.wait_for(
            f"{_title(workload)} to be {' or '.join(phases)}",
            lambda: self.get(plural_of(workload["kind"]), metadata["name"], metadata["namespace"]),
            lambda seen: seen.get("status", {}).get("phase") in phases,
            within,
        )


def plural_of(kind: str) -> str:
    """The plural that the API server uses for a kind (`interactivepolicies` for `InteractivePolicy`)."""
    lower = kind.lower()
    return lower[:-1] + "ies" if lower.endswith("y") else lower + ("es" if lower.endswith("s") else "s")


def path_of(plural: str, namespace: str | None = None, name: str | None = None, api_version: str | None = None) -> str:
    """The API server's path of a list, or of one object."""
    version = api_version or _API_VERSIONS.get(plural, _CUSTOM)
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    return root + (f"/namespaces/{namespace}" if namespace else "") + f"/{plural}" + (f"/{name}" if name else "")


def _title(workload: Manifest) -> str:
    return f"{workload['kind']} {workload['metadata']['namespace']}/{workload['metadata']['name']}"


def _readable(seen: object) -> str:
    return seen if isinstance(seen, str) else yaml.safe_dump(seen, sort_keys=False)
