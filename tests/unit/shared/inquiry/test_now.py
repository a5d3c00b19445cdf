"""What a workload would resolve to now, and what it would create."""

from typing import Any

from shared.inquiry.now import as_of_now, preview
from shared.names import SECURITY_LABEL, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"


class Server(PlainServer):
    """A project with a policy; creations are tried out, and nothing is stored."""

    def __init__(self) -> None:
        namespace: JsonObject = {"metadata": {"name": SPACE, "labels": {SECURITY_LABEL: "baseline"}}}
        super().__init__({resource_path("namespaces", None, SPACE, "v1"): namespace})
        metadata = {"name": "p", "namespace": SPACE, "uid": "p-1", "resourceVersion": "7"}
        path = resource_path(TRAINING.policy_plural, SPACE, "p")
        self.objects[path] = {"metadata": metadata, "spec": {"gpu": {"rules": {"max": "4"}}}}
        self.tried: list[str] = []

    async def get(self, path: str, params: object = None) -> JsonObject:
        """Lists too, even empty ones."""
        return self._list(path) if path.endswith("configmaps") else await super().get(path, params)

    async def create(self, path: str, body: JsonObject, params: object = None) -> JsonObject:
        """Dry runs only."""
        assert params == {"dryRun": "All"}
        self.tried.append(body["kind"])
        return body


def workload(**values: Any) -> JsonObject:
    metadata = {"name": "w", "namespace": SPACE, "uid": "w-1", "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {name: {"value": value} for name, value in values.items()}}


async def test_what_would_be_accepted_comes_with_every_object_each_tried() -> None:
    """The claim comes first, as in a submission, and the job has the first number of its prefix."""
    server = Server()
    explained, objects = await preview(server, TRAINING, workload(image="x", gpu="1"))
    assert (explained.refused, [item["kind"] for item in objects]) == (False, ["ConfigMap", "RunaiJob"])
    assert [item["metadata"]["name"] for item in objects] == ["job-1", "job-1"]
    assert server.tried == ["ConfigMap", "RunaiJob"]
    assert explained.notes == [
        "the job is shown for the scheduler `default`: no recent job of the project shows another one"
    ]


async def test_what_would_be_refused_creates_nothing_not_even_for_a_trial() -> None:
    """The broken rules name the policy that was read as their author."""
    server = Server()
    explained, objects = await preview(server, TRAINING, workload(image="x", gpu="5"))
    assert ([str(one) for one in explained.violations], list(objects)) == (["gpu: must be no greater than 4"], [])
    assert str(explained.author) == f"TrainingPolicy p in namespace {SPACE}"
    assert server.tried == []


async def test_a_question_without_objects_gets_the_same_verdict() -> None:
    """Explaining and trying rest on one decision."""
    for gpu in ("1", "5"):
        explained = await as_of_now(Server(), TRAINING, workload(image="x", gpu=gpu), SPACE)
        tried, _ = await preview(Server(), TRAINING, workload(image="x", gpu=gpu))
        assert (explained.values, explained.violations) == (tried.values, tried.violations)
