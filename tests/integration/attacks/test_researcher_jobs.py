"""What a researcher can change of a job: its suspension, and nothing else, in whatever way the change is written."""

from collections.abc import AsyncIterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, Final

import pytest

from deploy.local.controlplane import ControlPlane
from shared.names import REPLICAS_ANNOTATION
from shared.objects import Manifest
from tests.integration.attacks.conftest import Researcher
from tests.integration.harness.cluster import ApiError, Cluster, path_of, plural_of

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]

MERGE, JSON, APPLY = "application/merge-patch+json", "application/json-patch+json", "application/apply-patch+yaml"
STRATEGIC: Final = "application/strategic-merge-patch+json"
POD: Final[Manifest] = {
    "metadata": {"labels": {"app": "mine"}},
    "spec": {"containers": [{"name": "main", "image": "busybox", "command": ["sleep"], "env": [{"name": "A"}]}]},
}
OTHER: Final[Manifest] = {
    "metadata": {"labels": {"app": "mine"}},
    "spec": {
        "serviceAccountName": "admin",
        "containers": [{"name": "main", "image": "evil", "env": [{"name": "A", "value": "b"}]}],
        "volumes": [{"name": "theirs", "secret": {"secretName": "theirs"}}],
    },
}


def _of_kubeflow(kind: str, replicas: str, version: str, template: Manifest = POD) -> Manifest:
    specs = {replicas: {"Worker": {"replicas": 2, "template": template}}}
    return {"apiVersion": f"kubeflow.org/{version}", "kind": kind, "spec": {"runPolicy": {"backoffLimit": 1}, **specs}}


def _deployment(template: Manifest = POD) -> Manifest:
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "mine"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}


JOBS: Final[Mapping[str, Manifest]] = {
    "runaijobs": {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "spec": {"parallelism": 1, "template": POD}},
    "mpijobs": _of_kubeflow("MPIJob", "mpiReplicaSpecs", "v2beta1"),
    "pytorchjobs": _of_kubeflow("PyTorchJob", "pytorchReplicaSpecs", "v1"),
    "deployments": _deployment(),
}
SUSPENDED: Final[Mapping[str, Manifest]] = {
    "runaijobs": {"suspend": True},
    "mpijobs": {"runPolicy": {"suspend": True}},
    "pytorchjobs": {"runPolicy": {"suspend": True}},
    "deployments": {"replicas": 3},
}
SPECS: Final[Mapping[str, list[Manifest]]] = {
    "runaijobs": [
        *({"template": {"spec": {name: value}}} for name, value in OTHER["spec"].items()),
        {"template": {"spec": {"unknown": {"deep": [{"deeper": {"deepest": 1}}]}}}},
        {"template": {"metadata": {"labels": {"app": "theirs"}}}},
        {"parallelism": 64}, {"parallelism": None}, {"completions": 64}, {"backoffLimit": 9},
        {"suspend": True, "parallelism": 2},
    ],
    "mpijobs": [
        _of_kubeflow("MPIJob", "mpiReplicaSpecs", "v2beta1", OTHER)["spec"],
        {"mpiReplicaSpecs": {"Worker": {"replicas": 64}}},
        {"mpiReplicaSpecs": {"Launcher": {"replicas": 1, "template": OTHER}}},
        {"slotsPerWorker": 8}, {"runPolicy": None},
        {"runPolicy": {"suspend": True, "backoffLimit": 9}}, {"runPolicy": {"cleanPodPolicy": "All"}},
    ],
    "pytorchjobs": [
        _of_kubeflow("PyTorchJob", "pytorchReplicaSpecs", "v1", OTHER)["spec"],
        {"pytorchReplicaSpecs": {"Worker": {"replicas": 64}}},
        {"elasticPolicy": {"maxReplicas": 64}}, {"runPolicy": {"schedulingPolicy": {"priorityClass": "high"}}},
    ],
    "deployments": [
        {"template": OTHER}, {"replicas": 4}, {"replicas": 1}, {"paused": True}, {"minReadySeconds": 9},
        {"replicas": 3, "template": OTHER},
    ],
}  # fmt: skip
METADATA: Final[list[Manifest]] = [
    {"labels": {"kueue.x-k8s.io/queue-name": "theirs"}},
    {"annotations": {REPLICAS_ANNOTATION: "64"}},
    {"annotations": None},
    {"finalizers": ["example.com/held"]},
    {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "b"}]},
]


@pytest.fixture
async def jobs(cluster: Cluster, namespace: str, operators: None) -> AsyncIterator[Mapping[str, Manifest]]:
    """A job of every kind, as the system creates it."""
    metadata = {"name": "mine", "namespace": namespace, "annotations": {REPLICAS_ANNOTATION: "3"}}
    yield {plural: await cluster.create({**job, "metadata": metadata}) for plural, job in JOBS.items()}


@pytest.fixture
async def operator(control_plane: ControlPlane) -> AsyncIterator[Cluster]:
    """An account without any rights so far."""
    async with Cluster(control_plane.kubeconfig_of("operator")) as client:
        yield client


async def change(
    person: Cluster, job: Manifest, patch: Any, form: str = MERGE, *, subresource: str = "", dry: bool = True
) -> Manifest:
    """Patch the job as this person."""
    metadata = job["metadata"]
    path = path_of(plural_of(job["kind"]), metadata["namespace"], metadata["name"], job["apiVersion"]) + subresource
    params = {
        "fieldManager": "me",
        **({"dryRun": "All"} if dry else {}),
        **({"force": "true"} if form == APPLY else {}),
    }
    return await person.request("PATCH", path, patch, params, content_type=form)


async def refused(person: Cluster, job: Manifest, patch: Any, form: str = MERGE, **where: Any) -> str:
    """What the API server says to a patch that must not succeed."""
    try:
        await change(person, job, patch, form, **where)
    except ApiError as error:
        return str(error)
    raise AssertionError(f"{job['kind']} can be patched with {patch}")


@pytest.mark.parametrize("plural", JOBS)
async def test_a_patch_changes_nothing_of_a_job_but_its_suspension(
    plural: str, jobs: Mapping[str, Manifest], researcher: Researcher
) -> None:
    """P9: neither pods nor their number, nor labels, annotations and owners of a job change by a researcher's patch."""
    jane, job = await researcher("jane"), jobs[plural]
    suspended = await change(jane, job, {"spec": SUSPENDED[plural]})
    assert suspended["spec"] != job["spec"]
    for patch in [*({"spec": spec} for spec in SPECS[plural]), *({"metadata": one} for one in METADATA)]:
        assert "jane may only suspend and resume this job" in await refused(jane, job, patch), patch


@pytest.mark.parametrize("plural", JOBS)
async def test_no_other_kind_of_patch_changes_more(
    plural: str, jobs: Mapping[str, Manifest], researcher: Researcher
) -> None:
    """P9: JSON patches, applied and strategic patches meet the same rule; replacing a job is not allowed at all."""
    jane, job = await researcher("jane"), jobs[plural]
    evil = next(iter(SPECS[plural]))
    applied = {"apiVersion": job["apiVersion"], "kind": job["kind"], "metadata": {"name": "mine"}}
    said = "may only suspend and resume this job"
    member, value = [*evil.items()][-1]
    replaced = [{"op": "add", "path": f"/spec/{member}", "value": value}]
    assert said in await refused(jane, job, replaced, JSON)
    assert said in await refused(jane, job, {**applied, "spec": _whole(job["spec"], evil)}, APPLY)
    assert await change(jane, job, {**applied, "spec": SUSPENDED[plural]}, APPLY)
    if plural == "deployments":
        assert said in await refused(jane, job, {"spec": evil}, STRATEGIC)
    path = path_of(plural, job["metadata"]["namespace"], "mine", job["apiVersion"])
    with pytest.raises(ApiError, match="cannot update resource"):
        await jane.request("PUT", path, {**job, "spec": _whole(job["spec"], evil)})


@pytest.mark.parametrize("subresource", ["/status", "/scale"])
async def test_status_and_scale_of_a_job_are_out_of_reach(
    subresource: str, jobs: Mapping[str, Manifest], researcher: Researcher
) -> None:
    """P9: a researcher writes neither what became of a job nor its scale."""
    jane = await researcher("jane")
    for plural in ("runaijobs", "deployments"):
        patch = {"status": {"active": 0}, "spec": {"replicas": 64}}
        answer = await refused(jane, jobs[plural], patch, subresource=subresource)
        assert "cannot patch resource" in answer or "could not find" in answer


async def test_who_may_replace_a_job_but_not_create_it_is_bound_too(
    jobs: Mapping[str, Manifest], researcher: Researcher, cluster: Cluster, namespace: str
) -> None:
    """P9: the right to update a job, or the scale of a Deployment, does not stand for the right to create one."""
    jane = await researcher("jane")
    await granted(cluster, namespace, "jane", *REPLACING)

    async def replaced(path: str, body: Manifest) -> Manifest:
        return await jane.request("PUT", path, body, {"dryRun": "All"})

    async def said(path: str, body: Manifest) -> bool:
        with pytest.raises(ApiError) as refusal:
            await replaced(path, body)
        return "may only suspend and resume this job" in str(refusal.value)

    for plural, job in jobs.items():
        path = path_of(plural, namespace, "mine", job["apiVersion"])
        now = await cluster.request("GET", path)
        await cluster.wait_for(f"jane's right to replace {plural}", partial(replaced, path, now))
        assert await said(path, {**now, "spec": _whole(now["spec"], SPECS[plural][0])}), plural
    scale = await jane.request("GET", f"{path}/scale")
    assert await said(f"{path}/scale", {**scale, "spec": {"replicas": 3}})


async def test_a_suspended_deployment_is_resumed_with_the_replicas_that_were_decided(
    jobs: Mapping[str, Manifest], researcher: Researcher
) -> None:
    """P9: a researcher scales a Deployment to zero and back, and never beyond what was decided."""
    jane, job = await researcher("jane"), jobs["deployments"]
    for replicas in (3, 0):
        told = await change(jane, job, {"spec": {"replicas": replicas}}, dry=False)
        assert told["spec"]["replicas"] == replicas
    answer = await refused(jane, job, {"spec": {"replicas": 4}})
    assert "with 0 replicas or the number that was decided (3)" in answer


REPLACING: Final = [
    {"apiGroups": [group], "resources": names, "verbs": ["get", "update", "patch"]}
    for group, names in {
        "run.ai": ["runaijobs"],
        "kubeflow.org": ["mpijobs", "pytorchjobs"],
        "apps": ["deployments", "deployments/scale"],
    }.items()
]
KUEUE: Final = [
    {"apiGroups": ["kubeflow.org"], "resources": ["mpijobs", "pytorchjobs"], "verbs": ["get", "patch", "update"]},
    {"apiGroups": ["kubeflow.org"], "resources": ["mpijobs/status", "pytorchjobs/status"], "verbs": ["get", "update"]},
]
COLLECTOR: Final = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "patch", "update", "delete"]}]
AUTOSCALER: Final = [{"apiGroups": ["*"], "resources": ["*/scale"], "verbs": ["get", "update", "patch"]}]


@pytest.mark.parametrize(
    ("rules", "plural", "subresource", "patch"),
    [
        (KUEUE, "mpijobs", "", {"spec": SPECS["mpijobs"][0]}),
        (KUEUE, "pytorchjobs", "", {"metadata": {"labels": {"a": "b"}}}),
        (COLLECTOR, "runaijobs", "", {"metadata": {"ownerReferences": None, "finalizers": None, "labels": {"a": "b"}}}),
        (COLLECTOR, "deployments", "", {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}),
        (AUTOSCALER, "deployments", "/scale", {"spec": {"replicas": 7}}),
    ],
)
async def test_operators_and_controllers_change_the_jobs_that_they_do_not_create(
    rules: list[Manifest], plural: str, subresource: str, patch: Manifest,
    jobs: Mapping[str, Manifest], cluster: Cluster, namespace: str, operator: Cluster,
) -> None:  # fmt: skip
    """P1: Kueue, the garbage collector and autoscalers work on, with the rights that their projects publish."""
    await granted(cluster, namespace, "operator", *rules)

    async def changed() -> Manifest:
        return await change(operator, jobs[plural], patch, subresource=subresource)

    assert await cluster.wait_for("the operator's rights", changed)


async def granted(cluster: Cluster, namespace: str, user: str, *rules: Manifest) -> None:
    """Give a person further rights in the project."""
    rbac, metadata = "rbac.authorization.k8s.io", {"name": f"of-{user}", "namespace": namespace}
    subject = {"kind": "User", "name": user, "apiGroup": rbac}
    reference = {"apiGroup": rbac, "kind": "Role", "name": metadata["name"]}
    await cluster.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": list(rules)},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference,
         "subjects": [subject]},
    )  # fmt: skip


def _whole(spec: Manifest, change: Manifest) -> Manifest:
    """The spec with the change merged into it."""
    merged = deepcopy(spec)
    for key, value in change.items():
        merged[key] = _whole(merged.get(key) or {}, value) if isinstance(value, dict) else value
    return merged
