"""A real Kubernetes control plane as processes on this machine.

    with ControlPlane(directory) as plane:                       # all parts
        plane.kubeconfig                                         # Path: administrator (group system:masters)
        plane.token                                              # str: a token of the same administrator
        plane.kubeconfig_of("ann", groups=["team-a"])            # Path: a user, by client certificate
        plane.kubeconfig_of_account("runai", "slipway-creator")  # Path: a ServiceAccount that exists, by a real token
        plane.token_of("runai", "slipway-creator")               # str: the token alone
        plane.server                                             # "https://127.0.0.1:23456"
        plane.kubectl("apply", "-f", "-", given=text)            # str: its output; PlatformError with its message
        plane.request("GET", "/api/v1/nodes")                    # decoded JSON, as the administrator
        plane.component("kube-apiserver").kill()                 # SIGKILL; .stop() .signal(n) .running .died .tail()
        plane.component("kube-apiserver").start().wait()         # again, on the same port, with the same data
        plane.audit_log                                          # Path, one JSON event a line; only with `audit`

`ControlPlane(directory, parts=API)` is etcd and the API server alone. Everything is kept in `directory`. Calling
`ControlPlane(directory).start()` again finds what runs and starts only what is missing. `stop()` stops all parts and
keeps the data; deleting the folder removes data, ports and certificates. Nothing here is asynchronous.
"""

import http.client
import json
import secrets
import ssl
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from deploy.local import binaries, commands
from deploy.local.certificates import Authority, Pair, signing_key, write_pair
from deploy.local.commands import Place
from deploy.local.errors import PlatformError
from deploy.local.kubeconfigs import write_kubeconfig
from deploy.local.kubectl import Kubectl
from deploy.local.nodes import HERE, TWO_NODES, Node, kwok_command
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Component, MakeComponent, stop_together, write_atomically
from deploy.local.started import Started
from deploy.local.streams import write_streams

API: Final = ("etcd", "kube-apiserver")
"""Enough if nothing needs to react to objects."""
ALL: Final = (*API, "kube-controller-manager", "kube-scheduler", "kwok")
"""All parts, in the order in which they start."""
ADMINISTRATOR: Final = "admin"
MASTERS: Final = "system:masters"
HOSTS: Final = ("127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
AUDIT_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
}


_UNVERIFIED = ssl.create_default_context()
"""Only used to check the health of our own processes on this machine."""
_UNVERIFIED.check_hostname, _UNVERIFIED.verify_mode = False, ssl.CERT_NONE


class ControlPlane(Started):
    """A control plane in one folder; see this module's docstring."""

    def __init__(
        self,
        directory: Path,
        *,
        parts: Collection[str] = ALL,
        ports: Mapping[str, int] | None = None,
        audit: bool | Sequence[str] = False,
        nodes: Sequence[Node] = TWO_NODES,
        listen: str = HERE,
        hosts: Mapping[str, str] | None = None,
        arguments: Mapping[str, Sequence[str]] | None = None,
        binaries_in: Path | None = None,
        prepare: Callable[["ControlPlane"], object] | None = None,
        component: MakeComponent = Component,
    ) -> None:
        """`listen` is the address that parts listen on; `hosts` are the names by which they find each other, by part,
        if they are not all on this machine. `component` makes what a part runs as: by default a process.

        `ports` fixes some of `etcd`, `etcd-peer`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`,
        `kwok`; `audit` writes a line for each request, or only for those of the users that it names; `arguments` adds
        arguments by part; `binaries_in` is the only folder to take programs from.
        `prepare` is called at each start once the API server answers, before the controllers start: the garbage
        collector looks for new kinds of objects only every 30 s, so ours must exist when it starts.
        """
        self.directory, self.parts = directory.absolute(), [part for part in ALL if part in parts]
        self.ports, self.nodes = Ports(self.directory, ports), nodes
        self.authority = Authority(self.directory / "pki")
        self._front_proxies = Authority(self.directory / "pki" / "front-proxy", "front-proxy")
        self.kubeconfig = self.directory / "kubeconfig"
        self._place = Place(self.directory, self.ports, listen, dict(hosts or {}))
        self.audit_log = self._place.audit_log
        self._audit, self._make = audit, component
        self._arguments, self._binaries_in = dict(arguments or {}), binaries_in
        self._prepare_objects = prepare
        self._components = {part: self._component(part) for part in self.parts}

    @property
    def server(self) -> str:
        """The API server's address on this machine."""
        return f"https://{HERE}:{self.ports['kube-apiserver']}"

    @property
    def components(self) -> Sequence[Component]:
        """All parts, in the order in which they start."""
        return list(self._components.values())

    def component(self, name: str) -> Component:
        """One part, which you can kill, stop, restart, or read the log of."""
        return self._components[name]

    def start(self) -> Self:
        """Start what is not running and wait until every part answers. ComponentError names a part that does not."""
        binaries.find(self.parts, self._binaries_in)
        self._prepare()
        for part in API:
            self.component(part).start()
        for part in API:
            self.component(part).wait()
        if self._prepare_objects:
            self._prepare_objects(self)
        for component in self.components:
            component.start()
        if "kwok" in self.parts:
            self._register_nodes()
        for component in self.components:
            component.wait()
        return self

    def stop(self, grace: float = GRACE) -> None:
        """Stop every part, dependents first."""
        stop_together([self._components[part] for part in self.parts if part not in API], grace)
        for part in reversed(API):
            if part in self._components:
                self.component(part).stop(grace)

    def kubeconfig_of(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig that authenticates as the user, a member of the groups."""
        path = self.directory / "kubeconfigs" / f"{_file_name('-'.join([user, *groups]))}.yaml"
        return write_kubeconfig(path, self.server, self.authority.certificate, self.authority.client(user, groups))

    def kubeconfig_of_account(self, namespace: str, name: str, seconds: int = 86400) -> Path:
        """A kubeconfig that authenticates as the ServiceAccount, with a token valid for this many seconds."""
        path = self.directory / "kubeconfigs" / f"account-{namespace}-{name}.yaml"
        return write_kubeconfig(path, self.server, self.authority.certificate, self.token_of(namespace, name, seconds))

    def token_of(self, namespace: str, name: str, seconds: int = 86400) -> str:
        """A token of the ServiceAccount, signed by the API server."""
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        answer = self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", asked)
        return str(answer["status"]["token"])

    @property
    def token(self) -> str:
        """The administrator's token; it exists once the control plane has been started."""
        return self._place.tokens.read_text().partition(",")[0]

    @property
    def kubectl(self) -> Kubectl:
        """Runs kubectl as the administrator."""
        return Kubectl(self._binary("kubectl"), self.kubeconfig)

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request as the administrator; return the decoded answer.

        PlatformError if the server refuses it, OSError if it does not answer.
        """
        status, text = self._send(method, path, body)
        if status >= 400:
            raise PlatformError(f"{method} {path}: {status} {text}")
        return json.loads(text)

    def _send(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.ports["kube-apiserver"], timeout=10, context=self._tls
        )
        try:
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.authority.certificate.decode())
        pair = self.authority.client("slipway-local", [MASTERS])
        with tempfile.NamedTemporaryFile() as file:  # the ssl module only reads a pair from a file
            file.write(pair.certificate + pair.key)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _prepare(self) -> None:
        if not any(component.running for component in self.components):
            for name in ("etcd", "etcd-peer", *self.parts[1:]):
                self.ports.choose_if_taken(name)
        pki = self.directory / "pki"
        signing_key(pki / "accounts.key")
        if not self._place.tokens.exists():
            line = f'{secrets.token_urlsafe(32)},{ADMINISTRATOR},{ADMINISTRATOR},"{MASTERS}"\n'
            write_atomically(self._place.tokens, line, 0o600)
        if not (pki / "kube-apiserver.crt").exists():
            names = [*HOSTS, *self._place.hosts.values()]
            write_pair(self.authority.server("kube-apiserver", names), pki / "kube-apiserver")
        if not (pki / "kwok.crt").exists():
            write_pair(self.authority.server("kwok", [HERE]), pki / "kwok")
            write_pair(self.authority.client("kube-apiserver-kubelet-client"), pki / "kubelet-client")
        if not (pki / "front-proxy" / "client.crt").exists():
            write_pair(self._front_proxies.client("front-proxy"), pki / "front-proxy" / "client")
        users = {} if isinstance(self._audit, bool) else {"users": [*self._audit]}
        rules = [{"level": "Metadata", **users}, {"level": "None"}]
        write_atomically(self._place.audit_policy, json.dumps({**AUDIT_POLICY, "rules": rules}))
        self._write_own(self.kubeconfig, self.server, self.authority.client(ADMINISTRATOR, [MASTERS]))
        server = self._place.url("kube-apiserver")
        for part in ("kube-controller-manager", "kube-scheduler"):
            self._write_own(self._place.kubeconfig_for(part), server, self.authority.client(f"system:{part}"))
        self._write_own(self._place.kubeconfig_for("kwok"), server, self.authority.client("kwok", [MASTERS]))

    def _write_own(self, path: Path, server: str, pair: Pair) -> None:
        if not path.exists() or server not in path.read_text():
            write_kubeconfig(path, server, self.authority.certificate, pair)

    def _register_nodes(self) -> None:
        for number, node in enumerate(self.nodes, start=1):
            address, port = f"10.200.0.{number}", self.ports["kwok"]
            status, text = self._send("POST", "/api/v1/nodes", node.manifest(address, port))
            if status == 409:  # it may come from an earlier start with another port
                path, place = f"/api/v1/nodes/{node.name}/status", {"status": node.place(address, port)}
                status, text = self._send("PATCH", path, place)
            if status not in (200, 201):
                raise PlatformError(f"cannot create node {node.name}: {status} {text}")

    def _nodes_ready(self) -> bool:
        for node in self.nodes:
            status, text = self._send("GET", f"/api/v1/nodes/{node.name}")
            if status != 200 or not is_ready(json.loads(text)):
                return False
        return True

    def _component(self, part: str) -> Component:
        answers: Mapping[str, Callable[[], bool]] = {
            "etcd": lambda: plain_get(self.ports["etcd"], "/health"),
            "kube-apiserver": self._api_ready,
            "kube-controller-manager": lambda: _tls_get(self.ports["kube-controller-manager"], "/healthz"),
            "kube-scheduler": lambda: _tls_get(self.ports["kube-scheduler"], "/readyz"),
            "kwok": self._nodes_ready,
        }
        return self._make(
            part, self.directory, lambda: [*self._command(part), *self._arguments.get(part, ())], answers[part]
        )

    def _command(self, part: str) -> list[str]:
        program, place = self._binary(part), self._place
        match part:
            case "etcd":
                return commands.etcd(program, place)
            case "kube-apiserver":
                return commands.api_server(program, place, audited=bool(self._audit))
            case "kube-controller-manager":
                return commands.controller_manager(program, place)
            case "kube-scheduler":
                return commands.scheduler(program, place)
            case _:
                streams = write_streams(self.directory / "played")
                pair, port = self.directory / "pki" / "kwok", self.ports["kwok"]
                return kwok_command(program, place.kubeconfig_for("kwok"), streams, port, pair)

    def _api_ready(self) -> bool:
        return self._send("GET", "/readyz")[0] == 200

    def _binary(self, name: str) -> Path:
        return binaries.find([name], self._binaries_in)[name]


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether pods can be scheduled on it: it is Ready, and the taint of new nodes is gone."""
    conditions = node["status"].get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in text)


def plain_get(port: int, path: str) -> bool:
    """Whether a plain HTTP server on this port of this machine answers the path with 200. OSError if none listens."""
    return _ok(http.client.HTTPConnection("127.0.0.1", port, timeout=2), path)


def _tls_get(port: int, path: str) -> bool:
    return _ok(http.client.HTTPSConnection("127.0.0.1", port, timeout=2, context=_UNVERIFIED), path)


def _ok(connection: http.client.HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
