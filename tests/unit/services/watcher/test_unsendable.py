"""Objects whose message cannot be made or sent: each ends visibly, and the others are reported."""

from typing import Any, cast

import pytest

from services.watcher import facts, handlers, telling
from services.watcher.handlers import Jobs, Workloads
from shared.errors import RightsError, TooLargeError, TransientError
from shared.kubernetes.api import Api
from shared.messages import Message, WorkloadFailed, WorkloadObserved, WorkloadRejected
from shared.process.bus import Bus
from shared.process.delivery import RIGHTS_TRIES
from tests.unit.services.watcher.fake_bus import FakeBus, running, until, workload

NAMED = {"annotations": {"run.ai/job-name": "w-1"}}


class Refusing(FakeBus):
    """Refuses `workload.observed` with one error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error, self.refused = error, 0

    async def tell(self, message: Message) -> None:
        if isinstance(message, WorkloadObserved):
            self.refused += 1
            raise self.error
        await super().tell(message)


class Reads:
    """An API server that holds one workload, or none."""

    def __init__(self, item: dict[str, Any] | None = None, busy: int = 0) -> None:
        self.item, self.busy, self.asked = item, busy, 0

    async def list(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        self.asked += 1
        if self.asked <= self.busy:
            raise TransientError("busy")
        wanted = params["fieldSelector"].removeprefix("metadata.name=")
        return {"items": [self.item] if self.item and self.item["metadata"]["name"] == wanted else []}


def workloads(bus: FakeBus, api: Any = None, first: float = 60.0) -> Workloads:
    return Workloads(cast(Bus, bus), cast(Api, api), first, 600)


async def test_a_message_that_cannot_be_made_ends_its_workload_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in one object's message is logged and shown on that object; the rest is reported."""
    real = facts.observed

    def broken(item: dict[str, Any], *rest: Any) -> Any:
        if item["metadata"]["uid"] == "bad":
            raise ValueError("a bug")
        return real(item, *rest)

    monkeypatch.setattr("services.watcher.handlers.observed", broken)
    bus = FakeBus()
    all_of_them = workloads(bus)
    async with running(all_of_them.telling):
        for uid in ("bad", "good"):
            await all_of_them.handler("TrainingWorkload")("changed", workload(uid))
        await until(lambda: len(bus.told) == 2)
    failed, seen = sorted(bus.told, key=lambda told: told.workload.uid)
    assert (failed.reason, failed.message) == ("InternalError", telling.BUG)
    assert isinstance(seen, WorkloadObserved)


async def test_any_error_of_the_bus_leaves_the_others_alone() -> None:
    """An error that nobody foresaw does not end the watcher."""
    bus = FakeBus()
    bus.fails = ValueError("no subject")
    jobs = Jobs(cast(Bus, bus), 60, 600)
    jobs.listed()
    item = {"metadata": {"uid": "j", "namespace": "a", "name": "j", "resourceVersion": "1"}, "spec": {}}
    async with running(jobs.telling):
        await jobs.on_job("listed", item)
        await until(lambda: bus.tried == 1)
        bus.fails = None
        await jobs.on_job("listed", {**item, "metadata": {**item["metadata"], "uid": "k"}})
        await until(lambda: bus.told)


@pytest.mark.parametrize(
    ("error", "tries", "kind", "reason"),
    [
        (TooLargeError("larger than the bus accepts"), 1, WorkloadRejected, "TooLarge"),
        (RightsError("the bus does not permit it"), RIGHTS_TRIES, WorkloadFailed, "Forbidden"),
    ],
)
async def test_a_workload_that_the_bus_never_accepts_ends_with_the_reason(
    error: Exception, tries: int, kind: type[Message], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit or a missing right of the bus ends in Failed; a missing right is tried a few times first."""
    monkeypatch.setattr(telling, "BUS_RETRY", 0.01)
    bus = Refusing(error)
    all_of_them = workloads(bus)
    async with running(all_of_them.telling):
        await all_of_them.handler("TrainingWorkload")("changed", workload())
        await until(lambda: bus.told)
    (told,) = bus.told
    assert (type(told), told.reason, told.attempt, bus.refused) == (kind, reason, 1, tries)


async def test_a_workload_with_a_job_is_never_ended_by_the_watcher() -> None:
    """A recorded job name means that its job may exist: only the creator may end it."""
    bus = Refusing(TooLargeError("larger than the bus accepts"))
    all_of_them = workloads(bus)
    async with running(all_of_them.telling):
        await all_of_them.handler("TrainingWorkload")("changed", workload(metadata=NAMED))
        await until(lambda: bus.refused)
    assert bus.told == []


async def test_what_does_not_fit_into_memory_is_read_again_for_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit, specs are not kept; a message still carries the whole one, after a busy server too."""
    monkeypatch.setattr(handlers, "MOST_KEPT", 2000)
    monkeypatch.setattr(telling, "BUS_RETRY", 0.01)
    bus, large = FakeBus(), workload("large", spec={"image": {"value": "x" * 5000}})
    api = Reads(large, busy=2)
    all_of_them = workloads(bus, api)
    async with running(all_of_them.telling):
        await all_of_them.handler("TrainingWorkload")("changed", large)
        await all_of_them.handler("TrainingWorkload")("changed", workload("small"))
        await until(lambda: len(bus.told) == 2)
    assert {told.workload.uid: told.spec for told in bus.told} == {"large": large["spec"], "small": {}}
    assert (api.asked, bus.attempts) == (3, [1, 1])
    assert all_of_them._size < 2000


@pytest.mark.parametrize("now", [None, workload("another"), workload("large", status={"phase": "Failed"})])
async def test_what_ended_before_it_was_read_again_is_not_told_of(now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload that is gone, replaced or ended by then is left alone."""
    monkeypatch.setattr(handlers, "MOST_KEPT", 0)
    bus, api = FakeBus(), Reads(now)
    all_of_them = workloads(bus, api)
    async with running(all_of_them.telling):
        await all_of_them.handler("TrainingWorkload")("changed", workload("large"))
        await until(lambda: api.asked)
    assert bus.told == []


async def test_nothing_is_kept_of_what_ended() -> None:
    """The memory of a workload goes with its end."""
    all_of_them = workloads(FakeBus())
    handle = all_of_them.handler("TrainingWorkload")
    await handle("changed", workload("a"))
    await handle("changed", workload("a"))
    await handle("changed", workload("b"))
    await handle("changed", workload("a", status={"phase": "Submitted"}))
    await handle("deleted", workload("b"))
    assert (all_of_them._bodies, all_of_them._size, all_of_them.telling.pending) == ({}, 0, {})


async def test_a_lost_message_about_a_change_is_repeated_soon_however_often_others_were() -> None:
    """The interval starts over with every change of a job, so that a lost message is repaired at once."""
    bus = FakeBus()
    jobs = Jobs(cast(Bus, bus), 0.2, 3600)
    jobs.listed()
    item = {"metadata": {"uid": "j", "namespace": "a", "name": "j", "resourceVersion": "1"}, "spec": {}}
    async with running(jobs.telling):
        await jobs.on_job("listed", item)
        await until(lambda: bus.told)
        jobs.telling.pending["a/j/j"].repeats = 14  # as after hours: half an hour until the next
        await jobs.on_job("changed", item)
        await until(lambda: len(bus.told) == 2)
        await until(lambda: len(bus.told) == 3, 2.0)
