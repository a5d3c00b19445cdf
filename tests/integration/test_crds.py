"""The custom resources and admission policies on a real API server: what it accepts, and how it answers."""

import json
from typing import Any

import pytest
import yaml

from generate.crds import definitions
from shared.objects import Manifest
from shared.parameters.derive import parameters
from shared.parameters.kinds import KINDS
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import DELETED, interactive, policy, training, workload
from tests.integration.harness.refusals import SUBMITTED, TOO_LARGE, USAGE, raw, refusal

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]


# ---------------------------------------------------------------- the definitions themselves
@pytest.mark.parametrize("definition", [*definitions()], ids=lambda definition: definition["spec"]["names"]["kind"])
async def test_each_definition_is_accepted_as_structural(cluster: Cluster, definition: Manifest) -> None:
    """The API server accepts every definition as structural."""
    stored = await cluster.get("customresourcedefinitions", definition["metadata"]["name"])
    conditions = {each["type"]: each["status"] for each in stored["status"]["conditions"]}
    assert conditions.get("NonStructuralSchema", "False") == "False"
    assert (conditions["Established"], conditions["NamesAccepted"]) == ("True", "True")
    assert stored["status"]["acceptedNames"]["shortNames"] == definition["spec"]["names"]["shortNames"]


async def test_explain_says_what_every_parameter_is(cluster: Cluster) -> None:
    """kubectl explain shows the help of every parameter."""
    explained = await cluster.kubectl("explain", "interactiveworkload.spec")
    flat = " ".join(explained.split())
    for name, parameter in parameters(KINDS[0]).items():
        assert f" {name} <" in flat
        assert parameter.doc in flat


async def test_explain_of_an_itemized_parameter_of_a_policy(cluster: Cluster) -> None:
    """kubectl explain shows the rules of an itemized parameter."""
    fields = await cluster.kubectl("explain", "trainingpolicy.spec.ports")
    assert [line.split()[0] for line in fields.splitlines() if "\t<" in line] == ["itemRules", "items", "rules"]
    rules = await cluster.kubectl("explain", "trainingpolicy.spec.ports.rules")
    assert [line.split()[0] for line in rules.splitlines() if "\t<" in line] == ["canAdd", "required"]
    assert "Whether workloads may add items. True by default." in rules


async def test_lists_have_the_columns_that_people_look_for(cluster: Cluster, namespace: str) -> None:
    """kubectl get shows the documented columns under every name."""
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
    """If two resources share a short name, Kubernetes' own come first."""
    listed = await cluster.kubectl("api-resources", "--no-headers")
    taken = {line.split()[1]: line.split()[-1] for line in listed.splitlines() if len(line.split()) == 5}
    for definition in definitions():
        for short in definition["spec"]["names"]["shortNames"]:
            assert taken[short] == definition["spec"]["names"]["kind"]
            assert sum(short in line.split()[1].split(",") for line in listed.splitlines()) == 1


async def test_a_job_is_listed_with_what_became_of_it(cluster: Cluster, namespace: str) -> None:
    """kubectl get shows what became of a RunaiJob."""
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
    """The status subresource changes nothing but the status."""
    await cluster.create(interactive("mine", namespace, gpu="1"))
    patch = {"status": {"phase": "Failed"}, "spec": {"gpu": {"value": "2"}}}
    stored = await cluster.patch("interactiveworkloads", "mine", namespace, patch, "status")
    assert (stored["status"]["phase"], stored["spec"]["gpu"]["value"]) == ("Failed", "1")
    stored = await cluster.patch("interactiveworkloads", "mine", namespace, {"status": {"phase": "Submitted"}})
    assert stored["status"]["phase"] == "Failed"


# ---------------------------------------------------------------- what is accepted as written
async def test_the_guides_template_and_workload_are_accepted_and_their_text_is_kept(
    cluster: Cluster, namespace: str
) -> None:
    """The guide's manifests are stored as they were written."""
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
    """A value of a wrong form is stored too: the resolver reports it, together with every other violation."""
    stored = await cluster.create(raw("InteractiveWorkload", "mine", namespace, spec), fieldValidation="Strict")
    assert stored["spec"] == {"usage": "Submit", **spec}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_parameters_example_is_accepted_and_can_be_read(
    cluster: Cluster, namespace: str, kind: Any
) -> None:
    """Every example in the catalogue is accepted and can be read."""
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
    """Policies are stored as they were written, in both notations."""
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
    """A malformed workload is refused by its field."""
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
    """A malformed policy is refused by its field."""
    assert named in await refusal(cluster.apply(raw("InteractivePolicy", "mine", namespace, spec)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_template_has_no_base(cluster: Cluster, namespace: str, kind: Any) -> None:
    """P10: a template cannot have a base workload."""
    template = workload(kind.workload, "mine", namespace, usage="Template", baseWorkload="other")
    answer = await refusal(cluster.apply(template))
    assert "spec.baseWorkload" in answer
    assert "a template cannot have a base workload" in answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_submitted_workload_cannot_be_changed(cluster: Cluster, namespace: str, kind: Any) -> None:
    """P10: the spec of a submitted workload cannot be changed."""
    await cluster.apply(workload(kind.workload, "mine", namespace, gpu="1"))
    for changed in ({"gpu": "2"}, {}, {"gpu": "1", "cpu": "1"}, {"gpu": "1", "baseWorkload": "x"}):
        assert SUBMITTED in await refusal(cluster.apply(workload(kind.workload, "mine", namespace, **changed)))
    patch = {"metadata": {"labels": {"team": "vision"}}}
    stored = await cluster.patch(kind.workload_plural, "mine", namespace, patch)
    assert stored["metadata"]["labels"] == {"team": "vision"}


async def test_usage_cannot_be_changed_in_either_direction(cluster: Cluster, namespace: str) -> None:
    """P10: usage cannot be changed in either direction."""
    submit, template = interactive("one", namespace), interactive("two", namespace, usage="Template")
    await cluster.apply(submit, template)
    for changed in (interactive("one", namespace, usage="Template"), interactive("two", namespace, usage="Submit")):
        answer = await refusal(cluster.apply(changed))
        assert ("spec.usage" in answer, USAGE in answer, SUBMITTED in answer) == (True, True, False)
    assert USAGE in await refusal(cluster.apply(interactive("two", namespace, gpu="1")))


async def test_a_template_can_be_changed(cluster: Cluster, namespace: str) -> None:
    """P10: a template can be changed."""
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
    """A workload beyond a limit is refused with the limit."""
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
