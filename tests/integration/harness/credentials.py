"""The address of an API server and our credentials for it, read from a kubeconfig."""

import base64
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Credentials:
    """The current context of a kubeconfig, ready for aiohttp."""

    server: str
    tls: ssl.SSLContext | None
    """Trusts the server's authority and presents our certificate; None for a plain HTTP server."""
    anonymous_tls: ssl.SSLContext | None
    """Trusts the same authority and presents no certificate."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that authenticate each request if no certificate does."""

    @classmethod
    def read(cls, kubeconfig: Path) -> "Credentials":
        """Read the file's current context; relative paths are relative to its folder."""
        config = yaml.safe_load(kubeconfig.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        token = user.get("token")
        return cls(
            server=str(cluster["server"]).rstrip("/"),
            tls=_tls(cluster, user, kubeconfig.parent),
            anonymous_tls=_tls(cluster, {}, kubeconfig.parent),
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _tls(cluster: dict[str, Any], user: dict[str, Any], folder: Path) -> ssl.SSLContext | None:
    if not str(cluster["server"]).startswith("https"):
        return None
    authority = _content(cluster, "certificate-authority", folder)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    certificate, key = _content(user, "client-certificate", folder), _content(user, "client-key", folder)
    if certificate and key:
        with tempfile.NamedTemporaryFile() as pair:  # the ssl module only reads a pair from a file
            pair.write(certificate + b"\n" + key)
            pair.flush()
            context.load_cert_chain(pair.name)
    return context


def _content(entry: dict[str, Any], key: str, folder: Path) -> bytes | None:
    if encoded := entry.get(f"{key}-data"):
        return base64.b64decode(encoded)
    return (folder / entry[key]).read_bytes() if entry.get(key) else None


def plain_kubeconfig(path: Path, server: str) -> Path:
    """Write a kubeconfig for a plain HTTP server, which gets no credentials."""
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "proxy",
                "clusters": [{"name": "proxy", "cluster": {"server": server}}],
                "users": [{"name": "proxy", "user": {}}],
                "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
            }
        )
    )
    return path
