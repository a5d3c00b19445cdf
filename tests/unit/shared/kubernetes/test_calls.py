"""What is counted of each call of the API server."""

import pytest

from shared.kubernetes.calls import UNANSWERED, Params, counted, resource_of, verb_of

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
