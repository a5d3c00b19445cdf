"""The whole local platform in one folder: a control plane (or the user's cluster), a broker, and the services."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from deploy.local import binaries
from deploy.local.accounts import give_accounts, kubeconfig_of
from deploy.local.console import CONSOLE, LocalConsole
from deploy.local.controlplane import ControlPlane
from deploy.local.errors import PlatformError
from deploy.local.install import install, publish, respect_others, wait_until_admitted
from deploy.local.kubectl import Kubectl
from deploy.local.nats import USERS, NatsServer
from deploy.local.processes import Component, stop_together, strays, write_atomically
from deploy.local.progress import Progress
from deploy.local.seals import SealKeys
from deploy.local.services import ROOT, SERVICES, Command, from_checkout, service
from deploy.rights.bus import BOOTSTRAP, TABLE

DIRECTORY: Final = ROOT / ".local"
"""The folder of a checkout's platform, unless SLIPWAY_LOCAL names another one."""


class Platform:
    """Everything that `make up` starts and `make down` stops."""

    def __init__(
        self,
        directory: Path | None = None,
        *,
        kubeconfig: Path | None = None,
        services: Sequence[str] = (*SERVICES, CONSOLE),
        command: Command = from_checkout,
        settings: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`kubeconfig` names the user's own cluster, used instead of our control plane; `settings` are additional
        environment variables of the services."""
        self.directory = (directory or Path(os.environ.get("SLIPWAY_LOCAL") or DIRECTORY)).absolute()
        self.progress = progress or Progress()
        self._foreign = kubeconfig.expanduser().absolute() if kubeconfig else None
        self.seals = SealKeys(self.directory / "seals")
        self.plane = ControlPlane(self.directory, prepare=lambda plane: install(plane.kubectl))
        self.console = LocalConsole(self.directory, self.plane.ports)
        self.nats = NatsServer(self.directory, users=USERS, authority=self.plane.authority)
        self._settings = dict(settings or {})
        self.services = [
            service(name, self.directory, self.plane.ports, partial(self._told, name), command) for name in services
        ]

    @classmethod
    def from_environment(cls, progress: Progress | None = None) -> "Platform":
        """This checkout's platform, on SLIPWAY_KUBECONFIG's cluster if that is set."""
        own = os.environ.get("SLIPWAY_KUBECONFIG")
        return cls(kubeconfig=Path(own) if own else None, progress=progress)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig of the cluster that the services work on."""
        return self._foreign or self.plane.kubeconfig

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for that cluster. PlatformError if the program is not available yet."""
        if self._foreign:
            own = shutil.which("kubectl")
            return Kubectl(Path(own) if own else binaries.find(["kubectl"])["kubectl"], self._foreign)
        return self.plane.kubectl

    @property
    def foreign(self) -> bool:
        """Whether the cluster is the user's own."""
        return self._foreign is not None

    @property
    def components(self) -> Sequence[Component]:
        """Every component of the platform, in the order in which they start."""
        return [*([] if self._foreign else self.plane.components), self.nats.component, *self.services]

    def up(self) -> None:
        """Start what is not running, and wait until everything is ready. PlatformError says what is not, and why."""
        with self._alone():
            self._leave_other_cluster()
            self._report_deaths()
            running = [component.name for component in self.components if component.running]
            if running:
                self.progress.say(f"  running already: {', '.join(running)}")
            self._provide()
            self._start_cluster()
            give_accounts(self.kubectl, self.directory, [component.name for component in self.services])
            self._start_services()
            with self.progress.step("waiting for the API server to accept workloads", "workloads are accepted"):
                wait_until_admitted(self.kubectl)
            self._link_tools()

    def down(self) -> None:
        """Stop every process of this platform, even if an earlier command left it behind; nothing else."""
        with self._alone():
            everything = [*self.plane.components, self.nats.component, *self.services]
            running = [component.name for component in everything if component.running]
            if running:
                with self.progress.step(f"stopping {', '.join(running)}", f"stopped: {', '.join(running)}"):
                    stop_together(self.services)
                    self.nats.stop()
                    self.plane.stop()
            for component in everything:
                component.forget()
            lost = list(strays(self.directory))
            _end(lost)
            if lost:
                self.progress.say(f"  stopped {len(lost)} more process(es) left by an interrupted start")
            if not running and not lost:
                self.progress.say("  nothing was running")

    @property
    def entrance(self) -> str | None:
        """Where to open the console: on our control plane, a new link that signs its administrator in, once.

        None if the platform has no console.
        """
        if CONSOLE not in [component.name for component in self.services]:
            return None
        return self.console.address if self._foreign else self.console.link(self.plane.token)

    def _told(self, service: str) -> dict[str, str]:
        kubeconfig = kubeconfig_of(service, self.directory)
        own = self.console.environment() if service == CONSOLE else self._on_bus(service)
        return {"SLIPWAY_KUBECONFIG": str(kubeconfig), **own, **self._settings}

    def _on_bus(self, service: str) -> dict[str, str]:
        declares = {"SLIPWAY_DECLARE_STREAM": "true"} if TABLE[service].declares else {}
        return {**self.nats.environment(service), **self.seals.environment_of(service), **declares}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with self.progress.step("another `make` is working on this platform; waiting for it", "waited"):
                    fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _leave_other_cluster(self) -> None:
        """Stop services that work on another cluster than the selected one, and our control plane if it is unused."""
        noted = self.directory / "cluster"
        before = noted.read_text() if noted.exists() else str(self.kubeconfig)
        if before != str(self.kubeconfig):
            self.progress.say(f"  leaving the cluster of {before}")
            stop_together(self.services)
            if self._foreign:
                self.plane.stop()
        write_atomically(noted, str(self.kubeconfig))

    def _report_deaths(self) -> None:
        for component in self.components:
            if component.died:
                self.progress.say(
                    f"  {component.name} has exited unexpectedly and is started again;\n{component.tail()}"
                )

    def _provide(self) -> None:
        if not self._foreign:
            binaries.provide(progress=self.progress)
        elif not self._foreign.exists():
            raise PlatformError(f"kubeconfig not found: {self._foreign} (from SLIPWAY_KUBECONFIG)")
        elif not shutil.which("kubectl"):
            binaries.provide(["kubectl"], self.progress)

    def _start_cluster(self) -> None:
        self.seals.make()
        self.console.make()
        if self.nats.outdated:
            self.progress.say("  NATS runs with older users or settings: it is started again, and so are the services")
            stop_together(self.services)
            self.nats.stop()
        self.nats.launch()
        if self._foreign:
            with self.progress.step(
                f"installing our kinds into the cluster of {self._foreign}",
                f"kinds and namespaces are installed in the cluster of {self._foreign}",
            ):
                respect_others(self.kubectl)
                install(self.kubectl)
        else:
            with self.progress.step("starting the control plane", f"control plane ready at {self.plane.server}"):
                self.plane.start()
        publish(self.kubectl, self.seals)
        with self.progress.step("starting NATS", f"NATS ready at {self.nats.url}"):
            self.nats.start()
        self._declare_stream()

    def _declare_stream(self) -> None:
        """Declare the stream if it is missing, by the one user of the broker that may. PlatformError if it cannot."""
        told = {**os.environ, **self._told(BOOTSTRAP)}
        done = subprocess.run(
            from_checkout(BOOTSTRAP), cwd=ROOT, env=told, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise PlatformError(f"the broker's stream cannot be declared: {done.stderr.strip()}")

    def _start_services(self) -> None:
        names = ", ".join(component.name for component in self.services)
        with self.progress.step(f"starting {names}", f"ready: {names}"):
            for component in self.services:
                component.start()
            for component in self.services:
                component.wait()

    def _link_tools(self) -> None:
        """Link kubectl and runai in the platform's `bin` folder if they are not on the PATH."""
        beside = Path(sys.executable).parent / "runai"
        found = {"kubectl": self.kubectl.program, "runai": beside if beside.exists() else None}
        for name, program in found.items():
            link = self.directory / "bin" / name
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            if program and not shutil.which(name):
                link.symlink_to(program)


def _end(processes: Sequence[psutil.Process]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(psutil.Error):
                process.send_signal(number)
        psutil.wait_procs(processes, timeout=20)
