"""Attacks by who may write policies: naming Secrets that their author cannot read."""

from typing import Any

import pytest

from shared.parameters.limits import MOST_SECRETS
from tests.integration.attacks.conftest import Researcher, can_read, may
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy
from tests.integration.harness.refusals import refusal

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("admission")]

KEY = "SECRET:{},key"
REPOSITORY = {"source": "https://g/a", "target": "/a", "username": "j"}
STORE = {"bucket": "data", "target": "/data", "key": KEY}


def default(place: str, secret: str) -> dict[str, Any]:
    """A policy's spec that names the Secret at this place."""
    key = KEY.format(secret)
    items: dict[str, Any] = {
        "environment": key,
        "imagePullSecrets": secret,
        "secretVolumes": {"secret": secret, "path": "/keys"},
        "gitSync": {**REPOSITORY, "password": key},
        "s3": {**STORE, "key": KEY.format("mine"), "secret": key},
    }
    if place in items:
        return {place: {"items": {"A": {"value": items[place]}}}}
    return {"notebookToken": {"value": {"value": key} if place == "wrapped" else key}}


@pytest.mark.parametrize(
    "place", ["environment", "imagePullSecrets", "secretVolumes", "gitSync", "s3", "notebookToken", "wrapped"]
)
async def test_a_policy_names_only_secrets_that_its_author_may_read(
    researcher: Researcher, cluster: Cluster, namespace: str, place: str
) -> None:
    """P9: who writes a policy can name a Secret for the workloads of others only if they may read it themselves."""
    author = await researcher("author")
    writing = {"apiGroups": ["run.ai"], "resources": ["interactivepolicies"], "verbs": ["*"]}
    await may(cluster, namespace, "author", writing)
    await can_read(cluster, namespace, "User", "author", "mine")
    mine = policy("InteractivePolicy", namespace, **default(place, "mine"))
    await author.wait_for("the author's rights", lambda: author.create(mine))
    parameter = "notebookToken" if place == "wrapped" else place
    said = f"{parameter}: author cannot read Secret other, so their policies cannot name it"
    theirs = policy("InteractivePolicy", namespace, "theirs", **default(place, "other"))
    assert said in await refusal(author.create(theirs, dryRun="All"))
    edited = {"spec": default(place, "other")}
    assert said in await refusal(author.patch("interactivepolicies", "policy", namespace, edited))
    await author.patch("interactivepolicies", "policy", namespace, {"spec": {"gpu": {"value": "1"}}})


async def test_a_policy_names_no_more_secrets_than_can_be_checked(cluster: Cluster, namespace: str) -> None:
    """P9: a policy with more Secrets than the API server can check is refused, and rules without any are not."""
    many = {f"A{index}": {"value": f"SECRET:s{index},k"} for index in range(MOST_SECRETS + 1)}
    crowded = policy("TrainingPolicy", namespace, environment={"items": many})
    assert f"no more than {MOST_SECRETS} different Secrets" in await refusal(cluster.create(crowded, dryRun="All"))
    many.pop("A0")
    await cluster.create(policy("TrainingPolicy", namespace, environment={"items": many}), dryRun="All")
    number = policy("InteractivePolicy", namespace, notebookToken={"rules": {"required": True}}, gpu={"value": 1})
    await cluster.create(number, dryRun="All")
