"""Measure what the console costs and how long people wait for it: `python -m bench.console --minutes 1`.

It starts an API server of its own with 5,000 jobs, and a console in front of it. The form is that of the kind with the
most parameters, with a policy and a base workload. Times of the server are those of one request after another, from
this process. Times in a browser are those of Chromium with an empty cache, at a quarter of the processor if the table
says so. In the end jobs change, 50 times a second, while a page shows their list. A figure that is over its budget is
marked.
"""

import argparse
import asyncio
import gzip
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp
from playwright.async_api import Browser

from bench.browsing import Person, form_of, keystroke, paint, rows_shown
from bench.changing import MINUTES, changing
from bench.cli import fill
from bench.pictures import Picture
from cli.printing.tables import table
from deploy.local.console import CONSOLE, LocalConsole
from deploy.local.controlplane import API, ControlPlane
from deploy.local.install import install, wait_until_admitted
from deploy.local.processes import Component
from deploy.local.services import service
from deploy.local.versions import KUBERNETES
from services.console.pages import STATIC
from shared.kubernetes.api import Api
from shared.names import API_VERSION, PROJECT_PREFIX, resource_path
from shared.parameters.derive import parameters
from shared.parameters.kinds import KINDS
from tests.integration.browser.chromium import started

PROJECT: Final = "bench"
NAMESPACE: Final = PROJECT_PREFIX + PROJECT
KIND: Final = max(KINDS, key=lambda kind: len(parameters(kind)))
"""The kind with the longest form."""
FORM: Final = f"/p/{PROJECT}/new/{KIND.name}?base=defaults"
LIST: Final = f"/p/{PROJECT}/jobs"
PATIENCE: Final = 7
"""Times that a page is opened in the browser."""


@dataclass(frozen=True)
class Figure:
    """One line of the table; `unit` is that of both figures."""

    what: str
    value: float
    budget: float | None
    unit: str = "ms"

    def row(self) -> list[str]:
        """The line."""
        digits = 0 if self.value >= 10 else 1
        over = "over" if self.budget is not None and self.value > self.budget else ""
        return [
            self.what,
            f"{self.value:.{digits}f}",
            f"{self.budget:.{digits}f}" if self.budget else "-",
            self.unit,
            over,
        ]


@dataclass(frozen=True)
class Rig:
    """A console that runs, with its API server."""

    plane: ControlPlane
    site: LocalConsole
    process: Component

    def headers(self, **more: str) -> dict[str, str]:
        """What a request of the administrator's page carries."""
        return {"Authorization": f"Bearer {self.plane.token}", "Sec-Fetch-Site": "same-origin", **more}


def sizes() -> list[Figure]:
    """What a browser loads besides pages."""
    found = []
    for title, end, raw, small in (("script", "js", 64, 20), ("style", "css", 16, None)):
        texts = [path.read_bytes() for path in sorted(STATIC.rglob(f"*.{end}"))]
        found.append(Figure(f"{title}, {len(texts)} files", sum(map(len, texts)) / 1024, raw, "KiB"))
        zipped = sum(len(gzip.compress(text)) for text in texts)
        found.append(Figure(f"{title}, compressed", zipped / 1024, small, "KiB"))
    return found


async def written(api: Api) -> None:
    """Create a policy with rules and defaults, and a base with values."""
    policy = {
        "gpu": {"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
        "memory": {"rules": {"max": "64Gi"}, "value": "1G"},
        "environment": {"items": {f"VARIABLE_{n}": {"value": f"policy {n}"} for n in range(5)}},
    }
    spec = {
        "usage": "Template",
        "image": {"value": "jupyter/scipy-notebook"},
        "gpu": {"value": "2"},
        "environment": {"items": {f"OWN_{n}": {"value": f"base {n}"} for n in range(5)}},
        "ports": {"items": {f"port-{n}": {"value": {"container": 8080 + n}} for n in range(3)}},
    }
    for plural, kind, name, content in (
        (KIND.policy_plural, KIND.policy, "policy", policy),
        (KIND.workload_plural, KIND.workload, "defaults", spec),
    ):
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": content}
        await api.create(resource_path(plural, NAMESPACE), body)


async def timed(call: Callable[[], Awaitable[bytes]], times: int) -> tuple[float, float, int]:
    """The median and the 99th percentile of calls in milliseconds, and the bytes of the last answer."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        answer = await call()
        seconds.append((time.perf_counter() - began) * 1000)
    seconds.sort()
    return median(seconds), seconds[min(times - 1, times * 99 // 100)], len(answer)


async def served(rig: Rig, times: int) -> list[Figure]:
    """What the server needs for the form, a check and a page of the list."""
    async with aiohttp.ClientSession(rig.site.address) as session:

        async def got(path: str) -> bytes:
            async with session.get(path, headers=rig.headers()) as answer:
                answer.raise_for_status()
                return await answer.read()

        page = await got(FORM)
        sent = form_of(page.decode())

        async def checked() -> bytes:
            await asyncio.sleep(0.12)  # as somebody types; the console takes ten checks a second
            began = time.perf_counter()
            path = FORM.replace("?", "/check?")
            async with session.post(path, data=sent, headers=rig.headers(**{"HX-Request": "true"})) as answer:
                answer.raise_for_status()
                text = await answer.read()
            waits.append((time.perf_counter() - began) * 1000)
            return text

        waits: list[float] = []
        form = await timed(lambda: got(FORM), times)
        check = await timed(checked, times)
        await got(LIST)
        part = await timed(lambda: got(LIST), times)
    waits.sort()
    fields = len(parameters(KIND))
    return [
        Figure(f"form of {fields} parameters ({KIND.name})", form[2] / 1024, 60 * fields / 53, "KiB"),
        Figure("form, on the server, p50", form[0], None),
        Figure("form, on the server, p99", form[1], 40),
        Figure("check, on the server, p50", median(waits), None),
        Figure("check, on the server, p99", waits[len(waits) * 99 // 100], 25),
        Figure("answer to a check", check[2] / 1024, None, "KiB"),
        Figure("list, window of 200", part[2] / 1024, 80, "KiB"),
        Figure("list, on the server, p50", part[0], None),
    ]


async def browsed(rig: Rig, browser: Browser) -> list[Figure]:
    """How long people wait in a browser."""
    person = Person(browser, rig.site.address, lambda: rig.site.link(rig.plane.token))
    quarter = [await paint(person, FORM, slower=4) for _ in range(PATIENCE)]
    keys = [await keystroke(person, FORM, slower=1) for _ in range(PATIENCE)]
    slow = [await keystroke(person, FORM, slower=4) for _ in range(PATIENCE)]
    cold = []
    for _ in range(3):
        rig.process.stop()
        rig.process.start()
        rig.process.wait()
        cold.append(await rows_shown(person, LIST))
    warm = [await rows_shown(person, LIST) for _ in range(PATIENCE)]
    return [
        Figure("form, first paint at CPU/4, median", median(quarter), 1000),
        Figure("form, first paint at CPU/4, longest", max(quarter), None),
        Figure("keystroke to sentence, median", median(keys), 600),
        Figure("keystroke to sentence, longest", max(keys), None),
        Figure("keystroke to sentence at CPU/4, median", median(slow), None),
        Figure("list of 5,000, first rows, console just started", median(cold), 1000),
        Figure("list of 5,000, first rows", median(warm), 1000),
    ]


@asynccontextmanager
async def running(folder: Path, many: int) -> AsyncIterator[Rig]:
    """An API server with the jobs, and the console, while inside."""
    plane = ControlPlane(folder / "plane", parts=API).start()
    site = LocalConsole(folder / "site", plane.ports)
    site.make()
    told = {
        "SLIPWAY_KUBECONFIG": str(plane.kubeconfig_of("slipway-console")),
        "CONSOLE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    process = service(CONSOLE, folder / "site", plane.ports, lambda: {**told, **site.environment()})
    try:
        install(plane.kubectl)
        wait_until_admitted(plane.kubectl)
        await fill(plane.kubeconfig, {PROJECT: many})
        api = await Api.connect(str(plane.kubeconfig), agent="bench")
        await written(api)
        await api.close()
        process.start()
        process.wait()
        yield Rig(plane, site, process)
    finally:
        process.stop()
        plane.stop()


async def take(folder: Path, many: int, times: int, minutes: float) -> list[Figure]:
    """Measure everything."""
    async with running(folder, many) as rig, started() as browser:
        print(f"Chromium {browser.version}, Kubernetes {KUBERNETES}; {many} jobs, {times} requests each")
        figures = [*sizes(), *await served(rig, times), *await browsed(rig, browser)]
        load = await changing(rig.plane.kubeconfig, f"{rig.site.address}{LIST}", rig.headers(), rig.process, minutes)
        memory = f"memory of the console after {minutes:g} min of {load.rate:.0f} changes a second"
        return [
            *figures,
            Figure(f"{memory}, at the start", load.before, None, "MiB"),
            Figure(f"{memory}, at the end", load.after, load.before * 1.05, "MiB"),
            Figure("sent to a tab meanwhile", load.sent, 20, "KiB/s"),
            Figure("processor of the console meanwhile", load.processor, None, "% of a core"),
        ]


def measure(arguments: Sequence[str] | None = None) -> list[Picture]:
    """Start the console, measure, print the results beside their budgets and stop it."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--many", type=int, default=5000, help="jobs of the list")
    parser.add_argument("--times", type=int, default=200, help="requests for each page")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for which jobs change")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as name:
        figures = asyncio.run(take(Path(name), options.many, options.times, options.minutes))
    print("\n".join(table(["WHAT", "MEASURED", "BUDGET", "UNIT", ""], [one.row() for one in figures])))
    waits = [one for one in figures if one.unit == "ms" and one.budget]
    series: dict[str, list[float | None]] = {
        "measured": [one.value for one in waits],
        "budget": [one.budget for one in waits],
    }
    return [Picture("console", "Milliseconds that people wait for the console", [one.what for one in waits], series)]


if __name__ == "__main__":
    measure()
