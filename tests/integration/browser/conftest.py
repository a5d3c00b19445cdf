"""Fixtures of the console's stories: one platform with a console and one browser for each worker of a run."""

from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser

from deploy.local.controlplane import ControlPlane
from deploy.local.ports import HeldPort
from deploy.local.processes import strays
from services.console.sealing import new_key
from tests.integration.browser import chromium as chromium_program
from tests.integration.browser.showcase import NAMESPACE, PROJECT, furnished
from tests.integration.browser.visitors import RESEARCHER, Visitors, write_tokens
from tests.integration.harness.accounts import account_of, service_of
from tests.integration.harness.audit import AUDITED, AuditLog
from tests.integration.harness.broker import declared, guarded, told_of
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said, Type, typed_in
from tests.integration.harness.prepare import HOME, WATCHERS_LEASE, admitting, prepare, remove_project
from tests.integration.harness.services import SERVICES, ServiceProcess, Services
from tests.integration.harness.standing import STANDING, STAYING

CONSOLE = "console"


@dataclass
class Platform:
    """A whole platform that runs until the end of the run, with simulated nodes: jobs become Running by themselves."""

    services: Services
    """All of them run before each test: who kills one starts it again."""
    url: str
    """Where the console serves its pages."""
    links: Path
    """The folder of its one-time links."""

    @property
    def console(self) -> ServiceProcess:
        """The console's process."""
        return self.services[CONSOLE][0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the ends of the services' logs to the report of a failed test."""
    report = yield
    if report.failed and isinstance(platform := getattr(item, "funcargs", {}).get("console"), Platform):
        report.sections.append(("logs of the platform", platform.services.tails(12)))
    return report


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """All of it, with simulated nodes, for people with tokens: see `visitors`."""
    folder = tmp_path_factory.mktemp("control-plane")
    arguments = {"kube-apiserver": [f"--token-auth-file={write_tokens(folder / 'people.csv')}"]}
    with ControlPlane(folder, prepare=prepare, audit=AUDITED, arguments=arguments) as plane:
        admitting(plane)
        yield plane
        denied = AuditLog(plane.audit_log).denied()
    assert denied == set(), "rights that a service lacked in some test"
    assert not list(strays(folder))


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """This worker's browser."""
    if not chromium_program.program():
        pytest.fail(chromium_program.MISSING, pytrace=False)
    async with chromium_program.started() as browser:
        yield browser


@pytest.fixture(scope="session")
async def running(
    control_plane: ControlPlane,
    cluster: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Platform]:
    """The platform of this worker; see `console`."""
    folder, port = tmp_path_factory.mktemp("platform"), HeldPort()
    (folder / "keys").write_text(new_key())
    settings = {
        "CONSOLE_PORT": str(port.number),
        "CONSOLE_KEYS": str(folder / "keys"),
        "CONSOLE_LINKS": str(folder / "links"),
        "CONSOLE_TRUSTED_PROXIES": "127.0.0.1/32",  # pages bring their token in a header
    }
    with guarded(folder / "broker", control_plane.authority) as broker:
        await declared(broker)

        def environment(replica: str) -> dict[str, str]:
            if not service_of(replica):  # the console: known to the API server, with no rights
                known = control_plane.kubeconfig_of("slipway-console")
                return {"SLIPWAY_KUBECONFIG": str(known), **settings}
            kubeconfig = account_of(replica, control_plane.kubeconfig)
            return {"SLIPWAY_KUBECONFIG": str(kubeconfig), **told_of(broker, replica)}

        services = pytestconfig.stash[STAYING] = Services(environment, folder)
        try:
            await services.start_all(*SERVICES, CONSOLE)
            await pytestconfig.stash[STANDING].stays()
            yield Platform(services, f"http://127.0.0.1:{port.number}", folder / "links")
        finally:
            await services.stop()
            await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def console(running: Platform) -> AsyncIterator[Platform]:
    """The platform, ready; what the test kills is started again afterwards."""
    yield running
    running.services.restart()
    await running.services.ready()


@pytest.fixture
async def visit(console: Platform, chromium: Browser) -> AsyncIterator[Visitors]:
    """Open pages of the console: `page = await visit()` for a researcher of `project`, once it has that fixture."""
    made = Visitors(chromium, console.url)
    yield made
    await made.leave()


@pytest.fixture
async def project(namespace: str, runai: Type, control_plane: ControlPlane, cluster: Cluster) -> str:
    """This test's own project, in which the researcher has a researcher's rights, once they count."""
    name = namespace.removeprefix("runai-")
    await granted(name, runai, control_plane.kubeconfig_of(RESEARCHER), cluster)
    return name


@pytest.fixture(scope="module")
async def showcase(
    running: Platform, control_plane: ControlPlane, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The project of `showcase`, in which the researcher has a researcher's rights, for this module."""
    runai = typed_in(tmp_path_factory.mktemp("showcase"), control_plane.kubeconfig)
    kubeconfig = control_plane.kubeconfig_of(RESEARCHER)
    await granted(PROJECT, runai, kubeconfig, cluster)
    try:
        async with Cluster(kubeconfig) as researcher:
            await furnished(cluster, researcher)
        yield PROJECT
    finally:
        await remove_project(cluster, NAMESPACE)


async def granted(project: str, runai: Type, researcher: Path, cluster: Cluster) -> None:
    """Make the project with the researcher in it, and wait until their rights count."""
    made = await runai(f"project create {project} --user {RESEARCHER}")
    assert made.code == 0, made.err

    async def look() -> Said:
        return await runai(f"policy effective --kind training -p {project}", researcher)  # reads project and runai

    await cluster.wait_for("the researcher's rights to count", look, lambda said: said.code == 0)
