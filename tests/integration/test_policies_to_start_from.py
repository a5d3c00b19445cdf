"""The policies to start from at a real API server, and what an administrator asks after an upgrade."""

from pathlib import Path

import pytest
import yaml

from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type
from tests.integration.harness.manifests import policy, training

pytestmark = pytest.mark.contract

FILE = Path(__file__).parents[2] / "deploy" / "policies" / "default.yaml"


@pytest.mark.parametrize("grants", [False, True])
async def test_the_api_server_takes_the_policies_to_start_from(cluster: Cluster, namespace: str, grants: bool) -> None:
    """As they are and with every grant, they fit the definitions strictly."""
    text = FILE.read_text(encoding="utf-8")
    for one in yaml.safe_load_all(text.replace("#~ ", "") if grants else text):
        placed = {**one, "metadata": {**one["metadata"], "namespace": namespace}}
        await cluster.create(placed, dryRun="All", fieldValidation="Strict")


async def test_what_the_policies_in_force_would_refuse_is_listed(
    runai: Type, cluster: Cluster, namespace: str, project: str
) -> None:
    """`policy impact --in-force` finds templates that a grant by mention once allowed."""
    await cluster.create(policy("TrainingPolicy", namespace, hostNetwork={"value": False}))
    await cluster.create(training("of-node", namespace, usage="Template", image="x", hostNetwork=True))
    await cluster.create(training("plain", namespace, usage="Template", image="x"))
    said = await runai("policy impact --in-force")
    assert said.code == 1, said.err
    (line,) = [line for line in said.out.splitlines() if project in line]
    assert line.split()[:3] == ["of-node", "Template", project]
    assert "unless the policy grants it: hostNetwork: {rules: {canEdit: true}}" in line
