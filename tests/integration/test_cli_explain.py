"""`runai explain` and `runai diff` as a person types them, with that person's rights."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.attacks.conftest import can_read
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type
from tests.integration.harness.manifests import interactive, policy, training
from tests.integration.harness.outcome import reference
from tests.integration.harness.pipeline import Pipeline

pytestmark = pytest.mark.contract

RULES = {
    "gpu": {"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
    "environment": {"items": {"SEED": {"value": "1"}, "API_TOKEN": {"value": "hunter2"}}},
}
BASE = {"usage": "Template", "jupyter": True, "image": "jupyter/scipy-notebook", "gpu": "2"}


class Story:
    """The guide's notebook: a policy, a template on it, and a workload on both, submitted."""

    policy: Manifest
    template: Manifest
    workload: Manifest


@pytest.fixture
async def story(cluster: Cluster, namespace: str, pipeline: Pipeline) -> Story:
    told = Story()
    told.policy = await cluster.create(policy("InteractivePolicy", namespace, "interactive-policy", **RULES))
    told.template = await cluster.create(interactive("team-a-jupyter-defaults", namespace, **BASE))
    spec = {"baseWorkload": "team-a-jupyter-defaults", "gpu": "3", "jobNamePrefix": "jupyter",
            "environment": {"SEED": "2", "DB_PASSWORD": "SECRET:db,password"}}  # fmt: skip
    told.workload = await cluster.submitted(await cluster.create(interactive("my-jupyter-job", namespace, **spec)))
    return told


def rows(page: str) -> list[list[str]]:
    """The table's rows whose values come from some source."""
    table = page.split("\n\n")[1].splitlines()[1:]
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in table if "built-in" not in row]


def exactly(item: Manifest) -> str:
    metadata = item["metadata"]
    return (
        f"{item['kind']} {metadata['name']} in namespace {metadata['namespace']} "
        f"(uid {metadata['uid']}, version {metadata['resourceVersion']})"
    )


@pytest.mark.parametrize("name", ["my-jupyter-job", "jupyter-1"])
async def test_a_submitted_workload_is_explained_by_what_was_frozen(
    name: str, runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """P4: `explain` shows the frozen decision, whatever changed since."""
    await cluster.patch("interactivepolicies", "interactive-policy", namespace, {"spec": {"gpu": {"value": "2"}}})
    said = await runai(f"explain {name} -p {project}")
    assert (said.code, said.err) == (0, "")
    head = said.out.splitlines()[:8]
    assert head.pop(4).startswith("Seal:      the record is sealed by the resolver, key ")
    assert head == [
        f"Workload:  InteractiveWorkload my-jupyter-job in namespace {namespace}",
        "Written:   by admin",
        "Job:       jupyter-1",
        "Values:    as frozen when it was submitted",
        f"Policy:    {exactly(story.policy)}",
        f"Base:      {exactly(story.template)}, by admin",
        "Scheduler: default",
    ]
    assert rows(said.out) == [
        ["namePrefix", "jupyter", "workload", "-", "-"],
        ["image", "jupyter/scipy-notebook", "base", "-", "-"],
        ["environment.API_TOKEN", "(hidden)", "policy default", "-", "-"],
        ["environment.SEED", "2", "workload", "policy default 1", "-"],
        ["environment.DB_PASSWORD", "SECRET:db,password", "workload", "-", "-"],
        ["gpu", "3", "workload", "base 2; policy default 1", "1 to 4, required"],
        ["jupyter", "true", "base", "-", "-"],
    ]


async def test_an_explanation_as_json_and_yaml(runai: Type, story: Story, project: str) -> None:
    """`explain` prints the same document as JSON and YAML."""
    told = json.loads((await runai(f"explain jupyter-1 -p {project} -o json")).out)
    assert told == yaml.safe_load((await runai(f"explain jupyter-1 -p {project} -o yaml")).out)
    assert (told["decided"], told["verdict"], told["job"]) == ("frozen", "accepted", "jupyter-1")
    assert told["policy"] == {"kind": "InteractivePolicy", **reference(story.policy)}
    assert told["baseWorkload"] == {"kind": "InteractiveWorkload", **reference(story.template), "submittedBy": "admin"}
    assert told["values"]["gpu"] == "3"
    assert told["provenance"]["gpu"]["beat"] == [
        {"origin": "base", "value": "2"}, {"origin": "policy default", "value": "1"}
    ]  # fmt: skip
    assert "hunter2" not in json.dumps(told)


async def test_what_is_not_submitted_is_explained_as_of_now(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """A template, or --now, is explained with today's policy."""
    now = "Values:    as of now, with the current policy and base workload"
    template = await runai(f"explain team-a-jupyter-defaults -p {project}")
    assert (template.code, template.out.splitlines()[2]) == (0, now)
    again = await runai(f"explain my-jupyter-job --now -p {project}")
    assert (again.code, again.out.splitlines()[2]) == (0, now)
    refused = await cluster.failed(await cluster.create(interactive("too-much", namespace, image="x", gpu="5")))
    assert refused["status"]["violations"]
    said = await runai(f"explain too-much -p {project}")
    assert said.code == 1
    assert said.out.splitlines()[2:5] == ["Status:    Failed", "Reason:    gpu: must be no greater than 4", now]
    assert said.err == (
        "Error: workload too-much would be refused:\n"
        "  gpu: must be no greater than 4\n"
        f"      allowed: 1 to 4, required; set by InteractivePolicy interactive-policy in namespace {namespace}\n"
    )


async def test_a_workload_that_has_failed_says_so_and_why(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """The failure is shown even if nothing would refuse the workload any more."""
    metadata = {"name": "theirs", "namespace": namespace}
    await cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    await cluster.failed(await cluster.create(interactive("taken", namespace, image="x", name="theirs")))
    await cluster.failed(await cluster.create(interactive("too-much", namespace, image="x", gpu="5")))
    rules = {"spec": {"gpu": {"rules": {"max": "8"}}}}
    await cluster.patch("interactivepolicies", "interactive-policy", namespace, rules)
    for name, reason in {
        "taken": "the name theirs is taken by ConfigMap theirs, which no workload made",
        "too-much": "gpu: must be no greater than 4",
    }.items():
        said = await runai(f"explain {name} -p {project}")
        assert (said.code, said.err) == (0, "")
        assert said.out.splitlines()[2:4] == ["Status:    Failed", f"Reason:    {reason}"]
        told = json.loads((await runai(f"explain {name} -p {project} -o json")).out)
        assert told == yaml.safe_load((await runai(f"explain {name} -p {project} -o yaml")).out)
        assert (told["phase"], told["reasons"], told["verdict"]) == ("Failed", [reason], "accepted")


async def test_a_file_is_explained_before_anything_is_submitted(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str, tmp_path: Path
) -> None:
    """`explain -f` judges a file together with the base workloads inside it."""
    fresh = interactive("fresh", namespace, usage="Template", image="fresh:1")
    own = interactive("mine", namespace, baseWorkload="fresh", gpu="9")
    for item in (own, fresh):
        del item["metadata"]["namespace"]
    (tmp_path / "both.yaml").write_text(yaml.safe_dump_all([own, fresh]))
    said = await runai(f"explain -f both.yaml -p {project}")
    assert said.code == 1
    assert said.out.split("\n\n")[0].splitlines() == [
        f"Workload:  InteractiveWorkload mine in namespace {namespace}",
        "Values:    as of now, with the current policy and base workload",
        f"Policy:    {exactly(story.policy)}",
        f"Base:      InteractiveWorkload fresh in namespace {namespace}",
        "Scheduler: default",
    ]
    assert ["image", "fresh:1", "base", "-", "-"] in rows(said.out)
    assert ["gpu", "9", "workload", "policy default 1", "1 to 4, required"] in rows(said.out)
    assert ["image", "fresh:1", "workload", "-", "-"] in rows("\n\n".join(said.out.split("\n\n")[2:]))
    assert "  gpu: must be no greater than 4\n" in said.err
    assert await cluster.find("interactiveworkloads", "mine", namespace) is None


async def test_what_a_resubmission_would_change(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """`diff` lists what submitting again would change."""
    said = await runai(f"diff jupyter-1 -p {project}")
    assert said == Said(0, "", "nothing would change\n")
    spec: dict[str, Any] = {"cpu": {"value": "2"}, "environment": {"items": {"API_TOKEN": {"value": "hunter3"}}}}
    await cluster.patch("interactivepolicies", "interactive-policy", namespace, {"spec": spec})
    newer = {"spec": {"image": {"value": "jupyter/scipy-notebook:2"}}}
    await cluster.patch("interactiveworkloads", "team-a-jupyter-defaults", namespace, newer)
    said = await runai(f"diff my-jupyter-job -p {project}")
    assert (said.code, said.err) == (1, "")
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in said.out.splitlines()] == [
        ["PARAMETER", "SUBMITTED", "NOW", "ORIGIN"],
        ["image", "jupyter/scipy-notebook", "jupyter/scipy-notebook:2", "base"],
        ["environment.API_TOKEN", "(hidden)", "(hidden)", "policy default"],
        ["cpu", "-", "2", "policy default (was unset)"],
    ]
    told = json.loads((await runai(f"diff my-jupyter-job -p {project} -o json")).out)
    assert [change["parameter"] for change in told["changes"]] == ["image", "environment.API_TOKEN", "cpu"]
    assert told["policy"]["submitted"] == reference(story.policy)
    assert told["policy"]["now"]["resourceVersion"] != told["policy"]["submitted"]["resourceVersion"]
    assert "hunter" not in json.dumps(told)


async def test_a_resubmission_that_would_be_refused(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """The guide's story: gpu 3 was valid, and the administrator has lowered the limit since."""
    rules = {"spec": {"gpu": {"rules": {"max": "2"}}}}
    await cluster.patch("interactivepolicies", "interactive-policy", namespace, rules)
    said = await runai(f"diff jupyter-1 -p {project}")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[1:] == [
        "  gpu: must be no greater than 2",
        f"      allowed: 1 to 2, required; set by InteractivePolicy interactive-policy in namespace {namespace}",
    ]


async def test_a_change_without_effect_is_no_difference(
    runai: Type, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """A change that affects no value is reported as no difference."""
    rules = {"spec": {"gpu": {"rules": {"max": "3"}}}}
    await cluster.patch("interactivepolicies", "interactive-policy", namespace, rules)
    said = await runai(f"diff jupyter-1 -p {project}")
    told = "nothing would change, although the policy or the base workload has changed\n"
    assert said == Said(0, "", told)


async def test_what_is_not_there(runai: Type, cluster: Cluster, story: Story, namespace: str, project: str) -> None:
    """A missing object is reported as not found, with a hint about where it may be."""
    for verb in ("explain", "diff"):
        said = await runai(f"{verb} nothing -p {project}")
        missing = f"Error: workload nothing not found in project {project} or among the global ones\n"
        assert said == Said(3, "", missing)
        said = await runai(f"{verb} nothing -p nowhere")
        assert said == Said(3, "", "Error: project nowhere not found: namespace runai-nowhere does not exist\n")
        said = await runai(f"{verb} my-jupyter-job --training -p {project}")
        assert said.code == 3
    said = await runai(f"diff team-a-jupyter-defaults -p {project}")
    frozen = "Error: workload team-a-jupyter-defaults has no frozen values: it is a template\n"
    assert said == Said(3, "", frozen)
    await cluster.create(training("my-jupyter-job", namespace, usage="Template"))
    said = await runai(f"explain my-jupyter-job -p {project}")
    several = "Error: several workloads are named my-jupyter-job: add --interactive or --training\n"
    assert said == Said(2, "", several)
    assert (await runai(f"explain my-jupyter-job --interactive -p {project}")).code == 0


async def test_a_persons_own_rights_decide(
    runai: Type, control_plane: ControlPlane, cluster: Cluster, story: Story, namespace: str, project: str
) -> None:
    """Every call uses the person's own rights."""
    eve = control_plane.kubeconfig_of("eve")
    for line in (f"explain jupyter-1 -p {project}", f"diff jupyter-1 -p {project}"):
        said = await runai(line, eve)
        assert (said.code, said.out) == (4, "")
        assert 'User "eve" cannot get resource' in said.err
    ann = control_plane.kubeconfig_of("ann")
    assert (await runai(f"project create {project} --user ann")).code == 0

    async def look() -> Said:
        return await runai(f"explain jupyter-1 -p {project}", ann)

    await cluster.wait_for("the role to count", look, lambda said: said.code == 0)
    said = await runai(f"diff jupyter-1 -p {project}", ann)
    assert (said.code, "environment.DB_PASSWORD: ann cannot read Secret db, so" in said.err) == (1, True)
    await can_read(cluster, namespace, "User", "ann", "db")

    async def compare() -> Said:
        return await runai(f"diff jupyter-1 -p {project}", ann)

    await cluster.wait_for("the right to count", compare, lambda said: said.code == 0)


async def test_explain_says_whether_the_record_is_sealed(
    runai: Type, project: str, story: Story, ann: Path, cluster: Cluster, namespace: str
) -> None:
    """P9: a researcher sees the key of the seal; a record that somebody made again with other values is called so."""
    line = f"explain my-jupyter-job -p {project}"
    assert "\nSeal:      the record is sealed by the resolver, key " in (await runai(line, ann)).out
    claim = await cluster.get("configmaps", "jupyter-1", namespace)
    await cluster.delete("configmaps", "jupyter-1", namespace)
    kept = {name: claim["metadata"][name] for name in ("name", "namespace", "ownerReferences")}
    altered = claim["data"]["values.json"].replace('"gpu":"3"', '"gpu":"64"')
    await cluster.create({**claim, "metadata": kept, "data": {**claim["data"], "values.json": altered}})
    said = json.loads((await runai(f"{line} -o json", ann)).out)
    assert (said["decided"], said["seal"]["state"], said["values"]["gpu"]) == ("claimed", "Altered", "64")
