"""Following a submission after its creation: what is printed, how long the command waits, and how it ends."""

import asyncio
import os
import signal

import pytest
import yaml
from click.exceptions import Exit as ClickExit

from cli.shell.exits import Exit, Stop
from cli.submit.follow import Wishes
from cli.submit.submit import submit
from shared.errors import ForbiddenError, NotFoundError, TransientError, UnauthorizedError
from shared.names import resource_path
from shared.objects import JsonObject
from tests.unit.cli.submit.system import PODS, RUNAI_JOBS, SPACE, Cluster, draft


async def test_it_says_what_it_always_said(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """The printed text is the original's, word for word."""
    await submit(draft(), "team-a", Wishes(), None)
    (workload,) = cluster.workloads
    name = workload["metadata"]["name"]
    assert name.startswith("job-20")
    assert capsys.readouterr() == (
        "A request to submit job job-7 as been created.\n"
        "You can check the status of the request by running:\n"
        f"\trunai describe workload {name} -p team-a\n",
        "",
    )
    assert workload["spec"] == {"image": {"value": "ubuntu"}, "imagePullPolicy": {"value": "Always"}}


@pytest.mark.parametrize("output", ["name", "json", "yaml"])
async def test_a_script_gets_the_workload_and_nothing_else(
    output: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """-o prints the workload on standard output and everything else on standard error."""
    await submit(draft("-i x --name a"), "team-a", Wishes(output=output), None)
    (workload,) = cluster.workloads
    said = capsys.readouterr()
    name = workload["metadata"]["name"]
    assert said.out == f"trainingworkload.run.ai/{name}\n" if output == "name" else yaml.safe_load(said.out) == workload
    assert said.err.splitlines()[-1] == f"\trunai describe workload {name} -p team-a"


async def test_kinds_that_describe_has_a_switch_for(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """The hint about `describe` has the switch for the kind."""
    await submit(draft("-i x --name a --interactive"), "team-a", Wishes(), None)
    name = cluster.workloads[0]["metadata"]["name"]
    assert f"\trunai describe workload {name} --interactive -p team-a\n" in capsys.readouterr().out


async def test_a_system_that_takes_its_time_does_not_hold_up(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """submit returns after a short look even if nothing is decided yet."""
    cluster.decide = lambda _: None
    await submit(draft("-i x --job-name-prefix nightly"), "team-a", Wishes(glance=0.1), None)
    said = capsys.readouterr()
    assert said.out.startswith("A request to submit job nightly-<number> as been created.\n")
    assert said.err == "the job has no number yet: its name will be nightly-<number>\n"


async def test_who_may_not_look_has_submitted_all_the_same(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the right to read, the submission still succeeds."""
    cluster.forbidden = (f"{resource_path('trainingworkloads', SPACE)}/", resource_path("trainingpolicies", SPACE))
    await submit(draft("-i x --name b"), "team-a", Wishes(), None)
    assert "job b as been created" in capsys.readouterr().out
    assert "imagePullPolicy" not in cluster.workloads[0]["spec"]


REFUSED = {
    "phase": "Failed",
    "violations": [{"parameter": "gpu", "message": "must be no greater than 4"}],
    "policy": {"namespace": "runai", "name": "p", "uid": "u", "resourceVersion": "1"},
}


@pytest.mark.parametrize("wishes", [Wishes(), Wishes("submitted"), Wishes("running")])
async def test_a_refusal_is_told_whole(wishes: Wishes, cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal lists every violation, what is allowed and who set it."""
    cluster.decide = lambda _: REFUSED
    rules = {"gpu": {"rules": {"min": "1", "max": "4"}}}
    path = resource_path("trainingpolicies", "runai", "p")
    cluster.objects[path] = {"metadata": {"name": "p", "namespace": "runai", "uid": "u", "resourceVersion": "1"},
                             "spec": rules}  # fmt: skip
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x -g 5 --name a"), "team-a", wishes, None)
    assert stop.value.exit_code == Exit.REFUSED
    assert stop.value.message.splitlines()[1:] == [
        "  gpu: must be no greater than 4",
        "      allowed: 1 to 4; set by TrainingPolicy p in namespace runai",
    ]
    assert capsys.readouterr().out == ""


async def test_a_failure_that_breaks_no_rule_is_told_by_its_events(cluster: Cluster) -> None:
    """A failure without violations shows its error events."""
    events = [{"type": "Info", "message": "had been created: x"}, {"type": "Error", "message": "the name a is taken"}]
    cluster.decide = lambda _: {"phase": "Failed", "events": events}
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes(), None)
    assert stop.value.message.splitlines()[1:] == ["  the name a is taken"]


async def test_waiting_ends_in_time(cluster: Cluster) -> None:
    """--timeout ends the wait with exit code 6."""
    cluster.decide = lambda _: None
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes("submitted", 0.05), None)
    assert stop.value.exit_code == Exit.TIMED_OUT
    assert (
        "is still in progress after 0.05 seconds; it continues without this command; check it with `runai "
        "describe workload a-"
    ) in str(stop.value)


async def test_waiting_until_it_runs(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """--wait=running returns when a pod runs."""
    cluster.run("a")
    await submit(draft("-i x --name a"), "team-a", Wishes("running"), None)
    assert "job a as been created" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("phase", "patience", "code", "sentence"),
    [
        ("Pending", 0.05, Exit.TIMED_OUT, "job a is not running after 0s: its status is ContainerCreating"),
        (None, None, Exit.REFUSED, "job a is not running: its status is Deleted"),
    ],
)
async def test_a_job_that_does_not_run(
    phase: str | None,
    patience: float | None,
    code: Exit,
    sentence: str,
    cluster: Cluster,
) -> None:
    """--wait=running ends with a sentence if the job cannot run, row by row."""
    if phase:
        cluster.run("a", phase)
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes("running", patience), None)
    assert (stop.value.exit_code, stop.value.message) == (code, sentence)


def fail(cluster: Cluster, path: str, error: Exception, times: float) -> None:
    """Reads below the path fail that many times."""
    left = [times]

    def fail(verb: str, asked: str) -> None:
        if verb != "create" and asked.startswith(path) and left[0] > 0:
            left[0] -= 1
            raise error

    cluster.before = fail


READ = (
    RUNAI_JOBS,
    PODS,
    resource_path("trainingworkloads", SPACE),
    resource_path("configmaps", SPACE, api_version="v1"),
)
"""Everything that a wait for a running job reads."""


@pytest.mark.parametrize("path", READ)
async def test_a_busy_server_does_not_end_the_waiting(
    path: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """A busy API server does not end the wait, whichever call it is."""
    cluster.run("a")
    fail(cluster, path, TransientError("no room"), times=2)
    await submit(draft("-i x --name a"), "team-a", Wishes("running"), None)
    assert "job a as been created" in capsys.readouterr().out


@pytest.mark.parametrize("path", READ[:2])
async def test_a_server_that_stays_busy_ends_it_in_time(path: str, cluster: Cluster) -> None:
    """A server that stays busy ends the wait with its time-out."""
    cluster.run("a")
    fail(cluster, path, TransientError("no room"), times=float("inf"))
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes("running", 0.05), None)
    sentence = "job a is not running after 0s: no room"
    assert (stop.value.exit_code, stop.value.message) == (Exit.TIMED_OUT, sentence)


@pytest.mark.parametrize("path", READ)
async def test_a_login_that_expires_ends_the_waiting_at_once(path: str, cluster: Cluster) -> None:
    """An expired login ends the wait, whichever call it is."""
    cluster.run("a")
    fail(cluster, path, UnauthorizedError("expired"), times=1)
    with pytest.raises(UnauthorizedError):
        await submit(draft("-i x --name a"), "team-a", Wishes("running"), None)


@pytest.mark.parametrize(
    ("node", "status", "standing"),
    [
        (None, {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes\nhave room"}]},
         "Pending: 0/3 nodes have room"),
        ("n", {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]},
         "ErrImagePull: no such image"),
        ("n", {}, "ContainerCreating"),
    ],
)  # fmt: skip
async def test_a_job_that_waits_says_what_for(
    node: str | None, status: JsonObject, standing: str, cluster: Cluster
) -> None:
    """A time-out names what the job waits for."""
    cluster.run("a", "Pending")
    pod = cluster.objects[f"{PODS}/a-0-0"]
    pod["spec"]["nodeName"] = node
    pod["status"] |= status
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes("running", 0.05), None)
    assert stop.value.message == f"job a is not running after 0s: its status is {standing}"


async def test_a_workload_that_is_deleted_meanwhile(cluster: Cluster) -> None:
    """A workload deleted during the wait ends it with a sentence."""

    def deleted(_: JsonObject) -> None:
        raise NotFoundError("gone", "trainingworkloads")

    cluster.decide = deleted
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "team-a", Wishes("submitted"), None)
    assert stop.value.exit_code == Exit.NOT_FOUND
    assert stop.value.message.endswith("was deleted in the meantime")


async def test_a_project_that_is_not_there(cluster: Cluster) -> None:
    """A missing project is reported by its name."""

    async def create(path: str, body: JsonObject, params: object = None) -> JsonObject:
        raise NotFoundError('namespaces "runai-nowhere" not found', "namespaces")

    cluster.create = create  # type: ignore[method-assign]  # refuses all
    with pytest.raises(Stop) as stop:
        await submit(draft("-i x --name a"), "nowhere", Wishes(), None)
    assert stop.value.message == "project nowhere not found: namespace runai-nowhere does not exist"
    assert stop.value.exit_code == Exit.NOT_FOUND


async def test_an_interrupted_wait_says_that_the_submission_stands(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C during the wait says that the submission continues."""

    def interrupt(_: JsonObject) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    cluster.decide = interrupt
    with pytest.raises(ClickExit) as end:
        await submit(draft("-i x --name a"), "team-a", Wishes("submitted"), None)
    assert end.value.exit_code == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert "the submission continues without this command; check it with `runai describe workload a-" in said.err


async def test_an_interrupted_creation_is_finished_and_told(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C during the creation finishes it and prints its name."""
    plain = cluster.create

    async def slow(path: str, body: JsonObject, params: object = None) -> JsonObject:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)
        return await plain(path, body, params)

    cluster.create = slow  # type: ignore[method-assign]  # answers late
    with pytest.raises(ClickExit):
        await submit(draft("-i x --name a"), "team-a", Wishes(), None)
    assert len(cluster.workloads) == 1
    assert "the submission continues" in capsys.readouterr().err


async def test_who_may_not_see_what_they_wait_for_is_told_that_it_stands(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the right to read, --wait says that the submission continues."""
    cluster.forbidden = (f"{resource_path('trainingworkloads', SPACE)}/",)
    with pytest.raises(ForbiddenError):
        await submit(draft("-i x --name b"), "team-a", Wishes("submitted"), None)
    assert capsys.readouterr().err.startswith(
        "the submission continues without this command; check it with `runai describe"
    )
