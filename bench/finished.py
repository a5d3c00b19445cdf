"""Measure the watcher beside many finished workloads: `python -m bench.finished --count 100000`.

It starts its own API server, etcd and broker. One finished workload is made through the API server; copies of it are
written into etcd, from where the API server reads them like its own. Then the watcher is started beside them: once with
the current definitions, by which it selects what is unfinished, and once with definitions that do not let it select,
as in earlier releases. `restart` is the time from its start until it has published an unfinished workload whose name
comes last. `relist` is the time of one list as the watcher makes it.
"""

import argparse
import asyncio
import base64
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import psutil

from deploy.local.accounts import give_accounts, kubeconfig_of
from deploy.local.controlplane import API, ControlPlane
from deploy.local.install import install, wait_until_admitted
from deploy.local.nats import NatsServer
from deploy.local.ports import Ports
from deploy.local.services import service
from services.watcher.app import UNFINISHED
from shared.errors import TransientError
from shared.kubernetes.api import Api
from shared.messages import STREAM
from shared.names import API_VERSION, resource_path
from shared.objects import JsonObject

NAMESPACE: Final = "runai-team-a"
PLURAL: Final = "trainingworkloads"
PATH: Final = resource_path(PLURAL, NAMESPACE)
DEFINITION: Final = resource_path(f"customresourcedefinitions/{PLURAL}.run.ai", api_version="apiextensions.k8s.io/v1")
AT_ONCE: Final = 100
"""Objects that are written to etcd at once."""
WITHIN: Final = 600.0
"""Seconds that a start may take."""


@dataclass(frozen=True)
class Figures:
    """What one start of the watcher took: seconds, and MiB of memory at its peak and after the list."""

    restart: float
    relist: float
    peak: float
    resident: float


async def fill(api: Api, etcd: int, count: int) -> None:
    """Make one finished workload, and write copies of it."""
    await api.create(PATH, _workload("done-0", gpu={"value": "1"}))
    await api.patch(f"{PATH}/done-0/status", {"status": _status()})
    prefix = f"/registry/run.ai/{PLURAL}/{NAMESPACE}/"
    async with aiohttp.ClientSession(f"http://127.0.0.1:{etcd}") as session:
        answer = await _ask(session, "range", {"key": _text(f"{prefix}done-0")})
        sample = orjson.loads(base64.b64decode(answer["kvs"][0]["value"]))
        for start in range(1, count, AT_ONCE):  # one by one: each object has a version of its own
            puts = (_put(prefix, sample, number) for number in range(start, min(start + AT_ONCE, count)))
            await asyncio.gather(*(_ask(session, "put", put) for put in puts))


async def listed(api: Api, params: dict[str, str]) -> tuple[int, float]:
    """Return how many workloads one list has, and the seconds it takes."""
    began, items = time.perf_counter(), 0
    async for page in api.pages(resource_path(PLURAL), params):
        items += len(page["items"])
    return items, time.perf_counter() - began


async def take(api: Api, plane: ControlPlane, folder: Path, selects: bool) -> Figures:
    """Start a watcher with a broker of its own, and measure it until it has published the unfinished workload."""
    give_accounts(plane.kubectl, folder, ["watcher"])
    with NatsServer(folder / "nats") as broker:

        def told() -> dict[str, str]:
            kubeconfig = kubeconfig_of("watcher", folder)
            return {
                "SLIPWAY_KUBECONFIG": str(kubeconfig), "SLIPWAY_NATS_URL": broker.url, "SLIPWAY_DECLARE_STREAM": "true"
            }  # fmt: skip

        watcher = service("watcher", folder, Ports(folder), told)
        began = time.perf_counter()
        watcher.start()
        try:
            peak = await _published(broker, watcher.pid or 0, began)
            restart = time.perf_counter() - began
            _, relist = await listed(api, {"fieldSelector": UNFINISHED} if selects else {})
            await asyncio.sleep(3)  # memory that is given back is given back soon
            return Figures(restart, relist, peak, _mebibytes(watcher.pid or 0))
        finally:
            watcher.stop()


async def measure(folder: Path, count: int) -> None:
    """Fill a cluster, and measure the watcher with and without the selector."""
    with ControlPlane(folder / "plane", parts=API, prepare=lambda plane: install(plane.kubectl)) as plane:
        wait_until_admitted(plane.kubectl)
        api = await Api.connect(str(plane.kubeconfig), timeout=60)
        try:
            began = time.perf_counter()
            await fill(api, plane.ports["etcd"], count)
            await api.create(PATH, _workload("unfinished"))
            print(f"{count:,} workloads written in {time.perf_counter() - began:.0f} s", flush=True)
            there, seconds = await _caught_up(api)
            print(f"one list of all {there:,}: {seconds:.1f} s", flush=True)
            for title, selects in (("selected by the API server", True), ("everything watched", False)):
                if not selects:
                    await _forget_fields(api)
                figures = await take(api, plane, folder / str(selects), selects)
                print(
                    f"{title:28} restart {figures.restart:6.1f} s, relist {figures.relist:6.2f} s, "
                    f"memory {figures.resident:5.0f} MiB, {figures.peak:5.0f} at its peak",
                    flush=True,
                )
        finally:
            await api.close()


async def _published(broker: NatsServer, pid: int, began: float) -> float:
    """Wait until the stream holds a message; return the process's memory at its peak."""
    peak = 0.0
    while time.perf_counter() - began < WITHIN:
        peak = max(peak, _mebibytes(pid))
        accounts = broker.monitor("jsz?streams=true").get("account_details") or []
        streams = [stream for account in accounts for stream in account.get("stream_detail") or []]
        if any(stream["name"] == STREAM and stream["state"]["messages"] for stream in streams):
            return peak
        await asyncio.sleep(0.05)
    raise SystemExit(f"the watcher published nothing within {WITHIN:.0f} s")


async def _caught_up(api: Api) -> tuple[int, float]:
    """Wait until the API server has read what was written beside it, and refuses no list; return the first list."""
    while True:
        try:
            return await listed(api, {})
        except TransientError:
            await asyncio.sleep(2)


async def _forget_fields(api: Api) -> None:
    """Take the selectable fields out of the definition, and wait until the API server has noticed."""
    versions = (await api.get(DEFINITION))["spec"]["versions"]
    kept = [{key: value for key, value in one.items() if key != "selectableFields"} for one in versions]
    await api.patch(DEFINITION, {"spec": {"versions": kept}})
    while True:
        try:
            await api.get(PATH, {"fieldSelector": UNFINISHED, "limit": "1"})
        except Exception as refusal:  # noqa: BLE001 - whatever else it says, it says it again
            if "field label not supported" in str(refusal):
                return
        await asyncio.sleep(0.2)


def _workload(name: str, **spec: Any) -> JsonObject:
    metadata = {"name": name, "namespace": NAMESPACE}
    whole = {"image": {"value": "registry.example.com/team/train:1.4"}, **spec}
    return {"apiVersion": API_VERSION, "kind": "TrainingWorkload", "metadata": metadata, "spec": whole}


def _status() -> JsonObject:
    said, then = "all the resources were created successfully", "2026-01-05T10:00:00Z"
    steps = {"status": "True", "reason": "AllCreated", "message": said, "lastTransitionTime": then}
    own = {"version": "v1", "namespace": NAMESPACE, "name": "done"}
    return {
        "phase": "Submitted",
        "jobName": "done",
        "conditions": [{"type": step, **steps} for step in ("Resolved", "Created", "Submitted")],
        "events": [{"time": then, "type": "Info", "reason": "AllCreated", "message": said}],
        "createdResources": [{"kind": kind, **own} for kind in ("ConfigMap", "RunaiJob")],
    }


def _put(prefix: str, sample: JsonObject, number: int) -> JsonObject:
    metadata = {**sample["metadata"], "name": f"done-{number}", "uid": str(uuid.uuid4())}
    value = orjson.dumps({**sample, "metadata": metadata})
    return {"key": _text(f"{prefix}done-{number}"), "value": base64.b64encode(value).decode()}


async def _ask(session: aiohttp.ClientSession, what: str, body: JsonObject) -> JsonObject:
    async with session.post(f"/v3/kv/{what}", json=body, raise_for_status=True) as answer:
        found: JsonObject = await answer.json()
        return found


def _text(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _mebibytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def main(arguments: Sequence[str] | None = None) -> None:
    """Start everything, measure and stop it."""
    parser = argparse.ArgumentParser(prog="python -m bench.finished", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="finished workloads")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        asyncio.run(measure(Path(folder), options.count))


if __name__ == "__main__":
    main()
