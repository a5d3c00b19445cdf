"""A submission that fails: its reason is recorded, its outputs are removed, and foreign objects stay untouched."""

import json
import re
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from services.creator.handlers import tell
from shared.errors import ForbiddenError, InvalidError, NotFoundError, RightsError, SlipwayError, TransientError
from shared.messages import (
    WorkloadFailed,
)
from shared.process.delivery import RIGHTS_TRIES
from tests.unit.services.creator.submission import (
    AGAIN,
    CONFIGMAPS,
    JOBS,
    SERVICES,
    WORKLOAD,
    WRITES,
    Case,
    die_after,
    services_of,
    told,
)


# ------------------------------------------------------------------------------------------------------ all or nothing
@pytest.mark.parametrize(
    ("call", "error", "reason"),
    [
        ("create " + f"{JOBS}/mine", ForbiddenError("exceeded quota"), "Forbidden"),
        ("create " + f"{SERVICES}/mine-jupyter", InvalidError("no such port"), "Invalid"),
        ("create " + f"{JOBS}/mine", NotFoundError("no such kind", "runaijobs"), "OutputKindMissing"),
        ("create " + f"{SERVICES}/mine", NotFoundError("no namespace", "namespaces"), "NamespaceGone"),
        ("create " + f"{SERVICES}/mine", ForbiddenError("it is being terminated"), "NamespaceGone"),
        ("create " + f"{CONFIGMAPS}/mine", ForbiddenError("exceeded quota"), "Forbidden"),
    ],
)
async def test_a_refusal_ends_with_nothing_left_and_the_servers_words(
    call: str, error: SlipwayError, reason: str
) -> None:
    """Whichever call is refused for good, all that was made is removed and the server's words are recorded."""
    case = Case()
    case.refuse(call, error)
    outcome = await case.submit()
    assert (outcome.reason, outcome.message) == (reason, str(error))
    assert case.kept == []
    assert ("Error", str(error)) in told(outcome)
    assert str(error) in case.annotations["run.ai/failure"]


@pytest.mark.parametrize("error", [InvalidError, TransientError])
async def test_what_the_api_server_quotes_of_a_secret_is_hidden(error: type[SlipwayError]) -> None:
    """P9: the words of the API server, or of a webhook, are told without the secrets of the values."""
    environment = {"DB_PASSWORD": 'hunter2 "x"', "SEED": "17", "API_TOKEN": "SECRET:s,k"}
    case = Case(environment=environment)
    said = r'env[1].value: Invalid value: "hunter2 \"x\"": 17 is not, SECRET:s,k is'
    case.refuse(f"create {JOBS}/mine", error(said))
    hidden = 'env[1].value: Invalid value: "(hidden)": 17 is not, SECRET:s,k is'
    if error is TransientError:
        with pytest.raises(TransientError, match=re.escape(hidden)):
            await case.submit()
        return
    assert (await case.submit()).message == hidden
    assert "hunter2" not in case.server.objects[WORKLOAD]["metadata"]["annotations"]["run.ai/failure"]


async def test_an_object_that_is_too_large_is_not_even_tried() -> None:
    """An object that the API server could not keep fails before anything but claim and record is written."""
    case = Case(environment={f"V{number}": "x" * 32_000 for number in range(50)})
    outcome = await case.submit()
    sentence = "RunaiJob mine would be larger than 1408 KiB, which is the limit for one object"
    assert (outcome.reason, outcome.message) == ("TooLarge", sentence)
    assert case.server.writes[:2] == WRITES[:2]
    assert not [call for call in case.server.writes[2:] if call.startswith("create")]
    assert case.kept == []


async def test_a_failure_is_on_record_before_anything_is_removed() -> None:
    """The failure is recorded before the roll-back, and the events list what was created and removed."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", ForbiddenError("exceeded quota"))
    outcome = await case.submit()
    assert case.server.writes == [
        *WRITES,
        "patch interactiveworkloads/w",
        "delete services/mine-jupyter",
        "delete services/mine",
        "delete configmaps/mine",
    ]
    assert told(outcome) == [
        ("Info", "had been created: ConfigMap mine, Service mine, Service mine-jupyter"),
        ("Error", "exceeded quota"),
        ("Info", "was removed again: Service mine-jupyter, Service mine, ConfigMap mine"),
    ]


async def test_a_recorded_failure_is_final_and_told_again_in_the_same_words() -> None:
    """After a recorded failure a new delivery repeats it, even if it would succeed now."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", ForbiddenError("exceeded quota"))
    first = await case.submit()
    case.server.answer = lambda call: None  # creation would succeed at this point
    second = await case.submit(deliveries=2)
    assert told(second) == told(first)
    assert case.kept == []


async def test_what_is_foreign_stays() -> None:
    """A foreign job with the same name is neither overwritten nor removed."""
    case = Case()
    theirs = case.server.put(f"{JOBS}/mine", {})
    outcome = await case.submit()
    assert (outcome.reason, outcome.message) == (
        "NameTaken",
        "the name mine is taken by RunaiJob mine, which no workload made",
    )
    assert case.kept == ["runaijobs/mine"]
    assert case.server.objects[f"{JOBS}/mine"] == theirs
    assert f"delete {JOBS}/mine" not in case.server.calls


async def test_a_workload_that_never_had_its_name_does_not_keep_it() -> None:
    """Its name is another job's: a search for that job does not find this workload."""
    case = Case()
    case.server.put(f"{CONFIGMAPS}/mine", {})
    outcome = await case.submit()
    assert (outcome.reason, outcome.job_name) == ("NameTaken", None)
    assert case.annotations["run.ai/job-name"] == ""
    assert case.kept == ["configmaps/mine"]
    again = await case.submit(deliveries=2)
    assert (again.reason, again.job_name) == ("NameTaken", None)


@pytest.mark.parametrize("kind", ["Nope", "ConfigMap"])
async def test_a_failure_that_a_person_made_up_ends_and_removes_nothing_of_others(kind: str) -> None:
    """A forged failure record ends the workload and removes nothing that this submission did not make."""
    case = Case()
    case.server.put(f"{CONFIGMAPS}/theirs", {})
    item = {"kind": kind, "version": "v1", "namespace": "runai-a", "name": "theirs"}
    elsewhere = {**item, "namespace": "runai-b"}
    forged = {"reason": "Invalid", "message": "made up", "made": [item, elsewhere, {**item, "name": "../x"}]}
    annotations = {"run.ai/failure": json.dumps(forged)}
    case.server.put(WORKLOAD, {"metadata": {"uid": case.uid, "annotations": annotations}})
    for outcome in (await case.submit(**AGAIN), await case.creator().fail(case.event(), "GaveUp", "busy")):
        assert isinstance(outcome, WorkloadFailed)
        assert (outcome.reason, outcome.message) == ("Invalid", "made up")
        assert not [message for _, message in told(outcome) if message.startswith("was removed again")]
    assert case.kept == ["configmaps/theirs"]
    assert not [call for call in case.server.calls if "runai-b" in call or ".." in call]


@pytest.mark.parametrize("name", ["..", "../../runai-b/configmaps/x", "\u0001" * 200_000])
async def test_a_name_that_a_person_made_up_ends_in_failed(name: str) -> None:
    """A forged job name ends in Failed and never leads a call to another path."""
    case = Case()
    case.server.put(WORKLOAD, {"metadata": {"uid": case.uid, "annotations": {"run.ai/job-name": name}}})
    outcome = await case.submit_later(deliveries=1, **AGAIN)
    assert isinstance(outcome, WorkloadFailed)
    assert "has been deleted" in outcome.message
    assert len(outcome.model_dump_json()) < 10_000
    assert not [call for call in case.server.calls if "runai-b" in call or ".." in call]


async def test_what_cannot_be_removed_is_told() -> None:
    """What the roll-back could not remove is named in the events with the reason."""
    case = Case()

    def refusing(call: str) -> SlipwayError | None:
        if call == f"create {JOBS}/mine":
            return ForbiddenError("exceeded quota")
        return ForbiddenError("not yours") if call == f"delete {SERVICES}/mine" else None

    case.server.answer = refusing
    outcome = await case.submit()
    assert told(outcome)[2:] == [
        ("Info", "was removed again: Service mine-jupyter, ConfigMap mine"),
        ("Warning", "could not be removed: Service mine (not yours)"),
    ]


async def test_what_may_not_even_be_read_does_not_keep_a_failure_from_its_end() -> None:
    """A missing right to read during the roll-back does not block the failure."""
    case = Case()
    case.server.answer = lambda call: ForbiddenError("no services here") if "/services" in call else None
    outcome = await case.submit()
    assert told(outcome)[0] == ("Info", "had been created: ConfigMap mine")
    assert case.kept == []


@pytest.mark.parametrize("spoil", ["deleted", "unreadable"])
async def test_a_spoiled_claim_ends_the_submission_and_the_rest_is_found(spoil: str) -> None:
    """If the claim is deleted or garbled, the submission fails; all that it made is removed, but no claim of others."""
    case = Case()
    die_after(case.server, 4)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda call: None
    if spoil == "deleted":
        del case.server.objects[f"{CONFIGMAPS}/mine"]
    else:
        case.server.objects[f"{CONFIGMAPS}/mine"]["data"] = {}
    outcome = await case.submit_later()
    if spoil == "deleted":
        assert "what was decided" in outcome.message
        assert case.kept == []
    else:
        assert outcome.reason == "NameTaken"
        assert outcome.message == "the name mine is taken by ConfigMap mine, which is not sealed by the resolver"
        assert case.kept == ["configmaps/mine"]


async def test_a_failure_that_cannot_be_put_on_record_is_told_all_the_same() -> None:
    """A failure is published even if it cannot be recorded, for example because the annotations are full."""
    case = Case()
    full = InvalidError("metadata.annotations: Too long: may not be more than 262144 bytes")
    case.server.answer = lambda call: full if call == f"patch {WORKLOAD}" else None
    outcome = await case.submit()
    assert (outcome.reason, outcome.message[:21]) == ("Invalid", "metadata.annotations:")
    assert case.kept == []


FULL = InvalidError("metadata.annotations: Too long: may not be more than 262144 bytes")


async def unrecorded() -> tuple[Case, Any]:
    """A submission with a recorded name whose job is refused, and whose failure cannot be recorded for lack of room."""
    case, patches = Case(), [0]

    def answer(call: str) -> SlipwayError | None:
        if call == f"patch {WORKLOAD}":
            patches[0] += 1
            return FULL if patches[0] > 1 else None
        return ForbiddenError("exceeded quota") if call == f"create {JOBS}/mine" else None

    case.server.answer = answer
    return case, await case.submit()


async def test_a_failure_that_finds_no_room_beside_a_jobs_name_is_told_and_its_claim_goes_first() -> None:
    """If the workload has no room for the failure record, the claim goes first and the status records the failure."""
    case, outcome = await unrecorded()
    assert (outcome.reason, outcome.message, outcome.unrecorded) == ("Forbidden", "exceeded quota", True)
    assert told(outcome) == [
        ("Info", "had been created: ConfigMap mine, Service mine, Service mine-jupyter"),
        ("Error", "exceeded quota"),
        ("Info", "was removed again: ConfigMap mine"),
        (
            "Warning",
            f"the failure could not be recorded ({FULL}); being removed: Service mine, Service mine-jupyter",
        ),
    ]
    assert case.kept == services_of("mine")


@pytest.mark.parametrize(("phase", "kept"), [("Failed", []), ("Submitted", ["services/mine", "services/mine-jupyter"])])
async def test_the_rest_is_removed_once_the_workload_is_failed_and_not_otherwise(phase: str, kept: list[str]) -> None:
    """The remaining outputs are removed once the status says Failed, and not before."""
    case, _ = await unrecorded()
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": phase}})
    assert await case.submit(deliveries=2) is None
    assert case.kept == kept


async def test_until_then_nobody_takes_it_up_again() -> None:
    """A submission whose failure is not recorded yet is not continued."""
    case, _ = await unrecorded()
    outcome = await case.submit_later()
    assert outcome.unrecorded
    assert case.kept == services_of("mine")


async def test_who_is_still_at_work_on_what_has_failed_removes_what_it_made() -> None:
    """A creator that finds the workload Failed at its end removes its own job."""
    case = Case()

    def meanwhile(call: str) -> None:
        if call == f"create {JOBS}/mine":
            case.now += 60.0
            case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": "Failed"}})

    case.server.answer = meanwhile
    assert await case.submit(deliveries=2) is None
    assert case.kept == []


@pytest.mark.parametrize("without_record", [True, False])
async def test_a_failure_without_a_record_has_its_message_come_again(without_record: bool) -> None:
    """The message of an unrecorded failure is redelivered until the status holds it."""
    _, outcome = await unrecorded()
    outcome = outcome.model_copy(update={"unrecorded": without_record})
    facts: list[Any] = []

    async def keep(fact: Any) -> None:
        facts.append(fact)

    bus: Any = SimpleNamespace(tell=keep)
    with pytest.raises(TransientError) if without_record else nullcontext():
        await tell(bus, outcome)
    assert facts == [outcome]


async def test_a_right_that_is_missing_is_tried_again_before_it_counts() -> None:
    """A briefly missing right of the creator does not fail a workload; one that stays missing does."""
    case = Case()
    missing = RightsError('services is forbidden: User "creator" cannot create resource "services"')
    case.refuse("services/mine", missing)
    with pytest.raises(RightsError):
        await case.submit(deliveries=RIGHTS_TRIES - 1)
    outcome = await case.submit_later(deliveries=RIGHTS_TRIES)
    assert (outcome.reason, outcome.message) == ("Forbidden", str(missing))
    assert case.kept == []


async def test_an_ended_submission_costs_one_reading() -> None:
    """A delivery after the end costs one call, also if an earlier one died."""
    case = Case()
    await case.submit()
    case.server.objects[WORKLOAD]["status"] = {"phase": "Submitted"}
    for deliveries, met, calls in ((1, 1, 1), (2, 0, 1)):
        case.server.calls.clear()
        assert await case.creator().submit(case.event(), deliveries, met) is None
        assert len(case.server.calls) == calls


async def test_a_busy_world_is_left_as_it_is_for_the_next_try() -> None:
    """A busy API server keeps what exists for the next try and records no failure."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", TransientError("no room"))
    with pytest.raises(TransientError, match="no room"):
        await case.submit()
    assert case.kept == ["configmaps/mine", *services_of("mine")]
    assert "run.ai/failure" not in case.annotations


async def test_the_last_try_ends_in_failed() -> None:
    """The last delivery records GaveUp with the number of tries, and removes everything."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", TransientError("no room"))
    with pytest.raises(TransientError):
        await case.submit()
    creator = case.creator()
    with pytest.raises(TransientError, match="another creator may be at work"):
        await creator.fail(case.event(), "GaveUp", "gave up after 20 tries: no room")
    case.now += 60.0
    outcome: Any = await creator.fail(case.event(), "GaveUp", "gave up after 20 tries: no room")
    assert (outcome.reason, outcome.message) == ("GaveUp", "gave up after 20 tries: no room")
    assert case.kept == []


async def test_a_creator_that_recorded_the_name_and_met_anothers_claim_removes_all() -> None:
    """Another one read the name and was faster with everything but the job: no part of that is left either."""
    case = Case()

    def faster(call: str) -> SlipwayError | None:
        if call == f"create {CONFIGMAPS}/mine":
            owner = {"kind": "InteractiveWorkload", "name": "w", "uid": case.uid, "controller": True}
            ours = {"ownerReferences": [owner]}
            case.server.put(f"{CONFIGMAPS}/mine", {"metadata": ours, "data": case.claimed})
            case.server.put(f"{SERVICES}/mine-jupyter", {"metadata": ours})
        return ForbiddenError("exceeded quota") if call in (f"create {JOBS}/mine", f"create {SERVICES}/mine") else None

    case.server.answer = faster
    assert (await case.submit()).message == "exceeded quota"
    assert case.kept == []
