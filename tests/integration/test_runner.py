"""RunaiJobs run by Kubernetes' own engine: to their end, with everything that belongs to them."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from services.runner.engine import child_of
from shared.jobs import end_of
from shared.objects import Manifest
from shared.process.delivery import RIGHTS_TRIES
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.faults import Answer
from tests.integration.harness.forked import Line
from tests.integration.harness.manifests import interactive, training
from tests.integration.harness.outcome import names_of, nothing_left
from tests.integration.harness.outcomes import drained as everything_told
from tests.integration.harness.placing import OF_OPERATORS
from tests.integration.harness.running import (
    GPUS_OF_NO_NODE,
    active,
    calls,
    conditions,
    drained,
    ended,
    made,
    pods_of,
    runaijob,
)

pytestmark = pytest.mark.contract

DATA = Path(__file__).parents[1] / "data" / "outputs"
MISSING_RIGHT = 'jobs.batch "early" is forbidden: User "runner" cannot create resource "jobs" in API group "batch"'


@pytest.fixture
def line(nodes: ControlPlane, pipeline: Line) -> Line:
    """The module's pipeline, on a cluster whose pods run."""
    return pipeline


# ---------------------------------------------------------------- to its end


async def test_a_job_runs_to_its_end(line: Line, cluster: Cluster, namespace: str) -> None:
    """A training job runs to its end."""
    await cluster.create(runaijob("train-1", namespace))
    assert (await ended(cluster, namespace, "train-1"))[0] == "Complete"
    status = (await cluster.get("runaijobs", "train-1", namespace))["status"]
    child = (await cluster.get("jobs", "train-1", namespace))["status"]
    assert (status["succeeded"], status.get("active", 0)) == (1, 0)
    assert (status["startTime"], status["completionTime"]) == (child["startTime"], child["completionTime"])
    (pod,) = await pods_of(cluster, namespace, "train-1")
    assert pod.startswith("train-1-0-")
    await drained(line, cluster)
    seen = calls(line, namespace)
    assert seen[:2] == ["get runaijobs", "create jobs"]
    *progress, look, end = seen[2:]
    assert (look, end) == ("get jobs", "patch runaijobs/status")  # an end counts as the child itself reports it
    assert progress in [["patch runaijobs/status"] * times for times in range(3)]  # its pod starts, and is ready


async def test_a_job_of_several_completions(line: Line, cluster: Cluster, namespace: str) -> None:
    """A job with several completions counts them."""
    await cluster.create(runaijob("many", namespace, completions=5, parallelism=2))
    assert (await ended(cluster, namespace, "many"))[0] == "Complete"
    assert (await cluster.get("runaijobs", "many", namespace))["status"]["succeeded"] == 5
    pods = await pods_of(cluster, namespace, "many")
    assert [pod.rsplit("-", 1)[0] for pod in pods] == [f"many-{index}" for index in range(5)]
    assert made(line, namespace) == ["jobs/many"]


async def test_an_interactive_job_takes_three_calls_until_it_runs(line: Line, cluster: Cluster, namespace: str) -> None:
    """An interactive job takes three API calls until it runs."""
    await cluster.create(runaijob("nb-1", namespace, "Always"))
    await cluster.running("nb-1", namespace)
    await active(cluster, namespace, "nb-1")
    await drained(line, cluster)
    assert await pods_of(cluster, namespace, "nb-1") == ["nb-1-0-0"]
    assert_three_calls(line, namespace)


def assert_three_calls(line: Line, namespace: str) -> None:
    """Or four, if the runner sees the StatefulSet before its pod runs, as on a busy machine."""
    first, second, *rest = calls(line, namespace)
    assert [first, second] == ["get runaijobs", "create statefulsets"]
    assert rest in (["patch runaijobs/status"], ["patch runaijobs/status"] * 2)


async def test_from_workload_to_pod_nine_calls_are_made(line: Line, cluster: Cluster, namespace: str) -> None:
    """Six until it is Submitted, three until its pod runs; what is read of the whole cluster serves all that wait.

    With the first, the names in use are read; of the second, every call is counted.
    """
    ports = {"web": {"container": 8080}}
    for name in ("first", "second"):
        line.proxy.forget()
        await cluster.create(interactive(name, namespace, namePrefix="nb", image="jupyter/base", ports=ports))
        job = (await cluster.submitted(interactive(name, namespace)))["status"]["jobName"]
        await cluster.running(job, namespace)
        await active(cluster, namespace, job)
        await everything_told(cluster, line)
    assert_three_calls(line, namespace)
    others = [one for one in line.proxy.exchanges if not one.client.startswith("runner-")]
    assert sorted(f"{one.verb} {one.resource}" for one in others if one.namespace == namespace) == [
        "create configmaps",
        "create events",
        "create runaijobs",
        "create services",
        "patch interactiveworkloads",
        "patch interactiveworkloads/status",
    ]
    of_all = (one for one in others if one.namespace is None and one.verb != "raw" and "watch" not in one.client)
    shared = Counter(f"{one.verb} {one.resource}" for one in of_all)
    assert set(shared) <= {"list interactivepolicies", "get namespaces"}
    assert max(shared.values()) == 1, shared


async def test_a_job_that_cannot_be_placed_is_active_and_pending(line: Line, cluster: Cluster, namespace: str) -> None:
    """A job that cannot be placed stays active."""
    await cluster.create(runaijob("big", namespace, limits=GPUS_OF_NO_NODE))
    job = await active(cluster, namespace, "big")
    assert end_of(job) is None
    await drained(line, cluster)
    assert calls(line, namespace) == ["get runaijobs", "create jobs", "patch runaijobs/status"]


@pytest.mark.usefixtures("line")
async def test_a_preempted_pod_comes_again_and_is_no_failure(cluster: Cluster, namespace: str) -> None:
    """A preempted pod is replaced and does not count as a failure."""
    await cluster.create(runaijob("spare", namespace, limits=GPUS_OF_NO_NODE, backoffLimit=0))
    await active(cluster, namespace, "spare")
    (first,) = await pods_of(cluster, namespace, "spare")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": first, "namespace": namespace}}
    await cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods/{first}/eviction", eviction)
    await cluster.wait_for(
        "another pod", lambda: pods_of(cluster, namespace, "spare"), lambda seen: seen and first not in seen
    )
    assert end_of(await active(cluster, namespace, "spare")) is None


@pytest.mark.parametrize("name", ["a" * 60, "with.dots", "a" * 120 + ".b"])
@pytest.mark.parametrize("restart", ["Never", "Always"])
@pytest.mark.usefixtures("line")
async def test_jobs_of_any_name_run(restart: str, name: str, cluster: Cluster, namespace: str) -> None:
    """Jobs of any valid name run."""
    job = runaijob(name, namespace, restart)
    job["spec"]["template"]["metadata"]["labels"] = {"release": "any"}
    await cluster.create(job)
    if restart == "Never":
        assert (await ended(cluster, namespace, name))[0] == "Complete"
    else:
        await cluster.running("any", namespace)
        await active(cluster, namespace, name)


async def test_a_job_of_any_size_runs(line: Line, cluster: Cluster, namespace: str) -> None:
    """As large as the API server lets it be: more than a message may hold."""
    job = runaijob("large", namespace)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": f"V{number}", "value": "x" * 100_000} for number in range(12)]
    await cluster.create(job)
    assert (await ended(cluster, namespace, "large"))[0] == "Complete"
    assert made(line, namespace) == ["jobs/large"]


async def test_a_job_with_annotations_of_any_size_runs(line: Line, cluster: Cluster, namespace: str) -> None:
    """As large as the API server lets them be, and six times as large in JSON."""
    job = runaijob("annotated", namespace)
    job["metadata"]["annotations"] = {"notes": "\u0001" * 200_000}
    job["spec"]["selector"] = {"notes": "\u0001" * 20_000}
    await cluster.create(job)
    assert (await ended(cluster, namespace, "annotated"))[0] == "Complete"
    assert made(line, namespace) == ["jobs/annotated"]


# ---------------------------------------------------------------- held


@pytest.mark.usefixtures("line")
async def test_a_suspended_job_waits_until_it_is_let_go(cluster: Cluster, namespace: str) -> None:
    """A suspended job has no pod until it is resumed."""
    await cluster.create(runaijob("held", namespace, suspend=True))
    await cluster.wait_for("the Job to be held", lambda: conditions(cluster, namespace, "held"), lambda seen: seen)
    assert await conditions(cluster, namespace, "held") == {"Suspended": "True"}
    assert await pods_of(cluster, namespace, "held") == []
    await cluster.patch("runaijobs", "held", namespace, {"spec": {"suspend": False}})
    assert (await ended(cluster, namespace, "held"))[0] == "Complete"
    assert await conditions(cluster, namespace, "held") == {"Suspended": "False", "Complete": "True"}


@pytest.mark.usefixtures("line")
async def test_an_interactive_job_is_held_and_let_go(cluster: Cluster, namespace: str) -> None:
    """An interactive job is suspended and resumed."""
    await cluster.create(runaijob("nb-2", namespace, "Always"))
    await cluster.running("nb-2", namespace)
    first = await active(cluster, namespace, "nb-2")
    await cluster.patch("runaijobs", "nb-2", namespace, {"spec": {"suspend": True}})
    await cluster.gone("pods", "nb-2-0-0", namespace)
    await cluster.wait_for(
        "it to be told", lambda: conditions(cluster, namespace, "nb-2"), lambda seen: seen == {"Suspended": "True"}
    )
    await cluster.patch("runaijobs", "nb-2", namespace, {"spec": {"suspend": False}})
    await cluster.running("nb-2", namespace)
    again = await active(cluster, namespace, "nb-2")
    assert again["status"]["startTime"] == first["status"]["startTime"]


# ---------------------------------------------------------------- owners of a name


async def test_a_foreign_job_of_its_name_is_left_alone(line: Line, cluster: Cluster, namespace: str) -> None:
    """P5: a foreign Job of the name is left alone."""
    foreign = child_of({**runaijob("mine", namespace, limits=GPUS_OF_NO_NODE)} | owner(namespace, "mine"))
    del foreign["metadata"]["ownerReferences"]
    foreign["metadata"]["labels"] = {}
    stored = await cluster.create(foreign)
    await cluster.create(runaijob("mine", namespace))
    sentence = "the name mine is taken by Job mine, which no RunaiJob made"
    assert await ended(cluster, namespace, "mine") == ("Failed", "NameTaken", sentence)
    assert (await cluster.get("jobs", "mine", namespace))["metadata"]["uid"] == stored["metadata"]["uid"]
    assert made(line, namespace) == []


def owner(namespace: str, name: str) -> Manifest:
    return {"metadata": {"name": name, "namespace": namespace, "uid": "none"}}


async def test_deleted_and_made_again_at_once_the_second_runs(line: Line, cluster: Cluster, namespace: str) -> None:
    """A job that is deleted and created again at once runs."""
    for restart, child in (("Never", "jobs/again-never"), ("Always", "statefulsets/again-always-0")):
        name = f"again-{restart.lower()}"
        job = runaijob(name, namespace, restart, limits=GPUS_OF_NO_NODE)
        await cluster.create(job)
        await active(cluster, namespace, name)
        await cluster.delete("runaijobs", name, namespace, propagationPolicy="Background")
        second = await cluster.create(job)
        await active(cluster, namespace, name)
        plural, found = child.split("/")
        owners = (await cluster.get(plural, found, namespace))["metadata"]["ownerReferences"]
        assert [one["uid"] for one in owners] == [second["metadata"]["uid"]]
        assert made(line, namespace).count(child) == 2


@pytest.mark.usefixtures("line")
async def test_what_kubernetes_refuses_fails_in_its_words(cluster: Cluster, namespace: str) -> None:
    """What Kubernetes refuses fails in its words."""
    broken = runaijob("broken", namespace)
    broken["spec"]["template"]["spec"]["containers"] = []
    await cluster.create(broken)
    kind, reason, message = await ended(cluster, namespace, "broken")
    assert (kind, reason) == ("Failed", "Invalid")
    assert "spec.template.spec.containers: Required value" in message


@pytest.mark.parametrize("times", [RIGHTS_TRIES - 1, None], ids=["for a moment", "for good"])
async def test_a_right_that_is_missing(times: int | None, line: Line, cluster: Cluster, namespace: str) -> None:
    """An API server may not have read its roles just after its start: until it has, nothing counts as failed."""
    refused = {"client": "runner-.*", "verb": "create", "resource": "jobs", "path": namespace}
    with line.proxy.on(Answer(403, MISSING_RIGHT, "Forbidden"), times=times, **refused) as rule:
        await cluster.create(runaijob("early", namespace))
        end = await ended(cluster, namespace, "early")
    if times:
        assert rule.acted == times
        assert end[0] == "Complete"
        assert len(made(line, namespace)) == 1
    else:
        assert end == ("Failed", "Forbidden", MISSING_RIGHT)
        assert rule.acted >= RIGHTS_TRIES


# ---------------------------------------------------------------- from workload to pod, and away


@pytest.mark.usefixtures("line")
async def test_deleting_the_workload_removes_everything_it_made(cluster: Cluster, namespace: str) -> None:
    """Deleting a workload removes everything that it made."""
    ports = {"web": {"container": 8080, "external": 30080}}
    notebook = interactive("nb", namespace, namePrefix="nb", image="jupyter/base", jupyter=True, ports=ports)
    run = training("run", namespace, namePrefix="run", image="ubuntu", completions=2)
    for workload in (notebook, run):
        await cluster.create(workload)
        await cluster.submitted(workload)
    await cluster.running("nb-1", namespace)
    assert (await ended(cluster, namespace, "run-1"))[0] == "Complete"
    assert await names_of(cluster, namespace) == [
        "ConfigMap/nb-1",
        "ConfigMap/run-1",
        "Job/run-1",
        "RunaiJob/nb-1",
        "RunaiJob/run-1",
        "Service/nb-1",
        "Service/nb-1-jupyter",
        "StatefulSet/nb-1-0",
    ]
    assert await pods_of(cluster, namespace, "nb-1") == ["nb-1-0-0"]
    await cluster.delete("interactiveworkloads", "nb", namespace, propagationPolicy="Background")
    await cluster.delete("trainingworkloads", "run", namespace, propagationPolicy="Background")
    await nothing_left(cluster, namespace)
    await cluster.gone("pods", "nb-1-0-0", namespace)


EXPECTED = {file.stem: file.read_text() for file in sorted(DATA.glob("*.yaml"))}


@pytest.mark.parametrize("name", EXPECTED)
async def test_kubernetes_takes_every_output_of_its_kinds_and_what_runs_it(
    name: str, cluster: Cluster, namespace: str
) -> None:
    """The API server accepts every expected output."""
    manifests = list(yaml.safe_load_all(EXPECTED[name]))
    runs = [child_of(with_uid(one)) for one in manifests if one["kind"] == "RunaiJob"]
    ours = [one for one in manifests if not one["apiVersion"].startswith(OF_OPERATORS)]
    for manifest in ours + runs:
        manifest["metadata"]["namespace"] = namespace
        await cluster.create(manifest, dryRun="All", fieldValidation="Strict")


def with_uid(job: Manifest) -> Manifest:
    return {**job, "metadata": {**job["metadata"], "uid": "8d5fd7a2-0000-4000-8000-000000000000"}}
