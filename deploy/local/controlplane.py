"""A real Kubernetes control plane as processes on this machine.

    with ControlPlane(directory) as plane:                       # all parts
        plane.kubeconfig                                         # Path: administrator (group system:masters)
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
import ssl
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from deploy.local import binaries
from deploy.local.certificates import Authority, Pair, signing_key, write_pair
from deploy.local.errors import PlatformError
from deploy.local.kubeconfigs import write_kubeconfig
from deploy.local.kubectl import Kubectl
from deploy.local.nodes import HERE, TWO_NODES, Node, kwok_command
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Component, stop_together, write_atomically
from deploy.local.streams import write_streams

API: Final = ("etcd", "kube-apiserver")
"""Enough if nothing needs to react to objects."""
ALL: Final = (*API, "kube-controller-manager", "kube-scheduler", "kwok")
"""All parts, in the order in which they start."""
MASTERS: Final = "system:masters"
SERVICES: Final = "10.96.0.0/16"
"""Addresses of Services; nothing routes them on this platform."""
HOSTS: Final = ("127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
CONTROLLERS: Final = [
    "clusterrole-aggregation",
    "cronjob",
    "deployment",
    "endpoints",
    "endpointslice",
    "garbage-collector",
    "job",
    "namespace",
    "node-lifecycle",
    "persistentvolumeclaim-protection",
    "pod-garbage-collector",
    "replicaset",
    "resourcequota",
    "root-ca-certificate-publisher",
    "serviceaccount",
    "serviceaccount-token",
    "statefulset",
    "taint-eviction",
    "ttl-after-finished",
]
"""Controllers to run. Left out: those for volumes, autoscaling and kubelet certificates, and the one that reads all
schemas for seconds to warn about types in admission policies."""
AUDIT_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
}


_UNVERIFIED = ssl.create_default_context()
"""Only used to check the health of our own processes on this machine."""
_UNVERIFIED.check_hostname, _UNVERIFIED.verify_mode = False, ssl.CERT_NONE


class ControlPlane:
    """A control plane in one folder; see this module's docstring."""

    def __init__(
        self,
        directory: Path,
        *,
        parts: Collection[str] = ALL,
        ports: Mapping[str, int] | None = None,
        audit: bool | Sequence[str] = False,
        nodes: Sequence[Node] = TWO_NODES,
        address: str = "127.0.0.1",
        hosts: Sequence[str] = (),
        arguments: Mapping[str, Sequence[str]] | None = None,
        binaries_in: Path | None = None,
        prepare: Callable[["ControlPlane"], object] | None = None,
    ) -> None:
        """`address` is where the API server listens; `hosts` are other names that it is reached by.

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
        self.audit_log = self.directory / "logs" / "audit.log"
        self._audit, self._address, self._hosts = audit, address, hosts
        self._arguments, self._binaries_in = dict(arguments or {}), binaries_in
        self._prepare_objects = prepare
        self._components = {part: self._component(part) for part in self.parts}

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def server(self) -> str:
        """The API server's address on this machine."""
        return f"https://127.0.0.1:{self.ports['kube-apiserver']}"

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
        if not (pki / "kube-apiserver.crt").exists():
            write_pair(self.authority.server("kube-apiserver", [*HOSTS, *self._hosts]), pki / "kube-apiserver")
        if not (pki / "kwok.crt").exists():
            write_pair(self.authority.server("kwok", [HERE]), pki / "kwok")
            write_pair(self.authority.client("kube-apiserver-kubelet-client"), pki / "kubelet-client")
        self._front_proxies.make()
        users = {} if isinstance(self._audit, bool) else {"users": [*self._audit]}
        rules = [{"level": "Metadata", **users}, {"level": "None"}]
        write_atomically(self.directory / "audit-policy.yaml", json.dumps({**AUDIT_POLICY, "rules": rules}))
        self._write_own(self.kubeconfig, self.authority.client("admin", [MASTERS]))
        for part in ("kube-controller-manager", "kube-scheduler"):
            self._write_own(self._kubeconfig_for(part), self.authority.client(f"system:{part}"))
        self._write_own(self._kubeconfig_for("kwok"), self.authority.client("kwok", [MASTERS]))

    def _write_own(self, path: Path, pair: Pair) -> None:
        if not path.exists() or self.server not in path.read_text():
            write_kubeconfig(path, self.server, self.authority.certificate, pair)

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
            if status != 200 or not _is_ready(json.loads(text)):
                return False
        return True

    def _component(self, part: str) -> Component:
        commands: Mapping[str, Callable[[], Sequence[str]]] = {
            "etcd": self._etcd,
            "kube-apiserver": self._api_server,
            "kube-controller-manager": self._controller_manager,
            "kube-scheduler": self._scheduler,
            "kwok": self._kwok,
        }
        answers: Mapping[str, Callable[[], bool]] = {
            "etcd": lambda: _plain_get(self.ports["etcd"], "/health"),
            "kube-apiserver": self._api_ready,
            "kube-controller-manager": lambda: _tls_get(self.ports["kube-controller-manager"], "/healthz"),
            "kube-scheduler": lambda: _tls_get(self.ports["kube-scheduler"], "/readyz"),
            "kwok": self._nodes_ready,
        }
        return Component(
            part, self.directory, lambda: [*commands[part](), *self._arguments.get(part, ())], answers[part]
        )

    def _api_ready(self) -> bool:
        return self._send("GET", "/readyz")[0] == 200

    def _binary(self, name: str) -> Path:
        return binaries.find([name], self._binaries_in)[name]

    def _kubeconfig_for(self, part: str) -> Path:
        return self.directory / "pki" / f"{part}.kubeconfig"

    def _etcd(self) -> list[str]:
        client, peer = f"http://127.0.0.1:{self.ports['etcd']}", f"http://127.0.0.1:{self.ports['etcd-peer']}"
        return [
            str(self._binary("etcd")),
            "--name=slipway",
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=slipway={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
            "--quota-backend-bytes=4294967296",
            "--auto-compaction-retention=10m",
        ]

    def _api_server(self) -> list[str]:
        pki = self.directory / "pki"
        audit = [f"--audit-policy-file={self.directory / 'audit-policy.yaml'}", f"--audit-log-path={self.audit_log}"]
        return [
            str(self._binary("kube-apiserver")),
            f"--etcd-servers=http://127.0.0.1:{self.ports['etcd']}",
            f"--bind-address={self._address}",
            f"--secure-port={self.ports['kube-apiserver']}",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--service-cluster-ip-range={SERVICES}",
            f"--tls-cert-file={pki / 'kube-apiserver.crt'}",
            f"--tls-private-key-file={pki / 'kube-apiserver.key'}",
            f"--client-ca-file={self.authority.certificate_file}",
            # its credentials and address for asking a node for logs, exec, attach and port-forward
            f"--kubelet-certificate-authority={self.authority.certificate_file}",
            f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
            f"--kubelet-client-key={pki / 'kubelet-client.key'}",
            "--kubelet-preferred-address-types=ExternalIP,InternalIP",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            # No proxy authenticates users here, but without these the controllers' logs fill with errors. The authority
            # is a separate one, so that users' certificates are not checked as a proxy's first
            f"--requestheader-client-ca-file={self._front_proxies.certificate_file}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'accounts.pub'}",
            f"--service-account-signing-key-file={pki / 'accounts.key'}",
            "--profiling=false",
            *(audit if self._audit else []),
        ]

    def _controller_manager(self) -> list[str]:
        part, authority = "kube-controller-manager", self.authority
        return [
            *self._client_of_api_server(part),
            "--use-service-account-credentials=true",
            f"--root-ca-file={authority.certificate_file}",
            f"--service-account-private-key-file={self.directory / 'pki' / 'accounts.key'}",
            f"--controllers={','.join(f'{name}-controller' for name in CONTROLLERS)}",
            "--kube-api-qps=300",
            "--kube-api-burst=500",  # at the default of 20/s, starting alone takes several seconds
        ]

    def _scheduler(self) -> list[str]:
        return [*self._client_of_api_server("kube-scheduler"), "--kube-api-qps=300", "--kube-api-burst=500"]

    def _kwok(self) -> list[str]:
        streams = write_streams(self.directory / "played")
        pair, port = self.directory / "pki" / "kwok", self.ports["kwok"]
        return kwok_command(self._binary("kwok"), self._kubeconfig_for("kwok"), streams, port, pair)

    def _client_of_api_server(self, part: str) -> list[str]:
        kubeconfig, pki = self._kubeconfig_for(part), self.directory / "pki"
        return [
            str(self._binary(part)),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.ports[part]}",
            f"--cert-dir={pki}",
            "--profiling=false",
            f"--tls-cert-file={pki / 'kube-apiserver.crt'}",
            f"--tls-private-key-file={pki / 'kube-apiserver.key'}",
        ]


def _is_ready(node: Mapping[str, Any]) -> bool:
    """Whether pods can be scheduled on it: it is Ready, and the taint of new nodes is gone."""
    conditions = node["status"].get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in text)


def _plain_get(port: int, path: str) -> bool:
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
