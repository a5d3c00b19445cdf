"""Which pod of a job a command means."""

from typing import Any

import pytest

from shared.inquiry.errors import MissingError, NotRunningError
from shared.inquiry.jobs import PYTORCH_JOB, RUNAI_JOB, Job, JobKind
from shared.inquiry.pods import INDEX, ROLE, chosen_pod, in_order, running_pod


def pod(name: str, phase: str = "Running", created: str = "2026-01-01T00:00:00Z", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "creationTimestamp": created, "labels": labels}
    return {"metadata": metadata, "spec": {"nodeName": "n"}, "status": {"phase": phase}}


def job(*pods: dict[str, Any], kind: JobKind = RUNAI_JOB) -> Job:
    metadata = {"name": "a", "namespace": "runai-t", "uid": "u"}
    return Job(kind, {"apiVersion": kind.api_version, "metadata": metadata}, in_order(pods))


def name(found: dict[str, Any]) -> str:
    return str(found["metadata"]["name"])


def test_a_masters_pod_speaks_for_a_distributed_job() -> None:
    """The master's pod comes first, then workers by their index, the newest attempt first."""
    workers = [pod("w-1", **{INDEX: "1"}), pod("w-0", **{INDEX: "0"})]
    again = pod("w-0-again", created="2026-01-02T00:00:00Z", **{INDEX: "0"})
    found = job(*workers, again, pod("m", **{ROLE: "master"}), kind=PYTORCH_JOB)
    assert [name(one) for one in found.pods] == ["m", "w-0-again", "w-0", "w-1"]
    assert name(chosen_pod(found, None)) == "m"


def test_a_pod_is_chosen_by_its_name_or_its_number() -> None:
    """A pod's number is its index; pods without an index are counted."""
    indexed = job(pod("x", **{INDEX: "1"}), pod("y", **{INDEX: "0"}))
    assert [name(chosen_pod(indexed, None, number)) for number in ("0", "1")] == ["y", "x"]
    assert name(chosen_pod(indexed, "x")) == name(chosen_pod(indexed, None, "x")) == "x"
    assert name(chosen_pod(job(pod("p"), pod("q")), None, "1")) == "q"


def test_a_pod_that_is_not_there_is_answered_with_those_that_are() -> None:
    """Without any pod, the job's status says why."""
    with pytest.raises(MissingError, match="job a has no pod z; its pods: p"):
        chosen_pod(job(pod("p")), "z")
    with pytest.raises(MissingError, match="job a has no pod: its status is Pending"):
        chosen_pod(job(), None)


def test_only_a_pod_that_runs_can_be_entered() -> None:
    """The first running pod is taken, unless another one is named."""
    found = job(pod("p", "Pending", **{INDEX: "0"}), pod("q", **{INDEX: "1"}))
    assert name(running_pod(found, None)) == "q"
    with pytest.raises(NotRunningError, match="pod p is not running: its status is ContainerCreating"):
        running_pod(found, "p")
    with pytest.raises(NotRunningError, match="job a is not running: its status is ContainerCreating"):
        running_pod(job(pod("p", "Pending")), None)
