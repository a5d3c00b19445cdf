"""What admission records about a workload, and how it protects other people's Secrets, on a real API server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from shared.kubernetes.api import Api
from shared.names import CHANGED_BY_ANNOTATION as CHANGED
from shared.objects import Manifest
from shared.parameters.kinds import KINDS
from shared.parameters.limits import MOST_SECRETS
from shared.submitter import Submitter
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import DELETED, interactive, training, workload
from tests.integration.harness.refusals import FAILURE, JOB_NAME, JOB_SINCE, STAMP, SUBMITTER, refusal

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]

Person = Callable[[str], Coroutine[Any, Any, Cluster]]


@pytest.fixture
async def person(control_plane: ControlPlane, cluster: Cluster, namespace: str) -> AsyncIterator[Person]:
    """Makes a client of a researcher of this project, by name."""
    clients: list[Cluster] = []
    group = f"researchers-of-{namespace}"
    await cluster.apply(*researchers(namespace, group))

    async def make(name: str) -> Cluster:
        kubectl = binaries.find(["kubectl"])["kubectl"]
        client = Cluster(Path(control_plane.kubeconfig_of(name, groups=[group])), kubectl)
        clients.append(await client.__aenter__())
        probe = interactive("probe", namespace, usage="Template")
        await client.wait_for(f"{name}'s rights", lambda: client.create(probe, dryRun="All"))
        return client

    yield make
    for client in clients:
        await client.__aexit__(None, None, None)


def researchers(namespace: str, group: str) -> list[Manifest]:
    """More rights than a researcher has: everything on workloads and jobs, nothing on Secrets."""
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": "researcher", "namespace": namespace}
    rules = [
        {"apiGroups": ["run.ai"], "resources": [*(kind.workload_plural for kind in KINDS), "runaijobs"], "verbs": ["*"]}
    ]
    subject = {"kind": "Group", "name": group, "apiGroup": rbac}
    reference = {"apiGroup": rbac, "kind": "Role", "name": "researcher"}
    return [
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference,
         "subjects": [subject]},
    ]  # fmt: skip


async def may_read(cluster: Cluster, namespace: str, user: str, *secrets: str) -> None:
    """Let a person get these Secrets by name, or all Secrets if none is named."""
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": f"reads-{user}", "namespace": namespace}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    rules = [{**rule, "resourceNames": list(secrets)} if secrets else rule]
    reference = {"apiGroup": rbac, "kind": "Role", "name": metadata["name"]}
    subject = {"kind": "User", "name": user, "apiGroup": rbac}
    await cluster.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference,
         "subjects": [subject]},
    )  # fmt: skip


# ---------------------------------------------------------------- the record of a workload
async def test_who_submitted_a_workload_is_stamped_and_cannot_be_forged(person: Person, namespace: str) -> None:
    """P9: the submitter, with UID and groups, is stamped by the API server and cannot be forged."""
    jane, john = await person("jane"), await person("john")
    forged = training("mine", namespace, usage="Template")
    forged["metadata"]["annotations"] = {STAMP: "admin", SUBMITTER: "uid=&group=system:masters", "note": "kept"}
    stored = await jane.create(forged)
    stamps = stamped(stored)
    assert (stamps[STAMP], stored["metadata"]["annotations"]["note"]) == ("jane", "kept")
    submitter = Submitter.stamped(stamps)
    assert submitter
    assert submitter.groups == (f"researchers-of-{namespace}", "system:authenticated")
    for change in ({STAMP: "john", SUBMITTER: "uid=1"}, {STAMP: None, SUBMITTER: None, "note": None}):
        patch = {"metadata": {"annotations": change}}
        stored = await john.patch("trainingworkloads", "mine", namespace, patch)
        assert stamped(stored) == stamps
    replaced = {**stored, "metadata": {**stored["metadata"], "annotations": {}}}
    path = f"/apis/run.ai/v1alpha1/namespaces/{namespace}/trainingworkloads/mine"
    stored = await john.request("PUT", path, replaced)
    assert stored["metadata"]["annotations"] == stamps


async def test_groups_with_any_name_are_stamped_as_they_are(
    person: Person, control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    """P9: no name of a group poses as another one, not even as that of administrators; hundreds of groups fit."""
    await person("jane")
    odd = ["a&group=system:masters", "50%26", "a=b", "ä+ö ü", *(f"group-{number:04}" for number in range(300))]
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] |= {
        "as": "eve",
        "as-uid": "7&group=x",
        "as-groups": [f"researchers-of-{namespace}", *odd],
        "as-user-extra": {"scopes.io/a=b": ["b&c", "d"], "e": ["f"]},
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    api = await Api.connect(str(file))
    try:
        path = f"/apis/run.ai/v1alpha1/namespaces/{namespace}/trainingworkloads"
        stored = await api.create(path, training("mine", namespace), {"dryRun": "All"})
    finally:
        await api.close()
    submitter = Submitter.stamped(stamped(stored))
    assert submitter
    assert (submitter.user, submitter.uid) == ("eve", "7&group=x")
    assert submitter.groups == (f"researchers-of-{namespace}", *odd, "system:authenticated")
    assert sorted(submitter.extra) == [("e", "f"), ("scopes.io/a=b", "b&c"), ("scopes.io/a=b", "d")]


def stamped(workload: Manifest) -> dict[str, str]:
    """The two stamps of the API server."""
    annotations = workload["metadata"]["annotations"]
    return {name: annotations[name] for name in (STAMP, SUBMITTER)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_kind_is_stamped(cluster: Cluster, namespace: str, kind: Any) -> None:
    """P9: workloads of every kind are stamped."""
    stored = await cluster.create(workload(kind.workload, "mine", namespace))
    assert stored["metadata"]["annotations"][STAMP]


async def test_a_copy_of_a_workload_does_not_carry_over_what_became_of_the_first(
    cluster: Cluster, namespace: str
) -> None:
    """P1: a copied workload does not carry the record of the first."""
    first = await cluster.create(interactive("first", namespace))
    recorded = {"metadata": {"annotations": {JOB_NAME: "job-1", FAILURE: "{}"}}}
    first = await cluster.patch("interactiveworkloads", "first", namespace, recorded)
    assert first["metadata"]["annotations"].items() >= recorded["metadata"]["annotations"].items()
    metadata = {"name": "copy", "namespace": namespace, "annotations": first["metadata"]["annotations"]}
    copy = await cluster.create({**first, "metadata": metadata})
    assert set(copy["metadata"]["annotations"]) == {STAMP, SUBMITTER}


async def test_what_is_recorded_of_a_job_stays(cluster: Cluster, namespace: str) -> None:
    """P1: a recorded job name can be neither changed nor removed."""
    await cluster.create(interactive("mine", namespace))
    await cluster.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": {JOB_NAME: "job-1"}}})
    for change in ({JOB_NAME: "job-2"}, {JOB_NAME: None}):
        patch = {"metadata": {"annotations": change}}
        stored = await cluster.patch("interactiveworkloads", "mine", namespace, patch)
        assert stored["metadata"]["annotations"][JOB_NAME] == "job-1"


async def test_a_job_gets_another_name_only_together_with_a_note_and_from_who_makes_jobs(
    person: Person, cluster: Cluster, namespace: str
) -> None:
    """P1: a prefix can move on to its next number, and nobody else can change the name or the note."""
    john = await person("john")
    stamps = stamped(await john.create(interactive("mine", namespace)))
    for number, name in enumerate(("job-1", "job-2", "")):
        record = {JOB_NAME: name, JOB_SINCE: f'{{"version": "{number}"}}'}
        forged = {JOB_NAME: "job-9", JOB_SINCE: "{}"}
        stored = await cluster.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": record}})
        assert stored["metadata"]["annotations"] == {**stamps, **record}
        stored = await john.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": forged}})
        assert stored["metadata"]["annotations"] == {**stamps, **record}
        dropped = {"metadata": {"annotations": {JOB_NAME: None, JOB_SINCE: None}}}
        stored = await cluster.patch("interactiveworkloads", "mine", namespace, dropped)
        assert stored["metadata"]["annotations"] == {**stamps, **record}


async def test_only_who_makes_jobs_records_what_became_of_one(person: Person, cluster: Cluster, namespace: str) -> None:
    """P9: only the service that creates jobs can write the record, and not everybody who may create jobs."""
    john = await person("john")
    stamps = stamped(await john.create(interactive("mine", namespace)))
    made_up = {JOB_NAME: "job-1", FAILURE: "{}", "note": "kept"}
    stored = await john.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": made_up}})
    assert stored["metadata"]["annotations"] == {**stamps, "note": "kept"}
    recorded = {"metadata": {"annotations": {JOB_NAME: "job-2"}}}
    await cluster.patch("interactiveworkloads", "mine", namespace, recorded)
    stored = await john.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": made_up}})
    assert stored["metadata"]["annotations"] == {**stamps, "note": "kept", JOB_NAME: "job-2"}


async def test_who_changed_a_template_last_is_stamped_and_cannot_be_forged(person: Person, namespace: str) -> None:
    """P9: a template says who changed its spec last, whatever its author or anybody else writes there."""
    jane, john = await person("jane"), await person("john")
    forged = training("mine", namespace, usage="Template")
    forged["metadata"]["annotations"] = {CHANGED: "admin"}
    stored = await jane.create(forged)
    stamps = stamped(stored)
    assert stored["metadata"]["annotations"] == stamps
    stored = await john.patch("trainingworkloads", "mine", namespace, {"metadata": {"annotations": {CHANGED: "jane"}}})
    assert stored["metadata"]["annotations"] == stamps
    evil = {"metadata": {"annotations": {CHANGED: "jane"}}, "spec": {"image": {"value": "evil"}}}
    stored = await john.patch("trainingworkloads", "mine", namespace, evil)
    assert stored["metadata"]["annotations"] == {**stamps, CHANGED: "john"}
    for change in ({CHANGED: "jane"}, {CHANGED: None}, {CHANGED: None, STAMP: None}):
        stored = await john.patch("trainingworkloads", "mine", namespace, {"metadata": {"annotations": change}})
        assert stored["metadata"]["annotations"] == {**stamps, CHANGED: "john"}
    path = f"/apis/run.ai/v1alpha1/namespaces/{namespace}/trainingworkloads/mine"
    bare = {**stored, "metadata": {**stored["metadata"], "annotations": {}}, "spec": {"usage": "Template"}}
    stored = await jane.request("PUT", path, bare)
    assert stored["metadata"]["annotations"] == {**stamps, CHANGED: "jane"}


# ---------------------------------------------------------------- other people's Secrets
async def test_a_secret_can_be_used_by_those_only_who_may_read_it(
    person: Person, cluster: Cluster, namespace: str
) -> None:
    """P9: a Secret can be used only by those who may read it."""
    jane, john = await person("jane"), await person("john")
    await may_read(cluster, namespace, "jane", "my-secret")
    mine = {"A": "SECRET:my-secret,password", "B": "SECRET:my-secret,user", "C": "text", "D": DELETED}
    await jane.wait_for("jane's right", lambda: jane.create(interactive("mine", namespace, environment=mine)))
    denied = "environment: {} cannot read Secret {}, so their workloads cannot use it"
    theirs = interactive("other", namespace, environment={"A": "SECRET:my-secret,password"})
    assert denied.format("john", "my-secret") in await refusal(john.create(theirs))
    others = interactive("other", namespace, environment={"A": "x", "B": "SECRET:other,key"})
    assert denied.format("jane", "other") in await refusal(jane.create(others))


@pytest.mark.parametrize(
    ("place", "stated"),
    [
        (
            "gitSync",
            {"gitSync": {"a": {"source": "https://g/a", "target": "/", "username": "j", "password": "SECRET:other,k"}}},
        ),
        ("s3", {"s3": {"a": {"bucket": "data", "key": "SECRET:other,k", "secret": "SECRET:x,k", "target": "/a"}}}),
        ("s3", {"s3": {"a": {"bucket": "data", "key": "SECRET:x,k", "secret": "SECRET:other,k", "target": "/a"}}}),
        ("notebookToken", {"notebookToken": "SECRET:other,k"}),
        ("secretVolumes", {"secretVolumes": {"a": {"name": "other", "path": "/a"}}}),
        ("secretVolumes", {"secretVolumes": {"a": {"secret": "other", "mountPath": "/a"}}}),
        ("imagePullSecrets", {"imagePullSecrets": {"a": "other", "b": "x"}}),
    ],
)
async def test_no_parameter_lets_one_use_a_secret_that_one_may_not_read(
    place: str, stated: dict[str, Any], person: Person, cluster: Cluster, namespace: str
) -> None:
    """P9: no parameter gives access to a Secret that its author may not read."""
    john = await person("john")
    await may_read(cluster, namespace, "john", "x")
    allowed = json.loads(json.dumps(stated).replace("SECRET:other", "SECRET:x").replace('"other"', '"x"'))
    await john.wait_for("john's right", lambda: john.create(interactive("mine", namespace, **allowed)))
    answer = await refusal(john.create(interactive("other", namespace, **stated)))
    assert f"{place}: john cannot read Secret other, so their workloads cannot use it" in answer


async def test_a_template_cannot_be_changed_to_use_what_one_may_not_read(
    person: Person, cluster: Cluster, namespace: str
) -> None:
    """P9: a template cannot be changed to use a Secret that its author may not read."""
    john = await person("john")
    await john.create(training("mine", namespace, usage="Template"))
    patch = {"spec": {"environment": {"items": {"A": {"value": "SECRET:my-secret,key"}}}}}
    answer = await refusal(john.patch("trainingworkloads", "mine", namespace, patch))
    assert "john cannot read Secret my-secret" in answer
    await cluster.patch("trainingworkloads", "mine", namespace, patch)
    labelled = await john.patch("trainingworkloads", "mine", namespace, {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["labels"] == {"a": "b"}  # a reference that already exists is not john's use of it


async def test_as_many_secrets_as_are_allowed_can_be_checked(person: Person, cluster: Cluster, namespace: str) -> None:
    """P9: the check holds for as many Secrets as a workload may refer to."""
    jane = await person("jane")
    names = [f"secret-{index}" for index in range(MOST_SECRETS)]
    await may_read(cluster, namespace, "jane", *names)
    environment = {f"A{index}": f"SECRET:{name},key" for index, name in enumerate(names)}
    await jane.wait_for("jane's right", lambda: jane.create(interactive("all", namespace, environment=environment)))
    more = interactive("more", namespace, environment={**environment, "B": "SECRET:one-more,key"})
    assert f"no more than {MOST_SECRETS} different Secrets" in await refusal(jane.create(more))
    last = interactive("last", namespace, environment={**environment, f"A{MOST_SECRETS - 1}": "SECRET:other,key"})
    for _ in range(20):  # the API server iterates over a map in a different order each time
        assert "jane cannot read Secret other" in await refusal(jane.create(last))


async def test_admission_does_not_slow_writes_down_much(cluster: Cluster, namespace: str) -> None:
    """All rules together are evaluated for a hundred workloads at once, and none is refused for its cost."""
    made = await asyncio.gather(
        *(cluster.create(interactive(f"w-{index}", namespace, environment={"A": "SECRET:a,b"})) for index in range(100))
    )
    assert len({each["metadata"]["uid"] for each in made}) == 100
