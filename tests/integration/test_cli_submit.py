"""`runai submit` through the whole system: what it prints, creates, refuses and waits for."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import PATIENCE, Cluster
from tests.integration.harness.commands import Command, Said, Type, line_of, under_way
from tests.integration.harness.faults import Answer, CutAfter, CutBefore
from tests.integration.harness.manifests import policy, training
from tests.integration.harness.outcome import created, objects
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.submissions import LIMITS, NOW, only, workloads

pytestmark = pytest.mark.contract

ALONE = "127.0.10.7"
"""An address of this machine that nothing else listens on."""


@pytest.fixture(scope="module")
async def running(module_pipeline: Pipeline, nodes: ControlPlane) -> AsyncIterator[None]:
    """Jobs are run too, on simulated nodes."""
    if not module_pipeline.services["runner"]:
        await module_pipeline.services.start("runner")
    yield


# ---------------------------------------------------------------- what is printed and created
async def test_the_guides_submission(submit: Type, runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """The guide's submission, word for word."""
    said = await submit("--image ubuntu")
    workload = await only(cluster, namespace)
    name = workload["metadata"]["name"]
    assert said == Said(0, f"""\
A request to submit job job-1 as been created.
You can check the status of the request by running:
	runai describe workload {name} -p {project}
""", "")  # fmt: skip
    assert NOW.sub("NOW", name) == "job-NOW"
    assert workload["metadata"]["labels"] == {"PreviousJob": "true"}
    assert workload["spec"] == {
        "usage": "Submit", "image": {"value": "ubuntu"}, "imagePullPolicy": {"value": "Always"}
    }  # fmt: skip
    assert created(workload) == ["ConfigMap/job-1", "RunaiJob/job-1"]
    described = await runai(f"describe workload {name} -p {project}")
    assert "Status:  Submitted" in described.out
    assert (await submit("--image ubuntu")).out.startswith("A request to submit job job-2 as been created.\n")


@pytest.mark.parametrize(
    ("verb", "line", "kind", "outputs"),
    [
        ("submit", "--name build1 -i ubuntu -g 1 --interactive --command -- sleep infinity", "interactive",
         ["ConfigMap/build1", "RunaiJob/build1"]),
        ("submit", "--name jup --jupyter --no-forward", "interactive",
         ["ConfigMap/jup", "Service/jup-jupyter", "RunaiJob/jup"]),
        ("submit", "--name serve --inference -i x --port 80:8080", "deployment",
         ["ConfigMap/serve", "Service/serve", "Deployment/serve"]),
        ("submit", "--name scratch -i x --pvc :1Gi:/scratch --interactive", "interactive",
         ["ConfigMap/scratch", "PersistentVolumeClaim/pvc-scratch-0", "RunaiJob/scratch"]),
        ("submit", "--name ports -i x --interactive --port 30022:22 -s clusterip", "interactive",
         ["ConfigMap/ports", "Service/ports", "RunaiJob/ports"]),
    ],
)  # fmt: skip
async def test_every_kind(
    verb: str, line: str, kind: str, outputs: list[str], submit: Type, cluster: Cluster, namespace: str
) -> None:
    """Every verb and kind creates its outputs."""
    said = await submit(line, verb=verb)
    assert said.code == 0, said.err
    workload = await only(cluster, namespace, kind)
    assert created(workload) == outputs
    switch = {"interactive": "--interactive", "deployment": "--inference"}[kind]
    assert f"runai describe workload {workload['metadata']['name']} {switch} -p " in said.out


@pytest.mark.parametrize(
    ("verb", "line", "kind", "missing"),
    [
        ("submit-mpi", "--processes 2 -i x --name a", "training", "MPIJob of kubeflow.org/v2beta1"),
        ("submit-mpi", "--interactive -i x --name a", "interactive", "MPIJob of kubeflow.org/v2beta1"),
        ("submit-dist mpi", "--processes 2 -i x --name a", "distributed", "MPIJob of kubeflow.org/v2beta1"),
        ("submit-dist pytorch", "--workers 2 -i x --name a", "distributed", "PyTorchJob of kubeflow.org/v1"),
        ("submit", "--knative --port 80 --min-scale 1 -i x --name a", "inference", "Service of serving.knative.dev/v1"),
    ],
)  # fmt: skip
async def test_kinds_of_operators_say_what_to_install(
    verb: str, line: str, kind: str, missing: str, submit: Type, cluster: Cluster, namespace: str
) -> None:
    """A kind without its operator says what to install."""
    said = await submit(line, verb=verb)
    assert (said.code, said.out) == (1, "")
    workload = await only(cluster, namespace, kind)
    assert said.err.startswith(f"Error: workload {workload['metadata']['name']} failed:\n")
    assert f"  the cluster does not have the kind {missing}; install " in said.err


async def test_a_submission_on_a_template(submit: Type, cluster: Cluster, namespace: str) -> None:
    """A submission on a template takes its values."""
    base = {"usage": "Template", "image": "ubuntu", "namePrefix": "nightly", "largeShm": True}
    await cluster.create(training("my-template", namespace, **base))
    for flag in ("--workload", "--template"):
        assert "job nightly-" in (await submit(f"{flag} my-template --no-large-shm")).out
    found = await workloads(cluster, namespace)
    names = [NOW.sub("NOW", one["metadata"]["name"]) for one in found if one["spec"]["usage"] == "Submit"]
    assert len(names) == 2
    assert {name.removesuffix("-2") for name in names} == {"nightly-NOW"}
    job = await cluster.get("runaijobs", "nightly-1", namespace)
    assert "volumes" not in job["spec"]["template"]["spec"]


async def test_a_job_can_be_submitted_again_from_what_it_left(submit: Type, cluster: Cluster, namespace: str) -> None:
    """A submitted workload can be the base of the next one."""
    assert (await submit("--name first -i ubuntu")).code == 0
    workload = await only(cluster, namespace)
    said = await submit(f"--workload {workload['metadata']['name']}")
    assert said.out.startswith("A request to submit job job-1 as been created.\n"), said.err


async def test_many_at_once_are_all_submitted_once(submit: Type, cluster: Cluster, namespace: str) -> None:
    """P1: submissions at the same moment are all submitted once."""
    said = await asyncio.gather(*(submit("-i ubuntu") for _ in range(6)))
    assert {one.code for one in said} == {0}, said
    jobs = sorted(re.findall(r"submit job (\S+) as been", "".join(one.out for one in said)))
    assert jobs == [f"job-{number}" for number in range(1, 7)]
    assert len(await workloads(cluster, namespace)) == 6
    assert len([name for name in await objects(cluster, namespace) if name.startswith("RunaiJob/")]) == 6


@pytest.mark.parametrize("fault", [CutAfter(), CutBefore(), Answer(503, "no room"), Answer(429, "slow", retry_after=1)])
async def test_a_lost_answer_neither_loses_nor_doubles(
    fault: Any, runai: Type, project: str, cluster: Cluster, namespace: str, pipeline: Pipeline, proxy: FaultProxy,
    tmp_path: Path,
) -> None:  # fmt: skip
    """P1: a lost answer neither loses nor duplicates a submission."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(fault, verb="create", resource="trainingworkloads", times=1) as lost:
        said = await runai(f"submit -i ubuntu --name once -p {project}", through)
    assert lost.acted == 1
    assert said.code == 0, said.err
    workload = await cluster.submitted(await only(cluster, namespace))
    assert workload["status"]["jobName"] == "once"


async def test_a_server_that_stays_away_leaves_no_doubt_unsaid(
    runai: Type, project: str, cluster: Cluster, namespace: str, pipeline: Pipeline, proxy: FaultProxy, tmp_path: Path
) -> None:
    """An outcome that stays unknown is reported as unknown."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(CutBefore(), resource="trainingworkloads"):
        said = await runai(f"submit -i ubuntu --name once -p {project}", through)
    assert (said.code, said.out) == (5, "")
    assert re.search(
        r"it is not known whether TrainingWorkload once-\S+ "
        r"was created: check before you submit",
        said.err,
    )
    assert await workloads(cluster, namespace) == []


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize("wait", ["", "--wait", "--wait=running", "--attach"])
async def test_a_refusal_says_everything_at_once(wait: str, submit: Type, cluster: Cluster, namespace: str) -> None:
    """P7: a refusal lists everything, with what is allowed and who set it."""
    await cluster.create(policy("TrainingPolicy", namespace, "training-policy", **LIMITS))
    said = await submit(f"--gpu 5 --port 8080 --name a {wait}")
    name = (await only(cluster, namespace))["metadata"]["name"]
    who = f"set by TrainingPolicy training-policy in namespace {namespace}"
    assert (said.code, said.out) == (1, "")
    assert (
        said.err
        == f"""\
Error: workload {name} was refused:
  image: cannot be blank
  gpu: must be no greater than 4
      allowed: 1 to 4; {who}
  ports.port-8080.container: must be no less than 30000
      allowed: 30000 or more; {who}
"""
    )


async def test_a_name_that_is_taken(submit: Type) -> None:
    """P5: a taken name is refused with its holder."""
    assert (await submit("-i ubuntu --name mine")).code == 0
    said = await submit("-i ubuntu --name mine")
    assert said.code == 1
    assert re.search(r"\n  the name mine is taken by ConfigMap mine of TrainingWorkload mine-\S+\n", said.err)


async def test_the_pull_policy_of_an_administrator_is_not_overruled(
    submit: Type, cluster: Cluster, namespace: str
) -> None:
    """The administrator's pull policy is not overruled by the default."""
    hard = {"rules": {"canEdit": False}, "value": "IfNotPresent"}
    await cluster.create(policy("TrainingPolicy", namespace, imagePullPolicy=hard))
    assert (await submit("-i ubuntu --name a")).code == 0
    job = await cluster.get("runaijobs", "a", namespace)
    assert job["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


async def test_what_the_api_server_refuses(submit: Type, runai: Type, ann: Path) -> None:
    """What the API server refuses is shown in its words."""
    said = await submit("-i ubuntu -e A=SECRET:not-mine,key", ann)
    assert (said.code, said.out) == (4, "")
    assert "environment: ann cannot read Secret not-mine, so their workloads cannot use it" in said.err
    large = " ".join(f"-e A{number}={'x' * 30000}" for number in range(4))
    assert (await submit(f"-i ubuntu {large} --dry-run=server")).code == 0
    missing = "Error: project nowhere not found: namespace runai-nowhere does not exist\n"
    assert await runai("submit -i ubuntu -p nowhere") == Said(3, "", missing)
    assert await runai("submit -i ubuntu -p nowhere --dry-run=server") == Said(3, "", missing)


async def test_a_person_who_may_not_submit(
    submit: Type, runai: Type, control_plane: ControlPlane, cluster: Cluster, namespace: str
) -> None:
    """A person without the right to submit gets the server's sentence."""
    eve = control_plane.kubeconfig_of("eve")
    for line in ("-i ubuntu", "-i ubuntu --dry-run=server", "-i ubuntu --wait"):
        said = await submit(line, eve)
        assert (said.code, said.out) == (4, "")
        assert 'User "eve" cannot create resource "trainingworkloads"' in said.err
    assert await workloads(cluster, namespace) == []


# ---------------------------------------------------------------- a researcher's own rights
async def test_a_researchers_rights_are_enough(submit: Type, ann: Path, cluster: Cluster, namespace: str) -> None:
    """The rights of a researcher are enough to submit, wait and dry-run."""
    said = await submit("-i ubuntu --name hers --wait", ann)
    assert said.code == 0, said.err
    workload = await only(cluster, namespace)
    assert workload["metadata"]["annotations"]["run.ai/submitted-by"] == "ann"
    dry = await submit("-i ubuntu --dry-run=server", ann)
    assert dry.code == 0, dry.err
    job = next(item for item in yaml.safe_load_all(dry.out) if item["kind"] == "RunaiJob")
    assert job["metadata"]["labels"]["user"] == "ann"


# ---------------------------------------------------------------- waiting
@pytest.mark.usefixtures("running")
async def test_waiting_until_the_job_runs(submit: Type, cluster: Cluster, namespace: str) -> None:
    """--wait=running returns when the job runs."""
    said = await submit("-i ubuntu --name runs --interactive --wait=running")
    assert said.code == 0, said.err
    assert await cluster.running("runs", namespace)


@pytest.mark.usefixtures("running")
async def test_a_job_that_cannot_run_is_waited_for_in_vain(submit: Type) -> None:
    """A job that cannot run ends --timeout with the scheduler's reason."""
    said = await submit("-i ubuntu --name large --interactive -g 64 --wait=running --timeout 6s", RUNAI_NO_PROGRESS="")
    assert said.code == 6
    assert said.out.startswith("A request to submit job large as been created.\n")
    assert re.search(
        r"\nError: job large is not running after 6s: its status is Pending: 0/\d+ nodes are available: ", said.err
    )
    assert "waiting for job large to run: its status is Pending\n" in said.err


@pytest.mark.usefixtures("running")
async def test_attaching_until_interrupted(
    control_plane: ControlPlane, project: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """--attach connects until Ctrl-C."""
    line = f"submit -i ubuntu --name shell --interactive --attach -p {project}"
    notes: list[str] = []
    async with under_way(tmp_path, control_plane.kubeconfig, line) as process:
        while "Connecting" not in "".join(notes[-1:]):
            notes.append(await line_of(process.stderr))
        out, _ = await interrupted(process)
    assert [note for note in notes if not note.startswith("waiting for")] == [
        "Waiting for pod to start running...\n", "Job started\n", "Connecting to pod shell-0-0\n"
    ]  # fmt: skip
    assert out.startswith("A request to submit job shell as been created.\n")


async def interrupted(process: Command) -> tuple[str, str]:
    """What is printed after Ctrl-C ends the command, with the exit code of such an end."""
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 130
    return out.decode(), err.decode()


@pytest.mark.usefixtures("running")
async def test_a_notebook_tells_its_token_and_is_forwarded_until_interrupted(
    control_plane: ControlPlane, project: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """A notebook's token is printed, and its port forwarded until Ctrl-C."""
    line = f"submit --jupyter --name nb --address {ALONE} -p {project}"
    async with under_way(tmp_path, control_plane.kubeconfig, line) as process:
        assert [await line_of(process.stdout) for _ in range(5)][3:] == [
            "Jupyter notebook token: played\n", f"Open access point(s) to service from {ALONE}:8888\n"
        ]  # fmt: skip
        reader, writer = await asyncio.open_connection(ALONE, 8888)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"This port is simulated"), PATIENCE)
        writer.close()
        await interrupted(process)


@pytest.mark.usefixtures("running")
async def test_a_notebook_that_is_reached_otherwise_tells_its_token_too(submit: Type) -> None:
    """A notebook with another service type prints its token."""
    said = await submit("--jupyter --name nb -s clusterip --port 30080:8080 --timeout 2m")
    assert (said.code, said.out.splitlines()[3:]) == (0, ["Jupyter notebook token: played"]), said.err


async def test_an_interrupted_wait_leaves_the_submission_standing(
    control_plane: ControlPlane, project: str, cluster: Cluster, namespace: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """Ctrl-C during the wait leaves the submission standing."""
    line = f"submit -i ubuntu --name later --wait -p {project}"
    with pipeline.proxy.on(Answer(503, "busy"), client="creator-0"):
        async with under_way(tmp_path, control_plane.kubeconfig, line, RUNAI_NO_PROGRESS="") as process:
            workload = (await cluster.wait_for("the workload", lambda: workloads(cluster, namespace)))[0]
            await line_of(process.stderr)  # it prints what it waits for
            out, err = await interrupted(process)
    assert out == ""
    look = f"runai describe workload {workload['metadata']['name']} -p {project}"
    assert f"the submission continues without this command; check it with `{look}`" in err
    assert (await cluster.submitted(workload))["status"]["jobName"] == "later"


async def test_a_system_that_is_away_holds_nobody_up(
    submit: Type, cluster: Cluster, namespace: str, pipeline: Pipeline
) -> None:
    """submit returns even if Slipway is away."""
    with pipeline.proxy.on(Answer(503, "busy"), client="creator-0"):
        said = await submit("-i ubuntu", RUNAI_GLANCE="2s")
        assert said.code == 0
        assert said.out.startswith("A request to submit job job-<number> as been created.\n")
        assert "the job has no number yet: its name will be job-<number>\n" in said.err
        late = await submit("-i ubuntu --name b --wait --timeout 1s")
        assert late.code == 6
        assert "is still in progress after 1 seconds; it continues without this command" in late.err
    for workload in await workloads(cluster, namespace):
        await cluster.submitted(workload)
