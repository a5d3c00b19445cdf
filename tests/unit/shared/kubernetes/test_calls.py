"""What is counted of each call of the API server."""

import asyncio

import pytest

from shared.kubernetes import api as client
from shared.kubernetes.access import Access
from shared.kubernetes.api import Api
from shared.kubernetes.calls import UNANSWERED, Params, counted, resource_of, verb_of
from shared.kubernetes.kubeconfig import Chosen, Cluster, User

ONE = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads/w"


@pytest.mark.parametrize(
    ("method", "params", "verb"),
    [
        ("GET", None, "get"),
        ("GET", {"resourceVersion": "0"}, "get"),
        ("GET", {"limit": "500"}, "list"),
        ("GET", {"watch": "true", "resourceVersion": "7"}, "watch"),
        ("GET", [("command", "ls"), ("command", "-l")], "get"),
        ("POST", None, "create"),
        ("PUT", None, "update"),
        ("PATCH", None, "patch"),
        ("DELETE", None, "delete"),
    ],
)
def test_a_call_has_kubernetes_own_verb(method: str, params: Params, verb: str) -> None:
    """Each call counts under the verb that a role would name."""
    assert verb_of(method, params) == verb


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        (ONE, "trainingworkloads"),
        (f"{ONE}/status", "trainingworkloads/status"),
        ("/apis/run.ai/v1alpha1/trainingworkloads", "trainingworkloads"),
        ("/api/v1/namespaces/runai-a/configmaps/w", "configmaps"),
        ("/api/v1/namespaces", "namespaces"),
        ("/api/v1/namespaces/runai-a", "namespaces"),
        ("/apis/batch/v1/namespaces/namespaces/jobs/jobs", "jobs"),
        ("/readyz", "readyz"),
    ],
)
def test_a_path_is_shown_without_the_names_in_it(path: str, resource: str) -> None:
    """Neither a namespace nor an object's name is left, whatever they are."""
    assert resource_of(path) == resource


def test_a_call_that_fails_is_counted_too() -> None:
    """A call without an answer has the code `none`."""
    seen: list[tuple[str, str, str]] = []
    with pytest.raises(OSError, match="away"), counted(lambda *call: seen.append(call[:3]), "PATCH", ONE, None):
        raise OSError("away")
    with counted(lambda *call: seen.append(call[:3]), "GET", ONE, None) as call:
        call.code = "200"
    assert seen == [("patch", ONE, UNANSWERED), ("get", ONE, "200")]


async def test_a_call_that_waits_for_its_turn_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time in this process's own queue is not the API server's, and what was never sent has no answer to miss."""
    monkeypatch.setattr(client, "CONNECTIONS", 0)
    seen: list[tuple[str, str, str, float]] = []
    access = Access(Chosen(Cluster(server="http://127.0.0.1:1"), User()))
    api = Api(access, 5.0, "test", called=lambda *call: seen.append(call))
    waiting = asyncio.create_task(api.get(ONE))
    for _ in range(10):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await api.close()
    assert waiting.cancelled()
    assert not seen
