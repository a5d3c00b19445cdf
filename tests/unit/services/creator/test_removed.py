"""A job that was created and is gone before its submission has ended is never created again."""

from contextlib import suppress
from typing import Any

import pytest

from services.creator.record import Since
from shared.errors import TransientError
from shared.messages import WorkloadCreated, WorkloadFailed
from tests.unit.services.creator.submission import (
    AGAIN,
    ALL,
    CONFIGMAPS,
    JOBS,
    SERVICES,
    WORKLOAD,
    WRITES,
    Case,
    die_after,
    made,
    services_of,
    told,
)

CREATE = f"create {JOBS}/mine"
GONE = "RunaiJob mine was created and has been removed since; it is not created again"
UNKNOWN = "RunaiJob mine does not exist, and nobody can tell any more whether it was created; submit the workload again"


async def created_once(case: Case, *, answered: bool = True) -> None:
    """Create everything by a creator that dies before it reports this, or never gets its last answer."""
    if answered:
        await case.submit()
        return
    die_after(case.server, len(WRITES) - 1)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    case.server.put(f"{JOBS}/mine", {"metadata": case.server.objects[f"{CONFIGMAPS}/mine"]["metadata"] | {"uid": "j"}})


def remembered_no_more(case: Case, *, seconds: float) -> None:
    """The API server was restarted, that long after the claim was created."""
    case.server.remembers_since = case.server.version
    case.claimed_ago(seconds)


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("again", [{"deliveries": 2}, {"attempt": 2, **AGAIN}], ids=["delivered", "observed"])
async def test_a_job_that_was_removed_is_told_as_created_and_not_created_again(
    again: dict[str, Any], answered: bool
) -> None:
    """P1: by its time to live or by a person, whether or not its creator knew that it was created."""
    case = Case()
    await created_once(case, answered=answered)
    case.server.take(f"{JOBS}/mine")
    case.server.calls.clear()
    outcome = await case.submit(**again)
    assert isinstance(outcome, WorkloadCreated)
    assert made(outcome) == ALL
    assert ("Warning", GONE) in [(event.type, event.message) for event in outcome.events]
    assert [call for call in case.server.calls if call.startswith("create")] == []


async def test_what_was_removed_with_the_job_is_not_created_again_either() -> None:
    """Somebody who removes a job removes its Services too; the claim says what was created."""
    case = Case()
    await case.submit()
    for path in (f"{JOBS}/mine", f"{SERVICES}/mine"):
        case.server.take(path)
    assert made(await case.submit(deliveries=2)) == ALL
    assert case.kept == ["configmaps/mine", "services/mine-jupyter"]


@pytest.mark.parametrize("writes", range(2, len(WRITES)))
async def test_a_job_that_was_never_created_is_created_by_a_later_try(writes: int) -> None:
    """A creator that died before the job leaves nothing that looks like a removed one."""
    case = Case()
    die_after(case.server, writes)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    outcome = await case.submit(deliveries=2)
    assert (made(outcome), told(outcome)) == (ALL, [])
    assert case.kept == ["configmaps/mine", "runaijobs/mine", *services_of("mine")]


async def test_a_foreign_job_that_came_and_went_is_no_job_of_ours() -> None:
    """The name was taken for a moment by an object that no submission made."""
    case = Case()
    die_after(case.server, len(WRITES) - 1)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    case.server.put(f"{JOBS}/mine", {})
    case.server.take(f"{JOBS}/mine")
    assert made(await case.submit(deliveries=2)) == ALL
    assert "runaijobs/mine" in case.kept


async def test_what_nobody_remembers_ends_in_failed() -> None:
    """P1: if the API server no longer knows whether the job existed, it is not created, and the reason says why."""
    case = Case()
    await case.submit()
    case.server.take(f"{JOBS}/mine")
    remembered_no_more(case, seconds=600)
    outcome = await case.submit_later()
    assert isinstance(outcome, WorkloadFailed)
    assert (outcome.reason, outcome.message) == ("JobUnknown", UNKNOWN)
    assert case.kept == []


async def test_an_api_server_that_was_restarted_just_now_ends_nothing() -> None:
    """A claim that is seconds old has had no job that anybody could have removed."""
    case = Case()
    die_after(case.server, len(WRITES) - 1)
    with suppress(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    remembered_no_more(case, seconds=5)
    assert made(await case.submit(deliveries=2)) == ALL


async def test_a_process_that_tries_for_long_remembers_what_it_has_found_out() -> None:
    """A busy server for longer than the API server remembers: each try asks only for what happened since the last."""
    case = Case()
    creator = case.creator()
    case.refuse(CREATE, TransientError("no room"))
    for deliveries in (1, 2):
        with pytest.raises(TransientError):
            await creator.submit(case.event(), deliveries)
    case.server.answer = lambda _: None
    remembered_no_more(case, seconds=600)
    outcome: Any = await creator.submit(case.event(), 3)
    assert made(outcome) == ALL


async def test_a_job_that_was_seen_is_known_for_ever() -> None:
    """A later attempt that finds the job notes that on the workload, once."""
    case = Case()
    await case.submit()
    for _ in range(2):
        assert made(await case.submit(attempt=2, **AGAIN)) == ALL
    patches = [call for call in case.server.writes if call.startswith("patch")]
    assert len(patches) == 2  # the name, and that the job was seen
    case.server.take(f"{JOBS}/mine")
    remembered_no_more(case, seconds=600)
    assert made(await case.submit(attempt=2, **AGAIN)) == ALL
    assert "runaijobs/mine" not in case.kept


async def test_a_claim_that_was_removed_with_the_job_is_not_created_again() -> None:
    """P1: a recorded name without claim and job is no proof that nothing was made."""
    case = Case(jupyter=False, ports={})
    await case.submit()
    for path in (f"{JOBS}/mine", f"{CONFIGMAPS}/mine"):
        case.server.take(path)
    outcome = await case.submit_later()
    assert outcome.message == "ConfigMap mine, which holds what was decided, has been deleted"
    assert case.kept == []


async def test_a_name_of_an_older_version_had_its_claim() -> None:
    """Before the note existed, a name was recorded only once its claim did."""
    case = Case()
    case.server.put(WORKLOAD, {"metadata": {"uid": case.uid, "annotations": {"run.ai/job-name": "mine"}}})
    outcome = await case.submit_later()
    assert "has been deleted" in outcome.message


@pytest.mark.parametrize("job", [True, False], ids=["job", "no job"])
async def test_a_claim_of_an_older_version_is_continued(job: bool) -> None:
    """Its claim has no note: the claim's own version comes before all that was made after it."""
    case = Case()
    await case.submit()
    claim = case.server.objects[f"{CONFIGMAPS}/mine"]["metadata"]
    del claim["annotations"]
    case.server.put(WORKLOAD, {"metadata": {"uid": case.uid, "annotations": {"run.ai/job-name": "mine"}}})
    case.server.take(f"{JOBS}/mine")
    if not job:
        case.server.history = [change for change in case.server.history if "runaijobs" not in change[1]]
    assert made(await case.submit(deliveries=2)) == ALL
    assert ("runaijobs/mine" in case.kept) is not job


@pytest.mark.parametrize("earlier", [True, False], ids=["a second one", "the only one"])
async def test_a_late_creator_removes_a_job_only_if_it_is_a_second_one(earlier: bool) -> None:
    """P1: it was paused around the creation; others made a job that has ended and gone, or found this one."""
    case = Case()

    def meanwhile(call: str) -> None:
        if call == CREATE:
            case.now += 60.0
            case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": "Submitted"}})
            if earlier:
                owner = {"uid": case.uid, "controller": True}
                case.server.put(f"{JOBS}/mine", {"metadata": {"name": "mine", "ownerReferences": [owner]}})
                case.server.take(f"{JOBS}/mine")

    case.server.answer = meanwhile
    assert await case.submit() is None
    assert ("runaijobs/mine" in case.kept) is not earlier


async def test_a_late_creator_under_a_name_that_was_given_up_undoes_its_part() -> None:
    """Others took the next number in the meantime."""
    case = Case(name=None, namePrefix="run")

    def meanwhile(call: str) -> None:
        if call == f"create {JOBS}/run-1":
            case.now += 60.0
            kept = case.server.objects[WORKLOAD]
            kept["metadata"]["annotations"] = {"run.ai/job-name": "run-2"}
            case.server.put(WORKLOAD, kept)

    case.server.answer = meanwhile
    with pytest.raises(TransientError, match="another name"):
        await case.submit()
    assert case.kept == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": "1"}', '{"version": "1", "at": "x"}'])
def test_a_note_that_a_person_wrote_is_none(text: str) -> None:
    """Unreadable text counts as no note."""
    assert Since.from_json(text) is None


def test_a_note_survives_the_round_trip_and_names_no_other_path() -> None:
    """Names that lead elsewhere are ignored."""
    note = Since("7", 1000.0, ("run-1",), made=True)
    assert Since.from_json(note.to_json()) == note
    assert Since.from_json(Since("7", 1.0, ("..", "a/b", "run-1")).to_json()) == Since("7", 1.0, ("run-1",))


async def test_what_is_left_under_a_number_that_was_given_up_goes_when_its_message_comes_again() -> None:
    """Another creator ended the submission before the one that died had removed what it made first."""
    case = Case(name=None, namePrefix="run")
    creator = case.creator()
    await creator.indices.learn("runai-a")
    case.server.put(f"{JOBS}/run-1", {})
    die_after(case.server, 7)  # the name, the claim, two Services, the refused job, the next name, its claim
    with suppress(KeyboardInterrupt):
        await creator.submit(case.event(), 1)
    case.server.answer = lambda _: None
    case.server.put(WORKLOAD, case.server.objects[WORKLOAD] | {"status": {"phase": "Submitted"}})
    assert f"{CONFIGMAPS}/run-1" in case.server.objects
    assert await case.submit(deliveries=2) is None
    assert case.kept == ["configmaps/run-2", "runaijobs/run-1"]
