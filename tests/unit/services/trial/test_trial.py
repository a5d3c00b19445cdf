"""What `helm test` submits and says, with an API server that keeps its objects in a dictionary."""

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from services.trial import trial
from services.trial.trial import TrialError, prepared, submit
from shared.errors import AlreadyExistsError, SlipwayError, TransientError
from tests.unit.services.server import Server

DEMO = Path(__file__).parents[4] / "deploy" / "local" / "demo"
GUIDE = [yaml.safe_load(path.read_text()) for path in sorted(DEMO.glob("*.yaml"))]
EVENT = {"reason": "AllCreated", "message": "all the resources were created successfully"}


def ending(phase: str, *events: dict[str, str]) -> Server:
    """A server whose workloads end at once."""
    server = Server()
    put = server.put
    status = {"phase": phase, "events": list(events), "jobName": "jupyter-1"}
    server.put = lambda path, item: put(path, {**item, "status": status})  # type: ignore[method-assign]
    return server


async def run(server: Server, within: float = 5.0) -> None:
    await submit(cast(Any, server), prepared(GUIDE, "runai-test", "x1"), within)


def test_names_are_its_own_and_templates_come_first() -> None:
    """A trial in a project that people use meets no workload of theirs, and its base exists before its workload."""
    first, then = prepared(GUIDE, "runai-test", "x1")
    assert first["spec"]["usage"] == "Template"
    assert then["spec"]["baseWorkload"] == first["metadata"]["name"] == "team-a-jupyter-defaults-x1"
    assert {one["metadata"]["namespace"] for one in (first, then)} == {"runai-test"}


async def test_what_was_submitted_is_removed() -> None:
    """A trial leaves nothing behind."""
    server = ending("Submitted", EVENT)
    await run(server)
    assert [call.split()[0] for call in server.writes] == ["create", "create", "delete", "delete"]


@pytest.mark.parametrize(("error", "deleted"), [(TransientError("no answer"), 2), (AlreadyExistsError("taken"), 1)])
async def test_a_workload_may_exist_although_no_answer_arrived(error: SlipwayError, deleted: int) -> None:
    """What may have been created is removed too; what another one made stays."""
    server = ending("Submitted", EVENT)
    server.answer = lambda call: error if call.startswith("create") and "defaults" not in call else None
    with pytest.raises(type(error)):
        await run(server)
    assert [call.split()[0] for call in server.writes] == ["create", "create", *["delete"] * deleted]


@pytest.mark.parametrize("count", [0, 1])
async def test_a_trial_that_submits_nothing_fails(count: int) -> None:
    """A folder that is empty, or has templates alone, shows nothing."""
    with pytest.raises(TrialError, match="there is nothing to submit"):
        await submit(cast(Any, Server()), prepared(GUIDE, "runai-test", "x1")[:count], 1.0)


async def test_a_failure_is_told_in_the_words_of_its_reason() -> None:
    """P7: what the status says is what the trial says; the workload is removed all the same."""
    server = ending("Failed", {"reason": "PolicyViolation", "message": "gpu: must be no greater than 0"})
    with pytest.raises(TrialError, match="the workload failed: gpu: must be no greater than 0"):
        await run(server)
    assert server.writes[-1].startswith("delete")


async def test_silence_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """P8: without an outcome, the trial says what it saw last, and where to look."""
    monkeypatch.setattr(trial, "PAUSE", 0.01)
    with pytest.raises(TrialError, match=r"no outcome after 0\.05 s, no event was recorded; are the pods"):
        await run(ending(""), within=0.05)
