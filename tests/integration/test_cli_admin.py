"""Commands for administrators, against the real API server: projects, policies, clusters; and lists in every format."""

import json
import secrets
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type, line_of, under_way
from tests.integration.harness.manifests import deployment, interactive, policy, training, workload

pytestmark = pytest.mark.contract


def written(folder: Path, *manifests: dict[str, Any]) -> Path:
    """A YAML file with the manifests."""
    file = folder / "policies.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    return file


# ------------------------------------------------------------ projects
@pytest.fixture
async def made(runai: Type, cluster: Cluster) -> AsyncIterator[str]:
    """The name of a project that no test has created yet; it is removed afterwards."""
    name = f"made-{secrets.token_hex(4)}"
    yield name
    await cluster.delete("namespaces", f"runai-{name}")
    await cluster.delete("rolebindings", f"runai-readers-{name}", "runai")


async def test_a_project_is_made_and_its_researchers_can_do_all_they_need(
    runai: Type, control_plane: ControlPlane, cluster: Cluster, made: str
) -> None:
    """A new project gives its researchers every right that the verbs need, and no more."""
    said = await runai(f"project create {made} --group lab --user ann")
    assert said.code == 0, said.err
    assert [line.split()[:2] for line in said.out.splitlines()[1:]] == [
        ["Namespace", f"runai-{made}"],
        ["Role", "runai-researcher"],
        ["RoleBinding", "runai-researchers"],
        ["Role", "runai-reader"],
        ["RoleBinding", f"runai-readers-{made}"],
    ]
    labels = (await cluster.get("namespaces", f"runai-{made}"))["metadata"]["labels"]
    assert labels["run.ai/project"] == made
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    await cluster.create(training("everyones", "runai", usage="Template", image="ubuntu"))
    bob = control_plane.kubeconfig_of("bob", ["lab"])

    async def look() -> Said:
        return await runai(f"list workloads -p {made}", bob)

    shown = await cluster.wait_for("the rights of the group", look, lambda said: said.code == 0 and not said.err)
    assert shown.out.splitlines()[1].split() == ["everyones", "Template", "(global)"]
    for line in (
        "submit --name build1 --image ubuntu",
        "explain build1",
        "describe workload build1 -o name",
        "list jobs",
        "policy effective --kind training",
        "list workloads --inference",
        "submit --name two --workload everyones --dry-run=server",
    ):
        said = await runai(f"{line} -p {made}", bob)
        allowed = said.code in (0, 3) and "forbidden" not in said.err  # no service that creates jobs runs here
        assert allowed, (line, said)
    assert (await runai("list projects", bob)).code == 4
    assert (await runai("list workloads -p team-a", bob)).code == 4
    assert (await runai(f"list workloads -p {made}", control_plane.kubeconfig_of("eve"))).code == 4


async def test_a_project_can_be_made_again_and_again(runai: Type, cluster: Cluster, made: str) -> None:
    """Creating a project again completes what is missing and changes nothing else."""

    def results(said: Said) -> list[str]:
        assert said.code == 0, said.err
        return [line.split()[2 if line.startswith("Namespace") else 3] for line in said.out.splitlines()[1:]]

    await runai(f"project create {made}")
    binding = await cluster.get("rolebindings", "runai-researchers", f"runai-{made}")
    assert [one["name"] for one in binding["subjects"]] == [f"runai-{made}"]
    assert results(await runai(f"project create {made}"))[1:] == ["unchanged"] * 4
    again = await runai(f"project create {made} --user carol --scheduler kai")
    assert results(again) == ["-", "unchanged", "completed", "unchanged", "completed"]
    namespace = await cluster.get("namespaces", f"runai-{made}")
    assert namespace["metadata"]["labels"]["run.ai/scheduler"] == "kai"
    patch = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
    await cluster.patch("namespaces", f"runai-{made}", None, patch)
    said = await runai(f"project create {made}")
    assert f"label pod-security.kubernetes.io/enforce of runai-{made} stays privileged" in said.err
    await cluster.patch("namespaces", f"runai-{made}", None, {"metadata": {"labels": {"run.ai/project": "theirs"}}})
    said = await runai(f"project create {made}")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"Error: that is another project's: label run.ai/project of namespace runai-{made} says theirs\n"
    )


async def test_what_makes_a_project_can_be_kept_as_files(runai: Type, cluster: Cluster, made: str) -> None:
    """--dry-run prints the manifests of a project and creates nothing."""
    said = await runai(f"project create {made} --dry-run")
    assert said.code == 0
    assert await cluster.find("namespaces", f"runai-{made}") is None
    manifests = list(yaml.safe_load_all(said.out))
    assert [one["kind"] for one in manifests] == ["Namespace", "Role", "RoleBinding", "Role", "RoleBinding"]
    await cluster.apply(*manifests)
    assert "created" not in (await runai(f"project create {made}")).out


async def test_projects_are_listed(runai: Type, project: str, namespace: str) -> None:
    """Projects are listed with the default one marked."""
    assert await runai(f"config project {project}") == Said(0, "", "")
    rows = [line.split() for line in (await runai("list projects")).out.splitlines()]
    assert rows[0] == ["PROJECT", "NAMESPACE", "STATUS", "AGE"]
    (mine,) = [row for row in rows if namespace in row]
    assert mine[:4] == [project, "(default)", namespace, "Active"]
    assert not [row for row in rows if "default" in row or "kube-system" in row]
    assert f"namespace/{namespace}" in (await runai("list projects -o name")).out.splitlines()
    listed = json.loads((await runai("list projects -o json")).out)
    assert {item["kind"] for item in listed["items"]} == {"Namespace"}


# ------------------------------------------------------------ clusters
async def test_clusters_are_listed_and_one_is_chosen(runai: Type, control_plane: ControlPlane, tmp_path: Path) -> None:
    """Clusters are listed, and one is chosen for later commands."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    here = config["contexts"][0]["name"]
    config["clusters"].append({"name": "away", "cluster": {"server": "http://127.0.0.1:1"}})
    context = {"cluster": "away", "user": config["users"][0]["name"], "namespace": "runai-team-b"}
    config["contexts"].append({"name": "elsewhere", "context": context})
    both = tmp_path / "both"
    both.write_text(yaml.safe_dump(config))
    rows = [line.split() for line in (await runai("list clusters", both)).out.splitlines()]
    assert rows[0] == ["CURRENT", "CLUSTER", "SERVER", "USER", "PROJECT"]
    assert rows[1][:2] == ["elsewhere", "http://127.0.0.1:1"]
    assert rows[1][-1] == "team-b"
    assert rows[2][:2] == ["*", here]
    assert (await runai("list clusters -o name", both)).out == f"elsewhere\n{here}\n"
    assert (await runai("list projects", both)).code == 0
    assert await runai("config cluster elsewhere", both) == Said(0, "", "")
    assert (await runai("list projects", both)).code == 5
    assert (await runai(f"list projects --kubeconfig {both}", both)).code == 0, "a file's own current context is meant"
    assert json.loads((await runai("list clusters -o json", both)).out)[0]["current"] is True
    said = await runai("config cluster nowhere", both)
    assert said == Said(
        3, "", f"Error: cluster nowhere not found in the kubeconfig; available clusters: elsewhere, {here}\n"
    )
    said = await runai("list projects", control_plane.kubeconfig)
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith(
        "Error: the kubeconfig has no context elsewhere, which is your default cluster; choose another"
    )


# ------------------------------------------------------------ policies
UNBOUND = (
    "gpu: workloads cannot use gpuMemory or migProfile instead; to allow it, give it a rule of its own: "
    "gpuMemory: {rules: {max: ...}}"
)


async def test_the_policies_of_the_cluster_are_looked_at_with_those_of_a_file(
    runai: Type, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """`policy lint` checks stored policies together with those of a file."""
    await cluster.create(policy("TrainingPolicy", "runai", "general", gpu={"rules": {"max": "4"}}, memory={}))
    await cluster.create(policy("TrainingPolicy", namespace, "own", gpu={"rules": {"max": "4"}, "value": "5"}))
    said, own = await runai("policy lint --all"), f"{namespace}/own"
    assert said.code == 1
    assert [line.split(None, 3) for line in said.out.splitlines()[1:]] == [
        ["error", "TrainingPolicy", own, "gpu: must be no greater than 4 (the policy's own default is 5)"],
        ["warning", "TrainingPolicy", own, "replaces the global policy general entirely: its entries for memory do not "
         f"apply in project {project}"],
        ["note", "TrainingPolicy", own, UNBOUND],
        ["note", "TrainingPolicy", "runai/general", UNBOUND],
    ]  # fmt: skip
    assert said.err == "2 policies: 1 error, 1 warning, 2 notes\n"
    better = written(tmp_path, policy("TrainingPolicy", namespace, "own", gpu={}, memory={}))
    assert (await runai(f"policy lint --all -f {better}")).err == "2 policies: fine, 1 note\n"
    second = written(tmp_path, policy("TrainingPolicy", namespace, "second", memory={}))
    said = await runai(f"policy lint --all -f {second}")
    assert "would have several policies of the kind, and only the oldest counts: own, second" in said.out


@pytest.fixture
async def five_gpus(cluster: Cluster, namespace: str) -> None:
    """A template and a workload of five GPUs, each alone and by way of the template."""
    await cluster.create(training("big", namespace, usage="Template", gpu="5"))
    await cluster.create(training("everyones", "runai", usage="Template", gpu="6"))
    await cluster.create(training("alone", namespace, image="ubuntu", gpu="5"))
    await cluster.create(training("upon", namespace, image="ubuntu", baseWorkload="big"))
    await cluster.create(training("small", namespace, image="ubuntu", gpu="1"))
    await cluster.create(training("imageless", namespace, gpu="1"))
    await cluster.create(interactive("notebook", namespace, image="ubuntu", gpu="5"))


@pytest.mark.usefixtures("five_gpus")
async def test_what_a_policy_would_refuse_is_told_before_it_is_applied(
    runai: Type, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """`policy impact` lists what a new policy would refuse."""
    tight = written(tmp_path, policy("TrainingPolicy", namespace, "tight", gpu={"rules": {"max": "4"}}))
    said = await runai(f"policy impact -f {tight}")
    assert said.code == 1
    words = [line.split("  ") for line in said.out.splitlines()[1:]]
    assert [[word.strip() for word in line if word.strip()] for line in words] == [
        ["alone", "Submit", project, "gpu: must be no greater than 4"],
        ["big", "Template", project, "gpu: must be no greater than 4"],
        ["upon", "Submit", project,
         "gpu: must be no greater than 4 (base workload big has 5, which the policy does not allow)"],
        ["everyones", "Template", f"(global) in {project}", "gpu: must be no greater than 4"],
    ]  # fmt: skip
    assert said.err == (f"4 of 6 workloads would no longer be valid: 2 templates and 2 submitted ones, in {project}\n")
    told = json.loads((await runai(f"policy impact -f {tight} -o json")).out)
    assert [one["violations"][0]["parameter"] for one in told] == ["gpu"] * 4
    assert await cluster.find("trainingpolicies", "tight", namespace) is None, "nothing was applied"
    said = await runai(f"policy impact -f {tight} --days 0")
    assert said.err.startswith("2 of 2 workloads"), "of templates the age does not matter"
    loose = written(tmp_path, policy("TrainingPolicy", namespace, "loose", gpu={"rules": {"max": "8"}}))
    assert await runai(f"policy impact -f {loose}") == Said(0, "", "none of 6 workloads would become invalid\n")


@pytest.mark.usefixtures("five_gpus")
async def test_a_global_policy_is_judged_in_all_projects_without_their_own(
    runai: Type, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """`policy impact` of a global policy covers all projects without one of their own."""
    tight = written(tmp_path, policy("TrainingPolicy", "runai", "tight", gpu={"rules": {"max": "4"}}))
    said = await runai(f"policy impact -f {tight}")
    assert said.code == 1
    assert {line.split()[0] for line in said.out.splitlines()[1:]} == {"alone", "big", "upon", "everyones"}
    await cluster.create(policy("TrainingPolicy", namespace, "own"))
    said = await runai(f"policy impact -f {tight}")
    assert {line.split()[0] for line in said.out.splitlines()[1:]} == {"everyones"}
    said = await runai(f"policy impact -f {written(tmp_path, policy('TrainingPolicy', namespace, 'younger', gpu={}))}")
    assert "TrainingPolicy younger would be ignored: its namespace has an older one\n" in said.err
    assert said.code == 0


async def test_files_that_cannot_be_judged(runai: Type, tmp_path: Path) -> None:
    """A file that cannot be judged ends with a sentence."""
    nowhere = policy("TrainingPolicy", "x")
    del nowhere["metadata"]["namespace"]
    said = await runai(f"policy impact -f {written(tmp_path, nowhere)}")
    assert said.code == 2
    assert "TrainingPolicy policy has no namespace: add it to the file, or use --project NAME" in said.err
    assert (await runai(f"policy impact -f {tmp_path / 'policies.yaml'} -p nowhere")).code == 3
    assert (await runai("policy impact")).code == 2


async def test_what_is_in_force_and_from_where(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """`policy effective` shows the policy that applies and where it comes from."""
    line = f"policy effective --kind training -p {project}"
    none = f"No TrainingPolicy is in force for project {project}: neither the project nor the cluster has one.\n"
    assert await runai(line) == Said(0, none, "")
    ports = {
        "itemRules": {"container": {"min": 30000, "max": 32767}},
        "items": {"a": {"rules": {"canRemove": False, "canEdit": False}, "value": {"container": 30100}}},
    }
    gpu = {"rules": {"required": True, "min": "1", "max": "4"}, "value": {"value": "1"}}
    general = await cluster.create(policy("TrainingPolicy", "runai", "general", ports=ports, gpu=gpu))
    said = await runai(line)
    assert (said.code, said.err) == (0, "")
    metadata = general["metadata"]
    head, _, *lines = said.out.splitlines()
    assert head == (
        f"TrainingPolicy general in namespace runai (uid {metadata['uid']}, version {metadata['resourceVersion']}); "
        f"project {project} has none of its own"
    )
    assert [[word.strip() for word in one.split("  ") if word.strip()] for one in lines] == [
        ["PARAMETER", "DEFAULT", "RULES"],
        ["gpu", "1", "1 to 4, required"],
        ["ports.*.container", "-", "30000 to 32767"],
        ["ports.a", "container=30100", "only container=30100, cannot be removed"],
    ]
    assert (await runai(f"{line} gpu")).out.splitlines()[3:] == ["gpu        1        1 to 4, required"]
    assert (await runai(f"{line} imagePullPolicy")).out.splitlines()[2:] == [
        "No policy mentions imagePullPolicy; its default is Always."
    ]
    await cluster.create(policy("TrainingPolicy", namespace, "own"))
    told = yaml.safe_load((await runai(f"{line} -o yaml")).out)
    assert (told["project"], told["policy"]["name"], told["spec"]) == (project, "own", {})
    assert "It has no rules and no defaults." in (await runai(line)).out
    said = await runai(f"{line} gpus")
    assert (said.code, said.err.splitlines()[-1]) == (
        2, "Error: gpus is not a parameter of training workloads; did you mean gpu?",
    )  # fmt: skip
    assert (await runai(f"policy effective --kind pods -p {project}")).code == 2
    assert (await runai("policy effective --kind training -p nowhere")).code == 3


# ------------------------------------------------------------ lists in every format
async def test_lists_in_every_form(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """Lists are printed as table, names, JSON and YAML."""
    await cluster.create(training("a", namespace, usage="Template"))
    await cluster.create(training("b", namespace))
    line = f"list workloads -p {project} -o"
    assert (await runai(f"{line} name")).out == "trainingworkload.run.ai/a\ntrainingworkload.run.ai/b\n"
    for form, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        listed = read((await runai(f"{line} {form}")).out)
        assert (listed["kind"], [item["metadata"]["name"] for item in listed["items"]]) == ("List", ["a", "b"])
        assert "managedFields" not in listed["items"][0]["metadata"]
        one = read((await runai(f"describe workload a -p {project} -o {form}")).out)
        assert (one["kind"], one["spec"]) == ("TrainingWorkload", {"usage": "Template"})
    wide = [row.split()[:6] for row in (await runai(f"{line} wide")).out.splitlines()]
    assert wide == [
        ["WORKLOAD", "USAGE", "PROJECT/GLOBAL", "KIND", "STATUS", "JOB"],
        ["a", "Template", project, "TrainingWorkload", "-", "-"],
        ["b", "Submit", project, "TrainingWorkload", "Pending", "-"],
    ]
    assert (await runai(f"describe workload b -p {project} -o name")).out == "trainingworkload.run.ai/b\n"


async def test_inference_means_whatever_serves_a_model(
    runai: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """--inference lists deployments and inference workloads."""
    await cluster.create(deployment("served", namespace))
    await cluster.create(workload("InferenceWorkload", "scaled", namespace))
    await cluster.create(workload("InferenceWorkload", "served", namespace))

    async def names(flag: str) -> list[str]:
        return (await runai(f"list workloads {flag} -p {project} -o name")).out.split()

    both = ["inferenceworkload.run.ai/scaled", "deploymentworkload.run.ai/served", "inferenceworkload.run.ai/served"]
    assert sorted(await names("--inference")) == sorted(both)
    assert await names("--deployment") == ["deploymentworkload.run.ai/served"]
    assert await names("--knative") == ["inferenceworkload.run.ai/scaled", "inferenceworkload.run.ai/served"]
    said = await runai(f"describe workload served --inference -p {project}")
    assert said.out.count("◆  served  ◆") == 2
    assert (await runai(f"describe workload scaled --inference -p {project}")).code == 0
    said = await runai(f"describe workload scaled --deployment -p {project}")
    assert said.code == 3
    assert said.err.endswith("InferenceWorkload scaled exists: add --knative\n")


async def test_a_list_goes_on_as_it_changes(
    control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """--watch prints each change as a row."""
    await cluster.create(training("there-before", namespace))
    typed = f"list workloads -p {project} --watch -o wide"
    async with under_way(tmp_path, control_plane.kubeconfig, typed) as process:

        async def line() -> list[str]:
            return (await line_of(process.stdout)).split()

        assert (await line())[:2] == ["WORKLOAD", "USAGE"]
        assert (await line())[0] == "there-before"
        await cluster.create(training("comes", namespace))
        await cluster.create(training("everyones", "runai", usage="Template"))
        assert {(await line())[0], (await line())[0]} == {"comes", "everyones"}
        await cluster.patch("trainingworkloads", "comes", namespace, {"status": {"phase": "Failed"}}, "status")
        assert (await line())[:5] == ["comes", "Submit", project, "TrainingWorkload", "Failed"]
        await cluster.delete("trainingworkloads", "comes", namespace)
        assert (await line())[-1] == "(deleted)"
        process.send_signal(2)
        await process.communicate()
    assert process.returncode == 130


async def test_names_are_completed_from_the_cluster(
    runai: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """The tab key completes names from the cluster."""
    await cluster.create(training("my-template", namespace, usage="Template"))
    await cluster.create(training("my-job", namespace))
    await cluster.create(interactive("my-notebook", namespace))
    await cluster.create(training("my-global", "runai", usage="Template"))
    distributed = {"jobType": "PyTorch", "workers": 1}
    await cluster.create(workload("DistributedWorkload", "many", namespace, usage="Template", **distributed))

    async def completed(line: str) -> list[str]:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_RUNAI_COMPLETE": "bash_complete"}
        return [one.removeprefix("plain,") for one in (await runai("", **words)).out.split()]

    for line, names in (
        (f"runai describe workload -p {project} my", ["my-global", "my-job", "my-notebook", "my-template"]),
        (f"runai describe -p {project} --interactive my", ["my-notebook"]),
        (f"runai submit -p {project} --template ", ["my-global", "my-template"]),
        (f"runai submit-dist pytorch -p {project} --workload ", ["many"]),
        (f"runai list workloads -p {project[:-1]}", [project]),
        (f"runai config project {project}", [project]),
    ):  # on a busy machine nothing may arrive in time, which is correct
        await cluster.wait_for(line, partial(completed, line), names.__eq__)
