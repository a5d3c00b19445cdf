"""One container as a test handles it: started, killed, paused, cut off from the network, and started again."""

import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network


class Box:
    """A container that is made at its first start; later starts start the same one, with what it has written."""

    def __init__(self, network: Network, alias: str, make: Callable[[], DockerContainer]) -> None:
        """`make` describes the container; it is found as `alias` in the network."""
        self._network, self.alias, self._make = network, alias, make
        self._made: DockerContainer | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What the engine says of it, as in `docker inspect`; empty if it does not exist."""
        if self._made is None:
            return {}
        container = self._container
        container.reload()
        return dict(container.attrs)

    @property
    def running(self) -> bool:
        """Whether it runs, if only paused."""
        return bool(self.state.get("State", {}).get("Running"))

    @property
    def exit_code(self) -> int | None:
        """The exit code of its program; None while it runs, and before its first start."""
        state = self.state.get("State", {"Running": True})
        return None if state["Running"] else int(state["ExitCode"])

    def start(self) -> None:
        """Start it; AssertionError if it runs already."""
        if self._made is None:
            made = self._make().with_network(self._network).with_network_aliases(self.alias)
            self._made = made.start()
        else:
            assert not self.running, f"{self.alias} runs already"
            self._container.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its program; do nothing if it does not run."""
        if not self.running:
            return
        try:
            self._container.kill(signal=number.name)
        except APIError as error:
            if error.status_code != 409:  # it has ended in between
                raise

    def pause(self) -> None:
        """Stop its processor time; it keeps its connections."""
        self._container.pause()

    def resume(self) -> None:
        """Let it go on if it is paused."""
        if self.state.get("State", {}).get("Paused"):
            self._container.unpause()

    def cut(self) -> None:
        """Take it off the network: no packet reaches it or leaves it."""
        self._network._unwrap_network.disconnect(self._container)

    def join(self) -> None:
        """Put it back on the network, under its name, if it is off."""
        if self._made and not self.state["NetworkSettings"]["Networks"]:
            self._network.connect(self._container.id, [self.alias])

    def wait(self, seconds: float) -> None:
        """Wait until it has ended. TimeoutError if it does not within this time."""
        if self._made is None:
            return
        try:
            self._container.wait(timeout=seconds)
        except (requests.ReadTimeout, requests.ConnectionError) as error:  # which of them depends on where it waits
            raise TimeoutError(f"{self.alias} still runs after {seconds:g} s") from error

    def port(self, inner: int) -> int:
        """The port of this machine that leads to its port now: it changes with each start. KeyError if none does."""
        found = self.state.get("NetworkSettings", {}).get("Ports", {}).get(f"{inner}/tcp")
        if not found:
            raise KeyError(inner)
        return int(found[0]["HostPort"])

    def logs(self, lines: int) -> str:
        """The end of what it has printed."""
        return self._container.logs(tail=lines).decode(errors="replace") if self._made else ""

    def remove(self) -> None:
        """End and remove it, with what it has written; do nothing if it does not exist."""
        if self._made:
            with suppress(NotFound):
                self._made.stop()
            self._made = None

    @property
    def _container(self) -> Container:
        assert self._made
        return self._made.get_wrapped_container()
