"""The local platform as a whole: started, started again, after accidents, side by side, and removed without a trace."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from deploy.local.accounts import kubeconfig_of
from deploy.local.console import CONSOLE
from deploy.local.controlplane import API, ControlPlane
from deploy.local.demo import TEMPLATE, WORKLOAD, demo
from deploy.local.errors import ComponentError, PlatformError
from deploy.local.ports import free_port
from deploy.local.processes import Component, strays
from deploy.local.services import ROOT, SERVICES
from deploy.local.streams import LOG, PAGE
from tests.integration.harness.local import Local, local_in

pytestmark = pytest.mark.contract


def assert_ready(components: Iterable[Component]) -> None:
    """All of them run and answer, on a busy machine within half a minute; ComponentError names one that does not."""
    for component in components:
        component.wait(30)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster that somebody has, with an audit log."""
    with ControlPlane(tmp_path_factory.mktemp("theirs"), parts=API, audit=True) as made:
        yield made


def test_kinds_of_another_installation_are_left_alone(theirs: ControlPlane, tmp_path: Path) -> None:
    """Definitions of another installation are left alone."""
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "trainingworkloads.run.ai"},
        "spec": {
            "group": "run.ai",
            "scope": "Namespaced",
            "names": {"kind": "TrainingWorkload", "plural": "trainingworkloads"},
            "versions": [
                {"name": "v2alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    theirs.kubectl("delete", "crd", "--all")  # other tests may have left some
    with local_in(tmp_path / "ours", theirs.kubeconfig) as made:
        theirs.kubectl("create", "-f", "-", given=json.dumps(definition))
        with pytest.raises(PlatformError, match=r"has trainingworkloads\.run\.ai of another installation"):
            made.up()
        assert theirs.kubectl("get", "crds", "-o", "name").split() == [
            "customresourcedefinition.apiextensions.k8s.io/trainingworkloads.run.ai"
        ]
        theirs.kubectl("delete", "crd", "trainingworkloads.run.ai")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A platform that is up, for all tests that leave it so."""
    with local_in(tmp_path_factory.mktemp("platform")) as made:
        made.up()
        yield made


def test_everything_is_ready_with_its_namespaces_kinds_and_gpus(local: Local) -> None:
    """The local platform comes up with namespaces, definitions and GPUs."""
    assert_ready(local.platform.components)
    kubectl = local.platform.kubectl
    team = kubectl.json("get", "namespace", "runai-team-a")["metadata"]["labels"]
    assert team["run.ai/project"] == "team-a"
    assert team["pod-security.kubernetes.io/enforce"] == "baseline"
    assert kubectl("get", "namespace", "runai", "-o", "name") == "namespace/runai\n"
    assert "interactiveworkloads.run.ai" in kubectl("get", "crds", "-o", "name")
    nodes = kubectl.json("get", "nodes")["items"]
    assert [node["status"]["allocatable"]["nvidia.com/gpu"] for node in nodes] == ["8", "8"]


def test_each_service_is_told_where_cluster_and_broker_are(local: Local) -> None:
    """Every service logs its cluster and its broker."""
    for service in SERVICES:
        told = f"{service} works on {kubeconfig_of(service, local.folder)} and {local.platform.nats.url}"
        assert told in local.part(service).log.read_text()


def test_the_link_opens_the_console_signed_in_and_works_once(local: Local) -> None:
    """The person of the link is the administrator of the kubeconfig; who finds the link later gets a sentence."""
    link = local.platform.entrance
    assert link
    assert "admin" in _opened(link, urllib.request.build_opener(urllib.request.HTTPCookieProcessor()))
    with pytest.raises(urllib.error.HTTPError) as refused:
        _opened(link, urllib.request.build_opener())
    assert (refused.value.code, "this link has been used" in refused.value.read().decode()) == (401, True)


def _opened(link: str, browser: urllib.request.OpenerDirector) -> str:
    with browser.open(link, timeout=30) as page:
        return str(page.read().decode())


def test_a_second_up_says_what_runs_and_starts_nothing(local: Local) -> None:
    """A second `make up` starts nothing."""
    before = local.pids()
    said = local.up()
    assert f"running already: {', '.join(before)}" in said
    assert local.pids() == before


@pytest.fixture(scope="module")
def pod(local: Local) -> str:
    """A pod that runs on a simulated node."""
    pods = local.platform.kubectl
    pods("run", "played", "-n", "runai-team-a", "--image=any")
    pods("wait", "-n", "runai-team-a", "--for=condition=Ready", "--timeout=60s", "pod/played")
    return "played"


def test_a_played_container_has_a_log(local: Local, pod: str) -> None:
    """A simulated container has a log."""
    kubectl = local.platform.kubectl
    assert kubectl("logs", "-n", "runai-team-a", pod).splitlines() == list(LOG)
    assert kubectl("logs", "-n", "runai-team-a", pod, "--tail=1") == f"{LOG[-1]}\n"
    assert kubectl("logs", "-n", "runai-team-a", pod, "--since=1s") == ""


def test_a_port_of_a_played_container_answers(local: Local, pod: str) -> None:
    """A simulated container answers on its port."""
    port = free_port()
    forwarding = subprocess.Popen(
        [local.platform.kubectl.program, "port-forward", "-n", "runai-team-a", pod, f"{port}:8888"],
        env={**os.environ, "KUBECONFIG": str(local.platform.kubeconfig)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert forwarding.stdout is not None
        assert str(port) in forwarding.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.read().decode() == PAGE
    finally:
        forwarding.terminate()
        forwarding.wait(10)


def test_nobody_can_run_a_command_of_theirs_on_this_machine(local: Local, pod: str) -> None:
    """No request to a simulated node runs a command on this machine."""
    proof = local.folder / "proof"
    with pytest.raises(PlatformError, match="no exec found for container"):
        local.platform.kubectl("exec", "-n", "runai-team-a", pod, "--", "touch", str(proof))
    port = local.platform.plane.ports["kwok"]  # which requires no authentication
    path = f"/exec/runai-team-a/{pod}/{pod}?output=1&command=touch&command={proof}"
    said = asyncio.run(_said_at(f"http://127.0.0.1:{port}{path}"))
    assert "no exec found for container" in said
    assert not proof.exists()


def test_the_nodes_answer_at_the_port_of_today(local: Local) -> None:
    """A kubelet that is started at another port is found there."""
    plane = local.platform.plane

    def kubelet() -> int:
        node = plane.request("GET", "/api/v1/nodes/gpu-node-1")
        return int(node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"])

    before = kubelet()
    plane.component("kwok").stop()
    other = plane.ports.choose("kwok")
    assert other != before
    plane.start()
    assert kubelet() == other


@pytest.mark.parametrize("names", [["kube-apiserver"], ["etcd", "kwok", "nats", "resolver"]], ids="-".join)
def test_parts_that_were_killed_are_named_with_their_logs_and_started_again(names: list[str], local: Local) -> None:
    """Killed parts are named and started again; the others go on."""
    before = local.pids()
    for name in names:
        pid = before[name]
        assert pid
        os.kill(pid, signal.SIGKILL)
        _ended(pid)
    said = local.up()
    for name in names:
        assert f"{name} has exited unexpectedly and is started again;\n  the end of {local.part(name).log}:" in said
    after = local.pids()
    assert_ready(local.platform.components)
    assert {other for other in before if after[other] != before[other]} == {*names}


def test_objects_and_streams_survive_a_down(local: Local) -> None:
    """Objects and streams survive `make down`."""
    local.platform.kubectl("create", "configmap", "kept", "-n", "runai-team-a")
    port = local.platform.plane.server
    assert "stopped: etcd, kube-apiserver," in local.down()
    assert list(strays(local.folder)) == []
    assert "had died" not in local.up()
    assert local.platform.plane.server == port
    assert local.platform.kubectl("get", "configmap", "kept", "-n", "runai-team-a", "-o", "name") == "configmap/kept\n"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A second platform that is up."""
    with local_in(tmp_path_factory.mktemp("other")) as made:
        made.up()
        yield made


def test_two_platforms_side_by_side_leave_each_other_alone(local: Local, other: Local) -> None:
    """Each has its own address and processes."""
    assert other.platform.plane.server != local.platform.plane.server
    assert set(other.pids().values()).isdisjoint(local.pids().values())
    for each in (local, other):
        assert_ready(each.platform.components)


def test_services_follow_from_one_cluster_to_another(other: Local, theirs: ControlPlane) -> None:
    """The control plane that is no longer used is ended, and the services work on the new cluster."""
    moved = Local(other.folder, theirs.kubeconfig)
    assert f"leaving the cluster of {other.platform.kubeconfig}" in moved.up()
    assert not any(component.running for component in other.platform.plane.components)
    assert moved.part("status").log.read_text().count("works on") == 2


def test_a_platform_that_ends_leaves_the_one_beside_it_alone(local: Local, other: Local) -> None:
    """Only its own processes end, and a second `down` finds none."""
    before = local.pids()
    other.down()
    assert list(strays(other.folder)) == []
    assert "nothing was running" in other.down()
    assert local.pids() == before
    assert_ready(local.platform.components)


def test_what_a_killed_up_had_started_is_found_by_down(tmp_path: Path) -> None:
    """`make down` finds what an interrupted `make up` started."""
    with local_in(tmp_path / "platform") as made:
        starting = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up"], cwd=ROOT, stdout=subprocess.DEVNULL,
            env={**os.environ, "SLIPWAY_LOCAL": str(made.folder)}, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not made.part("kube-apiserver").running and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(starting.pid, signal.SIGKILL)
        starting.wait(10)
        (made.folder / "run" / "etcd.json").unlink()
        said = made.down()
        assert "kube-apiserver" in said
        assert "stopped 1 more process(es) left by an interrupted start" in said
        assert list(strays(made.folder)) == []


def test_a_part_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    """A part that cannot start is named with the end of its log."""
    plane = ControlPlane(tmp_path, parts=API, arguments={"kube-apiserver": ["--no-such-flag"]})
    with pytest.raises(ComponentError, match=r"(?s)kube-apiserver ended before it was ready.*unknown flag"), plane:
        pass
    assert list(strays(tmp_path)) == []


def test_a_cluster_of_the_users_own_gets_kinds_and_namespaces_and_no_control_plane(
    theirs: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster of the user gets definitions and namespaces, and kubectl is added if the machine has none."""
    with local_in(tmp_path / "ours", theirs.kubeconfig) as made:
        own = shutil.which("kubectl")
        monkeypatch.setenv("PATH", str(tmp_path))
        said = made.up()
        monkeypatch.undo()
        assert str(theirs.kubeconfig) in said
        assert (made.folder / "bin" / "kubectl").resolve().name == "kubectl"
        assert list(made.pids()) == ["nats", *SERVICES, CONSOLE]
        assert len(list(strays(made.folder))) == 2 + len(SERVICES)
        assert made.platform.entrance == made.platform.console.address  # where they sign in with a token of theirs
        assert "interactiveworkloads.run.ai" in theirs.kubectl("get", "crds", "-o", "name")
        account = kubeconfig_of("watcher", made.folder)
        assert f"on {account} and" in made.part("watcher").log.read_text()
        assert theirs.server in account.read_text()
        made.up()  # its own objects are no other installation
        assert (made.folder / "bin" / "kubectl").exists() == (own is None)
        for manifest in (TEMPLATE, WORKLOAD):
            theirs.kubectl("apply", "-f", str(manifest))
        with pytest.raises(
            PlatformError, match=r"of your cluster already has my-jupyter-job and team-a-jupyter-defaults"
        ):
            demo(made.platform)
        assert theirs.kubectl("get", "interactiveworkloads", "-n", "runai-team-a", "-o", "name").count("\n") == 2
        made.down()
        assert_ready(theirs.components)


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing kubeconfig is named."""
    with (
        local_in(tmp_path / "ours", tmp_path / "missing") as made,
        pytest.raises(PlatformError, match=r"kubeconfig not found: .*missing"),
    ):
        made.up()


def test_accounts_and_people_have_only_their_own_rights(local: Local) -> None:
    """Accounts and people have only their own rights."""
    plane = local.platform.plane
    plane.kubectl("create", "serviceaccount", "reader", "-n", "runai")
    for kubeconfig, name in (
        (plane.kubeconfig_of("ann", ["team-a"]), "ann"),
        (plane.kubeconfig_of_account("runai", "reader"), "system:serviceaccount:runai:reader"),
    ):
        who = plane.kubectl(
            "auth", "whoami", f"--kubeconfig={kubeconfig}", "-o", "jsonpath={.status.userInfo.username}"
        )
        assert who == name
        with pytest.raises(PlatformError, match="forbidden"):
            plane.kubectl("get", "secrets", "-n", "runai", f"--kubeconfig={kubeconfig}")


def test_calls_are_counted_where_an_audit_log_is_asked_for(theirs: ControlPlane) -> None:
    """Each call has one line in the audit log."""
    theirs.request("GET", "/api/v1/namespaces/default/configmaps?limit=77")
    deadline = time.monotonic() + 10
    while "limit=77" not in theirs.audit_log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len([line for line in theirs.audit_log.read_text().splitlines() if "limit=77" in line]) == 1


async def _said_at(url: str) -> str:
    """Everything that a websocket sends until its end."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=["v4.channel.k8s.io"]) as websocket,
    ):
        return "".join([message.data.decode() async for message in websocket])


def _ended(pid: int) -> None:
    """Wait until the process is no more than a zombie, as any person would have by the time they type again."""
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
