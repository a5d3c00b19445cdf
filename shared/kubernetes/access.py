"""How the API server is reached and with which identity: what a kubeconfig or a pod's account says.

`kubernetes.aio` handles files, tokens, their renewal and login programs. It supports neither impersonation nor the
environment's proxies: these are read here, as kubectl reads them.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from multidict import CIMultiDict

from shared.errors import UnauthorizedError
from shared.kubernetes.slim import slim_configuration

if TYPE_CHECKING:
    from kubernetes.aio.client.configuration import Configuration

Headers = tuple[tuple[str, str], ...]

IN_HEADER_NAMES: Final = "!#$&'*+-.^_`|~"
"""What the name of a header may hold besides letters and digits; of these, `%` begins an escape."""
PROXIES: Final = ("http", "https")
"""Schemes by which a proxy can be reached."""


class UnusableError(Exception):
    """A kubeconfig or an environment demands something that is not possible and must not be ignored."""


@dataclass(frozen=True)
class Access:
    """How one API server is reached, and with which identity."""

    configuration: Configuration
    acting_as: Headers = ()
    """Headers sent besides the credentials, by which their owner impersonates somebody else."""

    @property
    def server(self) -> str:
        """Return its address, without a slash at the end."""
        return str(self.configuration.host).rstrip("/")

    @property
    def server_name(self) -> str | None:
        """Return the name that its certificate must have if that differs from the address."""
        return self.configuration.tls_server_name or None

    @property
    def proxy(self) -> str | None:
        """Return the proxy in between: the kubeconfig's, else the environment's; UnusableError if it is unsupported."""
        proxy = self.configuration.proxy or proxy_for(self.server, os.environ)
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        if proxy and urlsplit(proxy).scheme not in PROXIES:
            way = urlsplit(proxy).scheme
            raise UnusableError(f"the proxy is one of {way}://, and only those of http:// and https:// can be used")
        return proxy or None

    @property
    def tls(self) -> ssl.SSLContext | bool:
        """Return which certificates to trust and which to present; False for a plain server."""
        if not self.server.startswith("https"):
            return False
        its = self.configuration
        context = ssl.create_default_context(cafile=its.ssl_ca_cert, cadata=its.ca_cert_data)
        if its.cert_file:
            context.load_cert_chain(its.cert_file, keyfile=its.key_file)
        if not its.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if its.disable_strict_ssl_verification:
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    async def headers(self) -> CIMultiDict[str]:
        """Return the headers that identify the caller of each request; a token is renewed when it is due."""
        auth = await self.configuration.auth_settings()
        token = auth.get("BearerToken")
        headers = CIMultiDict(self.acting_as)
        if token and token.get("value"):
            headers["Authorization"] = str(token["value"])
        return headers


async def read_access(kubeconfig: str | None, context: str | None) -> Access:
    """Read the kubeconfig (else KUBECONFIG, else the pod's account), in that context or in its current one."""
    config = slim_configuration()
    from kubernetes.aio.client.configuration import Configuration

    configuration = Configuration()
    file = kubeconfig or os.environ.get("KUBECONFIG")
    if not file and "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config(configuration)
        return Access(configuration)
    reader = config.kube_config
    merged = reader.KubeConfigMerger(file or reader.KUBE_CONFIG_DEFAULT_LOCATION).config
    loader = reader.KubeConfigLoader(merged, active_context=context, config_base_path=None)
    with _complaints() as complaints:
        await loader.load_and_set(configuration)
    if complaints:  # the package would continue anonymously, and every later refusal would say so
        raise UnauthorizedError(f"the login program of the kubeconfig failed: {'; '.join(complaints)}")
    name = loader.current_context["context"].get("user")
    users = [user.value for user in merged.value["users"] if user.value["name"] == name]  # one, the first file's
    return Access(configuration, acting_as(users[0].get("user") or {} if users else {}))


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the reading of a configuration logs as an error instead of raising it."""
    said: list[str] = []

    def heard(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            said.append(" ".join(record.getMessage().split()))
        return record.levelno < logging.ERROR

    logger = logging.getLogger("kubernetes.aio.config.kube_config")
    logger.addFilter(heard)
    try:
        yield said
    finally:
        logger.removeFilter(heard)


def acting_as(user: Mapping[str, Any]) -> Headers:
    """Return the headers by which a kubeconfig's user impersonates (`as`, `as-uid`, `as-groups`, `as-user-extra`).

    UnusableError if it is unclear as which user: nobody may act with all of their own rights by mistake.
    """
    extra = user.get("as-user-extra") or {}
    if not isinstance(extra, dict):
        raise UnusableError("as-user-extra must be lists of texts, by their keys")
    told = {
        "Impersonate-User": ("as", _listed(user.get("as"))),
        "Impersonate-Uid": ("as-uid", _listed(user.get("as-uid"))),
        "Impersonate-Group": ("as-groups", user.get("as-groups") or []),
    }
    for key, values in extra.items():
        told[f"Impersonate-Extra-{quote(str(key), safe=IN_HEADER_NAMES)}"] = (f"as-user-extra {key}", values or [])
    for said, values in told.values():
        if not isinstance(values, list) or not all(isinstance(value, str) and value.isprintable() for value in values):
            raise UnusableError(f"{said} must be text, in one line")
    headers = tuple((name, value) for name, (_, values) in told.items() for value in values)
    if headers and headers[0][0] != "Impersonate-User":
        raise UnusableError("as-uid, as-groups and as-user-extra require `as`, the user to act as")
    return headers


def _listed(value: Any) -> list[Any]:
    return [] if value in (None, "") else [value]


def proxy_for(server: str, environment: Mapping[str, str]) -> str | None:
    """Return the environment's proxy for the server; None if there is none, and always for this very machine."""
    try:
        url = urlsplit(server)
        host = url.hostname or ""
    except ValueError:  # not an address at all: the call itself reports that
        return None
    proxy, spared = (_either(environment, f"{name}_proxy") for name in (url.scheme, "no"))
    if host == "localhost" or _is_loopback(host) or any(_means(entry, host) for entry in spared.split(",")):
        return None
    return proxy or None


def _either(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name.upper()) or environment.get(name) or ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _means(entry: str, host: str) -> bool:
    """Return whether an entry of NO_PROXY covers the host: `*`, an address range, or a name with all its subdomains."""
    entry = entry.strip().lower()
    try:
        return entry == "*" or ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
