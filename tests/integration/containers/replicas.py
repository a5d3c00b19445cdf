"""Replicas of Slipway's services, each in a container of its own that is as closed as its pod."""

import signal
from collections.abc import Mapping
from typing import Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from tests.integration.containers.box import Box
from tests.integration.containers.mounts import Mount
from tests.integration.containers.runs import this_run
from tests.integration.harness.services import CONSOLE, STOPPED_WITHIN, Replica

HTTP, PAGES = 8080, 8088
"""The port of health and metrics in each container, and that of the console's pages."""
CLOSED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
"""What a container may not do, as in the pods."""
UNCHECKED = {"test": ["NONE"]}
"""No health checks by Docker, which a kubelet does not make either: each starts a Python."""


class ServiceContainer(Replica):
    """One replica of one service. Its settings are environment and mounted secrets, and nothing else."""

    def __init__(
        self,
        service: str,
        number: int,
        network: Network,
        image: str,
        environment: Mapping[str, str],
        mounts: Mapping[str, Mount],
    ) -> None:
        """`mounts` are the folders of secrets, by the path at which it sees them."""
        super().__init__(service, number)
        self.image, self._environment, self._mounts = image, dict(environment), dict(mounts)
        self._box = Box(network, self.name, self._make)

    @property
    def state(self) -> dict[str, Any]:
        """What `docker inspect` says of its container."""
        return self._box.state

    @property
    def running(self) -> bool:
        """Whether it runs, if only paused."""
        return self._box.running

    @property
    def exit_code(self) -> int | None:
        """Its exit code, 128 and the signal's number if one ended it; None while it runs."""
        return self._box.exit_code

    @property
    def url(self) -> str:
        """The address of its HTTP port now; one that leads nowhere while it is off the network."""
        return self._address(HTTP)

    @property
    def pages(self) -> str:
        """The address of its pages now, if it is a console."""
        return self._address(PAGES)

    def _address(self, inner: int) -> str:
        try:
            return f"http://127.0.0.1:{self._box.port(inner)}"
        except KeyError:
            return "http://127.0.0.1:1"

    def start(self) -> None:
        """Start it, or the same container again."""
        self._meant_to_end = False
        self._box.start()

    def _signal(self, number: signal.Signals) -> None:
        self._box.signal(number)

    def wait(self, seconds: float = STOPPED_WITHIN) -> None:
        """Wait until it has ended; TimeoutError if it does not within this time."""
        self._box.wait(seconds)

    def pause(self) -> None:
        """Freeze it: it keeps its connections and does nothing."""
        self._box.pause()

    def resume(self) -> None:
        """Let it go on, if it is frozen."""
        self._box.resume()

    def cut(self) -> None:
        """Cut it off from the network."""
        self._box.cut()

    def join(self) -> None:
        """Connect it to the network again, if it is cut off."""
        self._box.join()

    def remove(self) -> None:
        """Remove its container."""
        self._box.remove()

    def tail(self, lines: int = 40) -> str:
        """The last lines that it has printed, under its name."""
        return f"--- {self.name} (exit code {self.exit_code})\n{self._box.logs(lines)}"

    def _make(self) -> DockerContainer:
        made = DockerContainer(self.image).with_command([f"services.{self.service}"]).with_envs(**self._environment)
        for path, mount in self._mounts.items():
            made = made.with_volume_mapping(str(mount.folder), path, "ro")
        for inner in (HTTP, PAGES) if self.service == CONSOLE else (HTTP,):
            made.ports[f"{inner}/tcp"] = ("127.0.0.1",)  # type: ignore[assignment]  # any port of this machine only
        return made.with_kwargs(**CLOSED, healthcheck=UNCHECKED, labels=this_run(), hostname=self.name)
