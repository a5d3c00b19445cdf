"""The namespaces of a node: a network, mounts and processes of its own, and control groups for its pods."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from deploy.local.commands import SERVICES
from deploy.local.errors import PlatformError
from deploy.local.processes import PAUSE, Component, strays
from tests.node.configuration import ADDRESS, NODE

HERE: Final = Path(__file__).parent
GROUPS: Final = Path("/sys/fs/cgroup")
SYSCTLS: Final = (
    *("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"),
    *("kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"),
)
"""What a kubelet changes for the whole machine; it gets plain files in their place."""
ENDING: Final = 120.0
"""Seconds that everything inside may take to end."""


class Namespaces:
    """The first process inside, by which all others enter; they end with it, and so do mounts, links and rules."""

    def __init__(self, directory: Path, control_group: str) -> None:
        """`control_group` is the absolute path of the pods' group in each hierarchy."""
        self._run, self._group = directory / "namespaces", control_group.lstrip("/")
        environment = {"RUN": str(self._run), "NODE": NODE, "ADDRESS": ADDRESS, "SERVICES": SERVICES}
        self.component = Component("namespaces", directory, self._command, self._ready, lambda: environment)
        self._directory = directory

    def start(self) -> None:
        """Make them, and wait until they can be entered. ComponentError with what the shell said if they cannot."""
        for name in ("varlib/cni", "varlib/volumes/first", "varlog", "sysctl"):
            (self._run / name).mkdir(parents=True, exist_ok=True)
        (self._run / "ready").unlink(missing_ok=True)
        (self._run / "resolv.conf").touch()
        for name in SYSCTLS:
            (self._run / "sysctl" / name.replace("/", ".")).write_text(Path("/proc/sys", name).read_text())
        self._make_groups()
        self.component.start().wait()

    @property
    def files(self) -> Path:
        """The folder of their files, which is the same inside."""
        return self._run

    @property
    def init(self) -> int:
        """The first process inside, as this machine numbers it."""
        pid = self.component.pid
        children = psutil.Process(pid).children() if pid else []
        if not children:
            raise PlatformError("the node's namespaces have ended")
        return int(children[0].pid)

    def inside(self) -> Sequence[str]:
        """The words that run a command inside."""
        return ["nsenter", f"--target={self.init}", "--mount", "--net", "--pid", "--ipc", "--uts", "--"]

    def stop(self) -> None:
        """End everything inside at once, and remove the control groups. PlatformError names what is left."""
        self.component.kill()
        deadline = time.monotonic() + ENDING
        while left := [process.pid for process in strays(self._directory)]:
            if time.monotonic() > deadline:
                raise PlatformError(f"processes of the node do not end: {left}")
            time.sleep(PAUSE)
        self.component.forget()
        while groups := [path for path in self._groups() if not _removed(path)]:
            if time.monotonic() > deadline:
                raise PlatformError(f"control groups of the node cannot be removed: {groups}")
            time.sleep(PAUSE)

    def _command(self) -> Sequence[str]:
        own = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
        return ["unshare", *own, "bash", str(HERE / "init.sh")]

    def _ready(self) -> bool:
        return (self._run / "ready").exists()

    def _make_groups(self) -> None:
        for group in self._groups(missing=True):
            group.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (group.parent / name).exists() and not (group / name).read_text().strip():
                    (group / name).write_text((group.parent / name).read_text())

    def _groups(self, missing: bool = False) -> Iterator[Path]:
        """The group in each hierarchy that has it, or also in each that a kubelet wants it in: the one of version 2, or
        those of all controllers of version 1.
        """
        version_2 = (GROUPS / "cgroup.controllers").exists()
        for hierarchy in [GROUPS] if version_2 else sorted(GROUPS.iterdir()):
            group = hierarchy / self._group
            wanted = missing and (version_2 or (hierarchy / "tasks").exists()) and not hierarchy.is_symlink()
            if wanted or group.exists():
                yield group


def _removed(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):  # one in use is tried again
            Path(folder).rmdir()
    return not group.exists()
