"""A kubeconfig is read completely, whatever its authentication, without the rest of the kubernetes package."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from deploy.local.certificates import Authority
from shared.kubernetes.api import Api
from tests.integration.harness.forking import ROOT

HEAVY = ("requests", "urllib3", "pydantic", "dateutil", "kubernetes.client", "kubernetes.aio.client.api_client")


def said(script: str) -> str:
    """The output of the script in a new Python process."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_heavy_comes_in() -> None:
    """Reading a kubeconfig loads none of the generated models, so `runai` starts fast."""
    loaded = said(
        "import sys\nfrom shared.kubernetes.slim import slim_configuration\nslim_configuration()\nprint(*sys.modules)"
    )
    assert "kubernetes.aio.config.kube_config" in loaded.split()
    assert not set(HEAVY) & set(loaded.split())


def test_the_whole_package_is_there_for_whoever_asks() -> None:
    """Importing the whole client afterwards still works."""
    assert (
        said("""if True:
        from shared.kubernetes.slim import slim_configuration
        config = slim_configuration()
        import kubernetes
        from kubernetes import client, config as sync_config
        from kubernetes.aio.client import ApiClient, CoreV1Api, V1Pod
        from kubernetes.aio.client.api_client import ApiClient as named
        from kubernetes.aio.stream import WsApiClient
        assert ApiClient is named and issubclass(WsApiClient, ApiClient)
        assert kubernetes.aio.config is config is kubernetes.aio.config
        assert kubernetes.__version__ and kubernetes.aio.__all__ and kubernetes.informer
        assert V1Pod.from_dict({"kind": "Pod"}).kind == client.V1Pod(kind="Pod").kind
        try:
            kubernetes.aio.nothing
        except AttributeError as error:
            print(error)
        """)
        == "module 'kubernetes.aio' has no attribute 'nothing'\n"
    )


@pytest.mark.parametrize(
    "before", ["import kubernetes", "import kubernetes.aio.config", "from kubernetes.aio import client"]
)
def test_what_was_imported_before_stays(before: str) -> None:
    """Modules imported earlier are not replaced."""
    script = f"{before}\nimport sys\nhad = dict(sys.modules)\nfrom shared.kubernetes.slim import slim_configuration\n"
    assert said(script + "slim_configuration()\nprint(all(sys.modules[name] is had[name] for name in had))") == "True\n"


def test_it_may_be_asked_for_twice_and_makes_clients() -> None:
    """A second call returns the same module, and it can load a kubeconfig."""
    assert (
        said("""if True:
        from shared.kubernetes.slim import slim_configuration
        assert slim_configuration() is slim_configuration()
        import asyncio, kubernetes.aio.config.kube_config as loader
        async def main():
            async with loader.ApiClient() as client:
                print(type(client).__module__)
        asyncio.run(main())
        """)
        == "kubernetes.aio.client.api_client\n"
    )


def kubeconfig(folder: Path, user: dict[str, Any], **cluster: Any) -> str:
    path = folder / "kubeconfig"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443/", **cluster}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return str(path)


def content(path: str | None) -> bytes:
    assert path is not None
    return Path(path).read_bytes()


async def bearer(path: str) -> str | None:
    """What authenticates a call."""
    api = await Api.connect(path)
    try:
        return (await api._access.headers()).get("Authorization")
    finally:
        await api.close()


async def test_a_token_and_a_file_of_one(tmp_path: Path) -> None:
    """Tokens, token files and basic credentials become the right header."""
    (tmp_path / "token").write_text("from-file")
    assert await bearer(kubeconfig(tmp_path, {"token": "mine"})) == "Bearer mine"
    assert await bearer(kubeconfig(tmp_path, {"tokenFile": str(tmp_path / "token")})) == "Bearer from-file"
    assert await bearer(kubeconfig(tmp_path, {"tokenFile": "token"})) == "Bearer from-file"
    assert await bearer(kubeconfig(tmp_path, {"username": "a", "password": "b"})) == "Basic YTpi"
    assert await bearer(kubeconfig(tmp_path, {})) is None


async def test_an_exec_plugin(tmp_path: Path) -> None:
    """A login program is run with its variables, and its token is used."""
    status = {"token": "of-the-plugin", "expirationTimestamp": "2999-01-01T00:00:00Z"}
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    script = f"import os; assert os.environ['ASKED'] == 'yes'; print('''{json.dumps(answer)}''')"
    plugin = {
        "apiVersion": answer["apiVersion"],
        "command": sys.executable,
        "args": ["-c", script],
        "env": [{"name": "ASKED", "value": "yes"}],
        "interactiveMode": "Never",
    }
    assert await bearer(kubeconfig(tmp_path, {"exec": plugin})) == "Bearer of-the-plugin"


async def test_client_certificates_as_files_and_as_data(tmp_path: Path) -> None:
    """Client certificates work as files and inline."""
    authority = Authority(tmp_path / "ca")
    pair = authority.client("ann")
    (tmp_path / "ann.crt").write_bytes(pair.certificate)
    (tmp_path / "ann.key").write_bytes(pair.key)
    files = {"client-certificate": "ann.crt", "client-key": "ann.key"}
    data = {f"{name}-data": base64.b64encode((tmp_path / file).read_bytes()).decode() for name, file in files.items()}
    for user in (files, data):
        api = await Api.connect(kubeconfig(tmp_path, user, **{"certificate-authority": "ca/ca.crt"}))
        assert content(api._access.configuration.cert_file) == pair.certificate
        assert content(api._access.configuration.ssl_ca_cert) == authority.certificate
        await api.close()


@pytest.fixture
async def issuer() -> AsyncIterator[str]:
    """An identity provider that renews every login."""

    async def configuration(request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": str(request.url.with_path("/token"))})

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        assert form["refresh_token"] == "old", form
        return web.json_response({"id_token": "renewed", "refresh_token": "next"})

    app = web.Application()
    app.add_routes([web.get("/.well-known/openid-configuration", configuration), web.post("/token", token)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_oidc_as_long_as_it_lasts_and_renewed(tmp_path: Path, issuer: str) -> None:
    """A valid OIDC token is used, an expired one is renewed."""
    for expires, expected in ((time.time() + 3600, None), (time.time() - 3600, "Bearer renewed")):
        claims = base64.urlsafe_b64encode(json.dumps({"exp": int(expires)}).encode()).decode().rstrip("=")
        provider = {
            "client-id": "slipway",
            "client-secret": "s",
            "id-token": f"head.{claims}.sign",
            "refresh-token": "old",
            "idp-issuer-url": issuer,
        }
        user = {"auth-provider": {"name": "oidc", "config": provider}}
        assert await bearer(kubeconfig(tmp_path, user)) == (expected or f"Bearer head.{claims}.sign")
