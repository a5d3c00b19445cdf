"""Which namespaces are projects, if the operator lets a label decide."""

from collections.abc import Mapping
from typing import cast

import pytest

from services.resolver.gather import Gather
from services.resolver.handlers import judge
from shared.kubernetes.api import Api
from shared.messages import WorkloadRejected
from shared.names import PROJECT_LABEL, is_labelled
from shared.objects import JsonObject
from shared.reasons import Reason
from tests.unit.services.resolver.test_judge import IMAGE, NAMESPACE, Cluster, observed, sentences


class Labelled(Cluster):
    """A cluster whose namespaces have labels."""

    def __init__(self, **labels: str) -> None:
        super().__init__()
        self.labelled = {
            f"runai-{project.replace('_', '-')}": {PROJECT_LABEL: label} for project, label in labels.items()
        }

    async def list(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
        if not path.endswith("/namespaces"):
            return await super().list(path, params)
        every = {**self.labelled, "runai-made-up": {}}
        return {"items": [{"metadata": {"name": name, "labels": labels}} for name, labels in every.items()]}


@pytest.mark.parametrize(
    ("labels", "is_one"), [({"team_a": "team-a"}, True), ({"team_a": "other"}, False), ({}, False)]
)
async def test_only_a_namespace_with_the_label_of_its_project_is_one(labels: dict[str, str], is_one: bool) -> None:
    """P9: who may create a namespace with the prefix, but not label it as a project, submits nothing there."""
    fact = await judge(observed(image=IMAGE), Gather(cast(Api, Labelled(**labels)), by_prefix=False))
    assert isinstance(fact, WorkloadRejected) is not is_one
    if isinstance(fact, WorkloadRejected):
        assert fact.reason == Reason.NO_PROJECT
        assert sentences(fact) == [
            f"namespace: {NAMESPACE} is not the namespace of a project: its label run.ai/project must be team-a; "
            "`runai project create team-a` adds it"
        ]


async def test_by_default_the_prefix_makes_a_project_and_nothing_more_is_read() -> None:
    """Existing projects without the label go on; the label costs no call."""
    cluster = Labelled()
    assert not isinstance(await judge(observed(image=IMAGE), Gather(cast(Api, cluster))), WorkloadRejected)
    assert [path for path in cluster.read if "namespaces" in path] == [f"/api/v1/namespaces/{NAMESPACE}"]


async def test_elsewhere_the_projects_that_count_are_named() -> None:
    """A workload in another namespace learns which namespaces are projects: the labelled ones only."""
    cluster = Labelled(team_a="team-a", team_b="team-c")
    fact = await judge(observed("default", image=IMAGE), Gather(cast(Api, cluster), by_prefix=False))
    assert sentences(fact) == [
        f"namespace: default is not the namespace of a project; the namespaces of projects are {NAMESPACE}"
    ]


def test_the_label_states_the_name_of_the_namespace() -> None:
    """The name of a namespace stays `runai-<project>`: no label makes another namespace a project."""
    assert is_labelled("runai-a", {PROJECT_LABEL: "a"})
    for namespace, labels in (
        ("runai-a", {PROJECT_LABEL: "b"}),
        ("runai-a", None),
        ("default", {PROJECT_LABEL: "default"}),
    ):
        assert not is_labelled(namespace, labels)
