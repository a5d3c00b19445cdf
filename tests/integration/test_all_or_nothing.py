"""P5 and P6: foreign objects stay untouched; a submission has all its outputs, or none and a reason."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.faults import Answer, CutAfter
from tests.integration.harness.forbidding import forbidding
from tests.integration.harness.manifests import deployment, interactive, policy, quota, training
from tests.integration.harness.outcome import (
    condition,
    created,
    history,
    identity,
    messages,
    names_of,
    nothing_left,
    objects,
)
from tests.integration.harness.outcomes import drained
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.strangers import a_deployment, config_map, runai_job, service

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

LARGEST_ANNOTATIONS = 256 * 1024
"""Bytes of all annotations of an object that the API server takes."""
ROOM = 136
"""Bytes for a job's name, the note about it, and the key of the notes; a failure takes more."""
PORTS = {"web": {"container": 8080, "external": 80}}


def everything(name: str, namespace: str, job: str) -> Manifest:
    """A workload with every output that an interactive one can have."""
    return interactive(name, namespace, name=job, image="ubuntu", jupyter=True, ports=PORTS)


MADE = ["ConfigMap/all", "RunaiJob/all", "Service/all", "Service/all-jupyter"]


@pytest.mark.parametrize(
    ("foreign", "name"),
    [(config_map, "all"), (service, "all"), (service, "all-jupyter"), (runai_job, "all")],
    ids=["ConfigMap", "Service", "notebook's Service", "RunaiJob"],
)
async def test_a_name_that_something_else_has(
    cluster: Cluster, pipeline: Pipeline, namespace: str, foreign: Callable[[str, str], Manifest], name: str
) -> None:
    """P5: a foreign resource of any output's name ends in NameTaken and is not touched."""
    theirs = await cluster.create(foreign(namespace, name))
    title = f"{theirs['kind']}/{name}"
    failed = await cluster.failed(await cluster.create(everything("wants-it", namespace, "all")))
    (error,) = messages(failed)
    assert error == f"the name {name} is taken by {theirs['kind']} {name}, which no workload made"
    submitted = condition(failed, "Submitted")
    assert submitted
    assert (submitted["status"], submitted["reason"], submitted["message"]) == ("False", "NameTaken", error)
    await nothing_left(cluster, namespace, but=(title,))
    assert identity((await objects(cluster, namespace))[title]) == identity(theirs)
    assert "violations" not in failed["status"]


async def test_a_deployments_name_that_something_else_has(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P5: the same for a deployment."""
    theirs = await cluster.create(a_deployment(namespace, "served"))
    workload = await cluster.create(deployment("wants-it", namespace, name="served", image="ubuntu", ports=PORTS))
    failed = await cluster.failed(workload)
    assert messages(failed) == ["the name served is taken by Deployment served, which no workload made"]
    await nothing_left(cluster, namespace, but=("Deployment/served",))
    assert (await cluster.get("deployments", "served", namespace))["metadata"]["uid"] == theirs["metadata"]["uid"]


async def test_a_name_that_another_workload_has(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P5: a job's name belongs to the workload that took it first."""
    await cluster.submitted(await cluster.create(everything("first", namespace, "all")))
    before = await objects(cluster, namespace)
    failed = await cluster.failed(await cluster.create(training("second", namespace, name="all", image="ubuntu")))
    assert messages(failed) == ["the name all is taken by ConfigMap all of InteractiveWorkload first"]
    after = await objects(cluster, namespace)
    assert list(after) == MADE
    assert {name: identity(after[name]) for name in MADE} == {name: identity(before[name]) for name in MADE}


async def test_a_quota_that_refuses_the_last_output(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P6: a quota on the job removes everything that was made before it."""
    await cluster.create(quota(namespace, "no-jobs", **{"count/runaijobs.run.ai": "0"}))

    async def counted() -> Any:
        return (await cluster.get("resourcequotas", "no-jobs", namespace))["status"]["hard"]

    await cluster.wait_for("the quota to count", counted)
    workload = await cluster.create(everything("too-much", namespace, "all"))
    failed = await cluster.failed(workload)
    refusal = (
        'runaijobs.run.ai "all" is forbidden: exceeded quota: no-jobs, requested: count/runaijobs.run.ai=1, '
        "used: count/runaijobs.run.ai=0, limited: count/runaijobs.run.ai=0"
    )
    assert history(failed) == [
        ("Info", "RolledBack", "had been created: ConfigMap all, Service all, Service all-jupyter"),
        ("Error", "Forbidden", refusal),
        ("Info", "RolledBack", "was removed again: Service all-jupyter, Service all, ConfigMap all"),
    ]
    assert "createdResources" not in failed["status"]
    await nothing_left(cluster, namespace)
    await cluster.delete("resourcequotas", "no-jobs", namespace)
    again = await cluster.submitted(await cluster.create(everything("enough", namespace, "all")))
    assert again["status"]["jobName"] == "all"  # the name is available again


async def test_a_quota_that_is_just_enough_is_enough_also_when_answers_are_lost(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Repeating a create that succeeded is refused because the quota is used up, by the object itself."""
    enough = {"count/services": "2", "count/runaijobs.run.ai": "1"}
    await cluster.create(quota(namespace, "just-enough", **enough))
    await cluster.wait_for(
        "the quota to count", lambda: _used(cluster, namespace), lambda used: set(used) == set(enough)
    )
    with (
        pipeline.proxy.on(CutAfter(), times=2, verb="create", resource="services") as services,
        pipeline.proxy.on(CutAfter(), times=1, verb="create", resource="runaijobs") as jobs,
    ):
        submitted = await cluster.submitted(await cluster.create(everything("just", namespace, "all")))
    assert (services.acted, jobs.acted) == (2, 1)
    assert sorted(created(submitted)) == MADE
    assert pipeline.proxy.count(verb="create", resource="services") == 2  # it reads before it tries again
    assert await _used(cluster, namespace) == enough


async def _used(cluster: Cluster, namespace: str) -> dict[str, str]:
    used: dict[str, str] = (await cluster.get("resourcequotas", "just-enough", namespace))["status"]["used"]
    return used


@pytest.fixture
async def no_services(cluster: Cluster, namespace: str) -> AsyncIterator[None]:
    """An admission policy that forbids everyone to create Services in the namespace."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}
    probe = partial(cluster.create, service(namespace, "probe"), dryRun="All")
    async with forbidding(cluster, "no-services", namespace, rule, "services are not made here", probe):
        yield


@pytest.mark.usefixtures("no_services")
async def test_an_admission_policy_that_refuses_the_service(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P6: an admission policy on Services removes the claim and reports the policy's words."""
    failed = await cluster.failed(await cluster.create(everything("refused", namespace, "all")))
    made, refusal, removed = history(failed)
    assert made == ("Info", "RolledBack", "had been created: ConfigMap all")
    assert refusal[:2] in (("Error", "Forbidden"), ("Error", "Invalid"))
    assert "services are not made here" in refusal[2]
    assert f"ValidatingAdmissionPolicy 'no-services-{namespace}'" in refusal[2]
    assert removed == ("Info", "RolledBack", "was removed again: ConfigMap all")
    await nothing_left(cluster, namespace)


async def notes(cluster: Cluster, namespace: str) -> str:
    """Text that fills a workload's annotations but for what the API server stamps, and for a job's name."""
    probe = await cluster.create(everything("probe", namespace, "all"), dryRun="All")
    stamps = sum(len(key) + len(value) for key, value in probe["metadata"]["annotations"].items())
    return "x" * (LARGEST_ANNOTATIONS - stamps - ROOM)


async def test_a_failure_that_finds_no_room_on_the_workload(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Its annotations are full but for a job's name; the job is refused."""
    workload = everything("full", namespace, "all")
    workload["metadata"]["annotations"] = {"notes": await notes(cluster, namespace)}
    refused = {"client": "creator-.*", "verb": "create", "resource": "runaijobs"}
    with pipeline.proxy.on(Answer(403, "no jobs today", "Forbidden"), **refused) as rule:
        failed = await cluster.failed(await cluster.create(workload), within=60)
        await nothing_left(cluster, namespace)
        assert rule.matched == 1
    assert failed["metadata"]["annotations"]["run.ai/job-name"] == "all"
    assert "run.ai/failure" not in failed["metadata"]["annotations"]
    made, refusal, removed, unrecorded = history(failed)
    assert made[2] == "had been created: ConfigMap all, Service all, Service all-jupyter"
    assert refusal == ("Error", "Forbidden", "no jobs today")
    assert removed[2] == "was removed again: ConfigMap all"
    assert unrecorded[0] == "Warning"
    assert "may not be more than 262144 bytes" in unrecorded[2]
    assert unrecorded[2].endswith("; being removed: Service all, Service all-jupyter")


async def test_a_failure_that_somebody_made_up_in_flight(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """It ends the submission with its reason; the other objects that it names are neither read nor touched."""
    theirs = await cluster.create(service(namespace, "theirs"))
    item = {"kind": "Service", "version": "v1", "namespace": namespace, "name": "theirs"}
    others = ({"kind": "Nope"}, {"namespace": "kube-system"}, {"name": "../../kube-system/services/x"})
    made = [item, *({**item, **other} for other in others)]
    forged = json.dumps({"reason": "Invalid", "message": "made up", "made": made})
    held = {"client": "resolver-.*", "verb": "list", "resource": "interactivepolicies"}
    with pipeline.proxy.on(Answer(503, "not now"), **held) as rule:
        workload = await cluster.create(everything("forged", namespace, "all"))
        await cluster.wait_for("the resolver to wait", lambda: asyncio.to_thread(lambda: rule.matched))
        annotations = {"metadata": {"annotations": {"run.ai/failure": forged}}}
        await cluster.patch("interactiveworkloads", "forged", namespace, annotations)
    failed = await cluster.failed(workload)
    assert history(failed)[-1] == ("Error", "Invalid", "made up")
    assert not any(message.startswith("was removed again") and "theirs" in message for _, _, message in history(failed))
    assert not [str(each) for each in pipeline.proxy.exchanges if "kube-system" in each.path]
    assert (await cluster.get("services", "theirs", namespace))["metadata"]["uid"] == theirs["metadata"]["uid"]
    await nothing_left(cluster, namespace, but=("Service/theirs",))


UNRECORDED = ("claim removed", "notebook's Service removed", "Service removed")
"""The writes of a roll back that finds no room: after the five that made and tried to make outputs, and the refused
one that was to record the failure."""
CLAIM_GONE = "ConfigMap all, which holds what was decided, has been deleted"


async def test_a_failure_that_finds_no_room_survives_a_crash_at_every_write(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """P6: a failure that cannot be recorded survives a crash before and after each write."""
    refused = {"client": "creator-.*", "verb": "create", "resource": "runaijobs"}
    for write, what in enumerate(UNRECORDED, start=7):
        for after in (False, True):
            workload = everything(f"write-{write}-{'after' if after else 'before'}", namespace, "all")
            workload["metadata"]["annotations"] = {"notes": await notes(cluster, namespace)}
            with pipeline.proxy.on(Answer(403, "no jobs today", "Forbidden"), **refused):
                crash = pipeline.crash("creator", write, after=after)
                await cluster.create(workload)
                await pipeline.died("creator")
                crash.end()
                pipeline.services.restart("creator")
                failed = await cluster.failed(workload)
                await nothing_left(cluster, namespace)
                await drained(cluster, pipeline)
            # only the creator that died, with the claim gone and nothing published, knew why
            unknown = (what, after) == ("claim removed", True)
            assert messages(failed) == [CLAIM_GONE if unknown else "no jobs today"]
            assert "the failure could not be recorded" in messages(failed, "Warning")[-1]


async def test_a_value_that_only_the_server_can_refuse(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P6: what only the API server can refuse fails in its words."""
    await cluster.create(policy("InteractivePolicy", namespace, serviceType={"rules": {"canEdit": True}}))
    taken = {**service(namespace, "theirs"), "spec": {"type": "NodePort", "ports": [{"port": 1, "nodePort": 31234}]}}
    await cluster.create(taken)
    ports = {"web": {"container": 8080, "external": 31234}}
    workload = interactive("collides", namespace, name="all", image="ubuntu", serviceType="nodeport", ports=ports)
    failed = await cluster.failed(await cluster.create(workload))
    assert "provided port is already allocated" in messages(failed)[0]
    await nothing_left(cluster, namespace, but=("Service/theirs",))


ROLL_BACK = ("failure recorded", "notebook's Service removed", "Service removed", "claim removed")
"""The writes of a roll back, after the five that made and tried to make outputs."""


async def test_a_roll_back_survives_a_crash_at_every_write(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Whenever a creator dies, the result is the same, and is reported in the same words."""
    theirs = await cluster.create(runai_job(namespace, "all"))
    for write, _ in enumerate(ROLL_BACK, start=6):
        for after in (False, True):
            crash = pipeline.crash("creator", write, after=after)
            name = f"write-{write}-{'after' if after else 'before'}"
            workload = await cluster.create(everything(name, namespace, "all"))
            await pipeline.died("creator")
            crash.end()
            pipeline.services.restart("creator")
            failed = await cluster.failed(workload)
            assert history(failed) == [
                ("Info", "RolledBack", "had been created: ConfigMap all, Service all, Service all-jupyter"),
                ("Error", "NameTaken", "the name all is taken by RunaiJob all, which no workload made"),
                ("Info", "RolledBack", "was removed again: Service all-jupyter, Service all, ConfigMap all"),
            ]
            await nothing_left(cluster, namespace, but=("RunaiJob/all",))
    assert identity(await cluster.get("runaijobs", "all", namespace)) == identity(theirs)


async def test_what_cannot_be_removed_is_told(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P6: what the roll-back cannot remove is named in a warning."""
    await cluster.create(runai_job(namespace, "all"))
    with pipeline.proxy.on(Answer(403, "services may not be deleted", "Forbidden"), verb="delete", resource="services"):
        failed = await cluster.failed(await cluster.create(everything("stuck", namespace, "all")))
    assert [type_ for type_, _, _ in history(failed)] == ["Info", "Error", "Info", "Warning"]
    assert messages(failed, "Info")[1] == "was removed again: ConfigMap all"
    (warning,) = messages(failed, "Warning")
    assert warning == (
        "could not be removed: Service all-jupyter (services may not be deleted), "
        "Service all (services may not be deleted)"
    )
    assert await names_of(cluster, namespace) == ["RunaiJob/all", "Service/all", "Service/all-jupyter"]
    await cluster.delete("interactiveworkloads", "stuck", namespace)
    await nothing_left(cluster, namespace, but=("RunaiJob/all",))


async def test_a_busy_server_does_not_end_a_roll_back(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P6: a busy API server delays the roll-back and does not end it."""
    await cluster.create(runai_job(namespace, "all"))
    with pipeline.proxy.on(Answer(503, "no room"), verb="delete", client="creator.*", times=3) as busy:
        failed = await cluster.failed(await cluster.create(everything("patient", namespace, "all")))
    assert busy.acted == 3
    assert messages(failed, "Info")[1] == "was removed again: Service all-jupyter, Service all, ConfigMap all"
    await nothing_left(cluster, namespace, but=("RunaiJob/all",))
