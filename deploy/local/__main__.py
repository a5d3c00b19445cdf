"""Commands of the local platform: `python -m deploy.local up | down | demo | status | binaries | helm`."""

import os
import shlex
import sys
from datetime import datetime
from pathlib import Path

from deploy.local import binaries, tools
from deploy.local.demo import demo, in_browser
from deploy.local.entry import Commands, run
from deploy.local.platform import Platform
from deploy.local.progress import Progress


def main() -> int:
    """Run the command given by the arguments; return 0 on success, or print a message and return 1."""
    try:
        return run("deploy.local", COMMANDS)
    except KeyboardInterrupt:
        print(
            "\ninterrupted; what was started keeps running: `make up` completes it, `make down` stops it",
            file=sys.stderr,
        )
        return 130


def _up() -> int:
    platform = Platform.from_environment()
    platform.up()
    platform.progress.say(where_it_is(platform))
    return 0


def where_it_is(platform: Platform) -> str:
    """Show how to reach the running platform, and how to stop it."""
    links = platform.directory / "bin"
    path = [f'  export PATH={shlex.quote(str(links))}:"$PATH"'] if any(links.iterdir()) else []
    return "\n".join([
        "\nSlipway is up. In your shell:",
        f"  export KUBECONFIG={shlex.quote(str(platform.kubeconfig))}",
        *path,
        "  kubectl explain interactiveworkload.spec",
        *in_browser(platform),
        f"Logs are in {_near(platform.directory / 'logs')}; `make status` shows what is running, `make down` stops it.",
    ])  # fmt: skip


def _down() -> int:
    Platform.from_environment().down()
    return 0


def _demo() -> int:
    demo(Platform.from_environment())
    return 0


def _status() -> int:
    platform, say = Platform.from_environment(), Progress().say
    say(f"{'NAME':<25} {'STATE':<10} {'PID':>8}  STARTED")
    for component in platform.components:
        identity, pid = component.identity, component.pid
        state = "ready" if component.ready else "not ready" if pid else "died" if identity else "stopped"
        started = f"{datetime.fromtimestamp(identity.started):%Y-%m-%d %H:%M:%S}" if identity else ""
        say(f"{component.name:<25} {state:<10} {pid or '':>8}  {started}".rstrip())
    return 0 if all(component.ready for component in platform.components) else 1


def _binaries() -> int:
    for path in binaries.provide().values():
        print(f"  {path}")
    return 0


def _helm() -> int:
    tools.provide([tools.HELM])
    return 0


def _near(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


COMMANDS: Commands = {
    "up": _up,
    "down": _down,
    "demo": _demo,
    "status": _status,
    "binaries": _binaries,
    "helm": _helm,
}


if __name__ == "__main__":
    raise SystemExit(main())
