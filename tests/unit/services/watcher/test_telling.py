"""Publishing unfinished work: at once, again at growing intervals, until it has ended, whatever the bus does."""

import asyncio
from typing import Any, cast

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from services.watcher.handlers import Jobs, Workloads, reference_only
from shared.errors import PermanentError, TooLargeError, TransientError
from shared.kubernetes.api import Api
from shared.messages import JobObserved, Message, WorkloadObserved, WorkloadRejected
from shared.process.bus import Bus
from tests.unit.services.watcher.fake_bus import FakeBus, running, until, workload


def workloads_to(bus: FakeBus, first: float = 60.0, longest: float = 600.0, api: Any = None) -> Workloads:
    return Workloads(cast(Bus, bus), cast(Api, api), first, longest)


async def test_something_new_is_told_once_however_often_it_is_seen() -> None:
    """A workload seen five times is published once."""
    bus = FakeBus()
    workloads = workloads_to(bus)
    handle = workloads.handler("TrainingWorkload")
    async with running(workloads.telling):
        for _ in range(5):
            await handle("changed", workload())
        await until(lambda: bus.told)
        await handle("changed", workload())
        await asyncio.sleep(0.6)
    assert [(type(m), m.workload.uid, m.attempt) for m in bus.told] == [(WorkloadObserved, "u", 1)]


async def test_while_most_of_it_lies_on_the_bus_nothing_is_told_again() -> None:
    """Nothing is repeated while most of the messages are still unread on the bus."""
    bus = FakeBus()
    workloads = workloads_to(bus, first=0.1, longest=0.2)
    async with running(workloads.telling):
        for uid in "abcd":
            await workloads.handler("TrainingWorkload")("changed", workload(uid))
        bus.unread = {"workload": 3, "job": 0}
        await until(lambda: len(bus.told) == 4)
        await asyncio.sleep(1.2)  # twice as long as a resync takes to look
        assert bus.attempts == [1, 1, 1, 1]
        bus.unread = {"workload": 2, "job": 900}
        await until(lambda: bus.attempts.count(2) == 4)


async def test_it_is_told_again_in_growing_intervals_each_a_further_attempt() -> None:
    """An unfinished workload is published again in growing intervals, with a new attempt and message id."""
    bus = FakeBus()
    workloads = workloads_to(bus, first=0.2, longest=0.4)
    async with running(workloads.telling):
        await workloads.handler("TrainingWorkload")("changed", workload())
        await until(lambda: len(bus.told) >= 4)
    assert bus.attempts[:4] == [1, 2, 3, 4]
    assert len({message.message_id for message in bus.told}) == len(bus.told)


async def test_what_a_list_shows_may_have_been_told_of_before_and_is_no_first_attempt() -> None:
    """A workload found by a list may have been published before, so its attempt starts at 2."""
    bus = FakeBus()
    workloads = workloads_to(bus, first=0.3)
    async with running(workloads.telling):
        await workloads.handler("TrainingWorkload")("listed", workload())
        await until(lambda: len(bus.told) >= 2)
    assert bus.attempts[:2] == [2, 3]


async def test_what_ended_or_went_is_not_told_again() -> None:
    """A workload that ended or was deleted is not published again."""
    bus = FakeBus()
    workloads = workloads_to(bus, first=0.1, longest=0.1)
    handle = workloads.handler("TrainingWorkload")
    async with running(workloads.telling):
        await handle("changed", workload("a"))
        await handle("changed", workload("b"))
        await until(lambda: len(bus.told) >= 2)
        await handle("changed", workload("a", status={"phase": "Submitted"}))
        await handle("deleted", workload("b"))
        count = len(bus.told)
        await asyncio.sleep(1.2)
    assert len(bus.told) == count


async def test_the_latest_reading_is_what_is_told_again() -> None:
    """A repetition carries the newest state of the workload."""
    bus = FakeBus()
    workloads = workloads_to(bus, first=0.3)
    handle = workloads.handler("TrainingWorkload")
    async with running(workloads.telling):
        await handle("changed", workload())
        await until(lambda: bus.told)
        later = workload()
        later["metadata"]["annotations"] = {"run.ai/job-name": "w-1"}
        await handle("changed", later)
        await until(lambda: len(bus.told) >= 2)
    assert [message.annotations for message in bus.told[:2]] == [{}, {"run.ai/job-name": "w-1"}]


async def test_a_bus_that_is_away_is_tried_again_and_that_is_no_further_attempt() -> None:
    """A broker that is away delays the message and does not count as an attempt."""
    bus = FakeBus()
    bus.fails = TransientError("away")
    workloads = workloads_to(bus)
    async with running(workloads.telling):
        await workloads.handler("TrainingWorkload")("changed", workload())
        await asyncio.sleep(2.2)
        assert 2 <= bus.tried <= 4
        bus.fails = None
        await until(lambda: bus.told)
    assert bus.attempts == [1]


async def test_what_can_never_be_told_harms_nothing_else() -> None:
    """A message that can never be published does not stop the others."""
    bus = FakeBus()
    bus.fails = PermanentError("too large")
    workloads = workloads_to(bus)
    handle = workloads.handler("TrainingWorkload")
    async with running(workloads.telling):
        await handle("changed", workload("a"))
        await until(lambda: bus.tried)
        bus.fails = None
        await handle("changed", workload("b"))
        await until(lambda: bus.told)
    assert [message.workload.uid for message in bus.told] == ["b"]


async def test_a_workload_that_cannot_be_told_is_rejected() -> None:
    """A workload too large for a message is rejected with reason TooLarge."""

    class SmallBus(FakeBus):
        async def tell(self, message: Message) -> None:
            if isinstance(message, WorkloadObserved):
                raise TooLargeError("the message would be too large")
            await super().tell(message)

    bus = SmallBus()
    workloads = workloads_to(bus)
    async with running(workloads.telling):
        await workloads.handler("TrainingWorkload")("changed", workload())
        await until(lambda: bus.told)
    (told,) = bus.told
    assert isinstance(told, WorkloadRejected)
    assert (told.workload.uid, told.reason, told.attempt) == ("u", "TooLarge", 1)


@pytest.mark.parametrize(
    ("error", "phrase"), [(TransientError("away"), "not sent yet"), (PermanentError("too large"), "cannot be sent")]
)
async def test_what_is_not_told_is_logged_with_its_workload(error: Exception, phrase: str) -> None:
    """The log line of a failed publication names the workload."""
    bus = FakeBus()
    bus.fails = error
    workloads = workloads_to(bus)
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with running(workloads.telling):
            await workloads.handler("TrainingWorkload")("changed", workload())
            await until(lambda: lines)
    which = {"workload": "runai-a/u", "kind": "TrainingWorkload", "uid": "u", "generation": 1}
    assert lines[0].items() >= {"event": phrase, "reason": str(error), **which}.items()


async def test_a_job_that_is_not_told_is_logged_with_its_name() -> None:
    """The log line of a failed publication names the job."""
    bus = FakeBus()
    bus.fails = TransientError("away")
    jobs = Jobs(cast(Bus, bus), 60, 600)
    jobs.listed()
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with running(jobs.telling):
            await jobs.on_job("listed", job())
            await until(lambda: lines)
    assert lines[0].items() >= {"event": "not sent yet", "job": "runai-a/j", "uid": "j"}.items()


async def test_a_new_stream_has_everything_told_anew() -> None:
    """After the stream was replaced, every unfinished workload is published again."""
    bus = FakeBus()
    workloads = workloads_to(bus)
    handle = workloads.handler("TrainingWorkload")
    async with running(workloads.telling):
        for uid in "abc":
            await handle("changed", workload(uid))
        await until(lambda: len(bus.told) == 3)
        workloads.telling.all_again()
        await until(lambda: len(bus.told) == 6)
    assert sorted(bus.attempts) == [1, 1, 1, 2, 2, 2]


def job(**parts: Any) -> dict[str, Any]:
    return {
        "metadata": {"uid": "j", "namespace": "runai-a", "name": "j", "resourceVersion": "1"},
        "spec": {"template": {}},
        **parts,
    }


OWNER = {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "name": "j", "uid": "j", "controller": True}


def child(**parts: Any) -> dict[str, Any]:
    metadata = {"uid": "c", "namespace": "runai-a", "name": "j", "ownerReferences": [OWNER]}
    return {"metadata": metadata, "spec": {"template": {"x": 1}}, **parts}


async def test_jobs_are_told_of_only_once_their_children_are_known() -> None:
    """Otherwise a job whose child is merely not listed yet would look like one without a child."""
    bus = FakeBus()
    jobs = Jobs(cast(Bus, bus), 60, 600)
    async with running(jobs.telling):
        await jobs.on_job("listed", job())
        await asyncio.sleep(0.1)
        assert bus.told == []
        await jobs.on_child("Job")("listed", child(status={"active": 1}))
        jobs.listed()
        await until(lambda: bus.told)
    (told,) = bus.told
    assert isinstance(told, JobObserved)
    assert told.child is not None
    assert (told.child["kind"], told.child["status"], told.child["spec"]) == ("Job", {"active": 1}, {})


async def test_a_childs_end_is_told_with_what_was_last_seen_of_it() -> None:
    """The deletion of a Job is published with the last status that was seen of it."""
    bus = FakeBus()
    jobs = Jobs(cast(Bus, bus), 60, 600)
    jobs.listed()
    on_child = jobs.on_child("Job")
    async with running(jobs.telling):
        await jobs.on_job("listed", job())
        await on_child("changed", child(status={"succeeded": 1}))
        await until(lambda: bus.told and bus.told[-1].child)
        await on_child("deleted", {"metadata": child()["metadata"]})  # all that remains after a list that misses it
        await until(lambda: bus.told[-1].child_deleted)
    assert bus.told[-1].child["status"] == {"succeeded": 1}


@pytest.mark.parametrize(
    ("owner", "namespace"),
    [
        (OWNER, "runai-b"),
        ({**OWNER, "name": "k"}, "runai-a"),
        ({**OWNER, "uid": "k"}, "runai-a"),
        ({**OWNER, "apiVersion": "example.com/v1"}, "runai-a"),
        ({**OWNER, "controller": False}, "runai-a"),
    ],
)
async def test_what_only_claims_to_run_a_job_says_nothing_about_it(owner: dict[str, Any], namespace: str) -> None:
    """P9: a Job elsewhere, or of another owner, with the uid of somebody's RunaiJob does not end that job."""
    bus = FakeBus()
    jobs = Jobs(cast(Bus, bus), 60, 600)
    jobs.listed()
    done = {"conditions": [{"type": "Complete", "status": "True"}]}
    metadata = {**child()["metadata"], "namespace": namespace, "ownerReferences": [owner]}
    on_child = jobs.on_child("Job")
    async with running(jobs.telling):
        await on_child("listed", child(metadata=metadata, status=done))
        await jobs.on_job("listed", job())
        await until(lambda: bus.told)
        await on_child("changed", child(metadata=metadata, status=done))
        await on_child("changed", child(status={"active": 1}))
        await until(lambda: bus.told[-1].child)
        await on_child("deleted", child(metadata=metadata, status=done))
        await asyncio.sleep(0.3)
    assert bus.told[0].child is None
    assert [told.child["status"] for told in bus.told[1:]] == [{"active": 1}]


async def test_a_job_that_finished_or_went_is_not_told_of() -> None:
    """A job that finished or was deleted is not published."""
    bus = FakeBus()
    jobs = Jobs(cast(Bus, bus), 0.1, 0.1)
    jobs.listed()
    async with running(jobs.telling):
        await jobs.on_job("listed", job(status={"conditions": [{"type": "Complete", "status": "True"}]}))
        await asyncio.sleep(0.7)
        assert bus.told == []
        await jobs.on_job("changed", job())
        await until(lambda: bus.told)
        await jobs.on_job("deleted", job())
        count = len(bus.told)
        await asyncio.sleep(0.7)
    assert len(bus.told) == count


async def test_nothing_is_kept_of_a_job_that_is_over() -> None:
    """Finished jobs stay in memory for ever, ten thousand of them, say: only their existence is kept."""
    jobs = Jobs(cast(Bus, FakeBus()), 60, 600)
    await jobs.on_child("Job")("listed", child(status={"succeeded": 1}))
    await jobs.on_job("listed", job(status={"conditions": [{"type": "Complete", "status": "True"}]}))
    jobs.listed()
    assert (jobs._jobs, jobs._children) == ({"runai-a/j/j": b""}, {})


def test_what_is_remembered_of_an_object_is_small() -> None:
    """Only what identifies an object is remembered of it."""
    whole = {"metadata": {**job()["metadata"], "namespace": "n", "labels": {"a": "b"}}, "spec": {"x": 1}}
    assert reference_only(whole) == {"metadata": {"uid": "j", "name": "j", "namespace": "n", "resourceVersion": "1"}}
    assert reference_only(child())["metadata"]["ownerReferences"] == [OWNER]
