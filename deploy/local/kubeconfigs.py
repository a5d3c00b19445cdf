"""Writes kubeconfig files with embedded credentials, so that they can be copied."""

import base64
from pathlib import Path

import yaml

from deploy.local.certificates import Pair
from deploy.local.processes import write_atomically


def write_kubeconfig(path: Path, server: str, authority: bytes, credentials: Pair | str) -> Path:
    """Write a kubeconfig for `server`, with a client certificate or a bearer token; returns `path`."""
    user = (
        {"token": credentials}
        if isinstance(credentials, str)
        else {
            "client-certificate-data": _text(credentials.certificate),
            "client-key-data": _text(credentials.key),
        }
    )
    write_atomically(
        path,
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "slipway",
                "clusters": [
                    {"name": "slipway", "cluster": {"server": server, "certificate-authority-data": _text(authority)}}
                ],
                "users": [{"name": "slipway", "user": user}],
                "contexts": [{"name": "slipway", "context": {"cluster": "slipway", "user": "slipway"}}],
            },
            sort_keys=False,
        ),
        0o600,
    )
    return path


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
