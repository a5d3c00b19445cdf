"""Tokens of the services' accounts that can be revoked: each is bound to a Secret, and ends with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from deploy.local.controlplane import ControlPlane
from deploy.rights.api import NAMESPACE, account

SECRETS: Final = f"/api/v1/namespaces/{NAMESPACE}/secrets"
ACCOUNTS: Final = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"


class Tokens:
    """The tokens of one topology."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._bound, self._spare = self._secret("tokens-a"), self._secret("tokens-b")

    def of(self, service: str) -> str:
        """A token of the service's account, as the kubelet asks for it."""
        secret = {name: self._bound[name] for name in ("apiVersion", "kind")}
        secret |= {name: self._bound["metadata"][name] for name in ("name", "uid")}
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600, "boundObjectRef": secret},
        }
        answer = self._plane.request("POST", f"{ACCOUNTS}/{account(service)}/token", asked)
        return str(answer["status"]["token"])

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Tokens made inside are others; all earlier ones are revoked at the end."""
        self._bound, self._spare = self._spare, self._bound
        yield
        name = self._spare["metadata"]["name"]
        self._plane.request("DELETE", f"{SECRETS}/{name}")
        self._spare = self._secret(name)

    def _secret(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = self._plane.request("POST", SECRETS, {"metadata": {"name": name}})
        return {"apiVersion": "v1", "kind": "Secret", **made}
