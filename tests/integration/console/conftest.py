"""Fixtures of the console's sign-in: an API server that believes a provider, the console, and browsers."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable

import pytest

from deploy.local.certificates import Authority
from deploy.local.controlplane import API, ControlPlane
from services.console.sealing import new_key
from tests.integration.harness.console import Browser, Replica, replica
from tests.integration.harness.provider import CLIENT, SECRET, Provider, believed

KEYS = (b64decode(new_key()),)
Enter = Callable[[Replica], Browser]


@pytest.fixture(scope="session")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Provider]:
    """The provider."""
    folder = tmp_path_factory.mktemp("provider")
    made = await Provider(Authority(folder / "pki"), folder).start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
async def plane(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ControlPlane]:
    """An API server that takes the provider's tokens."""
    folder = tmp_path_factory.mktemp("believing")
    believed(provider, folder / "authentication.yaml")
    arguments = {"kube-apiserver": [f"--authentication-config={folder / 'authentication.yaml'}"]}
    plane = ControlPlane(folder, parts=API, arguments=arguments)
    await asyncio.to_thread(plane.start)
    yield plane
    await asyncio.to_thread(plane.stop)


@pytest.fixture(scope="session")
def settings(provider: Provider) -> dict[str, object]:
    """How the console knows the provider."""
    (provider.folder / "secret").write_text(f"{SECRET}\n")
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client": CLIENT,
        "oidc_secret": provider.folder / "secret",
        "oidc_ca": provider.authority.certificate_file,
    }


@pytest.fixture
async def console(plane: ControlPlane, settings: dict[str, object], provider: Provider) -> AsyncIterator[Replica]:
    """The console; its own account has all rights, which must never be anybody's."""
    provider.honest()
    async with replica(plane.kubeconfig, KEYS, **settings) as made:
        yield made


@pytest.fixture
async def enter(plane: ControlPlane, provider: Provider) -> AsyncIterator[Enter]:
    """Open a browser."""
    made: list[Browser] = []

    def opened(console: Replica) -> Browser:
        made.append(Browser(console.url, provider.authority.certificate))
        return made[-1]

    yield opened
    for browser in made:
        await browser.close()


@pytest.fixture
async def browser(console: Replica, enter: Enter) -> Browser:
    """A browser in which nobody is signed in."""
    return enter(console)
