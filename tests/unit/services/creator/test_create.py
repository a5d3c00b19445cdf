"""From a resolved workload to its outputs, or to none of them and the reason: every turn that it can take."""

import asyncio
import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.creator.claim import Indices
from services.creator.create import Creator
from services.creator.handlers import OneAtATime, tell
from services.creator.settings import CreatorSettings
from shared.errors import ForbiddenError, InvalidError, NotFoundError, RightsError, SlipwayError, TransientError
from shared.messages import (
    Event,
    Reference,
    ViolationText,
    WorkloadCreated,
    WorkloadFailed,
    WorkloadRef,
    WorkloadRejected,
    WorkloadResolved,
)
from shared.process.delivery import RIGHTS_TRIES
from tests.unit.services.server import Server

WORKLOAD = "/apis/run.ai/v1alpha1/namespaces/runai-a/interactiveworkloads/w"
CONFIGMAPS = "/api/v1/namespaces/runai-a/configmaps"
SERVICES = "/api/v1/namespaces/runai-a/services"
JOBS = "/apis/run.ai/v1/namespaces/runai-a/runaijobs"
VALUES = {"name": "mine", "image": "ubuntu", "jupyter": True, "ports": {"web": {"container": 8080, "external": 80}}}
ALL = ["ConfigMap mine", "Service mine", "Service mine-jupyter", "RunaiJob mine"]
WRITES = [
    "create configmaps/mine",
    "patch interactiveworkloads/w",
    "create services/mine",
    "create services/mine-jupyter",
    "create runaijobs/mine",
]
BASE = Reference(namespace="runai-a", name="b", uid="bu", resource_version="8")
NOTES = [
    Event(type="Warning", reason="AmbiguousPolicy", message="two policies"),
    Event(type="Info", reason="Note", message="a note"),
]
AGAIN: dict[str, Any] = {"values_set": {}, "policy": None, "recorded_name": "mine"}
"""What the resolver knows of a workload that is observed again once a name or a failure is on record."""
POLICY = Reference(namespace="runai", name="p", uid="pu", resource_version="7")


class Case:
    """One workload on a server, and a creator for it."""

    def __init__(self, **values: Any) -> None:
        self.server = Server()
        self.server.put(WORKLOAD, {"spec": {}})
        self.values = {**VALUES, **values}
        self.age = 0.0
        """Seconds since the watcher saw it."""
        metadata = self.server.objects[WORKLOAD]["metadata"]
        self.uid, self.version = metadata["uid"], metadata["resourceVersion"]

    def event(self, **more: Any) -> WorkloadResolved:
        """The message as the resolver sends it."""
        ref = WorkloadRef(
            kind="InteractiveWorkload",
            namespace="runai-a",
            name="w",
            uid=self.uid,
            generation=1,
            resource_version=self.version,
        )
        at = datetime.now(UTC) - timedelta(seconds=self.age)
        given = {"values_set": self.values, "provenance": {}, "policy": POLICY, **more}
        return WorkloadResolved(workload=ref, observed_at=at, **given)

    def creator(self, ack_wait: float = 30.0) -> Creator:
        """A creator that has just started."""
        api: Any = self.server
        return Creator(api, Indices(api), CreatorSettings(), ack_wait)

    async def submit(self, deliveries: int = 1, **more: Any) -> Any:
        """What a new creator tells of the message."""
        return await self.creator().submit(self.event(**more), deliveries)

    @property
    def kept(self) -> list[str]:
        """Whatever there is beside the workload."""
        return sorted("/".join(path.split("/")[-2:]) for path in self.server.objects if path != WORKLOAD)

    @property
    def annotations(self) -> dict[str, str]:
        """Those of the workload."""
        found: dict[str, str] = self.server.objects[WORKLOAD]["metadata"].get("annotations", {})
        return found

    def refuse(self, call: str, error: SlipwayError) -> None:
        """Have calls refused that end like this."""
        self.server.answer = lambda made: error if made.endswith(call) else None


def made(outcome: WorkloadCreated) -> list[str]:
    return [f"{resource.kind} {resource.name}" for resource in outcome.created]


def told(outcome: WorkloadFailed) -> list[tuple[str, str]]:
    return [(event.type, event.message) for event in outcome.events]


def refused_by_now(case: Case) -> dict[str, Any]:
    """What the resolver tells of a workload that it is told of again, and that breaks a rule by then."""
    event = case.event()
    violation = ViolationText(parameter="gpu", message="must be no greater than 1")
    rejection = WorkloadRejected(
        workload=event.workload, attempt=2, observed_at=event.observed_at, reason="PolicyViolation",
        violations=[violation],
    )  # fmt: skip
    return {"values_set": {}, "policy": None, "attempt": 2, "rejection": rejection}


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
    assert reads == []  # a first delivery costs writes alone


async def test_a_prefix_gets_the_next_number_that_is_free() -> None:
    """The index that something else holds is passed over."""
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
    assert len([call for call in case.server.calls if "create" in call and "configmaps" in call]) <= 9  # then it looks


async def test_without_name_and_prefix_jobs_are_called_job() -> None:
    """The default prefix is `job`."""
    assert (await Case(name=None).submit()).job_name == "job-1"


# ---------------------------------------------------------------------------------------------------- again, and again
@pytest.mark.parametrize("writes", range(1, len(WRITES) + 1))
async def test_a_second_delivery_goes_on_where_the_first_one_died(writes: int) -> None:
    """It uses what the claim holds, whatever the message says by now."""
    case = Case()
    _die_after(case.server, writes)
    with suppress(KeyboardInterrupt):  # after the last write it dies on its way to tell
        await case.submit()
    case.server.answer, case.server.calls = lambda call: None, []
    case.values = {"name": "other", "image": "edited"}
    outcome = await case.submit(deliveries=2)
    assert made(outcome) == ALL
    assert case.server.objects[f"{JOBS}/mine"]["spec"]["template"]["spec"]["containers"][0]["image"] == "ubuntu"
    assert [call for call in case.server.writes if call.startswith("delete")] == []
    assert outcome.policy == POLICY


@pytest.mark.parametrize("writes", range(2, len(WRITES) + 1))
async def test_what_is_observed_again_is_told_with_what_was_decided(writes: int) -> None:
    """The watcher tells of it again: policy, base and notes are those of the claim."""
    case = Case()
    _die_after(case.server, writes)
    with suppress(KeyboardInterrupt):
        await case.submit(base_workload=BASE, events=NOTES)
    case.server.answer = lambda call: None
    outcome = await case.submit(attempt=2, **AGAIN)
    assert made(outcome) == ALL
    assert (outcome.policy, outcome.base_workload, outcome.events) == (POLICY, BASE, NOTES)


@pytest.mark.parametrize("writes", range(2, len(WRITES) + 5))
async def test_a_failure_of_what_is_observed_again_is_told_with_what_was_decided(writes: int) -> None:
    """Whether the first creator dies before it records the failure, while it removes the claim, or when it tells."""
    case = Case()
    dying = _die_after(case.server, writes)
    refused = ForbiddenError("exceeded quota")
    case.server.answer = lambda call: refused if call == f"create {JOBS}/mine" else dying(call)
    with suppress(KeyboardInterrupt):
        await case.submit(base_workload=BASE, events=NOTES)
    case.refuse(f"create {JOBS}/mine", refused)
    case.age = 100
    outcome = await case.submit(attempt=2, **AGAIN)
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
    _die_after(case.server, 1)
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
    assert await case.submit(**later) is later["rejection"]
    assert case.kept == []


@pytest.mark.parametrize("writes", [1, 2, 4])
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
    assert case.kept == ["configmaps/run-1", "configmaps/run-2", "runaijobs/run-2", *_services("run-2")]


async def test_a_message_about_a_deleted_workload_makes_nothing() -> None:
    """A message that outlives its workload leaves nothing behind."""
    case = Case()
    del case.server.objects[WORKLOAD]
    assert await case.submit(deliveries=2) is None
    assert case.server.writes == []
    assert await case.submit() is None  # it finds out when it records the name
    assert case.kept == []


async def test_another_workload_of_the_name_is_not_touched() -> None:
    """A message about a replaced workload changes nothing on its successor."""
    case = Case()
    case.server.put(WORKLOAD, {"metadata": {"uid": "another"}})
    assert await case.submit() is None
    assert case.kept == []
    assert case.annotations == {}


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


async def test_an_object_that_is_too_large_is_not_even_tried() -> None:
    """An object that the API server could not keep fails before anything but claim and record is written."""
    case = Case(environment={f"V{number}": "x" * 32_000 for number in range(50)})
    outcome = await case.submit()
    sentence = "RunaiJob mine would be larger than 1408 KiB, which is the limit of what is kept as one object"
    assert (outcome.reason, outcome.message) == ("TooLarge", sentence)
    assert case.server.writes[:2] == WRITES[:2]
    assert not [call for call in case.server.writes[2:] if call.startswith("create")]
    assert case.kept == []


async def test_a_failure_is_on_record_before_anything_is_removed() -> None:
    """The failure is recorded before the roll-back, and the events tell what was made and removed."""
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
    case.server.answer = lambda call: None  # it would work by now
    second = await case.submit(deliveries=2)
    assert told(second) == told(first)
    assert case.kept == []


async def test_what_is_foreign_stays() -> None:
    """A job of somebody else with the name is neither overwritten nor removed."""
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
    case.age = 1000.0  # nobody else is at work on it
    outcome = await case.submit(**AGAIN)
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
    """If the claim is deleted or garbled, the submission fails and all that it made is removed."""
    case = Case()
    _die_after(case.server, 4)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda call: None
    if spoil == "deleted":
        del case.server.objects[f"{CONFIGMAPS}/mine"]
    else:
        case.server.objects[f"{CONFIGMAPS}/mine"]["data"] = {}
    case.age = 120  # nobody else can be at work on it
    outcome = await case.submit(deliveries=2)
    assert "what was decided" in outcome.message
    assert case.kept == []


async def test_a_failure_that_cannot_be_put_on_record_is_told_all_the_same() -> None:
    """The workload's annotations are full, say: there is no room for a job's name, nor for the failure."""
    case = Case()
    full = InvalidError("metadata.annotations: Too long: may not be more than 262144 bytes")
    case.server.answer = lambda call: full if call == f"patch {WORKLOAD}" else None
    outcome = await case.submit()
    assert (outcome.reason, outcome.message[:21]) == ("Invalid", "metadata.annotations:")
    assert case.kept == []


FULL = InvalidError("metadata.annotations: Too long: may not be more than 262144 bytes")


async def unrecorded() -> tuple[Case, Any]:
    """A submission whose job's name is on record, whose job is refused, and whose failure finds no room."""
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
            f"the failure could not be put on record ({FULL}); being removed: Service mine, Service mine-jupyter",
        ),
    ]
    assert case.kept == _services("mine")


@pytest.mark.parametrize(("phase", "kept"), [("Failed", []), ("Submitted", ["services/mine", "services/mine-jupyter"])])
async def test_the_rest_is_removed_once_the_workload_is_failed_and_not_otherwise(phase: str, kept: list[str]) -> None:
    """What is left is removed once the status says Failed, and not before."""
    case, _ = await unrecorded()
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": phase}})
    assert await case.submit(deliveries=2) is None
    assert case.kept == kept


async def test_until_then_nobody_takes_it_up_again() -> None:
    """A submission whose failure is not recorded yet is not continued."""
    case, _ = await unrecorded()
    case.age = 100
    outcome = await case.submit(deliveries=2)
    assert outcome.unrecorded
    assert case.kept == _services("mine")


async def test_who_is_still_at_work_on_what_has_failed_removes_what_it_made() -> None:
    """A creator that finds the workload Failed at its end removes its own job."""
    case = Case()

    def meanwhile(call: str) -> None:
        if call == f"create {JOBS}/mine":
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
    """A right that the creator lacks for a moment does not fail a workload; one that stays missing does."""
    case = Case()
    missing = RightsError('services is forbidden: User "creator" cannot create resource "services"')
    case.refuse("services/mine", missing)
    with pytest.raises(RightsError):
        await case.submit(deliveries=RIGHTS_TRIES - 1)
    case.age = 100  # nobody else is at work any more
    outcome = await case.submit(deliveries=RIGHTS_TRIES)
    assert (outcome.reason, outcome.message) == ("Forbidden", str(missing))
    assert case.kept == []


async def test_an_ended_submission_costs_one_reading_unless_somebody_died_over_it() -> None:
    """A delivery after the end costs one call, or two if an earlier one died."""
    case = Case()
    await case.submit()
    case.server.objects[WORKLOAD]["status"] = {"phase": "Submitted"}
    for deliveries, met, calls in ((1, 1, 1), (2, 0, 2)):
        case.server.calls.clear()
        assert await case.creator().submit(case.event(), deliveries, met) is None
        assert len(case.server.calls) == calls


async def test_a_busy_world_is_left_as_it_is_for_the_next_try() -> None:
    """A busy API server keeps what exists for the next try and records no failure."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", TransientError("no room"))
    with pytest.raises(TransientError, match="no room"):
        await case.submit()
    assert case.kept == ["configmaps/mine", *_services("mine")]
    assert "run.ai/failure" not in case.annotations


async def test_the_last_try_ends_in_failed() -> None:
    """The last delivery records GaveUp with the number of tries, and removes everything."""
    case = Case()
    case.refuse(f"create {JOBS}/mine", TransientError("no room"))
    with pytest.raises(TransientError):
        await case.submit()
    case.age = 600
    outcome: Any = await case.creator().fail(case.event(), "GaveUp", "gave up after 20 tries: no room")
    assert (outcome.reason, outcome.message) == ("GaveUp", "gave up after 20 tries: no room")
    assert case.kept == []


async def test_a_status_written_meanwhile_is_made_known() -> None:
    """So that who writes the outcome keeps the events that are there."""
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


def _services(job: str) -> list[str]:
    return [f"services/{job}", f"services/{job}-jupyter"]


def _die_after(server: Server, writes: int) -> Callable[[str], SlipwayError | None]:
    """Have the creator die once so many writes are done; returns what sees to it."""
    left = [writes]

    def dying(call: str) -> SlipwayError | None:
        if call.startswith(("create", "patch", "delete")):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return None

    server.answer = dying
    return dying
