"""`runai submit --dry-run`: it shows what a submission creates, or why it would fail."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type
from tests.integration.harness.manifests import policy, quota
from tests.integration.harness.outcome import created, objects
from tests.integration.harness.submissions import LIMITS, NOW, only, workloads

pytestmark = pytest.mark.contract

# ---------------------------------------------------------------- dry run
DETAILED = (
    "--name twice -i ubuntu --interactive -g 1 --cpu 0.5 -e A=1 -e B=SECRET:s,k -v /a:/b::nfs --pvc :1Gi:/c "
    "--pvc-exists claimname=d,path=/d --git-sync source=https://g/a --port 30022:22,8080 -s nodeport --tty --stdin "
    "--toleration operator=Exists,key=spot --large-shm --label team=a --node-pools a,b --user jane -- sh -c 'a b'"
)


async def test_a_dry_run_shows_the_very_objects_that_a_submission_makes(
    submit: Type, cluster: Cluster, namespace: str
) -> None:
    """A server dry run shows exactly the objects that a submission creates."""
    opens, mounts = {"rules": {"canEdit": True}}, {"rules": {"canAdd": True}}
    await cluster.create(policy("InteractivePolicy", namespace, serviceType=opens, volumes=mounts))
    dry, dashes, after = DETAILED.partition(" -- ")
    said = await submit(f"{dry} --dry-run=server{dashes}{after}")
    assert said.code == 0, said.err
    shown = {f"{one['kind']}/{one['metadata']['name']}": one for one in yaml.safe_load_all(said.out)}
    assert await workloads(cluster, namespace, "interactive") == []
    assert await objects(cluster, namespace) == {}
    assert (await submit(DETAILED)).code == 0
    workload = await only(cluster, namespace, "interactive")
    assert list(shown) == created(workload)
    made = await objects(cluster, namespace)
    for name in ("ConfigMap/twice", "Service/twice", "RunaiJob/twice"):
        assert within(own(shown[name]), own(made[name])), name


def own(item: Manifest) -> Manifest:
    """The object without the parts that differ between submissions, and without those that lists omit."""
    left_out = ("apiVersion", "kind", "status")
    text = NOW.sub("NOW", yaml.safe_dump({key: value for key, value in item.items() if key not in left_out}))
    uids = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    read: Manifest = yaml.safe_load(uids.sub("UID", text))
    if "data" in read:  # what was frozen says more than what can be known before: who submitted, and the workload
        read["data"] = {key: json.loads(told) if key.endswith(".json") else told for key, told in read["data"].items()}
    return read


def within(part: Any, whole: Any) -> bool:
    """Whether the whole contains the part; the API server adds its defaults."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and within(value, whole[key]) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


async def test_a_dry_run_tells_the_verdict_and_every_value(submit: Type, cluster: Cluster, namespace: str) -> None:
    """A server dry run shows the verdict and every value."""
    await cluster.create(policy("TrainingPolicy", namespace, "training-policy", **LIMITS))
    said = await submit("-i ubuntu --dry-run=server --job-name-prefix nightly")
    comments = [line.removeprefix("# ") for line in said.out.splitlines() if line.startswith("#")]
    assert comments[0] == "Verdict:   would be accepted; nothing was created"
    assert NOW.sub("NOW", comments[1]) == f"Workload:  TrainingWorkload nightly-NOW in namespace {namespace}"
    assert (
        "Note:      the job is shown for the scheduler `default`: no recent job of the project shows another one"
        in comments
    )
    rows = [line.split() for line in comments]
    assert ["gpu", "1", "policy", "default", "-", "1", "to", "4"] in rows
    assert ["image", "ubuntu", "workload", "-", "-"] in rows
    kinds = [(item["kind"], item["metadata"]["name"]) for item in yaml.safe_load_all(said.out)]
    assert kinds == [("ConfigMap", "nightly-1"), ("RunaiJob", "nightly-1")]
    refused = await submit("-i ubuntu --gpu 5 --dry-run=server")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[1:] == [
        "  gpu: must be no greater than 4",
        f"      allowed: 1 to 4; set by TrainingPolicy training-policy in namespace {namespace}",
    ]
    told = yaml.safe_load((await submit("-i ubuntu --gpu 5 --dry-run=server -o yaml")).out)
    assert (told["verdict"], told["objects"]) == ("refused", [])
    (violation,) = told["violations"]
    assert (violation["path"], violation["message"], violation["rule"]) == (["gpu"], "must be no greater than 4", "max")
    assert (violation["origin"], violation["setBy"]["name"]) == ("workload", "training-policy")
    assert await workloads(cluster, namespace) == []


async def would_fail(submit: Type, line: str, *who: Path, verb: str = "submit") -> list[str]:
    """The dry run's message, which the submission itself then repeats."""
    tried = await submit(f"{line} --dry-run=server -o yaml", *who, verb=verb)
    told = yaml.safe_load(tried.out)
    assert told, tried.err
    assert (told["verdict"], told["objects"]) == ("refused", [])
    dry = await submit(f"{line} --dry-run=server", *who, verb=verb)
    assert (dry.code, dry.out) == (1, "")
    *_, head = [line for line in dry.err.splitlines() if line.startswith("Error:")]
    assert re.fullmatch(r"Error: workload \S+ would fail:", head)
    reasons = [line.strip() for line in dry.err.splitlines() if line.startswith("  ")]
    assert reasons == told["obstacles"]
    real = await submit(line, *who, verb=verb)
    assert (real.code, [line.strip() for line in real.err.splitlines() if line.startswith("  ")]) == (1, reasons)
    return reasons


async def test_a_dry_run_sees_that_a_name_is_taken(submit: Type, ann: Path, cluster: Cluster, namespace: str) -> None:
    """A server dry run reports a taken name."""
    assert (await submit("-i ubuntu --name mine", ann)).code == 0
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "namespace": namespace}}
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "cl1", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }  # fmt: skip
    await cluster.create(foreign)
    await cluster.create(claim)
    pvc = "-i ubuntu --interactive --pvc-new size=1Gi,path=/a,claimname=cl1 --name pv"
    for number, who in enumerate([(), (ann,)]):
        [taken] = await would_fail(submit, "-i ubuntu --name theirs", *who)
        assert taken == "the name theirs is taken by ConfigMap theirs, which no workload made"
        [taken] = await would_fail(submit, f"{pvc}{number}", *who)
        assert taken == "the name cl1 is taken by PersistentVolumeClaim cl1, which no workload made"
    dry = await submit("-i ubuntu --name mine --dry-run=server", ann)
    told = dry.err.splitlines()[-2:]
    assert re.fullmatch(r"  the name mine is taken by ConfigMap mine of TrainingWorkload mine-\S+", told[0]), told
    assert re.fullmatch(r"  the name mine is taken by RunaiJob mine of TrainingWorkload mine-\S+", told[1]), told


async def test_a_dry_run_with_a_prefix_passes_over_what_has_its_name(
    submit: Type, cluster: Cluster, namespace: str
) -> None:
    """A server dry run shows the next free number."""
    metadata = {"name": "job-3", "namespace": namespace}
    await cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    said = await submit("-i ubuntu --dry-run=server")
    assert said.code == 0, said.err
    assert {item["metadata"]["name"] for item in yaml.safe_load_all(said.out)} == {"job-4"}


@pytest.mark.parametrize(
    ("verb", "line", "missing"),
    [
        ("submit-mpi", "--processes 2", "MPIJob of kubeflow.org/v2beta1"),
        ("submit-dist pytorch", "--workers 2", "PyTorchJob of kubeflow.org/v1"),
        ("submit", "--knative --port 8080", "Service of serving.knative.dev/v1"),
    ],
)
async def test_a_dry_run_sees_that_a_kind_is_missing(
    verb: str, line: str, missing: str, submit: Type, ann: Path
) -> None:
    """A server dry run reports a missing kind."""
    for who in ((), (ann,)):
        [reason] = await would_fail(submit, f"-i ubuntu --name a {line}", *who, verb=verb)
        assert reason.startswith(f"the cluster does not have the kind {missing}; install ")


async def test_a_dry_run_sees_what_the_api_server_refuses(submit: Type, cluster: Cluster, namespace: str) -> None:
    """A server dry run reports what the API server would refuse."""
    await cluster.create(policy("InteractivePolicy", namespace, serviceType={"rules": {"canEdit": True}}))
    line = "-i ubuntu --interactive --port 30777:8080 -s nodeport"
    assert (await submit(f"{line} --name first")).code == 0
    [reason] = await would_fail(submit, f"{line} --name a")
    assert "provided port is already allocated" in reason
    await cluster.create(quota(namespace, **{"count/runaijobs.run.ai": "0"}))
    await cluster.wait_for(
        "the quota to count",
        lambda: cluster.items("resourcequotas", namespace),
        lambda quotas: bool(quotas and "used" in quotas[0].get("status", {})),
    )
    [reason] = await would_fail(submit, "-i ubuntu --name b")
    assert 'runaijobs.run.ai "b" is forbidden: exceeded quota: quota' in reason


async def test_a_dry_run_says_what_a_person_could_not_try(submit: Type, ann: Path) -> None:
    """A server dry run lists what the person was not allowed to try."""
    said = await submit("-i ubuntu --name hers --dry-run=server", ann)
    assert said.code == 0, said.err
    assert said.out.startswith("# Verdict:   would be accepted; nothing was created\n")
    untried = "ConfigMap hers, RunaiJob hers"
    sentence = (
        f"whether the API server accepts {untried} could not be checked: you are not allowed to create it yourself"
    )
    assert f"# Note:      {sentence}\n" in said.out
    told = yaml.safe_load((await submit("-i ubuntu --name hers --dry-run=server -o json", ann)).out)
    assert (told["verdict"], len(told["objects"])) == ("accepted", 2)
    assert sentence in told["notes"]
    assert "could not be tried" not in (await submit("-i ubuntu --name hers --dry-run=server")).out
