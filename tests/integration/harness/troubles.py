"""A platform on which nothing is right, and what mends each part of it under running services."""

import json
import shutil
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, Unpack

import yaml

from deploy.local.accounts import write_account
from deploy.local.certificates import Authority, write_pair
from deploy.local.controlplane import HOSTS, ControlPlane
from deploy.local.nats import NatsServer
from deploy.local.processes import write_atomically
from deploy.rights.api import NAMESPACE, account
from tests.integration.harness.broker import guarded
from tests.integration.harness.services import SERVICES

DEPLOY = Path(__file__).parents[3] / "deploy"


class Validity(TypedDict, total=False):
    """When a certificate is valid: from so long from now, for so long."""

    begins: timedelta
    lasts: timedelta


EXPIRED: Validity = {"begins": timedelta(days=-2), "lasts": timedelta(days=1)}
NOT_YET: Validity = {"begins": timedelta(days=1)}
OLD = {"kube-apiserver": ["--emulated-version=1.35"]}
"""Arguments by which the API server is one without mutating admission policies of version v1."""


class Troubles:
    """The files by which services reach this API server and broker, all of them wrong at first."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane, self._folder = plane, folder
        self.other = Authority(folder / "other", "other")
        self.other.make()
        self.broker: NatsServer = guarded(folder / "broker", plane.authority)
        self.authority, self.bus_authority = folder / "api.crt", folder / "bus.crt"
        for path in (self.authority, self.bus_authority):
            shutil.copy(self.other.certificate_file, path)

    def accounts(self) -> None:
        """Make the services' accounts and their kubeconfigs, with a token that nobody accepts."""
        rights = [word for service in SERVICES for word in ("-f", str(DEPLOY / "rights" / f"{service}.yaml"))]
        self.plane.kubectl("apply", "--server-side", "-f", str(DEPLOY / "rights" / "namespace.yaml"))
        self.plane.kubectl("apply", "--server-side", *rights)
        cluster = {"server": self.plane.server, "certificate-authority": str(self.authority)}
        for service in SERVICES:
            write_account({"clusters": [{"name": "here", "cluster": cluster}]}, service, "wrong", self._folder)
            login = shutil.copytree(self.broker.login_of(service), self._login(service))
            (Path(login) / "password").write_text("wrong")

    def environment(self, replica: str) -> Mapping[str, str]:
        """The settings of a service's replica."""
        service = replica.rpartition("-")[0]
        return {
            "SLIPWAY_KUBECONFIG": str(self._folder / "accounts" / f"{service}.kubeconfig"),
            "SLIPWAY_NATS_URL": self.broker.url,
            "SLIPWAY_NATS_LOGIN": str(self._login(service)),
            "SLIPWAY_NATS_CA": str(self.bus_authority),
        }

    def token_file(self, service: str) -> Path:
        """The file of a service's token."""
        return self._folder / "accounts" / f"{service}.token"

    def trust(self, path: Path, *authorities: Authority) -> None:
        """Write the authorities that are trusted."""
        write_atomically(path, "".join(one.certificate.decode() for one in authorities))

    def tokens(self) -> None:
        """Give each service a token of its account."""
        for service in SERVICES:
            write_atomically(self.token_file(service), self.plane.token_of(NAMESPACE, account(service)))

    def passwords(self) -> None:
        """Give each service its password."""
        for service in SERVICES:
            shutil.copy(self.broker.login_of(service) / "password", self._login(service) / "password")

    def api_certificate(self, authority: Authority | None = None, **validity: Unpack[Validity]) -> None:
        """Let the API server show another certificate, which it reads from its files by itself."""
        signer = authority or self.plane.authority
        pair = signer.server("kube-apiserver", HOSTS, **validity)
        write_pair(pair, self.plane.directory / "pki" / "kube-apiserver")

    def bus_certificate(self, authority: Authority | None = None, **validity: Unpack[Validity]) -> None:
        """Let the broker show another certificate."""
        signer = authority or self.plane.authority
        write_pair(signer.server("nats", ["127.0.0.1"], **validity), self.broker.directory / "pki" / "nats")
        if self.broker.component.running:
            self.broker.component.signal(signal.SIGHUP)

    def definitions(self) -> None:
        """Install the kinds of Slipway, and wait until the API server has them."""
        self.plane.kubectl("apply", "--server-side", "-f", str(DEPLOY / "crds"))

    def _login(self, service: str) -> Path:
        return self._folder / "logins" / service


def lines(log: Path, phrase: str) -> list[str]:
    """The reasons that a service's log gives in lines with this phrase."""
    found = (line for line in log.read_text().splitlines() if line.startswith("{"))
    return [one.get("reason", "") for one in map(json.loads, found) if one["event"] == phrase]


def kubeconfig(folder: Path, server: str, authority: Path, token: Path) -> Path:
    """A kubeconfig whose credentials are in files."""
    path = folder / "files.kubeconfig"
    cluster = {"server": server, "certificate-authority": str(authority)}
    written = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "me", "user": {"tokenFile": str(token)}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    }
    path.write_text(yaml.safe_dump(written))
    return path
