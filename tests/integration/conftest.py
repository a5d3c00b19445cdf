"""Fixtures of the integration tests.

Each worker has one control plane. Each test that runs services has its own broker, since stream and subjects have
constant names. Services watch all namespaces, so each test removes what it created before the next one starts.
"""

import os
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local import binaries
from deploy.local.controlplane import ALL, API, ControlPlane
from deploy.local.nats import NatsServer
from deploy.local.processes import strays
from shared.parameters.limits import MOST_SECRETS
from tests.integration.harness.accounts import account_of
from tests.integration.harness.audit import AUDITED, AuditLog
from tests.integration.harness.broker import declared, guarded, told_of
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.commands import Said, Type, typed_in
from tests.integration.harness.forked import SUBMITTING, Line, Start, forked_line
from tests.integration.harness.forking import the_forker
from tests.integration.harness.kubelet import Kubelet, node_of, running_kubelet
from tests.integration.harness.manifests import interactive, policy
from tests.integration.harness.operators import installed
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.prepare import (
    HOME,
    WATCHERS_LEASE,
    admitting,
    new_project,
    prepare,
    remove_project,
    serving,
)
from tests.integration.harness.proxy import FaultProxy
from tests.integration.harness.refusals import STAMP
from tests.integration.harness.services import SERVICES, Replicas, Services
from tests.integration.harness.shells import JOB, POD, Run, job_of, pod_of
from tests.integration.harness.standing import STANDING, STAYING, Standing
from tests.integration.harness.tcp import TcpProxy

DURATIONS = Path(__file__).with_name("durations.txt")
"""Seconds that each file takes, longest first, as written by `make durations`."""
RUN = "SLIPWAY_TEST_RUN"
"""Environment variable that marks every process started by this test run."""


def pytest_configure(config: pytest.Config) -> None:
    """Restore the default handling of Ctrl-C, which shells disable for background jobs, and of SIGHUP, which `nohup`
    disables; child processes rely on it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if not _is_worker(config):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        os.environ[RUN] = secrets.token_hex(8)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what is left running: an interrupted run gives its workers no time to end all that they started."""
    if _is_worker(config):
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(RUN) == os.environ[RUN]:
                process.kill()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files longest first, so that no worker ends long after the others; new files count as long."""
    known = [line.split()[1] for line in DURATIONS.read_text().splitlines()]
    items.sort(key=lambda item: known.index(item.path.name) if item.path.name in known else -1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--update-durations`, record how long each file took."""
    if not config.getoption("update_durations"):
        return
    taken: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                taken[Path(report.fspath).name] += round(report.duration)
    before = {name: int(seconds) for seconds, name in map(str.split, DURATIONS.read_text().splitlines())}
    lasts = Counter({**before, **taken})  # other stages' files keep their place
    DURATIONS.write_text("".join(f"{seconds:4} {name}\n" for name, seconds in lasts.most_common()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the ends of the services' logs to the report of a failed test."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Replicas) and value.all:
                report.sections.append((f"logs of {name}", value.tails()))
    return report


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Etcd, API server and controller manager, with our resources and admission policies and namespace `runai`."""
    folder = tmp_path_factory.mktemp("control-plane")
    parts = (*API, "kube-controller-manager")
    with ControlPlane(folder, parts=parts, prepare=prepare, audit=AUDITED) as plane:
        admitting(plane)
        yield plane
        denied = AuditLog(plane.audit_log).denied()
    assert denied == set(), "rights that a service lacked in some test"
    assert not list(strays(folder))


@pytest.fixture(scope="module")
def nodes(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The control plane with a scheduler and two simulated nodes of 8 GPUs, for this module, so that pods run."""
    whole = ControlPlane(control_plane.directory, parts=ALL, audit=AUDITED).start()
    yield whole
    for part in ("kwok", "kube-scheduler"):
        whole.component(part).stop()


@pytest.fixture(scope="session")
async def cluster(control_plane: ControlPlane, pytestconfig: pytest.Config) -> AsyncIterator[Cluster]:
    """A client with the administrator's rights."""
    kubectl, etcd = binaries.find(["kubectl"])["kubectl"], control_plane.ports["etcd"]
    async with Cluster(control_plane.kubeconfig, kubectl, etcd) as client:
        await serving(client)
        pytestconfig.stash[STANDING] = Standing(client, await client.registry.keys())
        yield client


@pytest.fixture(scope="module", autouse=True)
async def tidy(pytestconfig: pytest.Config) -> AsyncIterator[None]:
    """Check that no file leaves anything behind: no object of any kind in the cluster, and no process."""
    yield
    if the_forker.cache_info().currsize:
        staying = pytestconfig.stash.get(STAYING, None)
        known = {process.pid for process in staying.all} if staying else set()
        assert set(the_forker().running) - known == set(), "processes that a test left running"
    if standing := pytestconfig.stash.get(STANDING, None):
        await standing.nothing_left()


@pytest.fixture(scope="module")
async def operators(cluster: Cluster) -> AsyncIterator[None]:
    """Install the kinds of other operators in the cluster, without their operators."""
    async with installed(cluster):
        yield


@pytest.fixture
async def namespace(cluster: Cluster) -> AsyncIterator[str]:
    """The namespace of this test's own project; what the test leaves there and in `runai` is removed."""
    name = await new_project(cluster)
    yield name
    await remove_project(cluster, name)


@pytest.fixture
def project(namespace: str) -> str:
    """The project of `namespace`."""
    return namespace.removeprefix("runai-")


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """This test's own broker, open to everyone."""
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def broker(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[NatsServer]:
    """This test's own broker as it is shipped: TLS, a user for each service, the stream declared."""
    with guarded(tmp_path / "broker", control_plane.authority) as server:
        await declared(server)
        yield server


@pytest.fixture
async def services(
    namespace: str, cluster: Cluster, control_plane: ControlPlane, broker: NatsServer, tmp_path: Path
) -> AsyncIterator[Services]:
    """Services, none of which runs yet: the test starts those it needs. All must stop gracefully after the test."""

    def environment(replica: str) -> dict[str, str]:
        kubeconfig = account_of(replica, control_plane.kubeconfig)
        return {"SLIPWAY_KUBECONFIG": str(kubeconfig), **told_of(broker, replica)}

    async with _ended(Services(environment, tmp_path), cluster, tmp_path) as made:
        yield made


@pytest.fixture
async def platform(services: Services) -> Services:
    """All five services, one replica each, ready."""
    await services.start_all()
    return services


@pytest.fixture
def runai(control_plane: ControlPlane, tmp_path: Path) -> Type:
    """Run `runai ...`, as the administrator unless another kubeconfig is given. No output may be a traceback."""
    return typed_in(tmp_path, control_plane.kubeconfig)


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[FaultProxy]:
    """A proxy in front of the API server that fails on demand."""
    made = FaultProxy(control_plane.kubeconfig)
    yield made
    made.close()


@pytest.fixture
def nats_proxy(nats_server: NatsServer) -> Iterator[TcpProxy]:
    """A proxy in front of the broker that fails on demand."""
    made = TcpProxy(nats_server.ports["nats"])
    yield made
    made.close()


@pytest.fixture
async def proxied_services(
    namespace: str, cluster: Cluster, proxy: FaultProxy, nats_proxy: TcpProxy, tmp_path: Path
) -> AsyncIterator[Services]:
    """As `services`, behind `proxy` (client `creator-0` for the first creator, and so on) and `nats_proxy`."""

    def environment(replica: str) -> dict[str, str]:
        kubeconfig = proxy.kubeconfig(tmp_path, replica)
        return {"SLIPWAY_KUBECONFIG": str(kubeconfig), "SLIPWAY_NATS_URL": f"nats://127.0.0.1:{nats_proxy.port}"}

    async with _ended(Services(environment, tmp_path), cluster, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
async def module_pipeline(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    control_plane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Line]:
    """All five services behind proxies, for this module: only those in its `RUNS`, with its `SETTINGS`, if defined.

    A module has either this or services per test: two watchers would not share their work.
    """
    folder = tmp_path_factory.mktemp("pipeline")
    runs, settings = getattr(request.module, "RUNS", SERVICES), getattr(request.module, "SETTINGS", {})
    try:
        async with forked_line(control_plane.kubeconfig, folder, runs, environment=settings) as made:
            yield made
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def pipeline(module_pipeline: Line, namespace: str) -> AsyncIterator[Line]:
    """The module's pipeline in working order; what the test breaks is repaired afterwards."""
    module_pipeline.proxy.forget()
    yield module_pipeline
    await module_pipeline.mend()


@pytest.fixture
async def start(cluster: Cluster, control_plane: ControlPlane, namespace: str, tmp_path: Any) -> AsyncIterator[Start]:
    """Start this test's own pipeline with the given services and settings."""

    def made(services: tuple[str, ...] = SUBMITTING, **environment: str) -> AbstractAsyncContextManager[Line]:
        return forked_line(control_plane.kubeconfig, tmp_path, services, environment=environment)

    yield made
    await cluster.delete("leases", WATCHERS_LEASE, HOME)


@asynccontextmanager
async def _ended(services: Services, cluster: Cluster, folder: Path) -> AsyncIterator[Services]:
    try:
        yield services
    finally:
        try:
            await services.stop()
        finally:
            # otherwise the next test's watcher would wait until a killed one's lease expires
            await cluster.delete("leases", WATCHERS_LEASE, HOME)
            assert not list(strays(folder))


@pytest.fixture
async def kubelet(control_plane: ControlPlane, cluster: Cluster, tmp_path: Path) -> AsyncIterator[Kubelet]:
    """A node of the cluster whose kubelet the test controls."""
    async with running_kubelet(control_plane.authority, tmp_path) as made:
        await cluster.create(node_of(made, f"node-{made.port}"))
        yield made
        await cluster.delete("nodes", f"node-{made.port}")


@pytest.fixture
async def put(kubelet: Kubelet, cluster: Cluster, namespace: str) -> Run:
    """Put a pod of a job on that node, and set its status to running."""

    async def put(pod: str = POD, job: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
        owner = job or await cluster.create(job_of(JOB, namespace))
        await cluster.create(pod_of(owner, pod, f"node-{kubelet.port}", **container))
        await cluster.patch("pods", pod, namespace, {"status": {"phase": "Running"}}, "status")
        return owner

    return put


@pytest.fixture
async def ann(runai: Type, control_plane: ControlPlane, cluster: Cluster, project: str) -> Path:
    """The kubeconfig of a researcher of the project, with a researcher's rights only, once they count."""
    made = await runai(f"project create {project} --user ann")
    assert made.code == 0, made.err
    researcher = control_plane.kubeconfig_of("ann")

    async def look() -> Said:
        return await runai(f"policy effective --kind training -p {project}", researcher)  # reads project and runai

    await cluster.wait_for("ann's rights to count", look, lambda said: said.code == 0)
    return researcher


@pytest.fixture
async def submit(runai: Type, project: str, pipeline: Pipeline) -> Type:
    """Run `runai submit` in the test's own project; `verb` selects a related command."""

    async def typed(line: str, *who: Path, verb: str = "submit", **environment: str) -> Said:
        before, dashes, after = line.partition(" -- ")
        patient = {"RUNAI_GLANCE": "1m", **environment}  # a busy machine may decide nothing within 2 s
        return await runai(f"{verb} {before} -p {project}{dashes}{after}", *who, **patient)

    return typed


@pytest.fixture(scope="module")
async def admission(cluster: Cluster) -> None:
    """Wait until the admission policies take effect, which is a moment after they were written."""

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

    async def guarded_in_policies() -> bool:
        many = {f"A{index}": {"value": f"SECRET:s{index},k"} for index in range(MOST_SECRETS + 1)}
        try:
            await cluster.create(policy("TrainingPolicy", "default", environment={"items": many}), dryRun="All")
        except ApiError as error:
            return "different Secrets" in str(error)
        return False

    await cluster.wait_for("the stamp of admission", stamped)
    await cluster.wait_for("the guard of Secrets", guarded)
    await cluster.wait_for("the guard of Secrets in policies", guarded_in_policies)
