"""What the runner does with each message; integration tests prove its promises on a real API server."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.runner.mirror import runs_as
from services.runner.run import Runner
from shared.errors import ForbiddenError, InvalidError, NotFoundError, RightsError, TransientError
from shared.jobs import end_of
from shared.kubernetes.api import Api
from shared.messages import JobObserved
from tests.unit.services.runner.jobs import child, condition, runaijob
from tests.unit.services.runner.server import Server

COMPLETE = condition("Complete", "CompletionsReached")
MISSING = RightsError('jobs.batch is forbidden: User "runner" cannot create resource "jobs"')
STARTED: dict[str, Any] = {"active": 1, "startTime": "2026-01-05T09:59:01Z"}


def runner_of(server: Server) -> Runner:
    return Runner(cast(Api, server))


async def told(server: Server, running: dict[str, Any] | None = None, *, deleted: bool = False) -> dict[str, Any]:
    """Deliver what the watcher publishes about the server's RunaiJob now; returns the RunaiJob afterwards."""
    job = server.find("RunaiJob", "train-1") or runaijob()
    await runner_of(server).run(JobObserved(job=job, child=running, child_deleted=deleted))
    return server.find("RunaiJob", "train-1") or {}


def ending(job: dict[str, Any]) -> tuple[str, str, str]:
    end = end_of(job) or {}
    return end.get("type", ""), end.get("reason", ""), end.get("message", "")


async def test_three_calls_until_its_pod_runs() -> None:
    """From the RunaiJob to its running pod the runner calls the API server three times."""
    server = Server(runaijob())
    await told(server)
    made = server.find("Job", "train-1")
    assert made is not None
    await told(server, made)
    await told(server, {**made, "status": {"startTime": STARTED["startTime"]}})
    job = await told(server, {**made, "status": STARTED})
    await told(server, {**made, "status": {**STARTED, "ready": 1}})
    assert server.calls == ["GET runaijobs", "POST jobs", "PATCH runaijobs"]
    assert job["status"] == {**STARTED, "runsAs": runs_as(made)}


async def started(server: Server) -> tuple[Runner, dict[str, Any], dict[str, Any]]:
    """A runner that has just started the server's RunaiJob: itself, the RunaiJob as published, and its child."""
    runner, job = runner_of(server), server.find("RunaiJob", "train-1") or {}
    made = await runner.run(JobObserved(job=job))
    assert made is not None
    return runner, job, made


async def test_a_start_that_nothing_tells_of_is_put_on_record() -> None:
    """A start is recorded after a while even if the Job reports nothing."""
    server = Server(runaijob())
    runner, job, made = await started(server)
    await runner.on_record(job["metadata"], made, 0.01)
    assert (server.find("RunaiJob", "train-1") or {})["status"] == {"runsAs": runs_as(made)}
    assert server.calls == ["GET runaijobs", "POST jobs", "GET runaijobs", "PATCH runaijobs"]
    assert (runs_as(made)["kind"], runs_as(made)["name"]) == ("Job", "train-1")


async def test_a_start_is_put_on_record_although_the_job_changes_meanwhile() -> None:
    """Conflicting changes delay the record of a start and never lose it."""
    server = Server(runaijob())
    runner, job, made = await started(server)
    changes = iter(range(3))

    def changing(call: str) -> None:
        if call.startswith("PATCH") and next(changes, None) is not None:
            server.change("RunaiJob", "train-1", spec={"suspend": True})

    server.before = changing
    await runner.on_record(job["metadata"], made, 0.01)
    assert (server.find("RunaiJob", "train-1") or {})["status"] == {"runsAs": runs_as(made)}
    assert server.calls.count("PATCH runaijobs") == 4


async def test_a_start_that_is_told_of_meanwhile_costs_nothing_more() -> None:
    """A status that is written in the meantime already records the start: no further call."""
    server = Server(runaijob())
    runner, job, made = await started(server)
    recording = asyncio.create_task(runner.on_record(job["metadata"], made, 60))
    await runner.run(JobObserved(job=job, child={**made, "status": STARTED}))
    await asyncio.wait_for(recording, 10)
    assert server.calls == ["GET runaijobs", "POST jobs", "PATCH runaijobs"]


async def test_a_start_that_is_told_of_before_we_wait_for_it_is_noticed() -> None:
    """A status that is written before the wait begins ends the wait at once."""
    server = Server(runaijob())
    runner, job, made = await started(server)
    await runner.run(JobObserved(job=job, child={**made, "status": STARTED}))
    await asyncio.wait_for(runner.on_record(job["metadata"], made, 60), 10)


async def test_of_a_job_that_went_meanwhile_nothing_is_put_on_record() -> None:
    """Nothing is written for a RunaiJob that was deleted in the meantime."""
    server = Server(runaijob())
    runner, job, made = await started(server)
    server.remove("RunaiJob", "train-1")
    await runner.on_record(job["metadata"], made, 0.01)
    assert server.calls[2:] == ["GET runaijobs"]


async def test_a_start_whose_answer_was_lost_is_put_on_record_when_it_is_met_again() -> None:
    """A Job whose creation got no answer is found by the next delivery, recorded, and not created again."""
    server = Server(runaijob())
    await started(server)
    runner, job, made = await started(server)
    await runner.on_record(job["metadata"], made, 0.01)
    assert (server.find("RunaiJob", "train-1") or {})["status"] == {"runsAs": runs_as(made)}
    assert len(server.created) == 1


@pytest.mark.parametrize(
    "now",
    [
        runaijob(status={"conditions": [COMPLETE]}),
        {**runaijob(), "metadata": {**runaijob()["metadata"], "uid": "another"}},
        {**runaijob(), "metadata": {**runaijob()["metadata"], "deletionTimestamp": "now"}},
    ],
)
async def test_what_has_ended_or_goes_is_not_started(now: dict[str, Any]) -> None:
    """A RunaiJob that ended, was replaced or is being deleted starts nothing, however old the message is."""
    server = Server(now)
    await runner_of(server).run(JobObserved(job=runaijob()))
    assert server.calls == ["GET runaijobs"]


async def test_what_is_gone_is_not_started() -> None:
    """A RunaiJob that no longer exists starts nothing."""
    server = Server()
    await told(server)
    assert server.calls == ["GET runaijobs"]


@pytest.mark.parametrize("record", [STARTED, {"runsAs": runs_as(child())}, {"startTime": "2026-01-05T09:59:01Z"}])
async def test_a_started_job_is_not_started_again(record: dict[str, Any]) -> None:
    """A recorded start whose Job is missing means that the Job was deleted: Failed, never a second run."""
    job = await told(Server(runaijob(status=record)))
    assert ending(job) == ("Failed", "JobDeleted", "its Job was deleted before its end was seen")


async def test_a_job_whose_job_was_deleted_failed_even_if_its_start_was_never_told() -> None:
    """The deletion of its Job ends a RunaiJob in Failed, even if its start was not recorded yet."""
    server = Server(runaijob())
    job = await told(server, child(), deleted=True)
    assert ending(job) == ("Failed", "JobDeleted", "its Job was deleted before its end was seen")
    assert "POST jobs" not in server.calls


async def test_an_end_that_came_with_the_deletion_is_told() -> None:
    """If the deleted Job had finished, its own end is recorded and not the deletion."""
    server = Server(runaijob(status=STARTED))
    job = await told(server, child(**STARTED, succeeded=1, conditions=[COMPLETE]), deleted=True)
    assert ending(job)[0] == "Complete"
    assert server.calls == ["GET runaijobs", "GET jobs", "PATCH runaijobs"]


async def test_a_message_older_than_the_start_tells_what_is_found() -> None:
    """A late first message records the state of the Job that exists."""
    server = Server(runaijob(status=STARTED), {**child(), "status": {"succeeded": 1, "conditions": [COMPLETE]}})
    await runner_of(server).run(JobObserved(job=runaijob()))
    job = server.find("RunaiJob", "train-1") or {}
    assert ending(job)[0] == "Complete"


async def test_the_end_is_told_before_the_time_to_live_begins() -> None:
    """The end is written first, the time to live second, and nothing a third time."""
    finished = child(**STARTED, succeeded=1, conditions=[COMPLETE])
    server = Server(runaijob(status=STARTED, ttlSecondsAfterFinished=0), finished)
    await told(server, finished)
    assert server.calls == ["GET jobs", "PATCH runaijobs", "PATCH jobs"]
    assert (server.find("Job", "train-1") or {})["spec"]["ttlSecondsAfterFinished"] == 0
    await told(server, server.find("Job", "train-1"))
    assert len(server.calls) == 3


async def test_nobody_shortens_the_life_of_a_job_whose_end_could_not_be_told() -> None:
    """As long as the end is not recorded, the Job gets no time to live."""
    finished = child(**STARTED, succeeded=1, conditions=[COMPLETE])
    server = Server(runaijob(ttlSecondsAfterFinished=0), finished)
    old = server.find("RunaiJob", "train-1") or {}
    server.change("RunaiJob", "train-1", status={"active": 1})
    await runner_of(server).run(JobObserved(job=old, child=finished))
    assert server.calls == ["GET jobs", "PATCH runaijobs"]
    assert "ttlSecondsAfterFinished" not in (server.find("Job", "train-1") or {})["spec"]


async def test_a_change_of_suspension_is_passed_on() -> None:
    """Suspending the RunaiJob suspends its Job."""
    server = Server(runaijob(suspend=True), child())
    await told(server, child())
    assert (server.find("Job", "train-1") or {})["spec"]["suspend"] is True


async def test_a_second_delivery_meets_its_own_job() -> None:
    """A repeated message finds the Job that it made and fails nothing."""
    server = Server(runaijob())
    await told(server)
    await told(server)
    assert server.calls[2:] == ["GET runaijobs", "POST jobs", "GET jobs"]
    assert not end_of(server.find("RunaiJob", "train-1") or {})


@pytest.mark.parametrize(
    ("owner", "holder"),
    [
        ([], "the name train-1 is taken by Job train-1, which no RunaiJob made"),
        (
            [{"kind": "CronJob", "name": "nightly", "uid": "u", "controller": True}],
            "the name train-1 is taken by Job train-1 of CronJob nightly",
        ),
    ],
)
async def test_a_foreign_job_of_the_name_is_left_alone(owner: list[dict[str, Any]], holder: str) -> None:
    """A foreign Job of the same name ends in NameTaken, and is not touched."""
    foreign = child()
    foreign["metadata"]["ownerReferences"] = owner
    server = Server(runaijob(), foreign)
    job = await told(server)
    assert ending(job) == ("Failed", "NameTaken", holder)
    assert server.find("Job", "train-1") == foreign


async def test_what_runs_a_deleted_job_of_the_name_is_waited_for() -> None:
    """The runner waits until the Job of an earlier RunaiJob of the same name is gone."""
    going = child()
    going["metadata"]["deletionTimestamp"] = "now"
    going["metadata"]["ownerReferences"] = []
    for found in (going, child(owner="an-older-uid")):
        server = Server(runaijob(), found)
        with pytest.raises(TransientError, match="still being removed"):
            await told(server)
        assert not end_of(server.find("RunaiJob", "train-1") or {})


@pytest.mark.parametrize("error", [InvalidError("spec.template: no containers"), ForbiddenError("exceeded quota: q")])
async def test_what_cannot_be_created_fails_in_the_servers_words(error: InvalidError | ForbiddenError) -> None:
    """A permanent refusal ends in Failed with the API server's own words."""
    server = Server(runaijob())
    server.refusal = error
    assert ending(await told(server)) == ("Failed", error.reason, str(error))


async def test_a_right_that_is_missing_is_not_final_until_no_further_try_follows() -> None:
    """A missing right of the runner is retried, and final only with the last delivery."""
    server = Server(runaijob())
    server.refusal = MISSING
    with pytest.raises(RightsError):
        await told(server)
    assert "status" not in (server.find("RunaiJob", "train-1") or {})
    await runner_of(server).give_up(JobObserved(job=runaijob()), "Forbidden", str(MISSING))
    assert ending(server.find("RunaiJob", "train-1") or {}) == ("Failed", "Forbidden", str(MISSING))


@pytest.mark.parametrize("error", [InvalidError("port in use"), ForbiddenError("exceeded quota: q"), MISSING])
async def test_what_is_there_already_goes_on_whatever_is_refused(error: InvalidError | ForbiddenError) -> None:
    """A Job that exists is followed even if creating it would be refused now."""
    server = Server(runaijob(), child())
    server.refusal = error
    assert await runner_of(server).run(JobObserved(job=runaijob())) == child()
    assert not end_of(server.find("RunaiJob", "train-1") or {})


@pytest.mark.parametrize(
    "error", [NotFoundError("namespaces not found"), ForbiddenError("because it is being terminated")]
)
async def test_where_the_namespace_goes_nothing_is_said(error: NotFoundError | ForbiddenError) -> None:
    """The runner writes nothing to a job whose namespace is being deleted."""
    server = Server(runaijob())
    server.refusal = error
    assert "status" not in await told(server)


async def test_a_busy_world_is_tried_again() -> None:
    """A busy API server delays the job and never fails it."""
    server = Server(runaijob())
    server.refusal = TransientError("etcd has no leader")
    with pytest.raises(TransientError):
        await told(server)
    assert "status" not in (server.find("RunaiJob", "train-1") or {})


async def test_giving_up_fails_only_what_was_never_started() -> None:
    """The last delivery fails a job that never started, and leaves one that did as it is."""
    server = Server(runaijob())
    await runner_of(server).give_up(JobObserved(job=runaijob()), "Invalid", "no template")
    assert ending(server.find("RunaiJob", "train-1") or {}) == ("Failed", "Invalid", "no template")
    for job, running in ((runaijob(), child()), (runaijob(status=STARTED), None)):
        server = Server(job)
        await runner_of(server).give_up(JobObserved(job=job, child=running), "InternalError", "a fault")
        assert server.find("RunaiJob", "train-1") == job


def returned(calling: Coroutine[Any, Any, Any]) -> Any:
    """The return value, without any real waiting."""
    with pytest.raises(StopIteration) as end:
        calling.send(None)
    return end.value.value


class AnyOrder(RuleBasedStateMachine):
    """Every message that the watcher ever sent comes again, at any time and in any order, while the job runs."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(runaijob(ttlSecondsAfterFinished=0))
        self.last: dict[str, Any] | None = None  # as the watcher last saw it
        self.messages: list[JobObserved] = []
        self.watch()

    def running(self) -> dict[str, Any] | None:
        return self.server.find("Job", "train-1")

    def job(self) -> dict[str, Any]:
        return self.server.find("RunaiJob", "train-1") or {}

    def watch(self) -> JobObserved:
        running = self.running()
        self.last = running or self.last
        message = JobObserved(job=self.job(), child=self.last, child_deleted=running is None and self.last is not None)
        if message not in self.messages:
            self.messages.append(message)
        return message

    def hand_over(self, message: JobObserved) -> None:
        """Does what the handler does, without waiting for the record of a start."""
        runner = runner_of(self.server)
        if started := returned(runner.run(message)):
            returned(runner.put_on_record(message.job["metadata"], started))
        self.watch()

    def engine(self, **status: Any) -> None:
        self.server.change("Job", "train-1", status=status)
        self.watch()

    def moves(self) -> bool:
        running = self.running()
        return running is not None and not end_of(running)

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self.hand_over(data.draw(st.sampled_from(self.messages)))

    @precondition(moves)
    @rule()
    def pod_comes(self) -> None:
        self.engine(active=1, startTime="2026-01-05T09:59:01Z")

    @precondition(moves)
    @rule()
    def job_ends(self) -> None:
        self.engine(active=0, succeeded=1, conditions=[COMPLETE], startTime="2026-01-05T09:59:01Z")

    @precondition(lambda self: (self.running() or {"spec": {}})["spec"].get("ttlSecondsAfterFinished") == 0)
    @rule()
    def time_to_live_is_over(self) -> None:
        self.server.remove("Job", "train-1")
        self.watch()

    @precondition(lambda self: self.running() and "runsAs" in self.job().get("status", {}))
    @rule()
    def somebody_deletes_it(self) -> None:
        self.server.remove("Job", "train-1")
        self.watch()

    @invariant()
    def at_most_one_job_is_ever_made(self) -> None:
        assert len(self.server.created) <= 1

    def teardown(self) -> None:
        """Whatever came before: once the latest state is published, the record says how the job ended."""
        if self.running():
            self.engine(active=0, succeeded=1, conditions=[COMPLETE], startTime="2026-01-05T09:59:01Z")
        for _ in range(3):
            self.hand_over(self.watch())
        if self.server.created:
            assert ending(self.job())[:2] in (("Complete", "CompletionsReached"), ("Failed", "JobDeleted"))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25)
