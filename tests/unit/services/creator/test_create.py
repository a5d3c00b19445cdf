"""From a resolved workload to its outputs, or to a failure with a reason and no outputs, on every path."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from services.creator.handlers import OneAtATime
from shared.errors import ForbiddenError, InvalidError, TransientError
from shared.messages import (
    Event,
    WorkloadFailed,
)
from tests.unit.services.creator.submission import (
    AGAIN,
    ALL,
    BASE,
    CONFIGMAPS,
    JOBS,
    NOTES,
    POLICY,
    SERVICES,
    VALUES,
    WORKLOAD,
    WRITES,
    Case,
    die_after,
    made,
    refused_by_now,
    services_of,
)


# ------------------------------------------------------------------------------------------------------ all goes well
async def test_everything_is_created_in_order_and_the_job_last() -> None:
    """Claim first, job last, and a first delivery reads nothing."""
    case = Case()
    note = Event(type="Info", reason="Note", message="a note")
    outcome = await case.submit(events=[note])
    assert case.server.writes == WRITES
    assert made(outcome) == ALL
    assert (outcome.job_name, outcome.policy, outcome.events) == ("mine", POLICY, [note])
    assert outcome.workload.resource_version == case.server.objects[WORKLOAD]["metadata"]["resourceVersion"]
    assert case.annotations == {"run.ai/job-name": "mine"}
    reads = [call for call in case.server.calls if call.startswith(("get", "list"))]
    assert reads == []  # a first delivery costs only writes


async def test_each_step_is_timed() -> None:
    """People see where the time went: the name, the claim, every output; a name that was given up does not count."""
    case = Case(name=None, namePrefix="run")
    case.server.put(f"{CONFIGMAPS}/run-1", {})
    outcome = await case.submit()
    steps = [(step.step, step.what) for step in outcome.steps]
    created = [("Created", what) for what in made(outcome)[1:]]
    assert steps == [("Named", "run-2"), ("Claimed", "ConfigMap run-2"), *created]
    times = [step.time for step in outcome.steps]
    assert times == sorted(times)


async def test_a_prefix_gets_the_next_number_that_is_free() -> None:
    """An index that another object uses is skipped."""
    case = Case(name=None, namePrefix="jupyter")
    case.server.put(f"{CONFIGMAPS}/jupyter-1", {})
    outcome = await case.submit()
    assert outcome.job_name == "jupyter-2"


async def test_a_number_that_another_creator_takes_meanwhile_is_passed_over() -> None:
    """Twenty indices taken since the last list cost a few tries and one new list."""
    case = Case(name=None, namePrefix="run")
    creator = case.creator()
    await creator.indices.learn("runai-a")
    for number in range(1, 21):
        case.server.put(f"{CONFIGMAPS}/run-{number}", {})
    outcome: Any = await creator.submit(case.event(), 1)
    assert outcome.job_name == "run-21"
    assert len([call for call in case.server.calls if "create" in call and "configmaps" in call]) <= 9  # then it lists


TAKERS = {"ConfigMap": CONFIGMAPS, "Service": SERVICES, "RunaiJob": JOBS}


@pytest.mark.parametrize("kind", TAKERS)
async def test_a_number_that_something_else_takes_later_is_passed_over(kind: str) -> None:
    """Whichever output's name is taken after the names were read, the job gets the next free number, alone."""
    case = Case(name=None, namePrefix="run")
    creator = case.creator()
    await creator.indices.learn("runai-a")
    foreign = [case.server.put(f"{TAKERS[kind]}/run-{number}", {}) for number in range(1, 6)]
    outcome: Any = await creator.submit(case.event(), 1)
    assert outcome.job_name == "run-6"
    assert case.annotations == {"run.ai/job-name": "run-6"}
    theirs = [f"{TAKERS[kind].split('/')[-1]}/run-{number}" for number in range(1, 6)]
    assert case.kept == sorted([*theirs, "configmaps/run-6", "runaijobs/run-6", *services_of("run-6")])
    assert [case.server.objects[f"{TAKERS[kind]}/run-{n}"] for n in range(1, 6)] == foreign


async def test_a_name_of_an_output_that_somebody_chose_is_not_passed_over() -> None:
    """Another number would not help if the taken name does not contain it."""
    volume = {"v": {"claimName": "data", "path": "/data", "size": "1G"}}
    case = Case(name=None, namePrefix="run", pvcs=volume)
    case.server.put("/api/v1/namespaces/runai-a/persistentvolumeclaims/data", {})
    outcome = await case.submit()
    sentence = "the name data is taken by PersistentVolumeClaim data, which no workload made"
    assert (outcome.reason, outcome.message) == ("NameTaken", sentence)
    assert case.kept == ["persistentvolumeclaims/data"]


@pytest.mark.parametrize("writes", range(1, 12))
async def test_a_creator_that_dies_while_it_takes_the_next_number(writes: int) -> None:
    """Whichever write it dies after, one job exists in the end, and nothing under the number that was given up."""
    case = Case(name=None, namePrefix="run")
    creator = case.creator()
    await creator.indices.learn("runai-a")
    case.server.put(f"{JOBS}/run-1", {})
    die_after(case.server, writes)
    with suppress(KeyboardInterrupt):
        await creator.submit(case.event(), 1)
    case.server.answer = lambda _: None
    case.values = {**case.values, "image": "edited"}
    outcome = await case.submit_later()
    assert outcome.job_name == "run-2"
    assert case.kept == sorted(["runaijobs/run-1", "configmaps/run-2", "runaijobs/run-2", *services_of("run-2")])
    frozen = "ubuntu" if writes > 1 else "edited"  # the name was recorded, but nothing was decided yet
    assert case.server.objects[f"{JOBS}/run-2"]["spec"]["template"]["spec"]["containers"][0]["image"] == frozen


async def test_without_name_and_prefix_jobs_are_called_job() -> None:
    """The default prefix is `job`."""
    assert (await Case(name=None).submit()).job_name == "job-1"


# ---------------------------------------------------------------------------------------------------- again, and again
@pytest.mark.parametrize("writes", range(1, len(WRITES) + 1))
async def test_a_second_delivery_goes_on_where_the_first_one_died(writes: int) -> None:
    """The creator uses the frozen claim, whatever a later message says."""
    case = Case()
    die_after(case.server, writes)
    with suppress(KeyboardInterrupt):  # after the last write it dies before it publishes the outcome
        await case.submit()
    case.server.answer, case.server.calls = lambda call: None, []
    case.values = {**VALUES, "image": "edited"}
    outcome = await case.submit(deliveries=2)
    assert made(outcome) == ALL
    frozen = "ubuntu" if writes > 1 else "edited"  # only the name was recorded, and nothing decided yet
    assert case.server.objects[f"{JOBS}/mine"]["spec"]["template"]["spec"]["containers"][0]["image"] == frozen
    assert [call for call in case.server.writes if call.startswith("delete")] == []
    assert outcome.policy == POLICY


@pytest.mark.parametrize("writes", range(2, len(WRITES) + 1))
async def test_what_is_observed_again_is_told_with_what_was_decided(writes: int) -> None:
    """A workload that is observed again is reported with the policy, base and notes of its claim."""
    case = Case()
    die_after(case.server, writes)
    with suppress(KeyboardInterrupt):
        await case.submit(base_workload=BASE, events=NOTES)
    case.server.answer = lambda call: None
    outcome = await case.submit(attempt=2, **AGAIN)
    assert made(outcome) == ALL
    assert (outcome.policy, outcome.base_workload, outcome.events) == (POLICY, BASE, NOTES)


@pytest.mark.parametrize("writes", range(2, len(WRITES) + 5))
async def test_a_failure_of_what_is_observed_again_is_told_with_what_was_decided(writes: int) -> None:
    """The first creator may die before it records the failure, while it removes the claim, or before it publishes."""
    case = Case()
    dying = die_after(case.server, writes)
    refused = ForbiddenError("exceeded quota")
    case.server.answer = lambda call: refused if call == f"create {JOBS}/mine" else dying(call)
    with suppress(KeyboardInterrupt):
        await case.submit(base_workload=BASE, events=NOTES)
    case.refuse(f"create {JOBS}/mine", refused)
    outcome = await case.submit_later(attempt=2, **AGAIN)
    assert (outcome.reason, outcome.resolved) == ("Forbidden", True)
    assert (outcome.policy, outcome.base_workload, outcome.events[:2]) == (POLICY, BASE, NOTES)
    assert case.kept == []


async def test_what_has_ended_is_not_touched() -> None:
    """A delivery after the end writes nothing."""
    case = Case()
    await case.submit()
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": "Submitted"}})
    case.server.calls = []
    assert await case.submit(deliveries=2) is None
    assert case.server.writes == []


async def test_a_claim_that_a_rejection_overtook_is_removed() -> None:
    """A claim left by a dead creator is removed if the workload was rejected in the meantime."""
    case = Case()
    die_after(case.server, 2)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda call: None
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": "Failed"}})
    assert await case.submit(deliveries=2) is None
    assert case.kept == []


async def test_a_claim_made_under_a_name_that_a_failure_gave_up_is_removed() -> None:
    """Another creator chose the name, failed and removed its claim; then this one gets the same name."""
    case = Case()

    def meanwhile(call: str) -> None:
        if call == f"create {CONFIGMAPS}/mine":
            case.now += 60.0
            failure = '{"reason": "Forbidden", "message": "no", "made": []}'
            annotations = {"run.ai/job-name": "mine", "run.ai/failure": failure}
            kept = case.server.objects[WORKLOAD]["metadata"] | {"annotations": annotations}
            case.server.put(WORKLOAD, {"spec": {}, "metadata": kept, "status": {"phase": "Failed"}})

    case.server.answer = meanwhile
    assert await case.submit() is None
    assert case.kept == []


async def test_a_later_rejection_counts_where_nothing_was_decided() -> None:
    """A rejection by a newer policy counts as long as no claim exists."""
    case = Case()
    later = refused_by_now(case)
    assert await case.submit(**later) == later["rejection"]
    assert case.kept == []


@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
@pytest.mark.parametrize("recorded", [None, "mine"])
async def test_a_later_rejection_counts_if_only_a_name_was_recorded(recorded: str | None, taken: bool) -> None:
    """A name alone decides nothing: it is given up, also if something else has it by now."""
    case = Case()
    die_after(case.server, 1)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    if taken:
        case.server.put(f"{CONFIGMAPS}/mine", {})
    later = refused_by_now(case) | {"recorded_name": recorded}
    assert await case.submit_later(deliveries=1, **later) == later["rejection"]
    assert (case.annotations, case.kept) == ({"run.ai/job-name": ""}, ["configmaps/mine"] * taken)


@pytest.mark.parametrize("writes", [2, 3, 4])
async def test_a_later_rejection_does_not_count_where_a_claim_holds_what_was_decided(writes: int) -> None:
    """Once the claim exists, a tighter policy changes nothing, whichever write came last."""
    case = Case()
    case.server.answer = lambda made: TransientError("gone") if len(case.server.writes) > writes else None
    with suppress(TransientError):
        await case.submit()
    case.server.answer = lambda _: None
    assert made(await case.submit(**refused_by_now(case))) == ALL


async def test_a_later_rejection_does_not_undo_a_recorded_failure() -> None:
    """A recorded failure keeps its own reason."""
    case = Case()
    case.refuse("runaijobs/mine", InvalidError("no"))
    await case.submit()
    outcome = await case.submit(**refused_by_now(case))
    assert isinstance(outcome, WorkloadFailed)
    assert outcome.message == "no"


async def test_the_recorded_name_wins_over_ones_own() -> None:
    """Two creators hold the message; the other one records its claim first."""
    case = Case(name=None, namePrefix="run")
    case.server.put(f"{CONFIGMAPS}/run-1", {})  # the other's
    first = await case.creator().submit(case.event(), 1)
    assert first
    second: Any = await case.creator().submit(case.event(), 1)  # of the same version: its record conflicts
    assert second.job_name == "run-2"
    assert case.kept == ["configmaps/run-1", "configmaps/run-2", "runaijobs/run-2", *services_of("run-2")]


async def test_a_message_about_a_deleted_workload_makes_nothing() -> None:
    """A message that outlives its workload leaves nothing behind."""
    case = Case()
    del case.server.objects[WORKLOAD]
    assert await case.submit(deliveries=2) is None
    assert case.server.writes == []
    assert await case.submit() is None  # it finds out when it records the name
    assert case.kept == []


async def test_another_workload_of_the_name_is_not_touched() -> None:
    """A message about a replaced workload does not change its successor."""
    case = Case()
    case.server.put(WORKLOAD, {"metadata": {"uid": "another"}})
    assert await case.submit() is None
    assert case.kept == []
    assert case.annotations == {}


async def test_a_status_written_meanwhile_is_made_known() -> None:
    """The service that writes the outcome keeps the existing events."""
    case = Case()
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"events": [{}]}})
    assert (await case.submit(deliveries=3)).workload.has_status
    assert not (await Case().submit()).workload.has_status
    case = Case()
    event = case.event()
    known = event.model_copy(update={"workload": event.workload.model_copy(update={"has_status": True})})
    outcome: Any = await case.creator().submit(known, 1)
    assert outcome.workload.has_status


# ------------------------------------------------------------------------------------------------- one process, one try
async def test_deliveries_of_one_workload_wait_for_each_other_and_no_others() -> None:
    """Deliveries of one workload run one after the other; those of others do not wait."""
    one_at_a_time, log = OneAtATime(), list[str]()
    inside = asyncio.Event()

    async def work(uid: str, name: str, until: asyncio.Event | None = None) -> int:
        async with one_at_a_time(uid) as before:
            log.append(name)
            inside.set()
            if until:
                await until.wait()
            return before

    go = asyncio.Event()
    first = asyncio.create_task(work("a", "first", go))
    await inside.wait()
    second = asyncio.create_task(work("a", "second"))
    assert await work("b", "other") == 0
    assert log == ["first", "other"]
    go.set()
    assert (await first, await second) == (0, 1)
    assert log == ["first", "other", "second"]
