"""Run the login program of a kubeconfig (`exec`) as kubectl runs it, and read the credentials that it prints.

A program named without a slash is looked up in PATH, and never in the working folder, even if PATH says so. It gets
the terminal's input only if it may ask there; what is piped to this process is never its input. What it writes to
standard error appears at once.
"""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from shared.errors import LoginError
from shared.kubernetes.fields import Fields, UnusableError
from shared.kubernetes.kubeconfig import API, Cluster, Login
from shared.kubernetes.tls import Pair, authority_of, tls_for

VERSIONS: Final = (f"{API}v1", f"{API}v1beta1")
INFO: Final = "KUBERNETES_EXEC_INFO"
INPUT: Final = 0
"""The descriptor of standard input."""

Around = Callable[[str], AbstractAsyncContextManager[object]]
"""Entered with the program's name while a program runs that does not use the terminal."""


@dataclass(frozen=True)
class Credential:
    """What identifies the caller: a header, a client certificate, or both."""

    authorization: str = ""
    pair: Pair | None = None
    expires: datetime | None = None

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and datetime.now(UTC) > self.expires


def bearer(token: str) -> str:
    """Return the header's value for a token; UnusableError if no header can carry it."""
    if not all(char == "\t" or char.isprintable() for char in token):
        raise UnusableError("the token contains a line end or another control character")
    return f"Bearer {token}"


async def log_in(login: Login, cluster: Cluster, around: Around) -> Credential:
    """Return the credentials that the program prints; LoginError if it fails."""
    interactive = _may_ask(login)
    environment = {**os.environ, **dict(login.env), INFO: json.dumps(told(login, cluster, interactive))}
    try:
        if interactive:
            output = await _output_of(login, environment, None)
        else:
            async with around(login.command):
                output = await _output_of(login, environment, asyncio.subprocess.DEVNULL)
        found = credential(output, login)
        if found.pair:
            tls_for(cluster, found.pair)  # whether they fit each other
    except UnusableError as error:
        raise LoginError(f"the login program {login.command} of the kubeconfig failed: {error}") from error
    return found


def told(login: Login, cluster: Cluster, interactive: bool) -> dict[str, Any]:
    """Return what the program learns from KUBERNETES_EXEC_INFO."""
    spec: dict[str, Any] = {"interactive": interactive}
    if login.wants_cluster:
        known = {
            "tls-server-name": cluster.server_name,
            "insecure-skip-tls-verify": cluster.insecure,
            "certificate-authority-data": b64encode(authority_of(cluster)).decode(),
            "proxy-url": cluster.proxy,
            "disable-compression": cluster.uncompressed,
        }
        said = {name: value for name, value in known.items() if value}
        spec["cluster"] = {"server": cluster.server, **said, "config": cluster.for_logins}
    return {"kind": "ExecCredential", "apiVersion": login.version, "spec": spec}


def credential(output: bytes, login: Login) -> Credential:
    """Return the credentials of an ExecCredential, in JSON or YAML; UnusableError if it is none."""
    try:
        said = _decoded(output)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise UnusableError("it prints neither JSON nor YAML") from error
    if not isinstance(said, dict):
        raise UnusableError("it prints no ExecCredential")
    answer = Fields(said, "", "")
    version, status = answer.text("apiVersion"), answer.inner("status")
    if answer.text("kind") != "ExecCredential" or version != login.version:
        raise UnusableError(
            f"expected an ExecCredential of {login.version}, and it prints {answer.text('kind') or 'no kind'} of "
            f"{version or 'no version'}"
        )
    token = status.text("token")
    certificate, key = (status.text(f"client{part}Data").encode() for part in ("Certificate", "Key"))
    if bool(certificate) != bool(key):
        raise UnusableError("it prints only one of clientCertificateData and clientKeyData")
    if not token and not certificate:
        raise UnusableError("it prints neither a token nor a certificate")
    pair = Pair(certificate, key) if certificate else None
    return Credential(bearer(token) if token else "", pair, _time(status.text("expirationTimestamp")))


def _decoded(output: bytes) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return yaml.load(output, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # makes texts only


def _time(said: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(said) if said else None
    except ValueError:
        time = datetime.min  # has no zone
    if time and time.tzinfo is None:
        raise UnusableError(f"invalid expirationTimestamp {said}: expected a time such as 2030-01-31T12:00:00Z")
    return time


def _may_ask(login: Login) -> bool:
    if login.version not in VERSIONS:
        raise UnusableError(f"exec: invalid apiVersion {login.version}: expected one of {', '.join(VERSIONS)}")
    at_terminal = os.isatty(INPUT)
    if login.mode == "Always" and not at_terminal:
        raise LoginError(f"the login program {login.command} asks at a terminal, and standard input is none")
    return at_terminal and login.mode != "Never"


async def _output_of(login: Login, environment: Mapping[str, str], stdin: int | None) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            login.command,
            *login.args,
            executable=_found(login),
            env=environment,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        raise UnusableError(getattr(error, "strerror", None) or str(error)) from error
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        code = process.returncode
        raise UnusableError(f"it ended with exit code {code}" if code > 0 else f"it was ended by signal {-code}")
    return output


def _found(login: Login) -> str:
    """Return the program's absolute path; UnusableError, with the kubeconfig's hint, if it is not installed."""
    if os.sep in login.command:
        if Path(login.command).exists():
            return login.command
    else:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = Path(folder or ".", login.command)
            if path.is_file() and os.access(path, os.X_OK):
                if path.is_absolute():
                    return str(path)
                raise UnusableError("PATH finds it in a folder relative to the working folder")
    hint = f"; {login.hint}" if login.hint else ""
    raise UnusableError(f"it is not installed{hint}")
