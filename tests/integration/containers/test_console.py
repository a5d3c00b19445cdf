"""The console in containers: as closed as its pod, and people lose nothing when another one answers them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser

import aiohttp
import pytest

from deploy.local.controlplane import ControlPlane
from tests.integration.containers.replicas import ServiceContainer
from tests.integration.containers.topology import SIGN_INS, Topology
from tests.integration.harness.audit import AuditLog
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.services import CONSOLE

pytestmark = pytest.mark.containers

SENT_BY_A_PAGE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Browser:
    """What a browser does without a script: it keeps cookies, opens pages and sends forms."""

    session: aiohttp.ClientSession

    async def open(self, console: ServiceContainer, path: str) -> tuple[int, str]:
        """Open a page; return its status and text."""
        async with self.session.get(console.pages + path) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, console: ServiceContainer, token: str) -> None:
        """Sign in with a token."""
        status, text = await self.send(console, "/sign-in/token", token=token, next="/p")
        assert status == 200, text

    async def send(self, console: ServiceContainer, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; return the status and text of the page that this leads to."""
        async with self.session.post(console.pages + path, data=fields, headers=SENT_BY_A_PAGE) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser that has seen no console before."""
    jar = aiohttp.CookieJar(unsafe=True)  # also from addresses without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Browser(session)


@pytest.fixture
async def consoles(topology: Topology) -> AsyncIterator[Topology]:
    """The topology, whose consoles end with the test."""
    yield topology
    for console in topology.services[CONSOLE]:
        await console.stop()
        topology.forget(console)


async def test_people_stay_signed_in_when_another_container_answers(
    consoles: Topology, browser: Browser, control_plane: ControlPlane
) -> None:
    """Somebody signs in; their console is killed, and another one with the same keys knows them. Its own account asks
    for nothing, and it has no way to the bus."""
    log = AuditLog(control_plane.audit_log).from_now()
    (first,) = await consoles.services.start(CONSOLE)
    assert "/sign-in/token" in (await browser.open(first, "/p"))[1]  # the page with its form
    await browser.sign_in(first, control_plane.token)
    first.kill()
    (second,) = await consoles.services.start(CONSOLE)
    status, text = await browser.open(second, "/p")
    assert (status, "admin" in text) == (200, True)
    assert {ask for ask in log.asked() if ask.service == CONSOLE} == set()
    assert_closed(second)


def assert_closed(console: ServiceContainer) -> None:
    """It sees its account and its keys, which it cannot change, and is told nothing of the bus."""
    state = console.state
    assert state["HostConfig"]["ReadonlyRootfs"]
    assert {mount["RW"] for mount in state["Mounts"]} == {False}
    assert SIGN_INS in {mount["Destination"] for mount in state["Mounts"]} and len(state["Mounts"]) == 2
    assert not [one for one in state["Config"]["Env"] if "NATS" in one]


class Form(HTMLParser):
    """What a browser would send of the form with an id, if nobody touched it."""

    def __init__(self, page: str, name: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._name, self._inside = name, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a hidden or filled field."""
        said = dict(attrs)
        self._inside = said.get("id") == self._name if tag == "form" else self._inside
        wanted = self._inside and tag == "input" and said.get("type", "text") in ("hidden", "text")
        if wanted and said.get("name") and "disabled" not in said:
            self.fields[str(said["name"])] = said.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        self._inside = self._inside and tag != "form"


async def test_an_open_form_outlives_its_console(
    consoles: Topology, browser: Browser, cluster: Cluster, namespace: str, control_plane: ControlPlane
) -> None:
    """P1: the console is killed while somebody fills the form; another one takes it, and makes one job of it, although
    it is sent twice."""
    project = namespace.removeprefix("runai-")
    (first,) = await consoles.services.start(CONSOLE)
    await browser.sign_in(first, control_plane.token)
    status, page = await browser.open(first, f"/p/{project}/new/training")
    assert status == 200, page
    filled = {**Form(page, "job").fields, "v.image": "ubuntu", "v.name": "mine", "do": "submit"}
    first.kill()
    (second,) = await consoles.services.start(CONSOLE)
    for _ in range(2):
        status, page = await browser.send(second, f"/p/{project}/new/training", **filled)
        assert status == 200, page
    (workload,) = await cluster.items("trainingworkloads", namespace)
    assert (await cluster.submitted(workload))["status"]["jobName"] == "mine"
