"""Measure what each service needs, and write docs/reference/capacity.md: `python -m bench.services`, `make capacity`.

It starts a platform of its own (real API server, etcd, broker, one replica of each service) and measures, for each
service: the time from its start until it is ready, its memory and processor while nothing is submitted, and both while
training workloads are submitted, many at once. RunaiJobs are run too, so the runner has its share. Memory is the
resident set, as a container's limit counts it (shared libraries included), and its peak.
"""

import argparse
import asyncio
import os
import platform as host
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from bench.submission import TRAINING, at_once, running, submitting
from deploy.local.platform import Platform
from deploy.local.processes import Component
from deploy.local.services import SERVICES

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "capacity.md"
SETTLED: Final = 10.0
"""Seconds until a service that has started, or worked, is idle."""
MEASURED: Final = 20.0
"""Seconds for which idle services are measured."""
HEAD: Final = """\
<!-- Written by `make capacity`, never edited. -->
# Capacity

What one replica of each service needs, measured by `make capacity` on {machine}, {day}:
{load} training workloads, {parallel} at once, submitted at {rate:.0f} per second. Seconds and rates depend on the
machine and on what else it does; memory and processor time per workload carry over.

| service | ready after | memory idle | memory, peak | processor idle | processor per workload | one core carries |
|---|---|---|---|---|---|---|
"""
TAIL: Final = """
*Ready after* is from the start of the process, on an idle platform. *Processor idle* is in thousandths of a core, as
Kubernetes counts it. *One core carries* is what one core would allow this service if nothing else limited it: all
replicas of a service together need that many cores. A replica uses one core at most, so above that rate, add replicas
of this service. The API server needs most of all and is usually the limit: see [Benchmark](../bench.md).

The chart's default requests follow from this table: memory a little above the idle one, and a limit of twice the peak
or more, since the watcher holds a reference to each unfinished workload, and each service the objects that it works on.
"""


@dataclass
class Needs:
    """What one service needs: seconds, MiB, thousandths of a core, milliseconds per workload."""

    ready: float
    idle: float = 0.0
    peak: float = 0.0
    millicores: float = 0.0
    per_workload: float = 0.0

    def row(self, service: str) -> str:
        """Return a line of the table."""
        carries = 1000 / self.per_workload if self.per_workload else 0.0
        figures = [
            f"{self.ready:.1f} s", f"{self.idle:.0f} MiB", f"{self.peak:.0f} MiB", f"{self.millicores:.0f} m",
            f"{self.per_workload:.1f} ms", f"{carries:.0f} workloads/s",
        ]  # fmt: skip
        return f"| {service} | {' | '.join(figures)} |\n"


def started(service: Component) -> float:
    """Start a service again, and return the seconds until it is ready."""
    service.stop()
    began = time.perf_counter()
    service.start()
    service.wait()
    return time.perf_counter() - began


def processor(services: Mapping[str, Component]) -> dict[str, float]:
    """Return the seconds of processor that each has used so far."""
    times = {name: psutil.Process(one.pid).cpu_times() for name, one in services.items()}
    return {name: one.user + one.system for name, one in times.items()}


def resident(service: Component) -> tuple[float, float]:
    """Return the memory of a service, now and at its peak."""
    lines = dict(
        line.split(":", 1) for line in Path(f"/proc/{service.pid}/status").read_text(encoding="utf-8").splitlines()
    )
    now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


async def take(platform: Platform, load: int, parallel: int) -> tuple[dict[str, Needs], float]:
    """Measure all services, first idle, then under load; return their needs, and workloads per second."""
    services = {one.name: one for one in platform.services}
    needs = {name: Needs(started(one)) for name, one in services.items()}
    await asyncio.sleep(SETTLED)
    before, began = processor(services), time.perf_counter()
    await asyncio.sleep(MEASURED)
    for name, used in processor(services).items():
        needs[name].millicores = (used - before[name]) / (time.perf_counter() - began) * 1000
        needs[name].idle = resident(services[name])[0]
    async with submitting(platform.plane) as (_, submit):

        async def submitted(number: int) -> float:
            return await submit(TRAINING, f"load-{number}", image="i", namePrefix="load")

        before = processor(services)
        seconds, _ = await at_once(submitted, range(load), parallel)
        await asyncio.sleep(SETTLED)
    for name, used in processor(services).items():
        busy = used - before[name] - needs[name].millicores / 1000 * (seconds + SETTLED)
        needs[name].per_workload = max(0.0, busy) / load * 1000
        needs[name].peak = resident(services[name])[1]
    return needs, load / seconds


def page(needs: Mapping[str, Needs], rate: float, load: int, parallel: int) -> str:
    """Return the page."""
    machine = f"{os.cpu_count()} cores, Python {host.python_version()}"
    head = HEAD.format(machine=machine, day=datetime.now(UTC).date(), load=load, parallel=parallel, rate=rate)
    order = ("watcher", "resolver", "creator", "status", "runner")
    return head + "".join(needs[name].row(name) for name in order) + TAIL


def main(arguments: Sequence[str] | None = None) -> None:
    """Start a platform, measure, stop it, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.services", description=__doc__)
    parser.add_argument("--load", type=int, default=1000, help="submissions under load")
    parser.add_argument("--parallel", type=int, default=32, help="submissions at once under load")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder,
        running(Path(folder), SERVICES, audit=False) as (platform, _),
    ):
        needs, rate = asyncio.run(take(platform, options.load, options.parallel))
    text = page(needs, rate, options.load, options.parallel)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
