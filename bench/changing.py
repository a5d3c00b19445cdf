"""Jobs that change all the time while somebody looks at their list: what that costs the console, and the page."""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

import aiohttp
import psutil

from deploy.local.processes import Component
from shared.kubernetes.api import Api
from shared.names import PROJECT_PREFIX, resource_path

MINUTES: Final = 10.0
RATE: Final = 50
"""Changes a second."""
BEAT: Final = 1.0
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Load:
    """Changes a second that were made, MiB of the console in the first and in the last minute (of a shorter time: its
    first and last tenth), KiB a second to a page, and per cent of a core."""

    rate: float
    before: float
    after: float
    sent: float
    processor: float


async def changing(kubeconfig: Path, url: str, headers: dict[str, str], console: Component, minutes: float) -> Load:
    """Change jobs for some minutes while a page shows the list at this address; return what that costs."""
    api = await Api.connect(str(kubeconfig), timeout=60, agent="bench")
    process, bytes_sent = psutil.Process(console.pid), [0]
    looks = asyncio.create_task(_look(url, headers, bytes_sent))
    try:
        jobs = await _known(api, url)
        await _changed(api, url, jobs, 60 if minutes >= MINUTES else 5)  # until everything is warm
        bytes_sent[0], used, memory = 0, _seconds(process), list[float]()
        watching = asyncio.create_task(_remember(process, memory))
        made, seconds = await _changed(api, url, jobs, minutes * 60)
        watching.cancel()
        if looks.done():
            raise SystemExit(f"the page was no longer live: {looks.exception() or 'its stream has ended'}")
        if bytes_sent[0] < made:  # no more than signs of life
            raise SystemExit(f"the page was sent {bytes_sent[0]} bytes for {made} changes: it shows none of them")
        part = max(1, min(60, len(memory) // 10))
        spent = _seconds(process) - used
        kilobytes = bytes_sent[0] / 1024 / seconds
        return Load(made / seconds, mean(memory[:part]), mean(memory[-part:]), kilobytes, 100 * spent / seconds)
    finally:
        looks.cancel()
        with suppress(asyncio.CancelledError):
            await looks
        await api.close()


def _seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def _jobs(url: str, name: str | None = None) -> str:
    project = url.split("/p/")[1].split("/")[0]
    return resource_path("runaijobs", PROJECT_PREFIX + project, name, "run.ai/v1")


async def _known(api: Api, url: str) -> dict[str, bool]:
    """The jobs, and whether each is suspended."""
    return {one["metadata"]["name"]: False for one in (await api.list(_jobs(url)))["items"]}


async def _look(url: str, headers: dict[str, str], count: list[int]) -> None:
    """Keep the list open as a page does, and count what it is sent."""
    limits = aiohttp.ClientTimeout(total=None, sock_read=60)
    async with aiohttp.ClientSession(timeout=limits) as session, session.get(f"{url}/live", headers=headers) as answer:
        answer.raise_for_status()
        async for chunk in answer.content.iter_any():
            count[0] += len(chunk)


async def _remember(process: psutil.Process, memory: list[float]) -> None:
    while True:
        memory.append(process.memory_info().rss / 2**20)
        await asyncio.sleep(BEAT)


async def _changed(api: Api, url: str, suspended: dict[str, bool], seconds: float) -> tuple[int, float]:
    """Suspend and resume jobs at random for so many seconds; return how many changes were made, in how many seconds."""
    began, made, dice = time.monotonic(), 0, random.Random(7)  # the same jobs each time
    making, names = set[asyncio.Task[object]](), list(suspended)
    while (now := time.monotonic() - began) < seconds:
        for _ in range(min(RATE, int(now * RATE) + 1 - made)):
            name = dice.choice(names)
            suspended[name] = not suspended[name]
            call = api.patch(_jobs(url, name), {"spec": {"suspend": suspended[name]}})
            making.add(task := asyncio.create_task(call))
            task.add_done_callback(making.discard)
            made += 1
        await asyncio.sleep(1 / RATE)
    await asyncio.gather(*making)
    return made, time.monotonic() - began
