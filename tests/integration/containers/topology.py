"""Everything that the stories need, on one network: the control plane, the broker, and the services.

Nothing is found by an address, only by name. Services know what a pod would know: their environment, the account that
is mounted into them, and Secrets.
"""

import asyncio
import shutil
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_bytes

from testcontainers.core.network import Network

from deploy.local.controlplane import API, ControlPlane
from deploy.local.nats import EVERYTHING, USERS, NatsServer
from deploy.local.seals import SealKeys
from deploy.rights.api import NAMESPACE
from deploy.rights.bus import BOOTSTRAP, Permissions
from shared.kubernetes.reading import ACCOUNT
from tests.integration.containers.mounts import Mount
from tests.integration.containers.replicas import ServiceContainer
from tests.integration.containers.servers import contained
from tests.integration.containers.tokens import Tokens
from tests.integration.harness.audit import AUDITED
from tests.integration.harness.broker import TESTER
from tests.integration.harness.pipeline import QUICK
from tests.integration.harness.prepare import prepare
from tests.integration.harness.seals import seal_keys
from tests.integration.harness.services import CONSOLE, SERVICES, Replicas, standing

PARTS = (*API, "kube-controller-manager")
EVERYWHERE = "0.0.0.0"
LOGIN, AUTHORITY, SEAL, SEALS = "/etc/slipway/bus", "/etc/slipway/bus-ca", "/etc/slipway/seal", "/etc/slipway/seals"
SIGN_INS = "/etc/slipway/console"
"""Where Secrets are mounted."""


def control_plane_in(network: Network, folder: Path) -> ControlPlane:
    """A control plane on this network, reached from here as well."""
    names = {part: part for part in PARTS}
    return ControlPlane(
        folder,
        parts=PARTS,
        prepare=prepare,
        audit=AUDITED,
        listen=EVERYWHERE,
        hosts=names,
        component=contained(network),
    )


def broker_in(
    network: Network, folder: Path, plane: ControlPlane, users: Mapping[str, Permissions | None] = USERS
) -> NatsServer:
    """A broker on this network as it is shipped, with one more user: the test's."""
    everyone = {**users, TESTER: EVERYTHING}
    made = contained(network)
    return NatsServer(folder, address=EVERYWHERE, users=everyone, authority=plane.authority, component=made)


class Topology:
    """A control plane and a broker that run, and services that a test starts, breaks and scales."""

    def __init__(self, network: Network, plane: ControlPlane, nats: NatsServer, image: str, folder: Path) -> None:
        """`folder` is where the services' Secrets are kept."""
        self.plane, self.nats, self.image = plane, nats, image
        self.network, self._folder = network, folder
        self._tokens = Tokens(plane)
        self._mounts = {user: dict(self._secrets_of(user)) for user in (*SERVICES, CONSOLE, BOOTSTRAP)}
        self.services = Replicas(partial(self.replica, image=image))

    def replica(self, service: str, number: int, more: Mapping[str, str], image: str) -> ServiceContainer:
        """A replica of a service from this image, which does not run yet."""
        settings = {**standing(service), **QUICK, **self._told(service), **more}
        return ServiceContainer(service, number, self.network, image, settings, self._mounts[service])

    def renew_tokens(self) -> str:
        """Give each service a new token, as the kubelet does, and revoke the old ones; return one of those."""
        old = (self._mounts[SERVICES[0]][str(ACCOUNT)].folder / "token").read_text()
        with self._tokens.renewed():
            for service in SERVICES:
                self._mounts[service][str(ACCOUNT)].write(account_of(self.plane, self._tokens.of(service)))
        return old

    def give_login(self, service: str, nats: NatsServer, user: str) -> None:
        """Replace the user of the broker that a service is, as an administrator does by changing its Secret."""
        self._mounts[service][LOGIN].write(login_of(nats, user))

    def declare(self) -> None:
        """Declare the stream, as the installation does. AssertionError with what was printed if it is refused."""
        step = self.replica(BOOTSTRAP, 0, {}, self.image)
        try:
            step.start()
            step.wait()
            assert step.exit_code == 0, step.tail()
        finally:
            step.remove()

    async def scale(self, service: str, replicas: int) -> None:
        """Have this many replicas of a service: new ones become ready, the last ones end as a pod does."""
        there = self.services[service]
        await self.services.start(service, max(0, replicas - len(there)))
        spare = there[replicas:]
        await asyncio.gather(*(replica.stop() for replica in spare))
        for replica in spare:
            self.forget(replica)

    def forget(self, replica: ServiceContainer) -> None:
        """Remove a replica that has ended. AssertionError with what it printed if it has crashed."""
        assert not replica.crashed, replica.tail()
        replica.remove()
        self.services.all.remove(replica)

    def replace_broker(self) -> None:
        """Kill the broker, and start another one that knows the same users and has no stream."""
        self.nats.component.kill()
        self.nats.stop()
        shutil.rmtree(self.nats.directory / "jetstream")
        self.nats.start()

    @contextmanager
    def away(self, *parts: str) -> Iterator[None]:
        """End the broker (`nats`) or parts of the control plane while inside, so that nobody finds their name."""
        components = [self.nats.component if part == "nats" else self.plane.component(part) for part in parts]
        for component in components:
            component.kill()
        try:
            yield
        finally:
            for component in components:
                component.start().wait()

    async def mend(self) -> None:
        """One replica of each service, connected, running and ready, whatever a test has left."""
        for replica in self.services.all:
            replica.join()
            replica.resume()
        self.services.restart()
        for service in SERVICES:
            await self.scale(service, 1)
        await self.services.ready()

    async def end(self) -> None:
        """Stop all services gracefully, and remove them."""
        try:
            await self.services.stop()
        finally:
            for replica in self.services.all:
                replica.remove()

    def _told(self, service: str) -> Mapping[str, str]:
        server = self.plane.ports["kube-apiserver"]
        cluster = {"KUBERNETES_SERVICE_HOST": "kube-apiserver", "KUBERNETES_SERVICE_PORT": str(server)}
        if service == CONSOLE:
            return cluster
        return {
            **cluster,
            "SLIPWAY_NATS_URL": f"tls://nats:{self.nats.ports['nats']}",
            "SLIPWAY_NATS_LOGIN": LOGIN,
            "SLIPWAY_NATS_CA": f"{AUTHORITY}/ca.crt",
            **SealKeys.named(service, Path(SEAL, "private.pem"), Path(SEALS)),
        }

    def _secrets_of(self, user: str) -> Iterator[tuple[str, Mount]]:
        """Each Secret of a service, by the path at which it is mounted."""
        authority, keys = self.plane.authority.certificate.decode(), seal_keys()
        contents = (
            {SIGN_INS: {"keys": f"{b64encode(token_bytes(32)).decode()}\n"}}
            if user == CONSOLE
            else {LOGIN: login_of(self.nats, user), AUTHORITY: {"ca.crt": authority}}
        )
        if user != BOOTSTRAP:
            contents[str(ACCOUNT)] = account_of(self.plane, self._tokens.of(user))
        if user == "resolver":
            contents[SEAL] = {"private.pem": keys.private.read_text()}
        if user == "creator":
            contents[SEALS] = {path.name: path.read_text() for path in keys.public.glob("*.pem")}
        for path, files in contents.items():
            yield path, Mount(self._folder / user / Path(path).name, files)


def account_of(plane: ControlPlane, token: str) -> dict[str, str]:
    """The files of a mounted account."""
    return {"token": token, "ca.crt": plane.authority.certificate.decode(), "namespace": NAMESPACE}


def login_of(nats: NatsServer, user: str) -> dict[str, str]:
    """The files of a Secret of type kubernetes.io/basic-auth for a user of the broker."""
    return {part: (nats.login_of(user) / part).read_text() for part in ("username", "password")}
