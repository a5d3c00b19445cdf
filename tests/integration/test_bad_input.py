"""What bad input gets: an error that says what is wrong, where people look for it; other workloads are unaffected."""

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest

from shared.objects import Manifest
from shared.parameters.sentences import RESOURCE
from shared.resolution.cross import LONGEST_JOB_NAME, LONGEST_PREFIX
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.manifests import DELETED, interactive, policy, training, workload
from tests.integration.harness.outcome import (
    condition,
    created,
    history,
    messages,
    names_of,
    notes,
    reference,
    violations,
)
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.prepare import GLOBAL, new_project, remove_project

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

OK = {"image": "ubuntu"}


async def refused(cluster: Cluster, workload: Manifest) -> list[str]:
    """Create a workload that must fail for breaking rules; returns the violations, which are the same everywhere."""
    failed = await cluster.failed(await cluster.create(workload))
    await assert_said_everywhere(cluster, failed)
    assert await names_of(cluster, failed["metadata"]["namespace"]) == []
    return violations(failed)


async def assert_said_everywhere(cluster: Cluster, failed: Manifest) -> None:
    """Violations, events, conditions and Kubernetes Events use the same sentences."""
    listed = violations(failed)
    assert listed
    assert messages(failed) == listed
    reason = history(failed)[-1][1]
    for kind in ("Resolved", "Submitted"):
        told = condition(failed, kind)
        assert told
        assert (told["status"], told["reason"], told["message"]) == ("False", reason, "; ".join(listed))

    async def warned() -> list[str]:
        return [note for kind, _, note in await notes(cluster, failed) if kind == "Warning"]

    said = await cluster.wait_for("the event", warned)
    assert "; ".join(listed) in said


# ------------------------------------------------------------------------------ what the API server itself refuses
@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"baseWorload": "team-a"}, 'unknown field "spec.baseWorload"'),
        ({"gpus": {"value": "1"}}, 'unknown field "spec.gpus"'),
        ({"gpu": {"vlaue": "1"}}, 'unknown field "spec.gpu.vlaue"'),
        ({"gpu": 1}, "spec.gpu: Invalid value"),
        ({"ports": {"items": {"a": {"value": {"container": "http"}}}}}, "spec.ports.items.a.value.container"),
        ({"usage": "Maybe"}, 'spec.usage: Unsupported value: "Maybe"'),
        ({"usage": "Template", "baseWorkload": "b"}, "a template cannot have a base workload"),
    ],
)
async def test_what_kubectl_apply_refuses(spec: Manifest, words: str, cluster: Cluster, namespace: str) -> None:
    """kubectl apply refuses malformed workloads, and nothing is stored."""
    workload = {**interactive("mine", namespace), "spec": spec}
    with pytest.raises(ApiError) as refusal:
        await cluster.apply(workload)
    assert words in str(refusal.value)
    assert await cluster.names("interactiveworkloads", namespace) == []


@pytest.mark.parametrize("usage", ["Submit", "Template"])
async def test_usage_cannot_be_changed(usage: str, cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A workload cannot become a template, and a template cannot become a workload."""
    await cluster.create(interactive("mine", namespace, usage=usage, **OK))
    other = "Template" if usage == "Submit" else "Submit"
    with pytest.raises(ApiError, match=r"spec.usage: .*cannot be changed; create another workload"):
        await cluster.patch("interactiveworkloads", "mine", namespace, {"spec": {"usage": other}})


# ------------------------------------------------------------------------------------------------- base and project
async def test_a_base_that_is_missing_or_of_another_kind(
    cluster: Cluster, pipeline: Pipeline, namespace: str, project: str
) -> None:
    """A base workload that is missing or of another kind is refused by name."""
    await cluster.create(training("for-training", namespace, usage="Template", **OK))
    for base in ("nowhere", "for-training"):
        said = await refused(cluster, interactive(f"on-{base}", namespace, baseWorkload=base))
        assert said == [f"baseWorkload: {base} not found in project {project} or among the global ones"]
        failed = await cluster.get("interactiveworkloads", f"on-{base}", namespace)
        assert history(failed)[-1][:2] == ("Error", "BaseNotFound")
    assert await refused(cluster, interactive("own", namespace, baseWorkload="own")) == [
        "baseWorkload: cannot be the workload itself"
    ]


@pytest.mark.parametrize("path", ["../../{rivals}/interactiveworkloads/theirs", "../trainingworkloads/theirs"])
async def test_a_base_is_a_name_and_leads_nowhere_else(
    path: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """With the services' rights, a path in its place would lend the values of another project's workload."""
    rivals = await new_project(cluster)
    try:
        for kind in (interactive, training):
            for place in (rivals, namespace):
                await cluster.create(kind("theirs", place, usage="Template", image="secret"))
        said = await refused(cluster, interactive("spy", namespace, baseWorkload=path.format(rivals=rivals)))
        assert said == [f"baseWorkload: must be {RESOURCE}"]
        told = [each for each in pipeline.proxy.exchanges if "theirs" in each.path or rivals in each.path]
        assert [str(each) for each in told] == []
    finally:
        await remove_project(cluster, rivals)


async def test_a_global_base_serves_every_project(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A global base workload can be used by every project."""
    base = await cluster.create(interactive(f"for-all-{namespace}", GLOBAL, usage="Template", image="global"))
    workload = interactive("mine", namespace, baseWorkload=f"for-all-{namespace}", name="mine")
    submitted = await cluster.submitted(await cluster.create(workload))
    assert reference(base).items() <= submitted["status"]["baseWorkload"].items()  # which also names its author


@pytest.mark.parametrize("place", ["default", GLOBAL])
async def test_a_namespace_that_is_no_project(place: str, cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A workload outside a project fails with the names of the projects."""
    name = f"astray-{namespace}"
    failed = await cluster.failed(await cluster.create(interactive(name, place, **OK)))
    try:
        await assert_said_everywhere(cluster, failed)
        (violation,) = violations(failed)
        assert violation.startswith(
            f"namespace: {place} is not the namespace of a project; the namespaces of projects are "
        )
        listed, _, more = violation.rpartition("; the namespaces of projects are ")[2].partition(" and ")
        assert all(name.startswith("runai-") for name in listed.split(", "))
        assert namespace in listed or more.endswith(" more")  # tests that run beside this one have theirs
        assert history(failed)[-1][1] == "NoProject"
    finally:
        await cluster.delete("interactiveworkloads", name, place)


# --------------------------------------------------------------------------------------------------- values and rules
async def test_several_values_out_of_rule_at_once(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P7: all violations are listed at once."""
    rules: dict[str, Any] = {
        "gpu": {"rules": {"max": "4"}},
        "memory": {"rules": {"min": "1Gi"}},
        "workingDir": {"rules": {"required": True}},
        "ports": {"itemRules": {"container": {"min": 30000}}},
    }
    governing = await cluster.create(policy("InteractivePolicy", namespace, **rules))
    ports = {"my-port": {"container": 8080, "external": 8081}}
    workload = interactive("wrong", namespace, gpu="5", memory="1G", ports=ports, tty=True, **OK)
    assert await refused(cluster, workload) == [
        "workingDir: cannot be blank",
        "tty: needs stdin to be true",
        "gpu: must be no greater than 4",
        "memory: must be no less than 1Gi",
        "ports.my-port.container: must be no less than 30000",
    ]
    failed = await cluster.get("interactiveworkloads", "wrong", namespace)
    assert failed["status"]["policy"] == reference(governing)


@pytest.mark.parametrize(
    ("spec", "violation"),
    [
        ({"name": "No_DNS"}, "name: must be a name of lower case letters, digits and '-'"),
        ({"name": "x" * 60}, f"name: must be no longer than {LONGEST_JOB_NAME} characters, so that everything"),
        (
            {"namePrefix": "x" * 60},
            f"namePrefix: must be no longer than {LONGEST_PREFIX} characters, so that everything",
        ),
        ({"name": "a", "namePrefix": "b"}, "namePrefix: cannot be given together with name"),
        ({"gpu": "1.5"}, "gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5"),
        ({"gpu": "0.5"}, "gpu: is not supported: the cluster's scheduler cannot share a GPU"),
        ({"gpu": "1", "migProfile": "1g.5gb"}, "migProfile: cannot be given together with gpu"),
        ({"serviceType": "ingress"}, "serviceType: ports must be provided when exposing a service"),
        ({"imagePullPolicy": "Sometimes"}, "imagePullPolicy: must be one of Always, IfNotPresent or Never"),
        ({"gpus": "2"}, "gpus: is not a parameter of interactive workloads; did you mean gpu?"),
        ({"environment": {"A": "$(B)", "B": "$(A)"}}, "environment.A: cannot refer to itself (A -> B -> A)"),
        ({"command": "echo 'unclosed"}, "command: must be words separated by spaces"),
        ({"environment": {"A": "SECRET:nothing"}}, "environment.A: must be SECRET:<name>,<key>"),
        ({"volumes": {"v": {"sourcePath": "/etc", "targetPath": "/e"}}}, "volumes.v: gives access to the node"),
    ],
)
async def test_values_that_make_no_sense(
    spec: dict[str, Any], violation: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """A value of the wrong form is refused with one sentence, row by row."""
    (said,) = await refused(cluster, interactive("wrong", namespace, **{**OK, **spec}))
    assert said.startswith(violation)


async def test_deleted_with_a_value_and_deleted_for_nothing(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """An item cannot be deleted and have a value; deleting nothing is a note."""
    both = interactive("both", namespace, **OK)
    both["spec"]["environment"] = {"items": {"A": {"value": "1", "deleted": True}}}
    assert await refused(cluster, both) == ["environment.A: cannot be deleted and have a value; give one of them"]
    nobody = interactive("nobody", namespace, name="nobody", environment={"A": DELETED}, **OK)
    submitted = await cluster.submitted(await cluster.create(nobody))
    note = (
        "environment.A: the workload deletes it, but neither the policy nor the base workload defines it; "
        "nothing changes"
    )
    success = "all the resources were created successfully"
    assert history(submitted) == [("Info", "Note", note), ("Info", "AllCreated", success)]

    async def seen() -> set[tuple[str, str, str]]:
        return set(await notes(cluster, submitted))

    both_events = {("Normal", "Note", note), ("Normal", "AllCreated", success)}
    await cluster.wait_for("both events", seen, lambda found: found == both_events)


async def test_two_policies_of_a_kind(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """Of two policies the older applies, and a warning names both."""
    first = await cluster.create(policy("InteractivePolicy", namespace, "z-first", gpu={"rules": {"max": "2"}}))
    born = datetime.fromisoformat(first["metadata"]["creationTimestamp"]).timestamp()

    async def clock() -> float:
        return time.time()

    await cluster.wait_for("another second", clock, lambda now: now >= born + 1.1)  # the unit of ages
    await cluster.create(policy("InteractivePolicy", namespace, "a-second", gpu={"rules": {"max": "1"}}))
    warning = f"namespace {namespace} has several policies of the kind: the oldest, z-first, counts; a-second does not"
    good = await cluster.submitted(await cluster.create(interactive("two", namespace, name="two", gpu="2", **OK)))
    assert good["status"]["policy"] == reference(first)
    assert history(good)[0] == ("Warning", "AmbiguousPolicy", warning)
    bad = await cluster.failed(await cluster.create(interactive("three", namespace, name="three", gpu="3", **OK)))
    assert violations(bad) == ["gpu: must be no greater than 2"]
    assert messages(bad, "Warning") == [warning]

    async def warned() -> list[tuple[str, str, str]]:
        return [note for note in await notes(cluster, good) if note[0] == "Warning"]

    assert await cluster.wait_for("the warning", warned) == [("Warning", "AmbiguousPolicy", warning)]


async def test_a_policys_default_that_breaks_its_own_rules(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """A policy whose default breaks its own rules is named as the culprit."""
    await cluster.create(policy("InteractivePolicy", namespace, gpu={"rules": {"max": "4"}, "value": "5"}))
    assert await refused(cluster, interactive("innocent", namespace, **OK)) == [
        "gpu: must be no greater than 4 (the policy's own default is 5)"
    ]
    mine = interactive("explicit", namespace, name="explicit", gpu="4", **OK)
    await cluster.submitted(await cluster.create(mine))


async def test_a_policy_of_the_project_replaces_the_global_one(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """A project's policy replaces the global one as a whole."""
    await cluster.create(policy("InteractivePolicy", GLOBAL, f"strict-{namespace}", gpu={"rules": {"max": "1"}}))
    assert await refused(cluster, interactive("two", namespace, gpu="2", **OK)) == ["gpu: must be no greater than 1"]
    await cluster.create(policy("InteractivePolicy", namespace, "empty"))
    again = interactive("two-again", namespace, name="two-again", gpu="2", **OK)
    await cluster.submitted(await cluster.create(again))


async def test_what_people_write_is_accepted_where_harmless(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Harmless variants of notation are accepted."""
    defaults: dict[str, Any] = {"cpu": {"value": {"value": "2"}}, "memory": {"value": "1Gi"}}
    await cluster.create(policy("InteractivePolicy", namespace, **defaults))
    workload = interactive("loose", namespace, gpu=1, imagePullPolicy="ifNotPresent", jobNamePrefix="loose", **OK)
    submitted = await cluster.submitted(await cluster.create(workload))
    assert submitted["status"]["jobName"] == "loose-1"
    assert submitted["spec"] == {"usage": "Submit", **workload["spec"]}  # their text is preserved
    job = await cluster.get("runaijobs", "loose-1", namespace)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["resources"] == {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"nvidia.com/gpu": 1}}


# --------------------------------------------------------------------------------------------------------------- size
def variables(count: int, size: int, first: int = 0) -> dict[str, str]:
    """That many environment variables of that many bytes."""
    return {f"V{number}": "x" * size for number in range(first, first + count)}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"environment": variables(10_000, 1)}, "must have at most 256 items"),
        ({"environment": variables(1, 40_000)}, "may not be more than 32768 bytes"),
        ({"environment": variables(20, 30_000)}, "the workload is larger than 512 KiB, which is the limit"),
    ],
    ids=["10,000 items", "one long value", "600 KB"],
)
async def test_what_is_too_large_is_refused_at_once(
    spec: dict[str, Any], words: str, cluster: Cluster, namespace: str
) -> None:
    """A workload beyond a limit is refused by the API server with the limit."""
    with pytest.raises(ApiError) as refusal:
        await cluster.create(interactive("huge", namespace, **OK, **spec))
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "count", "fits"),
    [("$$" * 8_000, 30, False), ("&" * 26_500, 5, False), ("&" * 23_000, 5, True)],
    ids=["dollars", "what JSON escapes", "what just fits"],
)
async def test_what_the_api_server_cannot_keep_fails_at_once(
    text: str, count: int, fits: bool, cluster: Cluster, pipeline: Pipeline, namespace: str, operators: None
) -> None:
    """Values within their limit become more in a job: dollars are doubled, and each role of the job has all of them."""
    values = {"jobType": "PyTorch", "environment": {f"V{number}": text for number in range(count)}, **OK}
    mine = await cluster.create(workload("DistributedWorkload", "mine", namespace, name="mine", **values))
    if fits:
        assert created(await cluster.submitted(mine)) == ["ConfigMap/mine", "PyTorchJob/mine"]
        return
    failed = await cluster.failed(mine)
    sentence = "PyTorchJob mine would be larger than 1408 KiB, which is the limit for one object"
    assert history(failed)[-2:] == [
        ("Error", "TooLarge", sentence),
        ("Info", "RolledBack", "was removed again: ConfigMap mine"),
    ]
    assert await names_of(cluster, namespace) == []


async def test_others_are_unaffected_by_what_is_nearly_too_large(
    cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Workloads just under the limit, one over it only with its base, one that grows on the way, and small ones."""
    await cluster.create(interactive("big-base", namespace, usage="Template", environment=variables(10, 30_000, 100)))
    nearly = [
        interactive(f"big-{n}", namespace, name=f"big-{n}", environment=variables(14, 32_000), **OK) for n in range(4)
    ]
    beyond = interactive("beyond", namespace, baseWorkload="big-base", environment=variables(10, 30_000), **OK)
    growing = {f"V{n}": '"\u0001' * 12_000 for n in range(10)}  # 240 KB here, eight times that as JSON
    grows = interactive("grows", namespace, name="grows", environment=growing, **OK)
    small = [interactive(f"small-{n}", namespace, name=f"small-{n}", **OK) for n in range(8)]
    await cluster.create(grows)
    await asyncio.gather(*(cluster.create(one) for one in [*nearly, beyond, *small]))
    for one in small:
        assert len(created(await cluster.submitted(one))) == 2
    for one in nearly:
        job = (await cluster.submitted(one))["status"]["jobName"]
        assert await cluster.find("runaijobs", job, namespace)
    failed = await cluster.failed(beyond)
    assert violations(failed) == ["spec: the values set is larger than 512 KiB, which is the limit"]
    failed = await cluster.failed(grows)
    assert violations(failed) == ["spec: the workload is larger than 512 KiB, which is the limit"]
    assert history(failed)[-1][1] == "TooLarge"


@pytest.mark.parametrize("name", ["run.ai/notes", "run.ai/submission", "notes"])
async def test_annotations_of_any_size_leave_nobody_waiting(
    name: str, cluster: Cluster, pipeline: Pipeline, namespace: str
) -> None:
    """Control characters take six times the room in JSON: more than a message has."""
    workload = interactive("annotated", namespace, name="annotated", **OK)
    workload["metadata"]["annotations"] = {name: "\u0001" * 200_000}
    submitted = await cluster.submitted(await cluster.create(workload))
    assert submitted["status"]["jobName"] == "annotated"


async def test_many_violations_do_not_hide_each_other(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """P7: sixty violations are all listed."""
    names = [f"{number}-not-a-name" for number in range(60)]
    workload = interactive("many", namespace, environment=dict.fromkeys(names, "1"), **OK)
    failed = await cluster.failed(await cluster.create(workload))
    assert len(violations(failed)) == 60
    told = messages(failed)
    assert len(told) == 40
    assert told[-1] == "spec: and 21 more that are not listed here"
    (event,) = await cluster.wait_for("the event", lambda: notes(cluster, failed))
    *shown, rest = event[2].split("; ")
    assert rest == f"and {60 - len(shown)} more"
