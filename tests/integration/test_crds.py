"""The custom resources and admission policies, as a real API server takes them and answers people."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from generate.crds import definitions
from shared.objects import Manifest
from shared.parameters.derive import parameters
from shared.parameters.kinds import KINDS
from shared.parameters.limits import MOST_SECRETS
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.manifests import DELETED, interactive, policy, training, workload

pytestmark = pytest.mark.contract

STAMP, JOB_NAME, FAILURE = "run.ai/submitted-by", "run.ai/job-name", "run.ai/failure"
SUBMITTED = "a submitted workload cannot be changed; create another one"
USAGE = "cannot be changed; create another workload"
TOO_LARGE = "the workload is larger than 512 KiB, which is the limit"

Person = Callable[[str], Coroutine[Any, Any, Cluster]]


async def refusal(asked: Coroutine[Any, Any, Any]) -> str:
    """What the API server says no with."""
    with pytest.raises(ApiError) as caught:
        await asked
    return str(caught.value.body["message"])


def raw(kind: str, name: str, namespace: str, spec: Any) -> Manifest:
    """A resource with its spec just as given."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(autouse=True, scope="module")
async def admission(cluster: Cluster) -> None:
    """Wait until the admission policies count, which is a moment after they were written."""

    async def stamped() -> bool:
        stored = await cluster.create(interactive("probe", "default"), dryRun="All")
        return STAMP in stored["metadata"].get("annotations", {})

    async def guarded() -> bool:
        many = {f"A{index}": f"SECRET:s{index},k" for index in range(MOST_SECRETS + 1)}
        try:
            await cluster.create(interactive("probe", "default", environment=many), dryRun="All")
        except ApiError as error:
            return "different Secrets" in str(error)
        return False

    await cluster.wait_for("the stamp of admission", stamped)
    await cluster.wait_for("the guard of Secrets", guarded)


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
    """Everything that a researcher may do: all with workloads, nothing with Secrets."""
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": "researcher", "namespace": namespace}
    rules = [{"apiGroups": ["run.ai"], "resources": [kind.workload_plural for kind in KINDS], "verbs": ["*"]}]
    subject = {"kind": "Group", "name": group, "apiGroup": rbac}
    reference = {"apiGroup": rbac, "kind": "Role", "name": "researcher"}
    return [
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference,
         "subjects": [subject]},
    ]  # fmt: skip


async def may_read(cluster: Cluster, namespace: str, user: str, *secrets: str) -> None:
    """Let a person get these Secrets by name; all of them where none is named."""
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


# ---------------------------------------------------------------- the definitions themselves
@pytest.mark.parametrize("definition", [*definitions()], ids=lambda definition: definition["spec"]["names"]["kind"])
async def test_each_definition_is_accepted_as_structural(cluster: Cluster, definition: Manifest) -> None:
    stored = await cluster.get("customresourcedefinitions", definition["metadata"]["name"])
    conditions = {each["type"]: each["status"] for each in stored["status"]["conditions"]}
    assert conditions.get("NonStructuralSchema", "False") == "False"
    assert (conditions["Established"], conditions["NamesAccepted"]) == ("True", "True")
    assert stored["status"]["acceptedNames"]["shortNames"] == definition["spec"]["names"]["shortNames"]


async def test_explain_says_what_every_parameter_is(cluster: Cluster) -> None:
    explained = await cluster.kubectl("explain", "interactiveworkload.spec")
    flat = " ".join(explained.split())
    for name, parameter in parameters(KINDS[0]).items():
        assert f" {name} <" in flat
        assert parameter.doc in flat


async def test_explain_of_an_itemized_parameter_of_a_policy(cluster: Cluster) -> None:
    fields = await cluster.kubectl("explain", "trainingpolicy.spec.ports")
    assert [line.split()[0] for line in fields.splitlines() if "\t<" in line] == ["itemRules", "items", "rules"]
    rules = await cluster.kubectl("explain", "trainingpolicy.spec.ports.rules")
    assert [line.split()[0] for line in rules.splitlines() if "\t<" in line] == ["canAdd", "required"]
    assert "Whether workloads may add items. True where left out." in rules


async def test_lists_have_the_columns_that_people_look_for(cluster: Cluster, namespace: str) -> None:
    await cluster.create(interactive("mine", namespace, gpu="1"))
    await cluster.create(policy("InteractivePolicy", namespace))
    status = {"status": {"phase": "Submitted", "jobName": "jupyter-1"}}
    await cluster.patch("interactiveworkloads", "mine", namespace, status, "status")
    for name in ("interactiveworkloads", "iw", "InteractiveWorkload"):
        header, row = (await cluster.kubectl("get", name, "-n", namespace)).splitlines()
        assert header.split() == ["NAME", "USAGE", "STATUS", "JOB", "AGE"]
        assert row.split()[:4] == ["mine", "Submit", "Submitted", "jupyter-1"]
    header, _ = (await cluster.kubectl("get", "interactivepolicies", "-n", namespace)).splitlines()
    assert header.split() == ["NAME", "AGE"]


async def test_no_short_name_means_something_else_already(cluster: Cluster) -> None:
    """Kubernetes' own resources come first where two have one short name."""
    listed = await cluster.kubectl("api-resources", "--no-headers")
    taken = {line.split()[1]: line.split()[-1] for line in listed.splitlines() if len(line.split()) == 5}
    for definition in definitions():
        for short in definition["spec"]["names"]["shortNames"]:
            assert taken[short] == definition["spec"]["names"]["kind"]
            assert sum(short in line.split()[1].split(",") for line in listed.splitlines()) == 1


async def test_a_job_is_listed_with_what_became_of_it(cluster: Cluster, namespace: str) -> None:
    spec = {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "i:1"}]}}}
    job = {**raw("RunaiJob", "job-1", namespace, {**spec, "suspend": False}), "apiVersion": "run.ai/v1"}
    stored = await cluster.create(job)
    assert stored["spec"]["template"] == spec["template"]
    condition = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-05T10:00:00Z"}
    status = {"status": {"active": 0, "succeeded": 2, "failed": 1, "conditions": [condition]}}
    await cluster.patch("runaijobs", "job-1", namespace, status, "status")
    header, row = (await cluster.kubectl("get", "rj", "-n", namespace)).splitlines()
    assert header.split() == ["NAME", "STATUS", "ACTIVE", "SUCCEEDED", "FAILED", "AGE"]
    assert row.split()[:5] == ["job-1", "Complete", "0", "2", "1"]


async def test_only_the_status_is_written_by_the_statuss_own_door(cluster: Cluster, namespace: str) -> None:
    await cluster.create(interactive("mine", namespace, gpu="1"))
    patch = {"status": {"phase": "Failed"}, "spec": {"gpu": {"value": "2"}}}
    stored = await cluster.patch("interactiveworkloads", "mine", namespace, patch, "status")
    assert (stored["status"]["phase"], stored["spec"]["gpu"]["value"]) == ("Failed", "1")
    stored = await cluster.patch("interactiveworkloads", "mine", namespace, {"status": {"phase": "Submitted"}})
    assert stored["status"]["phase"] == "Failed"


# ---------------------------------------------------------------- what is taken as it is written
async def test_the_guides_template_and_workload_are_accepted_and_their_text_is_kept(
    cluster: Cluster, namespace: str
) -> None:
    spec = {
        "gpu": {"value": "1"},
        "jobNamePrefix": {"value": "jupyter"},
        "baseWorkload": "team-a-jupyter-defaults",
        "ports": {"items": {"admin-port-b": DELETED, "my-port": {"value": {"container": 30222, "external": 8222}}}},
    }
    await cluster.apply(
        interactive("defaults", namespace, usage="Template", jupyter=True, image="jupyter/scipy-notebook")
    )
    await cluster.apply(raw("InteractiveWorkload", "mine", namespace, spec))
    stored = await cluster.get("interactiveworkloads", "mine", namespace)
    assert stored["spec"] == {**spec, "usage": "Submit"}
    assert (await cluster.apply(raw("InteractiveWorkload", "mine", namespace, spec))).strip().endswith("unchanged")


@pytest.mark.parametrize(
    "spec",
    [
        {"gpu": {"value": 1}},
        {"gpu": {"value": "0.5"}},
        {"memory": {"value": 1024}},
        {"imagePullPolicy": {"value": "aLWAYS"}},
        {"serviceType": {"value": "NodePort"}},
        {"namePrefix": {"value": "a"}},
        {"jobNamePrefix": {"value": "a"}},
        {"ports": {}},
        {"ports": {"items": {"a": DELETED}}},
        {"environment": {"items": {"A": {"value": ""}}}},
        {"name": {"value": "No_Label"}},
        {},
    ],
    ids=json.dumps,
)
async def test_harmless_spellings_are_accepted_and_stored_as_written(
    cluster: Cluster, namespace: str, spec: Manifest
) -> None:
    """A value of a wrong form is stored too: the resolver answers it, together with all that is wrong besides."""
    stored = await cluster.create(raw("InteractiveWorkload", "mine", namespace, spec), fieldValidation="Strict")
    assert stored["spec"] == {"usage": "Submit", **spec}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_parameters_example_is_accepted_and_can_be_read(
    cluster: Cluster, namespace: str, kind: Any
) -> None:
    spec: dict[str, Any] = {}
    for name, parameter in parameters(kind).items():
        example = yaml.safe_load(parameter.shown.example)
        spec[name] = {"items" if parameter.itemized else "value": example} if parameter.shown.wrapped else example
        for label, item in example.items() if parameter.itemized else [("", {"value": example})]:
            assert parameter.read(item["value"]) is not None
            assert not label or parameter.read_label(label) == label
    stored = await cluster.create(raw(kind.workload, "all", namespace, spec), fieldValidation="Strict")
    assert stored["spec"] == {"usage": "Submit", **spec}


@pytest.mark.parametrize(
    "spec",
    [
        {"gpu": {"rules": {"required": True, "min": "1", "max": "4", "step": 1}, "value": "1"}},
        {"gpu": {"value": {"value": "1"}}},
        {"gpu": {"value": 1}},
        {"stdin": {"value": True}, "tty": {"value": {"value": False}, "rules": {"canEdit": False}}},
        {"image": {"rules": {"options": ["a", {"value": "b", "displayed": "B"}]}}},
        {"memory": {"rules": {"min": "1Gi", "max": 10}}},
        {"environment": {"rules": {"canAdd": False}, "items": {"A": {"value": "SECRET:a,b"}}}},
        {
            "ports": {
                "rules": {"canAdd": True},
                "itemRules": {"container": {"min": 30000, "max": 32767}, "external": {"max": 32767}},
                "items": {
                    "admin-port-a": {
                        "rules": {"canRemove": False, "canEdit": False},
                        "value": {"container": 30100, "external": 8080},
                    }
                },
            }
        },
        {},
    ],
    ids=json.dumps,
)
async def test_policies_are_accepted_in_both_forms_and_stored_as_written(
    cluster: Cluster, namespace: str, spec: Manifest
) -> None:
    stored = await cluster.create(raw("InteractivePolicy", "policy", namespace, spec), fieldValidation="Strict")
    assert stored["spec"] == spec


# ---------------------------------------------------------------- what is refused at once
@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"baseWorload": "x"}, 'unknown field "spec.baseWorload"'),
        ({"gpu": {"valeu": "1"}}, 'unknown field "spec.gpu.valeu"'),
        ({"backoffLimit": {"value": 1}}, 'unknown field "spec.backoffLimit"'),
        ({"ports": {"items": {"a": {"value": {"container": 1, "inside": 2}}}}}, "spec.ports.items.a.value.inside"),
        ({"gpu": 1}, "spec.gpu in body must be of type object"),
        ({"gpu": {}}, "spec.gpu.value: Required value"),
        ({"gpu": {"value": {"value": "1"}}}, "spec.gpu.value"),
        ({"gpu": {"value": 0.5}}, "spec.gpu.value in body must be of type integer,string"),
        ({"stdin": {"value": "true"}}, "spec.stdin.value in body must be of type boolean"),
        ({"environment": {"items": {"A": {"value": 1}}}}, "spec.environment.items.A.value in body must be of"),
        ({"environment": {"items": {"A": "x"}}}, "spec.environment.items.A in body must be of type object"),
        ({"environment": {"A": {"value": "x"}}}, 'unknown field "spec.environment.A"'),
        ({"ports": {"items": {"a": {"value": {"external": 1}}}}}, "spec.ports.items.a.value.container: Required value"),
        ({"usage": "template"}, 'spec.usage: Unsupported value: "template": supported values: "Submit", "Template"'),
        ({"baseWorkload": ""}, "spec.baseWorkload"),
        ("usage=Template", "spec in body must be of type object"),
        (None, "spec: Required value"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_wrong_shape_of_a_workload_is_refused_naming_the_field(
    cluster: Cluster, namespace: str, spec: Any, named: str
) -> None:
    assert named in await refusal(cluster.apply(raw("InteractiveWorkload", "mine", namespace, spec)))


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"usage": "Template"}, 'unknown field "spec.usage"'),
        ({"gpu": {"value": {"valeu": "1"}}}, "spec.gpu.value.value: Required value"),
        ({"gpu": {"value": {"value": "1", "also": 1}}}, "spec.gpu.value: Too many: 2: must have at most 1 item"),
        ({"gpu": {"value": ["1"]}}, "spec.gpu.value: Too many"),
        ({"gpu": {"value": True}}, '"spec.gpu.value" must not validate the schema'),
        ({"gpu": {"rules": {"maximum": 4}}}, 'unknown field "spec.gpu.rules.maximum"'),
        ({"gpu": {"rules": {"options": ["1"]}}}, 'unknown field "spec.gpu.rules.options"'),
        ({"stdin": {"rules": {"min": 1}}}, 'unknown field "spec.stdin.rules.min"'),
        ({"image": {"rules": {"options": [{"displayed": "B"}]}}}, "spec.image.rules.options[0].value: Required value"),
        ({"image": {"rules": {"options": "a"}}}, "spec.image.rules.options in body must be of type array"),
        ({"ports": {"itemRules": {"inside": {"min": 1}}}}, 'unknown field "spec.ports.itemRules.inside"'),
        ({"ports": {"items": {"a": DELETED}}}, 'unknown field "spec.ports.items.a.deleted"'),
        ({"ports": {"items": {"a": {"value": {"value": {"container": 1}}}}}}, "spec.ports.items.a.value.value"),
    ],
    ids=str,
)
async def test_a_wrong_shape_of_a_policy_is_refused_naming_the_field(
    cluster: Cluster, namespace: str, spec: Any, named: str
) -> None:
    assert named in await refusal(cluster.apply(raw("InteractivePolicy", "mine", namespace, spec)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_template_has_no_base(cluster: Cluster, namespace: str, kind: Any) -> None:
    template = workload(kind.workload, "mine", namespace, usage="Template", baseWorkload="other")
    answer = await refusal(cluster.apply(template))
    assert "spec.baseWorkload" in answer
    assert "a template cannot have a base workload" in answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_submitted_workload_cannot_be_changed(cluster: Cluster, namespace: str, kind: Any) -> None:
    await cluster.apply(workload(kind.workload, "mine", namespace, gpu="1"))
    for changed in ({"gpu": "2"}, {}, {"gpu": "1", "cpu": "1"}, {"gpu": "1", "baseWorkload": "x"}):
        assert SUBMITTED in await refusal(cluster.apply(workload(kind.workload, "mine", namespace, **changed)))
    patch = {"metadata": {"labels": {"team": "vision"}}}
    stored = await cluster.patch(kind.workload_plural, "mine", namespace, patch)
    assert stored["metadata"]["labels"] == {"team": "vision"}


async def test_usage_cannot_be_changed_in_either_direction(cluster: Cluster, namespace: str) -> None:
    submit, template = interactive("one", namespace), interactive("two", namespace, usage="Template")
    await cluster.apply(submit, template)
    for changed in (interactive("one", namespace, usage="Template"), interactive("two", namespace, usage="Submit")):
        answer = await refusal(cluster.apply(changed))
        assert ("spec.usage" in answer, USAGE in answer, SUBMITTED in answer) == (True, True, False)
    assert USAGE in await refusal(cluster.apply(interactive("two", namespace, gpu="1")))


async def test_a_template_can_be_changed(cluster: Cluster, namespace: str) -> None:
    await cluster.apply(training("mine", namespace, usage="Template", gpu="1"))
    await cluster.apply(training("mine", namespace, usage="Template", gpu="2", cpu="1"))
    stored = await cluster.get("trainingworkloads", "mine", namespace)
    assert stored["spec"]["gpu"] == {"value": "2"}


@pytest.mark.parametrize(
    ("environment", "answer"),
    [
        (
            {f"A{index}": "x" for index in range(10_000)},
            "spec.environment.items: Too many: 10000: must have at most 256",
        ),
        ({f"A{index}": "x" * 2048 for index in range(256)}, TOO_LARGE),
        ({f"A{index}": "€" * 1000 for index in range(200)}, TOO_LARGE),
        ({f"A{index}": "x" * 32768 for index in range(80)}, TOO_LARGE),
        ({"A": "x" * 32769}, "spec.environment.items.A.value: Too long: may not be more than 32768"),
        ({f"A{index}": "x" * 32768 for index in range(120)}, "Request entity too large: limit is 3145728"),
    ],
    ids=["items", "text", "bytes not characters", "2.5 MiB", "value", "request"],
)
async def test_what_is_too_large_is_refused_with_the_limit(
    cluster: Cluster, namespace: str, environment: dict[str, str], answer: str
) -> None:
    assert answer in await refusal(cluster.create(interactive("big", namespace, environment=environment)))


async def test_a_workload_just_below_the_limit_is_accepted_and_guarded_like_any_other(
    cluster: Cluster, namespace: str
) -> None:
    """The rules' cost stays within what the API server grants, however large the workload is."""
    environment = {f"A{index}": "x" * 1900 for index in range(256)}
    await cluster.create(interactive("big", namespace, environment=environment))
    changed = {"spec": {"environment": {"items": {"A0": {"value": "y"}}}}}
    assert SUBMITTED in await refusal(cluster.patch("interactiveworkloads", "big", namespace, changed))
    many = {f"label-{index}": {"sourcePath": "/" + "x" * 500, "targetPath": "/" + "y" * 500} for index in range(256)}
    ports = {f"label-{index}": {"container": 80} for index in range(256)}
    labels = {f"label-{index}": "x" * 63 for index in range(256)}
    await cluster.create(interactive("wide", namespace, volumes=many, ports=ports, labels=labels, annotations=labels))


# ---------------------------------------------------------------- what is on record of a workload
async def test_who_submitted_a_workload_is_stamped_and_cannot_be_forged(person: Person, namespace: str) -> None:
    jane, john = await person("jane"), await person("john")
    forged = training("mine", namespace, usage="Template")
    forged["metadata"]["annotations"] = {STAMP: "admin", "note": "kept"}
    stored = await jane.create(forged)
    assert stored["metadata"]["annotations"] == {STAMP: "jane", "note": "kept"}
    for change in ({STAMP: "john"}, {STAMP: None}, {STAMP: None, "note": None}):
        patch = {"metadata": {"annotations": change}}
        stored = await john.patch("trainingworkloads", "mine", namespace, patch)
        assert stored["metadata"]["annotations"][STAMP] == "jane"
    replaced = {**stored, "metadata": {**stored["metadata"], "annotations": {}}}
    path = f"/apis/run.ai/v1alpha1/namespaces/{namespace}/trainingworkloads/mine"
    stored = await john.request("PUT", path, replaced)
    assert stored["metadata"]["annotations"] == {STAMP: "jane"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_kind_is_stamped(cluster: Cluster, namespace: str, kind: Any) -> None:
    stored = await cluster.create(workload(kind.workload, "mine", namespace))
    assert stored["metadata"]["annotations"][STAMP]


async def test_a_copy_of_a_workload_does_not_carry_over_what_became_of_the_first(
    cluster: Cluster, namespace: str
) -> None:
    first = await cluster.create(interactive("first", namespace))
    recorded = {"metadata": {"annotations": {JOB_NAME: "job-1", FAILURE: "{}"}}}
    first = await cluster.patch("interactiveworkloads", "first", namespace, recorded)
    assert first["metadata"]["annotations"].items() >= recorded["metadata"]["annotations"].items()
    metadata = {"name": "copy", "namespace": namespace, "annotations": first["metadata"]["annotations"]}
    copy = await cluster.create({**first, "metadata": metadata})
    assert set(copy["metadata"]["annotations"]) == {STAMP}


async def test_what_is_recorded_of_a_job_stays(cluster: Cluster, namespace: str) -> None:
    await cluster.create(interactive("mine", namespace))
    await cluster.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": {JOB_NAME: "job-1"}}})
    for change in ({JOB_NAME: "job-2"}, {JOB_NAME: None}):
        patch = {"metadata": {"annotations": change}}
        stored = await cluster.patch("interactiveworkloads", "mine", namespace, patch)
        assert stored["metadata"]["annotations"][JOB_NAME] == "job-1"


async def test_only_who_makes_jobs_records_what_became_of_one(person: Person, cluster: Cluster, namespace: str) -> None:
    john = await person("john")
    await john.create(interactive("mine", namespace))
    made_up = {JOB_NAME: "job-1", FAILURE: "{}", "note": "kept"}
    stored = await john.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": made_up}})
    assert stored["metadata"]["annotations"] == {STAMP: "john", "note": "kept"}
    recorded = {"metadata": {"annotations": {JOB_NAME: "job-2"}}}
    await cluster.patch("interactiveworkloads", "mine", namespace, recorded)
    stored = await john.patch("interactiveworkloads", "mine", namespace, {"metadata": {"annotations": made_up}})
    assert stored["metadata"]["annotations"] == {STAMP: "john", "note": "kept", JOB_NAME: "job-2"}


# ---------------------------------------------------------------- other people's Secrets
async def test_a_secret_can_be_used_by_those_only_who_may_read_it(
    person: Person, cluster: Cluster, namespace: str
) -> None:
    jane, john = await person("jane"), await person("john")
    await may_read(cluster, namespace, "jane", "my-secret")
    mine = {"A": "SECRET:my-secret,password", "B": "SECRET:my-secret,user", "C": "text", "D": DELETED}
    await jane.wait_for("jane's right", lambda: jane.create(interactive("mine", namespace, environment=mine)))
    denied = "environment: {} cannot read Secret {}, so no workload of theirs can use it"
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
    ],
)
async def test_no_parameter_lets_one_use_a_secret_that_one_may_not_read(
    place: str, stated: dict[str, Any], person: Person, cluster: Cluster, namespace: str
) -> None:
    john = await person("john")
    await may_read(cluster, namespace, "john", "x")
    allowed = json.loads(json.dumps(stated).replace("SECRET:other", "SECRET:x"))
    await john.wait_for("john's right", lambda: john.create(interactive("mine", namespace, **allowed)))
    answer = await refusal(john.create(interactive("other", namespace, **stated)))
    assert f"{place}: john cannot read Secret other, so no workload of theirs can use it" in answer


async def test_a_template_cannot_be_changed_to_use_what_one_may_not_read(
    person: Person, cluster: Cluster, namespace: str
) -> None:
    john = await person("john")
    await john.create(training("mine", namespace, usage="Template"))
    patch = {"spec": {"environment": {"items": {"A": {"value": "SECRET:my-secret,key"}}}}}
    answer = await refusal(john.patch("trainingworkloads", "mine", namespace, patch))
    assert "john cannot read Secret my-secret" in answer
    await cluster.patch("trainingworkloads", "mine", namespace, patch)
    labelled = await john.patch("trainingworkloads", "mine", namespace, {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["labels"] == {"a": "b"}  # what is there already is no use that john makes of it


async def test_as_many_secrets_as_are_allowed_can_be_checked(person: Person, cluster: Cluster, namespace: str) -> None:
    jane = await person("jane")
    names = [f"secret-{index}" for index in range(MOST_SECRETS)]
    await may_read(cluster, namespace, "jane", *names)
    environment = {f"A{index}": f"SECRET:{name},key" for index, name in enumerate(names)}
    await jane.wait_for("jane's right", lambda: jane.create(interactive("all", namespace, environment=environment)))
    more = interactive("more", namespace, environment={**environment, "B": "SECRET:one-more,key"})
    assert f"no more than {MOST_SECRETS} different Secrets" in await refusal(jane.create(more))
    last = interactive("last", namespace, environment={**environment, f"A{MOST_SECRETS - 1}": "SECRET:other,key"})
    for _ in range(20):  # the API server walks a map in another order each time
        assert "jane cannot read Secret other" in await refusal(jane.create(last))


async def test_admission_does_not_slow_writes_down_much(cluster: Cluster, namespace: str) -> None:
    """All rules together are evaluated for a hundred workloads at once without one being refused for its cost."""
    made = await asyncio.gather(
        *(cluster.create(interactive(f"w-{index}", namespace, environment={"A": "SECRET:a,b"})) for index in range(100))
    )
    assert len({each["metadata"]["uid"] for each in made}) == 100
