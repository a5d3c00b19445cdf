"""Gives each of Slipway's services a kubeconfig of its own, with the rights in `deploy/rights` and no others.

A kubeconfig names the file of a token, which services read again once a minute. So a token is renewed under a running
service: `make up` does that each time.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local.kubectl import Kubectl
from deploy.local.processes import write_atomically
from deploy.rights.api import NAMESPACE, account

FOLDER: Final = "accounts"
"""The folder of the services' credentials in that of a platform."""
LASTS: Final = "720h"
"""How long a token is valid, unless the cluster allows less: a platform may run for days between two `make up`."""


def kubeconfig_of(service: str, directory: Path) -> Path:
    """The kubeconfig of a service of the platform in this folder."""
    return directory / FOLDER / f"{service}.kubeconfig"


def give_accounts(kubectl: Kubectl, directory: Path, services: Iterable[str]) -> None:
    """Write the services' kubeconfigs and new tokens; their accounts must exist. PlatformError if one is refused."""
    config = kubectl.json("config", "view", "--minify", "--flatten")
    for service in services:
        token = kubectl("create", "token", account(service), f"--namespace={NAMESPACE}", f"--duration={LASTS}")
        write_account(config, service, token.strip(), directory)


def write_account(config: Any, service: str, token: str, directory: Path) -> Path:
    """Write the service's token, and a kubeconfig with it for the cluster of `config`; return the kubeconfig."""
    path = kubeconfig_of(service, directory)
    write_atomically(path.with_suffix(".token"), token, 0o600)
    context = {"cluster": config["clusters"][0]["name"], "user": account(service)}
    written = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "slipway",
        "clusters": config["clusters"][:1],
        "users": [{"name": account(service), "user": {"tokenFile": f"{service}.token"}}],
        "contexts": [{"name": "slipway", "context": context}],
    }
    write_atomically(path, yaml.safe_dump(written, sort_keys=False), 0o600)
    return path
