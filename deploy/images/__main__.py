"""Commands of the images: `python -m deploy.images build | servers | context | engine`.

`engine` does nothing if a Docker engine answers, and otherwise says how to get one."""

import sys
from pathlib import Path
from typing import Final

from deploy.images.bases import base_image
from deploy.images.build import ROOT, inputs, server_image, service_image
from deploy.images.context import BILL
from deploy.images.engine import Engine
from deploy.images.servers import SERVERS
from deploy.local.entry import Commands, run
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress

MB: Final = 1_000_000
BESIDE: Final = Path(".local/images")
"""Where the bill of materials is written, in the checkout."""
LOAD: Final = """
import os, time
import services.resolver.app
ticks = int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
print(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
"""
"""Prints the seconds from the start of the process until the largest service is loaded."""


def _build() -> None:
    engine, progress = Engine.connect(), Progress()
    image = service_image(progress=progress)
    engine.tag(image, "slipway", "latest")
    described = engine.describe(image)
    base = described["Config"]["Labels"]["org.opencontainers.image.base.name"]
    over = described["Size"] - engine.describe(base)["Size"]
    bill = ROOT / BESIDE / f"{image.replace(':', '-')}.cdx.json"
    bill.parent.mkdir(parents=True, exist_ok=True)
    bill.write_text(engine.said(image, "python", "-c", f"print(open('/app/{BILL}').read(), end='')"), encoding="utf-8")
    progress.say(f"{image}, also slipway:latest: {described['Size'] / MB:.1f} MB, {over / MB:.1f} MB over {base}")
    progress.say(f"a service is loaded in {float(engine.said(image, 'python', '-c', LOAD)):.2f} s")
    progress.say(f"bill of materials: {bill.relative_to(ROOT)}")


def _servers() -> None:
    for name in SERVERS:
        print(server_image(name, Progress(sys.stderr)))


def _context() -> None:
    if sys.stdout.isatty():
        raise PlatformError("this writes a tar: `python -m deploy.images context > context.tar`")
    engine, progress = Engine.connect(), Progress(sys.stderr)
    sys.stdout.buffer.write(inputs(engine, ROOT, base_image(engine, progress), progress))


def _engine() -> None:
    Engine.connect()


COMMANDS: Final[Commands] = {"build": _build, "servers": _servers, "context": _context, "engine": _engine}


if __name__ == "__main__":
    raise SystemExit(run("deploy.images", COMMANDS))
