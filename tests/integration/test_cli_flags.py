"""Every flag of `runai submit` and the related verbs, through the real API server to what would be created."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import ControlPlane
from shared.parameters.derive import parameters
from shared.parameters.kinds import KINDS
from shared.schedulers import SCHEDULER_LABEL
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Said
from tests.integration.harness.manifests import policy, training
from tests.integration.harness.typist import typed_all
from tests.unit.generate.test_flags import GRANTS, ROWS, Row, seen

pytestmark = pytest.mark.contract

TYPISTS = 2
"""Processes that type commands at the same time."""
HERE = {
    "--run-as-user": Row("--run-as-user", {}, "pod.securityContext.runAsUser", os.getuid()),
    "--preemptible": ROWS["--preemptible"]._replace(found="build-preemptible"),
}
"""Flags whose result depends on the user who runs the tests, or on the scheduler of the test."""


async def test_every_flag_reaches_what_the_api_server_would_create(
    cluster: Cluster, control_plane: ControlPlane, namespace: str, project: str, operators: None, tmp_path: Path
) -> None:
    """The policy lets every parameter be stated, and the project's scheduler supports everything."""
    await cluster.patch("namespaces", namespace, None, {"metadata": {"labels": {SCHEDULER_LABEL: "kai"}}})
    await cluster.create(training("my-template", namespace, usage="Template"))
    for kind in KINDS:
        granted: dict[str, Any] = {name: entry for name, entry in GRANTS.items() if name in parameters(kind)}
        await cluster.create(policy(kind.policy, namespace, **granted))
    rows = {**ROWS, **HERE}
    lines = [f"{row.verb} {row.whole} -p {project} --dry-run=server -o yaml" for row in rows.values()]
    parts = [lines[number::TYPISTS] for number in range(TYPISTS)]
    answers = await asyncio.gather(*(typed_all(part, tmp_path, control_plane.kubeconfig) for part in parts))
    said = {line: one for part, some in zip(parts, answers, strict=True) for line, one in zip(part, some, strict=True)}
    found = {flag: _found(said[line], row) for (flag, row), line in zip(rows.items(), lines, strict=True)}
    assert found == {flag: row.found for flag, row in rows.items()}


def _found(said: Said, row: Row) -> Any:
    """The value at the row's place; if there is none, or the submission would be refused, the command's output."""
    try:
        return seen(yaml.safe_load(said.out)["objects"], row.place) if said.code == 0 else said.err
    except (KeyError, IndexError, StopIteration):
        return said
