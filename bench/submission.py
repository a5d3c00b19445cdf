"""Measure how fast a submission is, and how many API calls it makes: `python -m bench.submission`.

It starts its own platforms (real API server, etcd, controllers, nodes, broker, one replica of each service), measures,
prints the results and stops them. On the first, a whole platform, submissions become running pods. On the second,
RunaiJobs are left to another operator, so submissions end with the creation of the job. Rates are compared with bare
writes of the same objects by one client. The two alternate, each after all pods of the previous turns have started:
absolute numbers depend on the machine and its current speed, but ratios carry over.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.pictures import Picture
from deploy.local.controlplane import ControlPlane
from deploy.local.install import install
from deploy.local.platform import Platform
from deploy.local.progress import Progress
from deploy.local.services import SERVICES
from shared.kubernetes.api import Api
from shared.names import API_VERSION, resource_path
from shared.objects import JsonObject

NAMESPACE: Final = "runai-team-a"
INTERACTIVE: Final = ("InteractiveWorkload", "interactiveworkloads")
TRAINING: Final = ("TrainingWorkload", "trainingworkloads")
READINGS: Final = ("interactivepolicies", "trainingpolicies", "deploymentpolicies", "namespaces", "leases")
"""Resources whose calls are no cost of a single workload: freshness lists serve all that wait, and the lease none."""
SOME: Final = 20
"""The number of workloads whose calls are counted."""
TURNS: Final = 5
SUBMITTERS: Final = ("status", "creator", "resolver", "watcher")
"""The services needed to submit if something else runs RunaiJobs: all but the runner."""
PAUSES: Final = (0.15, 0.35)
"""Seconds between idle submissions. Without a pause, each would start right after the API server answered the read of
the previous one, and always wait for the server's next tick, which comes every 100 ms while somebody reads."""


Used = dict[str, float]
"""Milliseconds of processor time by process."""


@dataclass(frozen=True)
class Figures:
    """Figures of a whole platform: seconds of each idle submission; rate, bare rate and processor time under load."""

    idle: list[float]
    load: tuple[float, float, Used]


class Outcomes:
    """Records when the benchmark's own watch saw each workload become Submitted."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: dict[str, asyncio.Future[float]] = {}

    async def watch(self, plural: str, started: asyncio.Event) -> None:
        """Watch until cancelled."""
        path = resource_path(plural, NAMESPACE)
        version = (await self._api.list(path))["metadata"]["resourceVersion"]
        started.set()
        while True:
            async for event in self._api.watch(path, {"resourceVersion": version}, idle=600):
                item = event["object"]
                version = item["metadata"]["resourceVersion"]
                phase = (item.get("status") or {}).get("phase")
                future = self._seen.get(item["metadata"].get("name", ""))
                if future and not future.done() and phase == "Submitted":
                    future.set_result(time.perf_counter())
                elif future and not future.done() and phase:
                    future.set_exception(SystemExit(f"failed: {item['status']['events']}"))

    def expect(self, name: str) -> "asyncio.Future[float]":
        """The `time.perf_counter()` at which the watch will see the workload Submitted."""
        return self._seen.setdefault(name, asyncio.get_running_loop().create_future())


class Submitter:
    """Submits workloads and measures how long each takes."""

    def __init__(self, api: Api, outcomes: Outcomes) -> None:
        self._api, self._outcomes = api, outcomes

    async def __call__(self, kind: tuple[str, str], name: str, *, ports: bool = False, **values: str) -> float:
        """Seconds from the start of the create call until the workload is seen Submitted."""
        spec: JsonObject = {key: {"value": value} for key, value in values.items()}
        if ports:
            spec["ports"] = {"items": {"web": {"value": {"container": 8080, "external": 8080}}}}
        metadata = {"name": name, "namespace": NAMESPACE}
        body = {"apiVersion": API_VERSION, "kind": kind[0], "metadata": metadata, "spec": spec}
        seen = self._outcomes.expect(name)
        began = time.perf_counter()
        await self._api.create(resource_path(kind[1], NAMESPACE), body)
        return await seen - began


async def bare(api: Api, name: str) -> float:
    """Seconds that one client needs to write the same objects itself: workload, claim, job, status, event."""
    began = time.perf_counter()
    template = {
        "apiVersion": API_VERSION,
        "kind": TRAINING[0],
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"usage": "Template", "image": {"value": "i"}},
    }
    made = await api.create(resource_path(TRAINING[1], NAMESPACE), template)
    owner = {"apiVersion": API_VERSION, "kind": TRAINING[0], "name": name, "uid": made["metadata"]["uid"]}
    metadata = {"name": f"{name}-job", "namespace": NAMESPACE, "ownerReferences": [owner]}
    data = {"values.json": "x" * 400, "provenance.json": "x" * 1500, "sources.json": "x" * 100}
    claim = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    await api.create(resource_path("configmaps", NAMESPACE, api_version="v1"), claim)
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    job = {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": metadata, "spec": {"template": pod}}
    await api.create(resource_path("runaijobs", NAMESPACE, api_version="run.ai/v1"), job)
    await api.patch(resource_path(TRAINING[1], NAMESPACE, name) + "/status", {"status": {"jobName": name}})
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.1", "namespace": NAMESPACE},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "type": "Normal",
        "reason": "AllCreated",
        "note": "all the resources were created successfully",
        "action": "Submit",
        "reportingController": "run.ai/bench",
        "reportingInstance": "bench",
        "regarding": {**owner, "namespace": NAMESPACE},
    }
    await api.create(resource_path("events", NAMESPACE, api_version="events.k8s.io/v1"), event)
    return time.perf_counter() - began


async def at_once(work: Callable[[int], Awaitable[float]], these: range, parallel: int) -> tuple[float, list[float]]:
    """Run the work, `parallel` pieces at once; returns the seconds in total and the seconds of each piece."""
    numbers = iter(these)

    async def worker() -> list[float]:
        return [await work(number) for number in numbers]

    began = time.perf_counter()
    took = await asyncio.gather(*(worker() for _ in range(parallel)))
    return time.perf_counter() - began, [seconds for some in took for seconds in some]


async def all_run(api: Api, pods: int) -> None:
    """Wait until that many pods have started, so that earlier submissions no longer cost anything."""
    while True:
        found = await api.list(resource_path("pods", NAMESPACE, api_version="v1"))
        if sum(pod["status"].get("phase", "Pending") != "Pending" for pod in found["items"]) >= pods:
            return
        await asyncio.sleep(1)


def calls(log: Path, since: int, agents: Iterable[str]) -> Counter[tuple[str, str, str]]:
    """The calls in the API server's audit log from byte `since` on, by (service, verb, resource)."""
    counted: Counter[tuple[str, str, str]] = Counter()
    with log.open() as lines:
        lines.seek(since)
        for event in map(json.loads, lines):
            agent, reference = event.get("userAgent", ""), event.get("objectRef") or {}
            if event["stage"] != "ResponseComplete" or agent not in agents or event["verb"] == "watch":
                continue
            resource = "/".join(filter(None, (reference.get("resource"), reference.get("subresource"))))
            if resource and resource not in READINGS:
                counted[agent.removeprefix("slipway-"), event["verb"], resource] += 1
    return counted


def quantiles_of(seconds: list[float]) -> dict[str, float]:
    """Quantiles in milliseconds, by the share of runs that took no longer."""
    ordered = sorted(seconds)
    return {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1000 for share in (50, 90, 99)}


def percentiles(seconds: list[float]) -> str:
    """The text `p50 / p99` in milliseconds."""
    found = quantiles_of(seconds)
    return f"p50 / p99 {found['p50']:.0f} / {found['p99']:.0f} ms"


async def count_calls(plane: ControlPlane, submit: Submitter) -> None:
    """Print the API calls of an interactive workload with one Service, from the API server's audit log."""
    await submit(INTERACTIVE, "warm", image="i")  # the names in use are read only once
    await asyncio.sleep(3)  # until its pod has run and the log shows it
    since = plane.audit_log.stat().st_size
    for number in range(SOME):
        await submit(INTERACTIVE, f"calls-{number}", image="i", namePrefix="calls", ports=True)
    await asyncio.sleep(3)
    print(f"API calls per interactive workload with one Service, mean of {SOME}:")
    for title, services in (("until Submitted", SUBMITTERS), ("by the runner, until its pod runs", ("runner",))):
        counted = calls(plane.audit_log, since, [f"slipway-{name}" for name in services])
        print(f"  {title}: {sum(counted.values()) / SOME:.2f}")
        for (service, verb, resource), number in sorted(counted.items()):
            print(f"    {service:9} {verb:7} {resource:32} {number / SOME:.2f}")


def processor_seconds(platform: Platform) -> dict[str, float]:
    """Seconds of processor time that each process of the platform has used so far."""
    used = {}
    for component in platform.components:
        times = psutil.Process(component.pid).cpu_times()
        used[component.name] = times.user + times.system
    return used


async def idly(submit: Submitter, number: int) -> list[float]:
    """Seconds of each of `number` submissions, one after another, at independent moments."""
    seconds = []
    for n in range(number):
        await asyncio.sleep(random.uniform(*PAUSES))  # jitter, not a secret
        seconds.append(await submit(TRAINING, f"idle-{n}", image="i", namePrefix="idle"))
    return seconds


@dataclass(frozen=True)
class Load:
    """The number of submissions, how many of them at once, and how many workloads already run.

    `running` is None on a platform that runs no workloads.
    """

    number: int
    parallel: int
    running: int | None


async def under_load(api: Api, submit: Submitter, platform: Platform, load: Load) -> tuple[float, float, Used]:
    """Submissions per second, bare writes per second, and CPU milliseconds per workload by process."""

    async def submitted(number: int) -> float:
        return await submit(TRAINING, f"load-{number}", image="i", namePrefix="load")

    async def written(number: int) -> float:
        return await bare(api, f"bare-{number}")

    used: Counter[str] = Counter()
    walls = [0.0, 0.0]
    each: tuple[list[float], list[float]] = [], []
    for turn in range(TURNS):
        these = range(load.number * turn // TURNS, load.number * (turn + 1) // TURNS)
        before = processor_seconds(platform)
        for which, work in enumerate((submitted, written)):
            wall, seconds = await at_once(work, these, load.parallel)
            walls[which] += wall
            each[which].extend(seconds)
            if work is submitted:
                if load.running is not None:
                    await all_run(api, load.running + these.stop)
                used.update({name: whole - before[name] for name, whole in processor_seconds(platform).items()})
    rate, bare_rate = load.number / walls[0], load.number / walls[1]
    spent = {name: whole / load.number * 1000 for name, whole in used.items()}
    title = "submission alone" if load.running is None else "submission while jobs start"
    print(f"{title}: {load.number} training workloads, {load.parallel} at once:")
    print(f"  {rate:.1f} per second, {percentiles(each[0])}")
    print(f"  the same objects, written directly: {bare_rate:.1f} per second, {percentiles(each[1])}")
    print(f"  ratio to direct writes, over {TURNS} rounds: {rate / bare_rate:.2f}")
    print("  CPU ms per workload: " + ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items()))
    return rate, bare_rate, spent


@asynccontextmanager
async def submitting(plane: ControlPlane) -> AsyncIterator[tuple[Api, Submitter]]:
    """A client, with the submitter that uses it and sees the outcomes."""
    api = await Api.connect(str(plane.kubeconfig), timeout=60, agent="bench")
    outcomes, started = Outcomes(api), [asyncio.Event(), asyncio.Event()]
    kinds = zip((INTERACTIVE, TRAINING), started, strict=True)
    watches = [asyncio.create_task(outcomes.watch(kind[1], event)) for kind, event in kinds]
    await asyncio.gather(*(event.wait() for event in started))
    try:
        yield api, Submitter(api, outcomes)
    finally:
        for watch in watches:
            watch.cancel()
        await api.close()


@contextmanager
def running(directory: Path, services: Sequence[str], *, audit: bool) -> Iterator[tuple[Platform, ControlPlane]]:
    """A separate platform with these services, which runs during the measurement."""
    plane = ControlPlane(directory, audit=audit, prepare=lambda made: install(made.kubectl)).start()
    told = {"WATCHER_JOBS": str("runner" in services).lower()}
    platform = Platform(directory, services=services, settings=told, progress=Progress(sys.stderr))
    try:
        platform.up()
        yield platform, plane
    finally:
        platform.down()


async def take_whole(platform: Platform, plane: ControlPlane, idle: int, load: int, parallel: int) -> Figures:
    """Measure calls, latency on an idle platform, and load on a platform that runs what is submitted."""
    async with submitting(plane) as (api, submit):
        await count_calls(plane, submit)
        seconds = await idly(submit, idle)
        print(f"idle, from create to Submitted, {idle} in sequence: {percentiles(seconds)}")
        return Figures(seconds, await under_load(api, submit, platform, Load(load, parallel, 1 + SOME + idle)))


async def take_alone(platform: Platform, plane: ControlPlane, load: int, parallel: int) -> tuple[float, float, Used]:
    """Measure the load on a platform where another operator runs what is submitted."""
    async with submitting(plane) as (api, submit):
        return await under_load(api, submit, platform, Load(load, parallel, None))


def measure(arguments: Sequence[str] | None = None) -> list[Picture]:
    """Start the platforms, measure and stop them."""
    parser = argparse.ArgumentParser(prog="python -m bench.submission", description=__doc__)
    parser.add_argument("--idle", type=int, default=100, help="submissions one after another")
    parser.add_argument("--load", type=int, default=1000, help="submissions under load")
    parser.add_argument("--parallel", type=int, default=32, help="submissions at once under load")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        with running(Path(folder) / "whole", SERVICES, audit=True) as (platform, plane):
            whole = asyncio.run(take_whole(platform, plane, options.idle, options.load, options.parallel))
        with running(Path(folder) / "alone", SUBMITTERS, audit=False) as (platform, plane):
            alone = asyncio.run(take_alone(platform, plane, options.load, options.parallel))
    return pictures(whole, alone, options.parallel)


def pictures(whole: Figures, alone: tuple[float, float, Used], parallel: int) -> list[Picture]:
    """The plots of the results."""
    delay = quantiles_of(whole.idle)
    rate, bare_rate, used = whole.load
    beside = f"Submissions per second, {parallel} at once, and direct writes of the same objects"
    rates = {"Slipway": [alone[0], rate], "direct writes": [alone[1], bare_rate]}
    return [
        Picture("delay", "Milliseconds from create to Submitted, in sequence", list(delay), {"": [*delay.values()]}),
        Picture("rate", beside, ["submission alone", "while jobs start"], rates, digits=1),
        Picture(
            "processor", "Milliseconds of CPU time per workload, by process", list(used), {"": [*used.values()]}, 1
        ),
    ]


if __name__ == "__main__":
    measure()
