"""One active watcher: it takes a free lease, renews it, releases it at its end, and is replaced if it falls silent."""

import asyncio
import copy
from typing import Any, cast

import pytest

from services.watcher.lease import Lease
from shared.errors import AlreadyExistsError, ConflictError, NotFoundError, TransientError
from shared.kubernetes.api import Api


class Leases:
    """The one Lease of a cluster, with its resourceVersion as precondition."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.away = False

    async def get(self, path: str) -> dict[str, Any]:
        self._reach()
        if self.lease is None:
            raise NotFoundError("no lease")
        return copy.deepcopy(self.lease)

    async def create(self, path: str, body: dict[str, Any]) -> None:
        self._reach()
        if self.lease is not None:
            raise AlreadyExistsError("there is one")
        self.lease = {**body, "metadata": {**body["metadata"], "resourceVersion": "1"}}

    async def replace(self, path: str, body: dict[str, Any]) -> None:
        self._reach()
        assert self.lease is not None
        version = self.lease["metadata"]["resourceVersion"]
        if body["metadata"]["resourceVersion"] != version:
            raise ConflictError("it changed")
        self.lease = copy.deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = str(int(version) + 1)

    @property
    def holder(self) -> str | None:
        return self.lease["spec"]["holderIdentity"] if self.lease else None

    def _reach(self) -> None:
        if self.away:
            raise TransientError("the API server is away")


class Replica:
    """A watcher that counts how often it is at work."""

    def __init__(self, leases: Leases, name: str, duration: float = 1.0) -> None:
        self.lease = Lease(cast(Api, leases), "runai", "slipway-watcher", name, duration)
        self.working = 0
        self.task = asyncio.create_task(self.lease.lead(self._work))

    async def _work(self) -> None:
        self.working += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.working -= 1

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(what: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.01)


async def test_one_works_and_the_other_follows_when_it_ends_in_order() -> None:
    """A renewed lease keeps the other replica waiting; one that is released hands over at once."""
    leases = Leases()
    first = Replica(leases, "first")
    await until(lambda: first.working)
    second = Replica(leases, "second")
    await asyncio.sleep(1.5)  # longer than the lease lasts: it is renewed
    assert (first.working, second.working, leases.holder) == (1, 0, "first")
    await first.end()
    assert leases.holder == ""
    await until(lambda: second.working)
    assert (first.working, leases.holder) == (0, "second")
    await second.end()


async def test_one_that_falls_silent_is_followed_once_its_lease_has_run_out() -> None:
    """The lease of a dead replica is taken after its duration by our own clock."""
    leases = Leases()
    leases.lease = {
        "metadata": {"name": "slipway-watcher", "resourceVersion": "5"},
        "spec": {"holderIdentity": "dead", "leaseDurationSeconds": 1, "renewTime": "2020-01-01T00:00:00.000000Z"},
    }
    loop = asyncio.get_running_loop()
    began = loop.time()
    replica = Replica(leases, "next")
    await until(lambda: replica.working)
    assert loop.time() - began >= 1.0  # by our own clock, since the other one's may be wrong
    await replica.end()


async def test_one_that_cannot_renew_stops_working_and_starts_again() -> None:
    """A replica that cannot renew stops its work in time, and takes it up again later."""
    leases = Leases()
    replica = Replica(leases, "only", duration=0.6)
    await until(lambda: replica.working)
    leases.away = True
    await until(lambda: not replica.working and not replica.lease.held)
    leases.away = False
    await until(lambda: replica.working)
    assert replica.lease.held
    await replica.end()


async def test_work_that_misses_a_cancellation_is_cancelled_again() -> None:
    """An inner wait can swallow a cancellation: the replica still stops its work, and can lead again."""
    leases, missed = Leases(), 0

    async def work() -> None:
        nonlocal missed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            missed += 1
        await asyncio.Event().wait()

    lease = Lease(cast(Api, leases), "runai", "slipway-watcher", "only", 0.3)
    task = asyncio.create_task(lease.lead(work))
    await until(lambda: lease.held)
    leases.away = True
    await until(lambda: not lease.held)
    assert missed == 1
    leases.away = False
    await until(lambda: lease.held)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_work_that_fails_is_not_hidden() -> None:
    """An error in the work ends the lease loop with that error."""

    async def work() -> None:
        raise ValueError("a bug")

    lease = Lease(cast(Api, Leases()), "runai", "slipway-watcher", "only", 0.3)
    with pytest.raises(ValueError, match="a bug"):
        await asyncio.wait_for(lease.lead(work), 5)


async def test_a_lease_that_nobody_can_have_is_a_problem_that_is_said() -> None:
    """Readiness says why the lease cannot be acquired, and recovers."""
    leases = Leases()
    leases.away = True
    replica = Replica(leases, "a", duration=0.03)
    try:
        async with asyncio.timeout(5):
            while replica.lease.problem is None:
                await asyncio.sleep(0.005)
            assert replica.lease.problem == "lease slipway-watcher: not readable: the API server is away"
            leases.away = False
            while not replica.lease.held:
                await asyncio.sleep(0.005)
        assert replica.lease.problem is None
    finally:
        replica.task.cancel()
        await asyncio.gather(replica.task, return_exceptions=True)
