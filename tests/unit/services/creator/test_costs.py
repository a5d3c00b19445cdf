"""How many calls of the API server a submission costs its creator, whichever way it goes."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import ForbiddenError
from shared.messages import WorkloadFailed
from shared.process.delivery import RIGHTS_TRIES
from tests.unit.services.creator.submission import AGAIN, ALL, JOBS, WORKLOAD, WRITES, Case, die_after, made

TRAINING: dict[str, Any] = {"jupyter": False, "ports": {}}
"""Without Services: the name, the claim and the job."""
WITH_A_SERVICE: dict[str, Any] = {"jupyter": False}


def lists(case: Case) -> list[str]:
    return [call for call in case.server.calls if call.startswith("list")]


@pytest.mark.parametrize(("values", "most"), [(TRAINING, 3), (WITH_A_SERVICE, 4), ({}, 5)])
async def test_a_submission_costs_its_writes(values: dict[str, Any], most: int) -> None:
    """One call for the name, and one for each object."""
    case = Case(**values)
    await case.submit()
    assert len(case.server.calls) == most


@pytest.mark.parametrize("again", [{"attempt": 2}, {"attempt": 3}])
async def test_a_later_attempt_at_what_was_not_begun_costs_no_more(again: dict[str, Any]) -> None:
    """A workload that waited long is not looked at first: recording its name shows whether anything has happened."""
    case = Case(**TRAINING)
    await case.submit(**again)
    assert len(case.server.calls) == 3


async def test_a_redelivery_of_what_was_not_begun_costs_one_reading_more() -> None:
    """Nothing is listed, and nothing is looked for under a name that was recorded just now."""
    case = Case(**TRAINING)
    await case.submit(deliveries=2)
    assert (len(case.server.calls), lists(case)) == (4, [])


@pytest.mark.parametrize("again", [{"deliveries": 2}, {"deliveries": 2, "attempt": 2, **AGAIN}])
async def test_a_retry_of_what_was_made_costs_three_calls(again: dict[str, Any]) -> None:
    """The record, the claim and the job; and one note if the watcher asks again."""
    case = Case()
    await case.submit()
    case.server.calls.clear()
    assert made(await case.submit(**again)) == ALL
    assert (len(case.server.calls), lists(case)) == (3 + ("attempt" in again), [])


@pytest.mark.parametrize("values", [TRAINING, WITH_A_SERVICE])
async def test_a_failure_costs_at_most_eight_calls_and_no_list(values: dict[str, Any]) -> None:
    """What this creator made is known to it: nothing has to be looked for."""
    case = Case(**values)
    case.refuse(f"create {JOBS}/mine", ForbiddenError("exceeded quota"))
    outcome = await case.submit()
    assert isinstance(outcome, WorkloadFailed)
    assert case.kept == []
    assert (len(case.server.calls), lists(case)) == (6 if values is TRAINING else 8, [])


async def test_a_failure_at_the_first_object_costs_four_calls() -> None:
    """The name, the claim, who has its name, and the failure."""
    case = Case()
    case.refuse("configmaps/mine", ForbiddenError("exceeded quota"))
    assert isinstance(await case.submit(), WorkloadFailed)
    assert len(case.server.calls) == 4


@pytest.mark.parametrize("writes", range(1, len(WRITES) + 4))
async def test_no_try_ever_lists_what_has_a_recorded_name(writes: int) -> None:
    """Wherever the first creator died, the second one finds everything by name."""
    case = Case()
    dying = die_after(case.server, writes)
    refused = ForbiddenError("exceeded quota")
    case.server.answer = lambda call: refused if call == f"create {JOBS}/mine" else dying(call)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.refuse(f"create {JOBS}/mine", refused)
    await case.submit_later(deliveries=RIGHTS_TRIES)
    assert (case.kept, lists(case)) == ([], [])


async def test_a_number_that_another_creator_has_given_out_costs_two_calls_and_then_one() -> None:
    """Creators that share a prefix look a number up before they record it, until one is free at once."""
    case = Case(name=None, namePrefix="run", **TRAINING)
    creator = case.creator()
    await creator.indices.learn("runai-a")
    for number in (1, 2, 3):
        case.server.put(f"/api/v1/namespaces/runai-a/configmaps/run-{number}", {})
    case.server.calls.clear()
    outcome: Any = await creator.submit(case.event(), 1)
    assert outcome.job_name == "run-4"
    assert [call.split("/")[-1] for call in case.server.calls if call.startswith("get")] == [
        "run-1",
        "run-2",
        "run-3",
        "run-4",
    ]
    assert [call for call in case.server.calls if call == f"patch {WORKLOAD}"] == [f"patch {WORKLOAD}"] * 2
    assert lists(case) == []


@pytest.mark.parametrize("minutes", [-60, -1, 1, 60])
async def test_clocks_of_other_hosts_decide_nothing(minutes: int) -> None:
    """The watcher's clock is wrong: a quick creator looks no further, and one that was paused looks all the same."""
    wrong = datetime.now(UTC) + timedelta(minutes=minutes)
    for paused in (False, True):
        case = Case(**TRAINING)

        def pause(call: str, case: Case = case, seconds: float = 60.0 * paused) -> None:
            case.now += seconds * (call == f"create {JOBS}/mine")

        case.server.answer = pause
        event = case.event().model_copy(update={"observed_at": wrong})
        outcome: Any = await case.creator().submit(event, 1)
        assert outcome.job_name == "mine"
        assert [call for call in case.server.calls if call.startswith("get")] == [f"get {WORKLOAD}"] * paused
