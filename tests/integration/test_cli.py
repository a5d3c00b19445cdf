"""The command line as a person types it, against the real API server, with that person's rights."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type
from tests.integration.harness.credentials import plain_kubeconfig
from tests.integration.harness.faults import Answer
from tests.integration.harness.manifests import DELETED, deployment, interactive, training
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.services import Services

pytestmark = pytest.mark.contract

DEFAULTS = "team-a-jupyter-defaults"
IMAGE = "jupyter/scipy-notebook"
JOB = "my-jupyter-job"


@pytest.fixture
async def guide(cluster: Cluster, namespace: str) -> None:
    """The guide's template and workload, and what its submission left, as the services write it."""
    await cluster.create(interactive(DEFAULTS, namespace, usage="Template", jupyter=True, image=IMAGE))
    await cluster.create(interactive(JOB, namespace, gpu="1", jobNamePrefix="jupyter"))
    ago = datetime.now(UTC) - timedelta(minutes=29, seconds=20)
    success = "all the resources were created successfully"
    outputs = (
        ("ConfigMap", "v1", "jupyter-1"),
        ("RunaiJob", "run.ai/v1", "jupyter-1"),
        ("Service", "v1", "jupyter-1-jupyter"),
    )
    status = {
        "phase": "Submitted",
        "jobName": "jupyter-1",
        "events": [{"time": ago.isoformat(), "type": "Info", "reason": "AllCreated", "message": success}],
        "createdResources": [
            {"kind": kind, "version": version, "namespace": namespace, "name": name} for kind, version, name in outputs
        ],
    }
    workload = await cluster.patch("interactiveworkloads", JOB, namespace, {"status": status}, "status")
    await cluster.create(runai_job("jupyter-1", namespace, workload["metadata"]["uid"]))
    await cluster.create(pod("jupyter-1-0-0", "jupyter-1", namespace, workload["metadata"]["uid"]))
    await cluster.create(pod("of-an-earlier-one", "jupyter-1", namespace, "another"))
    running = {"phase": "Running", "hostIP": "10.0.1.7"}
    await cluster.patch("pods", "jupyter-1-0-0", namespace, {"status": running}, "status")


async def test_the_guides_lists(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """The guide's lists, word for word."""
    await cluster.create(interactive(DEFAULTS, namespace, usage="Template", image="jupyter/scipy-notebook"))
    shown = await runai(f"list workloads --interactive --project {project}")
    assert shown == Said(
        0,
        f"""\
WORKLOAD                   USAGE     PROJECT/GLOBAL
team-a-jupyter-defaults    Template  {project}
""",
        "",
    )
    await cluster.create(interactive(JOB, namespace, gpu="1"))
    shown = await runai(f"list workloads --interactive -p {project}")
    assert shown == Said(
        0,
        f"""\
WORKLOAD                   USAGE     PROJECT/GLOBAL
my-jupyter-job             Submit    {project}
team-a-jupyter-defaults    Template  {project}
""",
        "",
    )


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("words", ["describe --interactive", "describe workload --interactive"])
async def test_the_guides_template_described(words: str, runai: Type, project: str) -> None:
    """The guide's page of a template, word for word."""
    assert await runai(f"{words} {DEFAULTS} -p {project}") == Said(
        0,
        f"""\
──────◆  team-a-jupyter-defaults  ◆──────

Project:  {project}
image:    jupyter/scipy-notebook
jupyter:  true
""",
        "",
    )


def the_guides_page(namespace: str, project: str, age: str) -> str:
    """What `describe` prints of the guide's workload, up to its pods."""
    return f"""\
──────◆  my-jupyter-job  ◆──────

Project:        {project}
gpu:            1
jobNamePrefix:  jupyter

Status:  Submitted

Events:\x20

AGE  TYPE  MESSAGE
---  ----  -------
{age:3}  Info  all the resources were created successfully

Created Resources:\x20

KIND       VERSION    NAMESPACE         NAME
----       -------    ---------         ----
ConfigMap  v1         {namespace}  jupyter-1
RunaiJob   run.ai/v1  {namespace}  jupyter-1
Service    v1         {namespace}  jupyter-1-jupyter

Created job:\x20

Name: jupyter-1
Namespace: {namespace}
Type: Interactive
Status: Running
"""


@pytest.mark.usefixtures("guide")
async def test_the_guides_workload_described(runai: Type, namespace: str, project: str) -> None:
    """The guide's page of a workload, word for word."""
    shown = await runai(f"describe workload {JOB} --interactive -p {project}")
    assert (shown.code, shown.err) == (0, "")
    head, pods = young(shown.out).split("Pods:\n")
    assert head == the_guides_page(namespace, project, "29m")
    assert pods.splitlines() == [
        "POD            STATUS   TYPE         AGE  NODE",
        "jupyter-1-0-0  RUNNING  INTERACTIVE  0s   dev-ofer-high-cpu/10.0.1.7",
    ]


@pytest.mark.usefixtures("nodes")
async def test_the_guide_from_its_manifests_to_its_page(
    platform: Services, runai: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """The guide from its manifests to a running pod and its page."""
    await cluster.create(interactive(DEFAULTS, namespace, usage="Template", jupyter=True, image=IMAGE))
    workload = interactive(JOB, namespace, baseWorkload=DEFAULTS, gpu="1", jobNamePrefix="jupyter")
    await cluster.submitted(await cluster.create(workload))
    (running,) = await cluster.running("jupyter-1", namespace)
    shown = await runai(f"describe --interactive {JOB} -p {project}")
    assert (shown.code, shown.err) == (0, "")
    head, pods = young(shown.out).split("Pods:\n")
    assert head == the_guides_page(namespace, project, "0s")
    (row,) = pods.splitlines()[1:]
    assert row.split()[0] == running["metadata"]["name"]
    assert row.split()[1:3] == ["RUNNING", "INTERACTIVE"]
    assert re.fullmatch(r"gpu-node-\d/[\d.]+", row.split()[4])


async def test_training_is_meant_where_no_kind_is_given_and_global_ones_are_listed(
    runai: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """Without a switch, training workloads and global ones are listed."""
    await cluster.create(training("job-0-2022-04-16t07-49-18", namespace))
    await cluster.create(training("my-template", namespace, usage="Template"))
    await cluster.create(training("all-jobs", "runai", usage="Template"))
    await cluster.create(interactive("notebook", namespace))
    await cluster.create(deployment("served", namespace))
    table = f"""\
WORKLOAD                   USAGE     PROJECT/GLOBAL
all-jobs                   Template  (global)
job-0-2022-04-16t07-49-18  Submit    {project}
my-template                Template  {project}
"""
    for flags in ("", "--training"):
        assert await runai(f"list workloads -p {project} {flags}") == Said(0, table, "")
    for flags in ("--inference", "--deployment"):
        assert "served" in (await runai(f"list workloads -p {project} {flags}")).out
    assert (await runai("list workloads -A")).out == table
    described = await runai(f"describe workload all-jobs -p {project}")
    assert described.out == "──────◆  all-jobs  ◆──────\n\nProject:  (global)\n"
    assert (await runai("describe workload my-template -A")).out.endswith(f"Project:  {project}\n")


async def test_the_default_project_is_used(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """The default project is used if no project is given."""
    await cluster.create(training("one", namespace))
    assert await runai(f"config project {project}") == Said(0, "", "")
    assert "one" in (await runai("list workloads")).out


async def test_items_are_shown_by_label(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """Items are shown by label, and deleted ones are marked."""
    ports = {"my-port": {"container": 30222, "external": 8222}, "admin-port-b": DELETED}
    await cluster.create(interactive("my-ports", namespace, usage="Template", ports=ports))
    assert (await runai(f"describe --interactive my-ports -p {project}")).out.splitlines()[3:] == [
        "ports:",
        "  admin-port-b:  (deleted)",
        "  my-port:       container=30222, external=8222",
    ]


async def test_an_empty_list_says_so_beside_the_table(runai: Type, project: str) -> None:
    """An empty list has a header, and a note on standard error."""
    shown = await runai(f"list workloads -p {project}")
    assert shown.code == 0
    assert shown.out == "WORKLOAD                   USAGE  PROJECT/GLOBAL\n"
    assert shown.err == f"no training workloads in project {project}, and no global workloads\n"


async def test_what_is_not_there(runai: Type, cluster: Cluster, namespace: str, project: str) -> None:
    """A missing object is reported as not found, with a hint about where it may be."""
    await cluster.create(interactive("notebook", namespace))
    missing = f"TrainingWorkload notebook not found in project {project} or among the global ones"
    assert await runai(f"describe workload notebook -p {project}") == Said(
        3, "", f"Error: {missing}; InteractiveWorkload notebook exists: add --interactive\n"
    )
    said = await runai("describe workload nothing -A")
    assert said == Said(3, "", "Error: TrainingWorkload nothing not found in any project\n")
    for line in ("list workloads", "describe workload x"):
        said = await runai(f"{line} -p nowhere")
        assert said == Said(3, "", "Error: project nowhere not found: namespace runai-nowhere does not exist\n")


@pytest.fixture
async def ann(control_plane: ControlPlane, cluster: Cluster, namespace: str) -> AsyncIterator[Path]:
    """A researcher who may read the workloads of one project and nothing else; the name is unique."""
    metadata = {"name": "reader", "namespace": namespace}
    rules = [{"apiGroups": ["run.ai"], "resources": ["trainingworkloads"], "verbs": ["get", "list"]}]
    api = "rbac.authorization.k8s.io"
    await cluster.create({"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    await cluster.create(
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "reader"},
            "subjects": [{"apiGroup": api, "kind": "User", "name": f"ann-{namespace}"}],
        }
    )
    yield control_plane.kubeconfig_of(f"ann-{namespace}")


async def test_a_persons_own_rights_decide(
    runai: Type, cluster: Cluster, namespace: str, project: str, ann: Path
) -> None:
    """Every call uses the person's own rights."""
    await cluster.create(training("hers", namespace))

    async def look() -> Said:
        return await runai(f"list workloads -p {project}", ann)

    shown = await cluster.wait_for("the role to count", look, lambda said: said.code == 0)
    assert "hers" in shown.out
    assert shown.err.startswith('global workloads are not shown: trainingworkloads.run.ai is forbidden: User "ann-')
    assert (await runai(f"describe workload hers -p {project}", ann)).code == 0
    for line in (f"list workloads --interactive -p {project}", "list workloads -A", "list workloads -p team-a"):
        said = await runai(line, ann)
        assert (said.code, said.out) == (4, "")
        assert f'User "ann-{namespace}" cannot list resource' in said.err


async def test_somebody_unknown_is_not_permitted(runai: Type, control_plane: ControlPlane, tmp_path: Path) -> None:
    """An unknown token ends with exit code 4."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "expired"}
    nobody = tmp_path / "nobody"
    nobody.write_text(yaml.safe_dump(config))
    said = await runai("list workloads -p team-a", nobody)
    assert said == Said(
        4, "", "Error: you are not logged in to the cluster: your credentials are missing or have expired\n"
    )


async def test_a_cluster_that_is_away_or_busy(runai: Type, proxy: FaultProxy, tmp_path: Path) -> None:
    """A cluster that is away or busy ends with exit code 5."""
    away = plain_kubeconfig(tmp_path / "away", "http://127.0.0.1:1")
    said = await runai("list workloads -p team-a", away)
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith("Error: the API server did not answer: ")
    through = proxy.kubeconfig(tmp_path, "runai")
    for fault, sentence in ((Answer(503, "no room"), "no room"), (Answer(429, "slow down"), "slow down")):
        with proxy.on(fault):
            assert await runai("list workloads -p team-a", through) == Said(5, "", f"Error: {sentence}\n")


async def test_something_that_is_no_api_server(runai: Type, tmp_path: Path) -> None:
    """An address that is not an API server ends with a sentence."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwww!")

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await runai("list workloads -p team-a", plain_kubeconfig(tmp_path / "www", f"http://127.0.0.1:{port}"))
    asked = "GET /apis/run.ai/v1alpha1/namespaces/runai-team-a/trainingworkloads"
    assert said == Said(5, "", f"Error: what answered {asked} does not speak JSON: it is not an API server\n")


@pytest.mark.usefixtures("guide")
async def test_a_terminal_that_lacks_letters_gets_the_rest(runai: Type, project: str) -> None:
    """A terminal without Unicode gets replacements, not a traceback."""
    said = await runai(f"describe --interactive {DEFAULTS} -p {project}", PYTHONIOENCODING="latin-1")
    assert said.code == 0
    assert said.out.startswith(f"???????  {DEFAULTS}  ???????\n")


async def test_a_cluster_without_slipway_says_so(runai: Type, proxy: FaultProxy, tmp_path: Path) -> None:
    """A cluster without the definitions says that Slipway is not installed."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Answer(404, "the server could not find the requested resource", "NotFound")):
        for line in ("list workloads", "describe workload x"):
            said = await runai(f"{line} -p team-a", through)
            sentence = "the cluster does not have these resources: Slipway is not installed there"
            assert said == Said(3, "", f"Error: {sentence}\n")


def runai_job(name: str, namespace: str, workload: str) -> dict[str, Any]:
    """The job of the guide's workload, which has this uid."""
    owner = {"apiVersion": "run.ai/v1alpha1", "kind": "InteractiveWorkload", "name": JOB, "uid": workload}
    template = {"spec": {"containers": [{"name": name, "image": IMAGE}]}}
    metadata = {"name": name, "namespace": namespace, "ownerReferences": [{**owner, "controller": True}]}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": {"template": template}}


def pod(name: str, job: str, namespace: str, workload: str) -> dict[str, Any]:
    """A pod of the job that was made for the workload of this uid."""
    spec = {"nodeName": "dev-ofer-high-cpu", "containers": [{"name": job, "image": IMAGE}]}
    metadata = {"name": name, "namespace": namespace, "labels": {"release": job, "run.ai/workload-uid": workload}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def young(page: str) -> str:
    """The page with ages of a few seconds, which a slow machine causes, as `0s`."""
    return re.sub(r"\b\d{1,2}s( {2,3})(?=Info|\S+/)", lambda found: "0s   " if found[1] else "", page)
