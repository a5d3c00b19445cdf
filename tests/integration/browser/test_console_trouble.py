"""What goes wrong beneath an open page is said in a sentence; nothing that was typed is lost, or sent twice."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import aiohttp
import pytest
from playwright.async_api import APIResponse, Browser, Route, expect

from deploy.local.controlplane import ControlPlane
from deploy.local.ports import HeldPort
from services.console.routes import ROUTES
from services.console.sealing import new_key
from tests.integration.browser.conftest import CONSOLE, Platform
from tests.integration.browser.new_job import NewJob
from tests.integration.browser.visitors import RESEARCHER, STRANGER, Visitors, token_of
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import foreign, training
from tests.integration.harness.services import ServiceProcess, Services
from tests.integration.harness.tcp import TcpProxy

FORM: Final = "application/x-www-form-urlencoded"
UNANSWERED: Final = ("Failed to fetch", "network error")
TRAININGS: Final = "trainingworkloads"
POSTS: Final = sorted({route.path for route in ROUTES if route.method == "POST"} - {"/sign-out"})
"""Addresses that take a form; who signs out sends none."""
BODIES: Final = {
    "larger than 1024 KiB": (b"v.image=" + b"a" * (1024 * 1024), FORM),
    "more than 4000 fields": (b"&".join(b"a=b" for _ in range(4001)), FORM),
    "not encoded as UTF-8": (b"v.image=%ff", FORM),
    "expected application/x-www-form-urlencoded": (b'{"gpu": 1}', "application/json"),
}
"""Bodies with their types, by what is said of them."""


@dataclass
class Distant:
    """A console of its own, whose way to the API server can be cut."""

    url: str
    process: ServiceProcess
    way: TcpProxy


@pytest.fixture(scope="module")
async def beyond(
    running: object, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Distant]:
    """That console, for this module."""
    folder, port = tmp_path_factory.mktemp("beyond"), HeldPort()
    way = TcpProxy(control_plane.ports["kube-apiserver"])
    known = control_plane.kubeconfig_of("slipway-console").read_text()
    (folder / "kubeconfig").write_text(known.replace(control_plane.server, f"https://127.0.0.1:{way.port}"))
    (folder / "keys").write_text(new_key())
    settings = {
        "CONSOLE_KEYS": str(folder / "keys"),
        "SLIPWAY_KUBECONFIG": str(folder / "kubeconfig"),
        "CONSOLE_PORT": str(port.number),
        "CONSOLE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    services = Services(lambda _: settings, folder)
    try:
        [process] = await services.start(CONSOLE)
        yield Distant(f"http://127.0.0.1:{port.number}", process, way)
    finally:
        way.restore()
        await services.stop()
        way.close()


@pytest.fixture
async def call(beyond: Distant, chromium: Browser, console: Platform) -> AsyncIterator[Visitors]:
    """Open pages of that console."""
    made = Visitors(chromium, beyond.url)
    yield made
    beyond.way.restore()
    _unanswered(made)
    await made.leave()


def _unanswered(visitors: Visitors) -> None:
    """Forget that requests failed, which the browser and htmx report too."""
    visitors.complaints[:] = [one for one in visitors.complaints if not any(words in one for words in UNANSWERED)]


async def test_the_api_server_is_away_under_a_form(
    call: Visitors, beyond: Distant, project: str, namespace: str, cluster: Cluster
) -> None:
    """The form says that nothing is checked, keeps what is typed, submits nothing, and goes on once it can."""
    form = await NewJob(await call(), project).open()
    await form.text("Image").fill("ubuntu")
    await form.settled()
    beyond.way.refuse()
    await form.text("GPUs").fill("2")
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.verdict).to_contain_text("API server")
    other = await form.page.context.new_page()
    answer = await other.goto(f"/p/{project}/templates")
    assert answer and answer.status == 503
    await expect(other.get_by_role("alert")).to_contain_text("API server")
    beyond.way.restore()
    await form.settled()
    await expect(form.text("GPUs")).to_have_value("2")
    assert await cluster.items(TRAININGS, namespace) == []
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.page).to_have_url(re.compile(rf"/p/{project}/training/job-\d.*$"))
    [sent] = await cluster.items(TRAININGS, namespace)
    assert sent["spec"]["gpu"] == {"value": "2"}


async def test_a_list_survives_its_api_server_and_its_console(
    call: Visitors, beyond: Distant, project: str, namespace: str, cluster: Cluster
) -> None:
    """It says that it is not live, keeps its rows and what was chosen, and shows what came meanwhile."""
    await cluster.create(training("first", namespace, image="ubuntu", name="first"))
    await cluster.submitted(training("first", namespace))
    page = await call()
    await page.goto(f"/p/{project}/jobs")
    await page.get_by_role("checkbox", name="first", exact=True).check()
    beyond.way.refuse()
    await expect(page.locator("#standing")).to_contain_text("not live")
    beyond.way.restore()
    await expect(page.locator("#standing")).to_have_text("live")
    beyond.process.kill()
    await cluster.create(training("second", namespace, image="ubuntu", name="second"))
    beyond.process.start()
    await expect(page.get_by_role("link", name="second", exact=True)).to_be_visible()
    await expect(page.get_by_role("checkbox", name="first", exact=True)).to_be_checked()


async def test_a_lost_answer_makes_no_second_workload(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """If the connection breaks after the workload was created, pressing again leads to that one."""
    form = await NewJob(await visit(), project).open()
    await form.text("Image").fill("ubuntu")
    await form.settled()
    lost = list[APIResponse]()

    async def lose(route: Route) -> None:
        if lost or route.request.method != "POST":
            await route.continue_()
            return
        lost.append(await route.fetch(max_redirects=0))
        await route.abort("connectionreset")

    await form.page.route(f"**/p/{project}/new/training", lose)
    submit = form.page.get_by_role("button", name="Submit", exact=True)
    await submit.click()
    await expect(form.verdict).to_contain_text("does not answer")
    await expect(form.text("Image")).to_have_value("ubuntu")
    await submit.click()
    await expect(form.page).to_have_url(re.compile(rf"/p/{project}/training/job-\d.*$"))
    assert len(await cluster.items(TRAININGS, namespace)) == 1
    _unanswered(visit)


async def test_a_name_that_is_taken_meanwhile(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """The name was free when it was typed: whoever submits is told, and finds everything again."""
    form = await NewJob(await visit(), project).open()
    await form.text("Image").fill("ubuntu")
    await form.text("Name").fill("taken")
    await form.settled()
    await cluster.create(foreign(namespace, "taken"))
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.page.get_by_role("main")).to_contain_text("ConfigMap taken")
    await expect(form.page.get_by_role("main")).to_contain_text("ubuntu")


async def test_somebody_without_rights_learns_so(visit: Visitors, project: str) -> None:
    """Every page of a project says in the server's sentence what is missing, and names nothing of it."""
    page = await visit(STRANGER)
    for below in (
        "jobs",
        "workloads",
        "templates",
        "policies",
        "new/training",
        "training/anything",
        "policies/training",
    ):
        answer = await page.goto(f"/p/{project}/{below}")
        assert answer and answer.status in (200, 403, 404), below
        await expect(page.get_by_role("main")).to_contain_text(re.compile("cannot|forbidden|not allowed"))


@pytest.mark.parametrize("said", BODIES)
async def test_bodies_that_are_no_form_get_a_sentence(console: Platform, project: str, said: str) -> None:
    """Whatever is posted anywhere, the answer says what is wrong with it, and is no mistake of the console."""
    body, kind = BODIES[said]
    headers = {"Authorization": f"Bearer {token_of(RESEARCHER)}", "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    steps = {"project": project, "kind": "training", "name": "any", "act": "suspend"}
    async with aiohttp.ClientSession(console.url) as session:
        for path in POSTS:
            address = re.sub(r"\{(\w+)(:[^}]*)?\}", lambda found: steps[found[1]], path)
            async with session.post(address, data=body, headers=headers) as answer:
                text = await answer.text()
                assert (answer.status in (400, 413), said in text) == (True, True), (
                    address,
                    answer.status,
                    text[-600:],
                )
