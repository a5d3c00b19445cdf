"""Choose the active one of several watchers with a `coordination.k8s.io` Lease.

Two active watchers do no harm (every fact may arrive twice), they only work twice. So the lease is simple and rather
allows one too many. The client's LeaderElection is not used because it ends on a broken connection and does not release
the lease when it stops.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from shared.errors import AlreadyExistsError, ConflictError, NotFoundError, SlipwayError
from shared.kubernetes.api import Api
from shared.names import resource_path
from shared.process.tasks import end

LEASES: Final = "coordination.k8s.io/v1"
log = structlog.get_logger()


class Lease:
    """A lease that is acquired if free or expired, renewed three times per duration, and released at the end."""

    def __init__(self, api: Api, namespace: str, name: str, identity: str, duration: float) -> None:
        self._api, self._namespace, self._name = api, namespace, name
        self._identity, self._duration = identity, duration
        self._seen: tuple[str, float] = (
            "",
            0.0,
        )  # version of the other's lease, and when it was first seen, by this clock
        self.held = False
        self.problem: str | None = None
        """Why the lease can currently not be read or written, in the server's own words."""

    async def lead(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work` whenever the lease is held, for as long as it is held.

        Only cancellation or a failure of `work` ends it.
        """
        task: asyncio.Task[None] | None = None
        renewed = 0.0
        try:
            while True:
                if await self._try():
                    renewed = time.monotonic()
                    if task is None:
                        log.info("leading", identity=self._identity)
                        self.held, task = True, asyncio.create_task(work())
                elif task and time.monotonic() - renewed > self._duration:
                    log.warning("the lease is lost", identity=self._identity)
                    await end(task)
                    self.held, task = False, None
                if task:
                    await asyncio.wait({task}, timeout=self._duration / 3)
                    if task.done():
                        task.result()
                else:
                    await asyncio.sleep(self._duration / 3)
        finally:
            if task:
                await end(task)
                await self._give_back()

    async def _try(self) -> bool:
        try:
            lease = await self._api.get(resource_path("leases", self._namespace, self._name, LEASES))
        except NotFoundError:
            return await self._write(None)
        except SlipwayError as error:
            return self._refused("not readable", error)
        self.problem = None
        holder = (lease.get("spec") or {}).get("holderIdentity")
        if holder in (None, "", self._identity):
            return await self._write(lease)
        version = lease["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, time.monotonic())
        lasts = float(lease["spec"].get("leaseDurationSeconds") or self._duration)
        return time.monotonic() - self._seen[1] > lasts and await self._write(lease)

    async def _write(self, lease: dict[str, Any] | None, holder: str | None = None) -> bool:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {
            "holderIdentity": self._identity if holder is None else holder,
            "renewTime": now,
            "leaseDurationSeconds": max(1, round(self._duration)),
        }
        try:
            if lease is None:
                body = {
                    "apiVersion": LEASES,
                    "kind": "Lease",
                    "metadata": {"name": self._name},
                    "spec": {**spec, "acquireTime": now},
                }
                await self._api.create(resource_path("leases", self._namespace, api_version=LEASES), body)
            else:
                path = resource_path("leases", self._namespace, self._name, LEASES)
                await self._api.replace(path, {**lease, "spec": {**(lease.get("spec") or {}), **spec}})
        except (ConflictError, AlreadyExistsError):
            return False  # another replica was faster
        except SlipwayError as error:
            return self._refused("not writable", error)
        self.problem = None
        return True

    def _refused(self, what: str, error: SlipwayError) -> bool:
        log.warning(f"lease {what}", reason=str(error))
        self.problem = f"lease {self._name}: {what}: {error}"
        return False

    async def _give_back(self) -> None:
        with suppress(SlipwayError, asyncio.TimeoutError):
            async with asyncio.timeout(2):
                lease = await self._api.get(resource_path("leases", self._namespace, self._name, LEASES))
                if lease["spec"].get("holderIdentity") == self._identity:
                    await self._write(lease, holder="")
        self.held = False
