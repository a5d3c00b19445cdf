"""Attacks on other people's Secrets through what others have written: templates, global templates and policies."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.local import binaries
from deploy.local.controlplane import ControlPlane
from shared.objects import Manifest
from tests.integration.attacks.conftest import Researcher, can_read
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type
from tests.integration.harness.forked import SUBMITTING, Line
from tests.integration.harness.manifests import interactive, policy
from tests.integration.harness.outcome import objects

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]
RUNS = SUBMITTING

KEY: Final = "SECRET:alices,key"
REPOSITORY: Final = {"source": "https://g/a", "target": "/code", "username": "alice", "password": KEY}
STORE: Final = {"bucket": "data", "target": "/data", "key": KEY, "secret": KEY}
PLACES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "environment.A": (KEY, {"environment": {"A": KEY, "B": "plain"}}),
    "imagePullSecrets.a": ("alices", {"imagePullSecrets": {"a": "alices"}}),
    "secretVolumes.a.name": ("alices", {"secretVolumes": {"a": {"secret": "alices", "path": "/keys"}}}),
    "gitSync.a.password": (KEY, {"gitSync": {"a": REPOSITORY}}),
    "s3.a.key": (KEY, {"s3": {"a": STORE}}),
    "notebookToken": (KEY, {"jupyter": True, "notebookToken": KEY}),
}
"""What a template or policy may say at each place that refers to a Secret."""
DENIED: Final = "bob cannot read Secret alices, so their workloads cannot use it"


def violations(workload: Manifest) -> list[str]:
    return [f"{one['parameter']}: {one['message']}" for one in workload["status"]["violations"]]


async def attempts(person: Cluster, cluster: Cluster, namespace: str, names: Sequence[str]) -> list[Manifest]:
    """What becomes of one workload on each base, with an image of the person's own."""
    asked = [interactive(f"on-{name}", namespace, baseWorkload=name, image="evil") for name in names]
    stored = [await person.create(one) for one in asked]
    return await asyncio.gather(*(cluster.ended(one) for one in stored))


async def test_a_template_lends_nobody_the_secrets_that_its_author_may_read(
    researcher: Researcher, cluster: Cluster, pipeline: Line, namespace: str, project: str, runai: Type, tmp_path: Path
) -> None:
    """P9: a Secret that a template names is used only by who may read it, at every place; the command says so too."""
    alice, bob = await researcher("alice"), await researcher("bob")
    await can_read(cluster, namespace, "User", "alice", "alices")
    names = {path: path.split(".")[0].lower() for path in PLACES}
    for path, (_, spec) in PLACES.items():
        template = interactive(names[path], namespace, usage="Template", image="honest", **spec)
        await alice.wait_for("alice's template", partial(alice.create, template))
    for path, found in zip(PLACES, await attempts(bob, cluster, namespace, [*names.values()]), strict=True):
        said = f"{path}: {DENIED} (base workload {names[path]} has {PLACES[path][0]})"
        assert said in violations(found), path
    assert not await objects(cluster, namespace)
    honest = interactive("hers", namespace, baseWorkload="environment")
    await cluster.submitted(await alice.create(honest))
    file = tmp_path / "mine.yaml"
    file.write_text(f"kind: InteractiveWorkload\napiVersion: run.ai/v1alpha1\nmetadata: {{name: mine, namespace: "
                    f"{namespace}}}\nspec: {{baseWorkload: environment}}\n")  # fmt: skip
    explained = await runai(f"explain -f {file} -p {project}", bob.kubeconfig)
    assert explained.code == 1
    assert f"environment.A: {DENIED} (base workload environment has {KEY})" in explained.err
    tried = await runai(f"submit x --interactive -p {project} --workload s3 --dry-run=server", bob.kubeconfig)
    assert tried.code == 1
    assert f"s3.a.secret: {DENIED} (base workload s3 has {KEY})" in tried.err


async def test_neither_a_policy_nor_a_global_template_lends_a_secret(
    researcher: Researcher, cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """P9: a job with a Secret is created only for people who may read it, no matter who named it."""
    alice, bob = await researcher("alice"), await researcher("bob")
    await can_read(cluster, namespace, "User", "alice", "alices")
    shared = interactive("shared", "runai", usage="Template", image="x", environment={"A": KEY})
    await cluster.create(shared)
    (found,) = await attempts(bob, cluster, namespace, ["shared"])
    assert violations(found) == [f"environment.A: {DENIED} (base workload shared has {KEY})"]
    await cluster.create(policy("InteractivePolicy", namespace, environment={"items": {"TOKEN": {"value": KEY}}}))
    refused = await cluster.failed(await bob.create(interactive("plain", namespace, image="evil")))
    assert violations(refused) == [f"environment.TOKEN: {DENIED} (the policy's own default is {KEY})"]
    assert refused["status"]["policy"]["name"] == "policy"
    without = interactive("without", namespace, image="x", environment={"TOKEN": "mine"})
    await cluster.submitted(await bob.create(without))
    await cluster.submitted(await alice.create(interactive("hers", namespace, baseWorkload="shared")))


async def test_who_may_read_by_a_group_uses_the_secrets_of_a_template(
    researcher: Researcher, cluster: Cluster, control_plane: ControlPlane, pipeline: Line, namespace: str
) -> None:
    """P9: rights that come from a group count, those of people and those of service accounts."""
    jane = await researcher("jane")
    await can_read(cluster, namespace, "Group", f"researchers-of-{namespace}", "team")
    await can_read(cluster, namespace, "Group", f"system:serviceaccounts:{namespace}", "team")
    template = interactive("template", namespace, usage="Template", image="x", environment={"A": "SECRET:team,key"})
    await cluster.create(template)
    await cluster.submitted(await jane.create(interactive("hers", namespace, baseWorkload="template")))
    account = {"name": "ci", "namespace": namespace}
    await cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    bound = (await cluster.get("rolebindings", "runai-researchers", namespace))["subjects"]
    both = {"subjects": [*bound, {"kind": "ServiceAccount", **account}]}
    await cluster.patch("rolebindings", "runai-researchers", namespace, both)
    kubeconfig = await asyncio.to_thread(control_plane.kubeconfig_of_account, namespace, "ci")
    async with Cluster(kubeconfig, binaries.find(["kubectl"])["kubectl"]) as program:
        asked = interactive("its", namespace, baseWorkload="template")
        await cluster.submitted(await program.wait_for("its rights", lambda: program.create(asked)))
