"""The commands of a control plane's parts. Pure.

Each is given its program, and a `Place`: where the parts keep their files, listen, and find each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from deploy.local.nodes import HERE

SERVICES: Final = "10.96.0.0/16"
"""Addresses of Services; nothing routes them on this platform."""
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


class Numbers(Protocol):
    """The ports of the parts, by name."""

    def __getitem__(self, name: str) -> int:
        """Return the port with that name."""


@dataclass(frozen=True)
class Place:
    """Where the parts of one control plane keep their files, listen, and find each other."""

    directory: Path
    ports: Numbers
    listen: str = HERE
    """The address that parts listen on."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """The host that a part is found at by the others, by name; this machine unless named here."""

    @property
    def pki(self) -> Path:
        """The folder of keys and certificates."""
        return self.directory / "pki"

    @property
    def tokens(self) -> Path:
        """The file of tokens that the API server knows, each with its user and groups."""
        return self.pki / "tokens.csv"

    @property
    def audit_log(self) -> Path:
        """The API server's audit log."""
        return self.directory / "logs" / "audit.log"

    @property
    def audit_policy(self) -> Path:
        """What is written down in the audit log."""
        return self.directory / "audit-policy.yaml"

    def kubeconfig_for(self, part: str) -> Path:
        """The kubeconfig of a part."""
        return self.pki / f"{part}.kubeconfig"

    def url(self, part: str, port: str = "", scheme: str = "https") -> str:
        """The address at which the others find a part; `port` is the name of its port if that is not its own."""
        return f"{scheme}://{self.hosts.get(part, HERE)}:{self.ports[port or part]}"


def etcd(program: Path, place: Place) -> list[str]:
    """The command of the store, which is fast and does not survive a power loss."""
    peer = place.url("etcd", "etcd-peer", "http")
    return [
        str(program),
        "--name=slipway",
        f"--data-dir={place.directory / 'etcd'}",
        f"--listen-client-urls=http://{place.listen}:{place.ports['etcd']}",
        f"--advertise-client-urls={place.url('etcd', scheme='http')}",
        f"--listen-peer-urls=http://{HERE}:{place.ports['etcd-peer']}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=slipway={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--quota-backend-bytes=4294967296",
        "--auto-compaction-retention=10m",
    ]


def api_server(program: Path, place: Place, *, audited: bool) -> list[str]:
    """The command of the API server."""
    pki, authority = place.pki, place.pki / "ca.crt"
    audit = [f"--audit-policy-file={place.audit_policy}", f"--audit-log-path={place.audit_log}"]
    return [
        str(program),
        f"--etcd-servers={place.url('etcd', scheme='http')}",
        f"--bind-address={place.listen}",
        f"--secure-port={place.ports['kube-apiserver']}",
        f"--advertise-address={HERE}",
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={SERVICES}",
        f"--tls-cert-file={pki / 'kube-apiserver.crt'}",
        f"--tls-private-key-file={pki / 'kube-apiserver.key'}",
        f"--client-ca-file={authority}",
        f"--token-auth-file={place.tokens}",
        # its credentials and address for asking a node for logs, exec, attach and port-forward
        f"--kubelet-certificate-authority={authority}",
        f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=ExternalIP,InternalIP",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        # How it shows itself to the servers behind it, such as those of metrics; without these, the controllers' logs
        # fill with errors as well. The authority is a separate one, so that users' certificates are not checked as a
        # proxy's first
        f"--proxy-client-cert-file={pki / 'front-proxy' / 'client.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy' / 'client.key'}",
        f"--requestheader-client-ca-file={pki / 'front-proxy' / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'accounts.pub'}",
        f"--service-account-signing-key-file={pki / 'accounts.key'}",
        "--profiling=false",
        *(audit if audited else []),
    ]


def controller_manager(program: Path, place: Place) -> list[str]:
    """The command of the controllers."""
    return [
        *_client_of_api_server(program, place, "kube-controller-manager"),
        "--use-service-account-credentials=true",
        f"--root-ca-file={place.pki / 'ca.crt'}",
        f"--service-account-private-key-file={place.pki / 'accounts.key'}",
        f"--controllers={','.join(f'{name}-controller' for name in CONTROLLERS)}",
        "--kube-api-qps=300",
        "--kube-api-burst=500",  # at the default of 20/s, starting alone takes several seconds
    ]


def scheduler(program: Path, place: Place) -> list[str]:
    """The command of the scheduler."""
    own = _client_of_api_server(program, place, "kube-scheduler")
    return [*own, "--kube-api-qps=300", "--kube-api-burst=500"]


def _client_of_api_server(program: Path, place: Place, part: str) -> list[str]:
    kubeconfig = place.kubeconfig_for(part)
    return [
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        f"--bind-address={place.listen}",
        f"--secure-port={place.ports[part]}",
        f"--cert-dir={place.pki}",
        "--profiling=false",
        f"--tls-cert-file={place.pki / 'kube-apiserver.crt'}",
        f"--tls-private-key-file={place.pki / 'kube-apiserver.key'}",
    ]
