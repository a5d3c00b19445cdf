"""The steps of the tutorial print what the page shows."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from deploy.local.controlplane import ControlPlane
from tests.integration.harness.cluster import PATIENCE, Cluster
from tests.integration.harness.forking import ROOT
from tests.integration.harness.prepare import GLOBAL, remove_project
from tests.integration.harness.services import Services

pytestmark = pytest.mark.contract

BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGES: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d"), "WHEN"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UID"),
    (re.compile(r"\bversion \d+"), "version N"),
    (re.compile(r"\b\d+[sm]\b"), "AGE"),
    (re.compile(r"gpu-node-\d/10\.200\.0\.\d"), "NODE"),
    (re.compile(r"key [0-9a-f]{16}"), "key KEY"),
    (re.compile(r" {2,}"), "  "),
)
"""Parts that differ each time, and the width of columns that follows from them."""
LOOKS: Final = ("runai list", "runai describe")
"""Commands that may be repeated until they show the expected result."""


class Step(NamedTuple):
    """A command, and what it prints."""

    command: str
    printed: str


def steps(page: str) -> Iterator[Step]:
    """Every command of the page's dialogues."""
    for _, text in BLOCK.findall(page):
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield Step(command, steady(printed))


def files(page: str) -> Iterator[tuple[str, str]]:
    """Name and content of every file on the page that has a name."""
    for kind, text in BLOCK.findall(page):
        names = re.split(r"^# (\S+\.yaml)\n", text, flags=re.MULTILINE)[1:] if kind == "yaml" else []
        yield from zip(names[::2], names[1::2], strict=True)


def steady(text: str) -> str:
    """The text without what is different each time."""
    for pattern, mark in CHANGES:
        text = pattern.sub(mark, text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def alike(seen: str, printed: str) -> bool:
    """Whether the output matches the page, which omits lines with `...`."""
    parts = [".*" if line == "..." else re.escape(line) for line in printed.splitlines()]
    return re.fullmatch("\n".join(parts), seen, re.DOTALL) is not None


@pytest.fixture
async def person(
    nodes: ControlPlane, platform: Services, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[dict[str, str]]:
    """The environment of a person who has started a platform as the page says: nodes, and nothing submitted yet."""
    assert platform.all
    await cluster.delete("roles", "runai-reader", GLOBAL)  # projects share it; the page creates the first one
    programs = (Path(sys.executable).parent, nodes.kubectl.program.parent)
    yield {
        **os.environ,
        "KUBECONFIG": str(nodes.kubeconfig),
        "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "RUNAI_CONFIG": str(tmp_path / "runai.json"),
        "RUNAI_NO_PROGRESS": "1",
    }
    for project in ("team-a", "vision"):
        await remove_project(cluster, f"{GLOBAL}-{project}")
    cluster.empty.remove(f"{GLOBAL}-team-a")  # every control plane has it from its start


async def test_the_steps_of_the_page_print_what_it_says(person: dict[str, str], tmp_path: Path) -> None:
    """The steps of the page, typed as written, print what the page shows."""
    page = (ROOT / "docs" / "tutorial.md").read_text()
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    for name, content in files(page):
        (tmp_path / name).write_text(content)
    code, count = 0, 0
    for step in steps(page):
        code = await asyncio.to_thread(typed, step, code, person, tmp_path)
        count += 1
    assert count >= 9, "the page shows a whole dialogue"


def typed(step: Step, before: int, person: dict[str, str], folder: Path) -> int:
    """Type the command, after one that ended with that code; returns its own code."""
    deadline = time.monotonic() + PATIENCE
    while True:
        done = subprocess.run(
            ["bash", "-c", f"(exit {before}); {step.command}"],
            env=person, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        seen = steady(done.stdout)
        if alike(seen, step.printed):
            return done.returncode
        if not step.command.startswith(LOOKS) or time.monotonic() > deadline:
            assert seen == step.printed, step.command
        time.sleep(0.5)
