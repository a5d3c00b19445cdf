"""Output and exit code of every command if the real API server refuses, has no such object, or is down."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest
import yaml

from cli.shell.exits import Exit
from deploy.local.controlplane import ControlPlane
from deploy.local.kubectl import Kubectl
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type, line_of, under_way
from tests.integration.harness.counts import count
from tests.integration.harness.credentials import plain_kubeconfig
from tests.integration.harness.faults import Answer, Silence
from tests.integration.harness.manifests import interactive, training
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.typist import typed_all
from tests.unit.cli import lines

pytestmark = pytest.mark.contract

Ask = Callable[[Iterable[str], Path], Awaitable[dict[str, Said]]]
RBAC = "rbac.authorization.k8s.io"
WORKLOADS = count(1_200, 5_000)
"""In one project: more than two pages of a list."""


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Type commands, in a folder with a policy; none may raise."""
    (tmp_path / "policy.yaml").write_text(lines.POLICY)

    async def asked(lines: Iterable[str], kubeconfig: Path) -> dict[str, Said]:
        typed = list(lines)
        return dict(zip(typed, await typed_all(typed, tmp_path, kubeconfig), strict=True))

    return asked


def everything(project: str) -> list[str]:
    """Every command that asks the cluster, as typed."""
    return [*(lines.in_project(words, project) for words in lines.PROJECT), *lines.CLUSTER.values()]


async def all_end(ask: Ask, typed: Iterable[str], kubeconfig: Path, code: Exit, *sentences: str) -> None:
    """All of these end with the code and one of the sentences, and print no result."""
    answers = await ask(typed, kubeconfig)

    def as_told(said: Said) -> bool:
        return (said.code, said.out) == (code, "") and any(sentence in said.err for sentence in sentences)

    assert {line: said for line, said in answers.items() if not as_told(said)} == {}


@pytest.fixture
def nobody(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """A person whose login has expired."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "expired"}
    kubeconfig = tmp_path / "nobody"
    kubeconfig.write_text(yaml.safe_dump(config))
    return kubeconfig


async def test_an_expired_login(ask: Ask, nobody: Path) -> None:
    """An expired login ends every verb with exit code 4 and one sentence."""
    sentence = "Error: you are not logged in to the cluster: your credentials are missing or have expired\n"
    await all_end(ask, everything("team-a"), nobody, Exit.NOT_PERMITTED, sentence)


async def test_a_server_that_is_gone(ask: Ask, tmp_path: Path) -> None:
    """A server that is gone ends every verb with exit code 5."""
    away = plain_kubeconfig(tmp_path / "away", "http://127.0.0.1:1")
    await all_end(ask, everything("team-a"), away, Exit.UNREACHABLE, "Error: the API server did not answer: ")


async def test_a_server_whose_certificate_nobody_trusts(ask: Ask, control_plane: ControlPlane, tmp_path: Path) -> None:
    """An untrusted certificate ends every verb with a sentence."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    for key in ("certificate-authority", "certificate-authority-data"):
        cluster.pop(key, None)
    stranger = tmp_path / "stranger"
    stranger.write_text(yaml.safe_dump(config))
    sentence = f"Error: {cluster['server']} shows a certificate that is not trusted (unable to get local issuer "
    await all_end(ask, everything("team-a"), stranger, Exit.UNREACHABLE, sentence)


async def test_a_server_that_is_too_busy(ask: Ask, proxy: FaultProxy, tmp_path: Path) -> None:
    """A busy server ends every verb with its own words."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Answer(503, "no room")):
        await all_end(ask, everything("team-a"), through, Exit.UNREACHABLE, "Error: no room\n")


async def test_a_person_who_may_do_nothing(ask: Ask, control_plane: ControlPlane) -> None:
    """A person without rights gets the server's sentence from every verb, and no traceback."""
    eve = control_plane.kubeconfig_of("eve")
    typed = [line for line in everything("team-a") if line != "whoami"]
    await all_end(ask, typed, eve, Exit.NOT_PERMITTED, 'User "eve" cannot ')
    for line, said in (await ask(["list jobs -A", "top job -A", "top node"], eve)).items():
        assert said.err.count("\n") == 1, f"{line} tells of nothing else that is not shown: {said.err}"
    assert "eve" in (await ask(["whoami"], eve))["whoami"].out


async def test_who_acts_as_somebody_else_is_them_and_has_their_rights(
    ask: Ask, runai: Type, cluster: Cluster, control_plane: ControlPlane, project: str, namespace: str, tmp_path: Path
) -> None:
    """Impersonation gives exactly the rights of the other person, as with kubectl."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] |= {"as": "eve", "as-groups": ["dev", "ops"], "as-user-extra": {"reason": ["trial"]}}
    eve = tmp_path / "eve"
    eve.write_text(yaml.safe_dump(config))
    kubectl = Kubectl(control_plane.kubectl.program, eve)

    told = json.loads((await runai("whoami -o json", eve)).out)["status"]
    assert told == kubectl.json("auth", "whoami")["status"]
    assert (told["userInfo"]["username"], told["userInfo"]["groups"][:2]) == ("eve", ["dev", "ops"])
    looking, watching = f"list workloads -p {project}", f"list workloads --watch -p {project}"
    await all_end(ask, [looking, watching, f"submit -p {project} -i ubuntu"], eve, Exit.NOT_PERMITTED, '"eve" cannot ')
    assert (await runai(f"project create {project} --user eve")).code == 0
    await able(cluster, ask, looking, eve)
    said = await runai(f"submit -p {project} -i ubuntu", eve, RUNAI_GLANCE="0s")
    assert said.code == 0, said.err
    (workload,) = await cluster.items("trainingworkloads", namespace)
    assert workload["metadata"]["annotations"]["run.ai/submitted-by"] == "eve"


async def test_who_says_half_of_it_acts_as_nobody(ask: Ask, control_plane: ControlPlane, tmp_path: Path) -> None:
    """Incomplete impersonation is refused."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"]["as-groups"] = ["dev"]
    half = tmp_path / "half"
    half.write_text(yaml.safe_dump(config))
    sentence = "Error: invalid kubeconfig: as-uid, as-groups and as-user-extra require `as`"
    await all_end(ask, everything("team-a"), half, Exit.UNREACHABLE, sentence)


async def test_a_project_that_is_not_there(ask: Ask, control_plane: ControlPlane) -> None:
    """A project that does not exist ends every verb with exit code 3."""
    typed = [lines.in_project(words, "nowhere") for words in lines.PROJECT]
    sentence = "Error: project nowhere not found: namespace runai-nowhere does not exist\n"
    await all_end(ask, typed, control_plane.kubeconfig, Exit.NOT_FOUND, sentence)


async def test_what_is_not_there(ask: Ask, control_plane: ControlPlane, project: str) -> None:
    """A missing object is reported as not found, with a hint about where it may be."""
    typed = [lines.in_project(words, project) for words, line in lines.PROJECT.items() if "nothing" in line]
    typed += ["describe node nothing", "list nodes nothing", "top node nothing", "config cluster nothing"]
    await all_end(ask, typed, control_plane.kubeconfig, Exit.NOT_FOUND, "nothing")


async def test_a_cluster_without_slipway(ask: Ask, proxy: FaultProxy, tmp_path: Path) -> None:
    """A cluster without Slipway ends every verb with one sentence."""
    through = proxy.kubeconfig(tmp_path, "runai")
    verbs = ("list workloads", "describe workload", "policy effective", "submit", "explain", "diff")
    sentence = "the cluster does not have these resources: Slipway is not installed there"
    with proxy.on(Answer(404, "the server could not find the requested resource", "NotFound")):
        await all_end(ask, [lines.in_project(words, "team-a") for words in verbs], through, Exit.NOT_FOUND, sentence)


async def test_all_is_well_for_who_may(ask: Ask, control_plane: ControlPlane, project: str) -> None:
    """The counterpart of the tables above: if nothing is wrong, nothing is refused."""
    verbs = ("list jobs", "list workloads", "top job", "policy effective", "submit")
    typed = [lines.in_project(words, project) for words in verbs]
    typed += ["list nodes", "list projects", "list clusters", "describe node", "top node", "whoami"]
    typed += ["policy impact -f policy.yaml", f"project create {project}"]
    answers = await ask(typed, control_plane.kubeconfig)
    assert {line: said for line, said in answers.items() if said.code} == {}


# ------------------------------------------------------------ a person who may read, but not write
@pytest.fixture
async def reader(control_plane: ControlPlane, cluster: Cluster, namespace: str) -> AsyncIterator[Path]:
    """A person who may read everything in a project, with a job that runs there."""
    metadata = {"name": "viewer", "namespace": namespace}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    await cluster.create({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    await cluster.create({
        "apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "viewer"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "vera"}],
    })  # fmt: skip
    await running_job(cluster, "job-1", namespace)
    yield control_plane.kubeconfig_of("vera")


async def running_job(cluster: Cluster, name: str, namespace: str) -> None:
    """A RunaiJob with a pod that runs, as the services and a node would have made them."""
    workload = await cluster.create(interactive(name, namespace, image="ubuntu"))
    owner = {
        "apiVersion": "run.ai/v1alpha1", "kind": "InteractiveWorkload", "name": name, "controller": True,
        "uid": workload["metadata"]["uid"],
    }  # fmt: skip
    containers = {"containers": [{"name": name, "image": "ubuntu"}]}
    labels = {"run.ai/workload-uid": owner["uid"], "release": name}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": [owner]}
    await cluster.create({
        "apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata,
        "spec": {"template": {"spec": containers}},
    })  # fmt: skip
    place = {"name": f"{name}-0-0", "namespace": namespace, "labels": labels}
    await cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": place, "spec": containers})
    state = {"name": name, "image": "ubuntu", "imageID": "", "ready": True, "restartCount": 0, "state": {"running": {}}}
    status = {"phase": "Running", "containerStatuses": [state]}
    await cluster.patch("pods", f"{name}-0-0", namespace, {"status": status}, "status")


async def test_a_person_who_may_look_and_not_touch(
    ask: Ask, cluster: Cluster, project: str, namespace: str, reader: Path
) -> None:
    """A reader gets the server's refusal from every verb that writes."""
    await able(cluster, ask, f"list jobs -p {project}", reader)
    typed = [f"{line} -p {project}" for line in (
        "submit --name new --image ubuntu", "bash job-1", "attach job-1 --no-stdin --no-tty", "port-forward job-1 8080",
        "suspend job-1", "delete job job-1",
    )]  # fmt: skip
    typed.append(f"exec -p {project} job-1 true")
    await all_end(ask, typed, reader, Exit.NOT_PERMITTED, " is forbidden")
    assert await cluster.find("runaijobs", "job-1", namespace), "it is as it was"
    assert not (await cluster.get("runaijobs", "job-1", namespace))["spec"].get("suspend")
    assert not await cluster.items("trainingworkloads", namespace)


async def test_a_person_who_may_list_and_not_watch(
    ask: Ask, cluster: Cluster, control_plane: ControlPlane, project: str, namespace: str
) -> None:
    """Without the right to watch, --watch lists once and ends with the refusal."""
    await cluster.create(training("one", namespace))
    metadata = {"name": "lister", "namespace": namespace}
    rules = [{"apiGroups": ["run.ai"], "resources": ["*"], "verbs": ["list"]}]
    await cluster.create({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    await cluster.create({
        "apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "lister"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "lou"}],
    })  # fmt: skip
    lou = control_plane.kubeconfig_of("lou")

    await able(cluster, ask, f"list workloads -p {project}", lou)
    watch = f"list workloads --watch -p {project}"
    said = (await ask([watch], lou))[watch]
    assert said.code == Exit.NOT_PERMITTED
    assert "one" in said.out
    assert 'User "lou" cannot watch resource' in said.err


async def able(cluster: Cluster, ask: Ask, line: str, kubeconfig: Path) -> None:
    """Wait until the API server counts the rights that the command needs."""

    async def look() -> Said:
        return (await ask([line], kubeconfig))[line]

    await cluster.wait_for("the role to count", look, lambda said: said.code == 0)


# ------------------------------------------------------------ as processes
async def test_ctrl_c_ends_what_waits_at_once(proxy: FaultProxy, tmp_path: Path) -> None:
    """Ctrl-C ends a waiting command at once."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Silence()):
        async with under_way(tmp_path, through, "list workloads -p team-a") as process:
            await until(lambda: bool(proxy.exchanges))
            process.send_signal(2)
            out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out, err) == (Exit.INTERRUPTED, b"", b"\n")


async def test_a_server_that_is_silent_is_told_while_it_is_waited_for(proxy: FaultProxy, tmp_path: Path) -> None:
    """A silent server shows progress, then a time-out."""
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Silence()):
        async with under_way(tmp_path, through, "list workloads -p team-a", RUNAI_NO_PROGRESS="") as process:
            assert await line_of(process.stderr) == "waiting for the API server\n"
            out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out) == (Exit.UNREACHABLE, b"")
    assert err == b"Error: the API server did not answer within 10 s\n"


@pytest.mark.parametrize(
    ("line", "stream", "sentence"),
    [
        ("logs -p {} job-1", "log", "waiting for the log of pod job-1-0-0\n"),
        ("logs -p {} -f job-1", "log", "waiting for the log of pod job-1-0-0\n"),
        ("exec -p {} job-1 true", "exec", "waiting for the API server\n"),
        ("attach -p {} job-1 --no-stdin --no-tty", "attach", "waiting for the API server\n"),
    ],
)
async def test_a_stream_that_does_not_begin_is_told_while_it_is_waited_for(
    line: str, stream: str, sentence: str, cluster: Cluster, proxy: FaultProxy, project: str, tmp_path: Path
) -> None:
    """A stream that does not begin shows progress."""
    await running_job(cluster, "job-1", f"runai-{project}")
    through = proxy.kubeconfig(tmp_path, "runai")
    with proxy.on(Silence(), resource=f"pods/{stream}") as silence:
        async with under_way(tmp_path, through, line.format(project), RUNAI_NO_PROGRESS="") as process:
            await until(lambda: silence.acted == 1)
            while await line_of(process.stderr) != sentence:  # a busy machine prints more steps
                pass
            process.send_signal(2)
            await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == Exit.INTERRUPTED


async def test_a_login_program_that_takes_its_time_is_told(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A slow login program shows progress."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    script = "until test -e go; do sleep 0.05; done; echo too late >&2; exit 1"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "bash", "args": ["-c", script]}
    config["users"][0]["user"] = {"exec": {**program, "interactiveMode": "Never"}}
    kubeconfig = tmp_path / "slow"
    kubeconfig.write_text(yaml.safe_dump(config))
    async with under_way(tmp_path, kubeconfig, "list workloads -p team-a", RUNAI_NO_PROGRESS="") as process:
        assert await line_of(process.stderr) == "waiting for the login program bash\n"
        (tmp_path / "go").touch()
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == Exit.NOT_PERMITTED
    assert "too late" in err.decode()


async def test_a_server_that_goes_away_ends_what_watches(
    control_plane: ControlPlane, proxy: FaultProxy, project: str, tmp_path: Path
) -> None:
    """A server that stays away ends --watch with its words."""
    through = proxy.kubeconfig(tmp_path, "runai")
    async with under_way(tmp_path, through, f"list workloads --watch -p {project}") as process:
        await line_of(process.stdout)
        await until(lambda: proxy.count(verb="watch") == 2)  # of the project's workloads, and of the global ones
        with proxy.on(Answer(503, "gone for good")):
            ending = asyncio.create_task(process.communicate())
            while not ending.done():  # a counted watch may not have begun yet
                proxy.break_watches()
                await asyncio.wait({ending}, timeout=1)
            _, err = await ending
    assert (process.returncode, err.decode().splitlines()[-1]) == (Exit.UNREACHABLE, "Error: gone for good")


async def until(true: Callable[[], bool]) -> None:
    """Wait, for half a minute at most."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.05)


async def test_thousands_of_workloads_are_printed_as_they_come(
    runai: Type, control_plane: ControlPlane, cluster: Cluster, namespace: str, project: str, tmp_path: Path
) -> None:
    """Thousands of workloads are printed page by page."""
    slots = asyncio.Semaphore(32)

    async def make(number: int) -> None:
        async with slots:
            await cluster.create(training(f"job-{number:04}", namespace, image="ubuntu", usage="Template"))

    await asyncio.gather(*(make(number) for number in range(WORKLOADS)))
    said = await runai(f"list workloads -p {project}")
    assert (said.code, said.err) == (0, "")
    header, *rows = said.out.splitlines()
    assert header.split() == ["WORKLOAD", "USAGE", "PROJECT/GLOBAL"]
    assert [row.split()[0] for row in rows] == [f"job-{number:04}" for number in range(WORKLOADS)]
    line = f"list workloads -p {project} -o name"
    async with under_way(tmp_path, control_plane.kubeconfig, line) as process:
        assert await line_of(process.stdout) == "trainingworkload.run.ai/job-0000\n"
        assert process.returncode is None, "the first row comes before the last"
