"""Slipway's image: what it holds, what it says of itself, and that each service runs in it as it will run in a pod."""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import aiohttp
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from deploy.images import bases, build
from deploy.images.engine import Engine
from deploy.local.controlplane import ControlPlane
from deploy.local.errors import PlatformError
from deploy.local.kubeconfigs import write_kubeconfig
from deploy.local.progress import Progress
from deploy.local.seals import SealKeys
from deploy.rights.api import NAMESPACE, account
from tests.integration.containers.replicas import CLOSED, HTTP
from tests.integration.containers.runs import this_run
from tests.integration.containers.servers import server_image
from tests.integration.harness.services import CONSOLE, SERVICES

pytestmark = pytest.mark.containers

MOST: Final = 60_000_000
"""Bytes that the image may have over its base."""
LONGEST: Final = 120
"""Seconds until a service is ready, on a busy machine."""
ANYBODY: Final = "10001:10001"
"""A user that the image does not know, as OpenShift gives one to each namespace."""
NATS: Final = "open-nats"
"""A broker without users, as for a first try."""
LOOK: Final = """
import base64, csv, hashlib, importlib.metadata, importlib.util, json, os, pathlib, stat
app = pathlib.Path("/app")
files = [path for path in app.rglob("*") if path.is_file()]
stale = []
for path in (path for path in files if path.suffix == ".py"):
    compiled = pathlib.Path(importlib.util.cache_from_source(path))
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little") if compiled.exists() else None
    stale += [] if flags == 1 else [str(path)]
untrue = []
for record in (app / "packages").glob("*.dist-info/RECORD"):
    for name, digest, _ in csv.reader(record.open()):
        found = app / "packages" / name
        if digest and (not found.exists() or digest.removeprefix("sha256=") != base64.urlsafe_b64encode(
            hashlib.sha256(found.read_bytes()).digest()).decode().rstrip("=")):
            untrue.append(name)
print(json.dumps({
    "top": sorted(path.name for path in app.iterdir()),
    "installed": sorted(f"{one.metadata['Name']} {one.version}" for one in importlib.metadata.distributions(
        path=[str(app / "packages")])),
    "not compiled": stale,
    "not as recorded": untrue,
    "may be changed": [str(path) for path in [app, *app.rglob("*")] if os.access(path, os.W_OK)],
    "not root's": [str(path) for path in app.rglob("*") if path.stat().st_uid],
    "user": [os.getuid(), os.getgid()],
}))
"""
"""Looks around inside: the flags of a compiled file are 1 if Python must not compare it with its source."""


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The engine of this machine; where there is none, a sentence says how to get one."""
    try:
        return Engine.connect()
    except PlatformError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    """The image of this checkout."""
    return build.service_image()


@pytest.fixture(scope="module")
def inside(engine: Engine, image: str) -> Any:
    """What is in it."""
    return json.loads(engine.said(image, "python", "-c", LOOK))


def test_it_holds_the_services_and_what_they_need_and_nothing_else(inside: Any) -> None:
    """Neither the command line nor what installs Slipway nor tests; nothing that its user may change."""
    own = f"slipway-{build.version(build.ROOT)}.dist-info"
    top = ["healthy.py", "packages", "sbom.cdx.json", "services", "shared", own]
    assert [name for name in inside["top"] if name != "__pycache__"] == top
    assert (inside["may be changed"], inside["not root's"], inside["user"]) == ([], [], [65532, 65532])


def test_nothing_is_compiled_at_a_start(inside: Any) -> None:
    """Every module is there compiled, and Python does not look whether its source is newer."""
    assert inside["not compiled"] == []


def test_what_traces_need_is_in_it(engine: Engine, image: str) -> None:
    """The module that makes and sends traces, which a service imports only if they are turned on, can be used."""
    made = "from shared.process.spans import OpenTelemetry; OpenTelemetry('status').close(); print('closed')"
    assert engine.said(image, "python", "-c", made).strip() == "closed"


def test_the_bill_of_materials_names_what_is_installed(engine: Engine, image: str, inside: Any) -> None:
    """Every package with its version; the packages' own lists of their files are true."""
    bill = json.loads(engine.said(image, "python", "-c", "print(open('/app/sbom.cdx.json').read())"))
    listed = [f"{part['name']} {part['version']}" for part in bill["components"] if part["type"] == "library"]
    assert sorted(listed) == inside["installed"]
    assert inside["not as recorded"] == []
    assert not {"pytest", "docker", "kubernetes", "psutil"} & {name.split()[0] for name in listed}


def test_it_is_small(engine: Engine, image: str, notes: list[str]) -> None:
    """At most 60 MB over its base."""
    described = engine.describe(image)
    base = described["Config"]["Labels"]["org.opencontainers.image.base.name"]
    over = described["Size"] - engine.describe(base)["Size"]
    notes.append(f"image: {described['Size'] / 1e6:.1f} MB, of which {over / 1e6:.1f} MB over {base}")
    assert 0 < over <= MOST


def test_what_it_says_of_itself(engine: Engine, image: str) -> None:
    """Not root by number, so that a pod can insist on that; nothing in it needs a shell; labels name its origin."""
    own = engine.describe(image)["Config"]
    assert (own["User"], own["StopSignal"], own["Entrypoint"]) == ("65532:65532", "SIGTERM", ["python", "-m"])
    assert own["Healthcheck"]["Test"] == ["CMD", "python", "/app/healthy.py"]
    labels = {key.removeprefix("org.opencontainers.image."): text for key, text in own["Labels"].items()}
    assert (labels["title"], labels["version"]) == ("slipway", build.version(build.ROOT))
    assert labels["licenses"] == "Apache-2.0"
    assert {"description", "base.name"} <= set(labels)


def test_the_same_inputs_give_the_same_layers(engine: Engine, image: str) -> None:
    """Every step done again gives the same bytes at another time: files, their order, owners and times."""
    again, quiet = f"slipway-test:{image.rpartition(':')[2]}", Progress()
    build.build(engine, build.ROOT, bases.base_image(engine, quiet), again, quiet, anew=True)
    try:
        first, second = (engine.describe(name)["RootFS"]["Layers"] for name in (image, again))
        assert first == second
    finally:
        engine.client.images.remove(again)


def test_a_base_or_a_server_that_somebody_names_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it cannot be pulled, the sentence names it, the reason and the variable, and nothing is made instead."""
    nowhere = "127.0.0.1:1/nobody:1"
    monkeypatch.setenv("BASE_IMAGE", nowhere)
    with pytest.raises(PlatformError, match=rf"^cannot pull {nowhere}: .*; BASE_IMAGE names it: name one that"):
        build.service_image()
    monkeypatch.setenv("ETCD_IMAGE", nowhere)
    with pytest.raises(PlatformError, match=rf"^cannot pull {nowhere}: .*; ETCD_IMAGE names it: name one that"):
        build.server_image("etcd")


@pytest.fixture(scope="module")
def open_broker(network: Network) -> Iterator[str]:
    """The address of a broker that anybody may use, in a container."""
    made = DockerContainer(server_image("nats")).with_command(["--jetstream", "--store_dir", "/tmp"])
    made = made.with_network(network).with_network_aliases(NATS).with_kwargs(labels=this_run())
    with made:
        yield f"nats://{NATS}:4222"


@pytest.fixture(scope="module")
def seals(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[Path, str]]:
    """What is mounted into the services that need keys: paths outside and inside."""
    keys = SealKeys(tmp_path_factory.mktemp("seals")).make()
    keys.private.chmod(0o644)  # the container's user is another one than the test's
    sign_ins = tmp_path_factory.mktemp("console") / "keys"
    sign_ins.write_text(f"{b64encode(token_bytes(32)).decode()}\n")
    return {
        "resolver": {keys.private: "/etc/slipway/seal/private.pem"},
        "creator": {keys.public: "/etc/slipway/seal-keys"},
        CONSOLE: {sign_ins: "/etc/slipway/console/keys"},
    }


async def test_each_service_becomes_healthy_with_two_settings(
    network: Network,
    control_plane: ControlPlane,
    open_broker: str,
    image: str,
    seals: Mapping[str, Mapping[Path, str]],
    tmp_path: Path,
    notes: list[str],
) -> None:
    """The broker's address, which the console does not need, and a kubeconfig are all that it must be told. It runs as
    any user, changes no file, is healthy for Docker, and ends with 0 after SIGTERM."""
    told = {"SLIPWAY_NATS_URL": open_broker, "SLIPWAY_KUBECONFIG": "/kubeconfig"}
    declared(network, image, open_broker)
    every = (*SERVICES, CONSOLE)
    mounted = {
        name: {kubeconfig(control_plane, name, tmp_path): "/kubeconfig", **seals.get(name, {})} for name in every
    }
    made = {name: described(image, name, told, mounted[name]) for name in every}
    with ExitStack() as running:
        started = {name: running.enter_context(one.with_network(network)) for name, one in made.items()}
        taken = await asyncio.gather(*map(ready, started.values()))
        for one in started.values():
            await until(one, lambda one: state(one)["Health"]["Status"] == "healthy")
        for (name, one), seconds in zip(started.items(), taken, strict=True):
            processor, memory = spent(one)
            notes.append(f"{name}: ready after {seconds:.1f} s, {processor:.1f} s of processor; {memory / 1e6:.0f} MB")
        for one in started.values():
            one.get_wrapped_container().stop(timeout=LONGEST)
        assert {name: state(one)["ExitCode"] for name, one in started.items()} == dict.fromkeys(every, 0)


async def test_a_container_that_is_not_ready_says_why(
    network: Network, control_plane: ControlPlane, image: str, tmp_path: Path
) -> None:
    """`docker inspect` shows the sentence of /readyz."""
    told = {"SLIPWAY_NATS_URL": "nats://nowhere:4222", "SLIPWAY_KUBECONFIG": "/kubeconfig"}
    mounted = {kubeconfig(control_plane, "status", tmp_path): "/kubeconfig"}
    with described(image, "status", told, mounted).with_network(network) as one:
        await until(one, lambda one: any("bus: " in look["Output"] for look in state(one)["Health"]["Log"]))
        assert all(look["ExitCode"] == 1 for look in state(one)["Health"]["Log"])


def described(image: str, service: str, told: Mapping[str, str], mounted: Mapping[Path, str]) -> DockerContainer:
    """A container of a service, with these settings and no others, and as closed as a pod."""
    made = DockerContainer(image).with_command([f"services.{service}"]).with_envs(**told)
    for outside, inside in mounted.items():
        made = made.with_volume_mapping(str(outside), inside, "ro")
    often = {"interval": 500_000_000}  # nanoseconds
    return made.with_exposed_ports(HTTP).with_kwargs(**CLOSED, user=ANYBODY, labels=this_run(), healthcheck=often)


def declared(network: Network, image: str, broker: str) -> None:
    """Declare the stream, by the image's own step of the installation, which needs one setting."""
    with described(image, "bootstrap", {"SLIPWAY_NATS_URL": broker}, {}).with_network(network) as step:
        ended = step.get_wrapped_container().wait(timeout=LONGEST)
        assert ended["StatusCode"] == 0, step.get_logs()


def kubeconfig(plane: ControlPlane, service: str, folder: Path) -> Path:
    """A kubeconfig with the service's own account, for the API server as containers find it."""
    server = f"https://kube-apiserver:{plane.ports['kube-apiserver']}"
    token = plane.token_of(NAMESPACE, account(service))
    path = write_kubeconfig(folder / service, server, plane.authority.certificate, token)
    path.chmod(0o644)
    return path


async def ready(one: DockerContainer) -> float:
    """Wait until the service is ready; return the seconds since its container started."""
    assert state(one)["Running"], one.get_logs()
    url = f"http://{one.get_container_host_ip()}:{one.get_exposed_port(HTTP)}/readyz"
    async with aiohttp.ClientSession() as session:

        async def answers() -> bool:
            try:
                async with session.get(url) as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                assert state(one)["Running"], one.get_logs()
                return False

        async with asyncio.timeout(LONGEST):
            while not await answers():
                await asyncio.sleep(0.05)
    return time.time() - datetime.fromisoformat(state(one)["StartedAt"][:26] + "+00:00").timestamp()


def spent(one: DockerContainer) -> tuple[float, int]:
    """The seconds of processor that the service has used so far, and the bytes of memory that it has."""
    code = (
        "import os; own = open('/proc/1/stat').read().rpartition(')')[2].split(); "
        "print((int(own[11]) + int(own[12])) / os.sysconf('SC_CLK_TCK'), int(own[21]) * os.sysconf('SC_PAGE_SIZE'))"
    )
    processor, memory = one.exec(["python", "-c", code]).output.split()
    return float(processor), int(memory)


async def until(one: DockerContainer, holds: Callable[[DockerContainer], bool]) -> None:
    """Wait until this holds of the container. AssertionError with what it printed if it does not."""
    ends = time.monotonic() + LONGEST
    while not holds(one):
        assert time.monotonic() < ends, one.get_logs()
        await asyncio.sleep(0.1)


def state(one: DockerContainer) -> Any:
    """What the engine says of the container's state now."""
    container = one.get_wrapped_container()
    container.reload()
    return container.attrs["State"]
