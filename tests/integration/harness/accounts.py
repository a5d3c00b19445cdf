"""The accounts that services have on a test's API server: those that Slipway ships, and no other rights."""

from functools import cache
from pathlib import Path

from deploy.local import binaries
from deploy.local.accounts import give_accounts, kubeconfig_of
from deploy.local.kubectl import Kubectl
from tests.integration.harness.services import SERVICES


@cache
def accounts_on(administrator: Path) -> Path:
    """The folder with the services' credentials for the cluster of this kubeconfig, written on first use."""
    kubectl = Kubectl(binaries.find(["kubectl"])["kubectl"], administrator)
    give_accounts(kubectl, administrator.parent, SERVICES)
    return administrator.parent


def account_of(replica: str, administrator: Path) -> Path:
    """The kubeconfig of a service, by the name of a replica such as `creator-0`."""
    return kubeconfig_of(service_of(replica), accounts_on(administrator))


def token_of(replica: str, administrator: Path) -> str | None:
    """The token of a service, by the name of a replica; None if this is no service's name."""
    return account_of(replica, administrator).with_suffix(".token").read_text() if service_of(replica) else None


def service_of(replica: str) -> str:
    """The service of a replica; empty if this is no service's name."""
    service = replica.rpartition("-")[0]
    return service if service in SERVICES else ""
