"""Parts of the control plane and the broker, each in a container of its own."""

import os
import signal
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Self

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from deploy.images import build
from deploy.local.errors import ComponentError
from deploy.local.ports import Ports
from deploy.local.processes import GRACE, Component, MakeComponent
from tests.integration.containers.box import Box
from tests.integration.containers.runs import this_run

PORTS = {"nats": ("nats", "nats-monitor")}
"""The ports of a part, if it has another one than that with its name."""
PROGRAMS = Path("/usr/local/bin")
"""Where images of these servers have their programs."""
SPARING = {name: os.environ[name] for name in ("GOGC", "GOMAXPROCS") if name in os.environ}


@cache
def server_image(name: str) -> str:
    """The image of this server, made if it is missing."""
    return build.server_image(name)


def contained(network: Network) -> MakeComponent:
    """What makes each part run in a container of this network, found by its name."""
    return partial(_Contained, network=network)


@dataclass
class _Contained(Component):
    """A part in a container. It has the platform's folder at the same path, and the same ports inside and outside."""

    network: Network | None = None

    def __post_init__(self) -> None:
        assert self.network
        self._box = Box(self.network, self.name, self._make)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return int(self._box.state["State"]["Pid"]) if self._box.running else None

    @property
    def died(self) -> bool:
        """Whether it ended without being stopped."""
        return self._box.exit_code is not None

    def start(self) -> Self:
        """Start it unless it runs."""
        if not self._box.running:
            self._box.start()
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; do nothing if it does not run."""
        self._box.signal(number)

    def kill(self) -> None:
        """Kill it with SIGKILL and wait until it has ended. The same container can be started again."""
        self._box.signal(signal.SIGKILL)
        self._box.wait(GRACE)

    def stop(self, grace: float = GRACE) -> None:
        """End it with SIGTERM, and remove its container."""
        self._box.signal(signal.SIGTERM)
        try:
            self._box.wait(grace)
        except TimeoutError as error:
            raise ComponentError(self.name, f"still ran {grace:g} s after SIGTERM", self.tail()) from error
        finally:
            self._box.remove()

    def forget(self) -> None:
        """There is no record of it outside the engine."""

    def tail(self, lines: int = 15) -> str:
        """The last lines that it has printed."""
        return f"  the end of what {self.name} printed:\n{self._box.logs(lines)}"

    def _make(self) -> DockerContainer:
        program, *arguments = self.command()
        folder = str(self.directory)
        made = DockerContainer(server_image(self.name)).with_command(arguments)
        made = made.with_volume_mapping(folder, folder, "rw").with_envs(**SPARING)
        for name in PORTS.get(self.name, (self.name,)):
            port = Ports(self.directory)[name]
            made.ports[f"{port}/tcp"] = ("127.0.0.1", port)  # type: ignore[assignment]  # of this machine only
        own = {"entrypoint": [str(PROGRAMS / Path(program).name)], "user": f"{os.getuid()}:{os.getgid()}"}
        return made.with_kwargs(**own, labels=this_run(), working_dir=folder)
