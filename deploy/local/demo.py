"""The demo: applies a template and a workload, waits for the job to run, and lists them, printing each command."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.local.errors import PlatformError
from deploy.local.platform import Platform

MANIFESTS: Final = Path(__file__).parent / "demo"
TEMPLATE: Final = MANIFESTS / "team-a-jupyter-defaults.yaml"
WORKLOAD: Final = MANIFESTS / "my-jupyter-job.yaml"
NAMESPACE: Final = "runai-team-a"
ALL_PARTS: Final = "A control plane, a broker and Slipway's services"
PATIENCE: Final = 60.0
"""Seconds that the job may take to run; it takes about one."""


def demo(platform: Platform) -> None:
    """Start the platform and submit the guide's workload to it. PlatformError says what failed."""
    say = platform.progress.say
    parts = "A broker and Slipway's services, for your cluster" if platform.foreign else ALL_PARTS
    say(f"1. {parts}, as processes of this machine")
    platform.up()
    _clear(platform)
    say("\n2. A template with the team's defaults, and a workload that builds on it")
    for manifest in (TEMPLATE, WORKLOAD):
        _type(platform, ["kubectl", "apply", "-f", os.path.relpath(manifest)])
    job = _wait_for_job(platform)
    where = "" if platform.foreign else " on a simulated node with 8 GPUs"
    say(f"\n3. The result: job {job} is submitted, and its pod runs{where}")
    _type(platform, ["runai", "list", "workloads", "--interactive", "--project", "team-a"])
    _type(platform, ["runai", "describe", "--interactive", "my-jupyter-job", "-p", "team-a"])
    _type(platform, ["kubectl", "get", "pods", "-n", NAMESPACE, "-o", "wide"])
    say(_what_next(platform))


def _clear(platform: Platform) -> None:
    """Delete what an earlier demo left, and wait until it and everything it owns is gone.

    In the user's own cluster nothing is deleted: PlatformError says what is in the way.
    """
    earlier = platform.kubectl.json("get", "interactiveworkloads", "-n", NAMESPACE, "--ignore-not-found")
    names = {item["metadata"]["name"]: item for item in (earlier or {}).get("items", [])}
    mine = [name for name in (WORKLOAD.stem, TEMPLATE.stem) if name in names]
    if not mine:
        return
    if platform.foreign:
        raise PlatformError(
            f"namespace {NAMESPACE} of your cluster already has {' and '.join(mine)}; when they are no "
            "longer needed, run: "
            f"kubectl delete interactiveworkload -n {NAMESPACE} {' '.join(mine)}"
        )
    with platform.progress.step("deleting the earlier demo's workloads", "the earlier demo's workloads are deleted"):
        platform.kubectl("delete", "interactiveworkload", "-n", NAMESPACE, *mine)
        made = names.get(WORKLOAD.stem, {}).get("status", {}).get("createdResources", [])
        for each in made:
            kind = "runaijobs.run.ai" if each["kind"] == "RunaiJob" else each["kind"].lower()
            platform.kubectl("wait", "--for=delete", "--timeout=60s", "-n", NAMESPACE, f"{kind}/{each['name']}")


def _wait_for_job(platform: Platform) -> str:
    """Wait until the workload is Submitted and one of its pods runs; return the job's name."""

    def workload() -> Any:
        return platform.kubectl.json("get", "interactiveworkload", WORKLOAD.stem, "-n", NAMESPACE)

    with platform.progress.step("waiting for the workload to be submitted", "Submitted"):
        ended = _wait(platform, workload, lambda seen: "phase" in seen.get("status", {}))
    status = ended["status"]
    if status["phase"] != "Submitted":
        told = "; ".join(event["message"] for event in status.get("events", []))
        raise PlatformError(f"{WORKLOAD.stem} is {status['phase']}: {told}")
    job = str(status["jobName"])

    def pods() -> list[Any]:
        found = platform.kubectl.json("get", "pods", "-n", NAMESPACE, "-l", f"release={job}")["items"]
        return [pod for pod in found if pod["status"].get("phase") == "Running"]

    with platform.progress.step(f"waiting for the pod of {job}", f"the pod of {job} is Running"):
        _wait(platform, pods, bool)
    return job


def _wait(platform: Platform, look: Callable[[], Any], until: Callable[[Any], object]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not until(seen := look()):
        if time.monotonic() > deadline:
            raise PlatformError(f"not within {PATIENCE:.0f} s; what was done is in {platform.directory / 'logs'}")
        for component in platform.services:
            if not component.running:
                raise PlatformError(f"{component.name} has exited\n{component.tail()}")
        time.sleep(0.2)
    return seen


def _type(platform: Platform, command: Sequence[str]) -> None:
    """Print the command as a user would type it, run it, and print its output."""
    platform.progress.say(f"\n$ {shlex.join(command)}")
    done = subprocess.run(
        [*_program(platform, command[0]), *command[1:]],
        env={**os.environ, "KUBECONFIG": str(platform.kubeconfig)}, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PlatformError(f"`{shlex.join(command)}` failed with {done.returncode}")


def _program(platform: Platform, name: str) -> Sequence[str]:
    if name == "kubectl":
        return [str(platform.kubectl.program)]
    beside = Path(sys.executable).parent / name
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "cli"]


def in_browser(platform: Platform) -> Sequence[str]:
    """Say where to open the console, and how to sign in there; nothing if the platform has none."""
    address = platform.entrance
    if not address:
        return []
    how = "with a token of your cluster" if platform.foreign else "already signed in; once, within the hour"
    return [f"In a browser ({how}):", f"  {address}"]


def _what_next(platform: Platform) -> str:
    tools = [f'  export PATH={platform.directory / "bin"}:"$PATH"'] if not shutil.which("kubectl") else []
    return "\n".join([
        "\nTry next, in your shell:",
        f"  export KUBECONFIG={platform.kubeconfig}",
        *tools,
        f"  kubectl get configmap -n {NAMESPACE} -l run.ai/workload -o yaml    # every value and where it came from",
        "  kubectl explain interactiveworkload.spec.ports",
        f"  kubectl delete interactiveworkload {WORKLOAD.stem} -n {NAMESPACE}    # also deletes everything it created",
        *in_browser(platform),
        f"`make demo` starts over, `make down` stops everything; logs are in {platform.directory / 'logs'}",
    ])  # fmt: skip
