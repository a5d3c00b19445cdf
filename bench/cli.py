"""Measure how long the command line makes a user wait: `python -m bench.cli`.

It runs commands that need no cluster, and lists of 100 and of 5,000 workloads, and of as many jobs with a pod each,
from a real API server. Each command is a process of its own with compiled files, as in an installation. For comparison,
kubectl shows the same lists. The results are the median and the fastest of several runs, the median's processor time
(other load on the machine makes people wait, but does not make the command work), and the time until the first line.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.pictures import Picture
from cli.printing.tables import table
from deploy.local.controlplane import API, ControlPlane
from deploy.local.install import install, wait_until_admitted
from shared.kubernetes.api import Api
from shared.names import API_VERSION, JOB_UID_LABEL, PROJECT_PREFIX, SECURITY_LABEL, resource_path

ROOT: Final = Path(__file__).resolve().parent.parent
PLURAL: Final = "trainingworkloads"
FEW, MANY = "bench-few", "bench-many"
"""The projects with few and with many workloads."""
AT_ONCE: Final = 32
HELP_TARGET: Final = 0.3
LIST_TARGET: Final = 0.6
"""The longest that a user should wait, in seconds, on an idle machine with 2 cores."""


@dataclass(frozen=True)
class Command:
    """A command that a user types, and how long it may take."""

    words: tuple[str, ...]
    target: float | None = None

    @property
    def title(self) -> str:
        """The command as it is typed."""
        return " ".join([Path(self.words[0]).name, *self.words[1:]])


@dataclass(frozen=True)
class Run:
    """One process: its seconds in total, of processor and until the first line, and the lines that it printed."""

    wall: float
    processor: float
    first: float
    lines: int


def run(command: Command, surroundings: dict[str, str]) -> Run:
    """Run the command once; any failure ends the benchmark."""
    began = time.perf_counter()
    process = subprocess.Popen(command.words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    first = time.perf_counter() - began
    lines = 1 + sum(1 for _ in process.stdout)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        complaint = process.stderr.read().decode() if process.stderr else ""
        raise SystemExit(f"{command.title} failed: {complaint}")
    return Run(wall, used.ru_utime + used.ru_stime, first, lines)


def measured(command: Command, times: int, surroundings: dict[str, str]) -> list[Run]:
    """The runs of the command, after one that compiles what it needs."""
    run(command, surroundings)
    return [run(command, surroundings) for _ in range(times)]


def median(runs: Sequence[Run], name: str) -> float:
    """The median in milliseconds."""
    return 1000 * statistics.median(float(getattr(one, name)) for one in runs)


def row(command: Command, runs: Sequence[Run]) -> list[str]:
    """The table row of a command."""
    fastest = min(one.wall for one in runs) * 1000
    figures = (median(runs, "wall"), fastest, median(runs, "processor"), median(runs, "first"))
    target = f"{command.target * 1000:.0f}" if command.target else "-"
    return [command.title, str(runs[0].lines), *(f"{figure:.0f}" for figure in figures), target]


async def fill(kubeconfig: Path, counts: dict[str, int]) -> None:
    """Create that many workloads in each project, and as many jobs with a pod each."""
    api = await Api.connect(str(kubeconfig), timeout=60, agent="bench")
    slots = asyncio.Semaphore(AT_ONCE)

    async def make(project: str, number: int) -> None:
        name, namespace = f"job-{number:04}", PROJECT_PREFIX + project
        async with slots:
            await api.create(resource_path(PLURAL, namespace), workload(name, project))
            made = await api.create(resource_path("runaijobs", namespace, None, "run.ai/v1"), job(name, namespace))
            await api.create(resource_path("pods", namespace, None, "v1"), pod(name, namespace, made))

    try:
        for project, count in counts.items():
            metadata = {"name": PROJECT_PREFIX + project, "labels": {SECURITY_LABEL: "baseline"}}
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            await api.create("/api/v1/namespaces", namespace)
            account = resource_path("serviceaccounts", PROJECT_PREFIX + project, None, "v1")
            await api.create(account, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
            await asyncio.gather(*(make(project, number) for number in range(count)))
    finally:
        await api.close()


def workload(name: str, project: str) -> dict[str, Any]:
    """A workload of typical size, as `runai submit` writes it."""
    metadata = {"name": f"{name}-2026-01-05t10-00-00", "namespace": PROJECT_PREFIX + project}
    variables = {f"VARIABLE_{number}": {"value": f"value {number}"} for number in range(10)}
    spec = {
        "image": {"value": "jupyter/scipy-notebook"},
        "imagePullPolicy": {"value": "Always"},
        "gpu": {"value": "1"},
        "namePrefix": {"value": "job"},
        "environment": {"items": variables},
    }
    return {"apiVersion": API_VERSION, "kind": "TrainingWorkload", "metadata": metadata, "spec": spec}


def job(name: str, namespace: str) -> dict[str, Any]:
    """A job as a user would create it by hand."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata,
        "spec": {"template": {"spec": containers(name)}},
    }  # fmt: skip


def pod(name: str, namespace: str, of: dict[str, Any]) -> dict[str, Any]:
    """The pod of the job."""
    labels = {JOB_UID_LABEL: of["metadata"]["uid"]}
    metadata = {"name": f"{name}-0", "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": containers(name)}


def containers(name: str) -> dict[str, Any]:
    """The containers of a pod."""
    limits = {"nvidia.com/gpu": "1"}
    one = {"name": name, "image": "jupyter/scipy-notebook", "resources": {"limits": limits}}
    return {"automountServiceAccountToken": False, "containers": [one]}


def commands(runai: str, kubectl: str) -> list[Command]:
    """The commands to measure, in the order of the table."""

    def ours(line: str, target: float | None = None) -> Command:
        return Command((runai, *line.split()), target)

    few, many = (f"-n {PROJECT_PREFIX}{project} {PLURAL}".split() for project in (FEW, MANY))
    return [
        ours("--help", HELP_TARGET),
        ours("submit --help", HELP_TARGET),
        ours("version", HELP_TARGET),
        ours(f"list workloads -p {FEW}", LIST_TARGET),
        Command((kubectl, "get", *few)),
        ours(f"list workloads -p {MANY}"),
        ours(f"list workloads -p {MANY} -o name"),
        ours(f"list workloads -p {MANY} -o json"),
        Command((kubectl, "get", *many)),
        Command((kubectl, "get", *many, "-o", "json")),
        ours(f"list jobs -p {FEW}", LIST_TARGET),
        ours(f"list jobs -p {MANY}"),
    ]


def typed(folder: Path) -> str:
    """The path of the installed command, or of a script that replaces it."""
    if found := shutil.which("runai", path=str(Path(sys.executable).parent)):
        return found
    script = folder / "runai"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
                      "from cli.__main__ import main\nmain()\n")  # fmt: skip
    script.chmod(0o755)
    return str(script)


def measure(arguments: Sequence[str] | None = None) -> list[Picture]:
    """Start the cluster, measure, print the results and stop it."""
    parser = argparse.ArgumentParser(prog="python -m bench.cli", description=__doc__)
    parser.add_argument("--few", type=int, default=100, help="workloads of the short list")
    parser.add_argument("--many", type=int, default=5000, help="workloads of the long list")
    parser.add_argument("--times", type=int, default=9, help="runs of each command")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as name:
        folder = Path(name)
        plane = ControlPlane(folder / "plane", parts=API).start()
        try:
            install(plane.kubectl)
            wait_until_admitted(plane.kubectl)
            asyncio.run(fill(plane.kubeconfig, {FEW: options.few, MANY: options.many}))
            surroundings = {
                "PATH": os.defpath,
                "HOME": name,
                "KUBECONFIG": str(plane.kubeconfig),
                "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
            }
            what = commands(typed(folder), str(plane.kubectl.program))
            found = {command: measured(command, options.times, surroundings) for command in what}
        finally:
            plane.stop()
    header = ["COMMAND", "LINES", "MS", "FASTEST", "CPU", "FIRST LINE", "TARGET"]
    print("\n".join(table(header, [row(command, runs) for command, runs in found.items()])))
    return [
        Picture(
            "cli",
            "Milliseconds until the command returns",
            [command.title for command in found],
            {
                "median": [median(runs, "wall") for runs in found.values()],
                "target": [command.target and command.target * 1000 for command in found],
            },
        )
    ]


if __name__ == "__main__":
    measure()
