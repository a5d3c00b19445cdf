"""The record that a workload carries of its own submission, read and written."""

from typing import Any

import pytest

from services.creator import record as records
from services.creator.record import Failure
from services.creator.sources import Sources
from shared.errors import ConflictError, NotFoundError
from shared.messages import CreatedResource, Event, Reference, WorkloadRef
from tests.unit.services.server import Server

PATH = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads/mine"
MADE = (CreatedResource(kind="ConfigMap", version="v1", namespace="runai-a", name="mine"),)


def ref(server: Server) -> WorkloadRef:
    """The workload as it is now."""
    metadata = server.objects[PATH]["metadata"]
    return WorkloadRef(
        kind="TrainingWorkload",
        namespace="runai-a",
        name="mine",
        uid=metadata["uid"],
        generation=1,
        resource_version=metadata["resourceVersion"],
    )


async def test_a_record_goes_from_nothing_to_a_name_to_a_failure() -> None:
    """Name, failure and phase are read from the workload as they were written, step by step."""
    server: Any = Server()
    server.put(PATH, {"spec": {}})
    known = ref(server)
    first = await records.read(server, known)
    assert first
    assert (first.job_name, first.failure, first.phase, first.has_status) == (None, None, None, False)
    version = (await records.write(server, known, first.resource_version, job_name="mine")).resource_version
    failure = Failure("Forbidden", "quota", MADE)
    await records.write(server, known, version, failure=failure)
    server.put(PATH, server.objects[PATH] | {"status": {"phase": "Failed"}})
    last = await records.read(server, known)
    assert last
    assert (last.job_name, last.failure, last.phase, last.has_status) == ("mine", failure, "Failed", True)


async def test_a_step_from_another_version_is_refused() -> None:
    """Writing a step requires the resource version that was read: of two writers one fails."""
    server: Any = Server()
    server.put(PATH, {})
    known = ref(server)
    await records.write(server, known, known.resource_version, job_name="one")
    with pytest.raises(ConflictError):
        await records.write(server, known, known.resource_version, job_name="other")
    assert server.objects[PATH]["metadata"]["annotations"] == {"run.ai/job-name": "one"}


@pytest.mark.parametrize("metadata", [{"uid": "another"}, {"deletionTimestamp": "2026-01-05T10:00:00Z"}])
async def test_another_workload_of_the_name_or_one_that_goes_is_none(metadata: dict[str, Any]) -> None:
    """A workload that was replaced, is being deleted or is gone is never written to."""
    server: Any = Server()
    server.put(PATH, {})
    known = ref(server)
    server.put(PATH, {"metadata": server.objects[PATH]["metadata"] | metadata})
    assert await records.read(server, known) is None
    del server.objects[PATH]
    assert await records.read(server, known) is None
    with pytest.raises(NotFoundError):
        await records.write(server, known, "1", job_name="mine")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"reason": "A"}',
        '{"reason": "A", "message": "b", "made": 7}',
        '{"reason": "A", "message": "b", "sources": 7}',
        '{"reason": "A", "message": "b", "sources": {"policy": "p"}}',
    ],
)
def test_a_failure_that_a_person_wrote_is_still_a_failure(text: str) -> None:
    """An unreadable failure annotation counts as a failure and says that it is unreadable."""
    failure = Failure.from_json(text, "runai-a")
    assert failure.reason == "InternalError"
    assert "run.ai/failure is not readable" in failure.message


def test_a_failure_is_kept_whole_unless_it_is_very_long() -> None:
    """A failure survives the round trip through its annotation, cut only beyond its limit."""
    policy = Reference(namespace="runai", name="p", uid="pu", resource_version="7")
    noted = Sources(policy=policy, events=(Event(type="Info", reason="Note", message="a note"),))
    for rest, sources in ((None, None), ((), noted), (MADE, noted)):
        failure = Failure("NameTaken", 'the name "mine" is taken', MADE, rest, sources)
        assert Failure.from_json(failure.to_json(), "runai-a") == failure
    assert len(Failure.from_json(Failure("Invalid", "x" * 100_000).to_json(), "runai-a").message) == 8192


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "Nope"},
        {"version": "v2"},
        {"kind": "Secret"},
        {"namespace": "runai-b"},
        {"name": "../../runai-b/configmaps/x"},
        {"name": ".."},
        {"name": ""},
    ],
)
def test_what_no_submission_can_have_made_is_passed_over(other: dict[str, str]) -> None:
    """A forged list of created resources cannot lead the roll-back to anything else."""
    forged = MADE[0].model_copy(update=other)
    assert Failure.from_json(Failure("Invalid", "m", (forged, *MADE)).to_json(), "runai-a").made == MADE


async def test_no_more_is_read_of_a_jobs_name_than_a_name_can_have() -> None:
    """A huge job-name annotation is cut to the length of a name."""
    server: Any = Server()
    server.put(PATH, {"metadata": {"annotations": {"run.ai/job-name": "\u0001" * 200_000}}})
    read = await records.read(server, ref(server))
    assert read
    assert read.job_name == "\u0001" * 253
