"""Paths of the API server: a path leads to the named object in its namespace, or nowhere."""

import pytest

from shared.errors import NotFoundError
from shared.names import is_name, item_path, resource_path


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (("pods", None, None, "v1"), "/api/v1/pods"),
        (("namespaces", None, "a", "v1"), "/api/v1/namespaces/a"),
        (("trainingpolicies", "runai-a"), "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingpolicies"),
        (("jobs", "runai-a", "b.c-1", "batch/v1"), "/apis/batch/v1/namespaces/runai-a/jobs/b.c-1"),
        (("jobs", "a?b", "c#d e", "batch/v1"), "/apis/batch/v1/namespaces/a%3Fb/jobs/c%23d%20e"),
        (("jobs", "a", "...", "batch/v1"), "/apis/batch/v1/namespaces/a/jobs/..."),
    ],
)
def test_a_name_is_one_segment(asked: tuple[str, ...], path: str) -> None:
    """A path has the version, namespace, plural and name as one segment each."""
    assert resource_path(*asked) == path


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../b", "/", "%2e%2e", "a%2Fb", "\u2026/x"])
def test_what_nothing_can_be_called_is_not_asked_for(name: str) -> None:
    """A name that could lead a path elsewhere is not found, without a call."""
    assert not is_name(name)
    for asked in (("jobs", "a", name), ("jobs", name), ("jobs", name, "b"), ("namespaces", None, name)):
        with pytest.raises(NotFoundError) as refusal:
            resource_path(*asked)
        assert refusal.value.kind, "it is no kind that is missing"
    with pytest.raises(NotFoundError):
        item_path("/api/v1/namespaces/a/pods", name)
