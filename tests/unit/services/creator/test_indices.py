"""Names by index."""

from typing import Any

import pytest

from services.creator import indices as counting
from services.creator.indices import Indices
from shared.errors import NotFoundError
from shared.outputs.kinds import NAMED_AS_JOBS
from tests.unit.services.server import Server

CONFIGMAPS = "/api/v1/namespaces/runai-a/configmaps"


async def test_names_count_from_one_without_asking_again() -> None:
    """A prefix counts from 1, and existing names are listed once per namespace."""
    server: Any = Server()
    indices = Indices(server)
    names = [await indices.next("runai-a", prefix) for prefix in ("a", "a", "b", "a", "b")]
    assert names == ["a-1", "a-2", "b-1", "a-3", "b-2"]
    assert len(server.calls) == len(NAMED_AS_JOBS)


@pytest.mark.parametrize(
    ("group", "plural"),
    [
        ("/api/v1", "configmaps"),
        ("/api/v1", "services"),
        ("/apis/run.ai/v1", "runaijobs"),
        ("/apis/apps/v1", "deployments"),
    ],
)
async def test_whatever_has_the_name_takes_its_number(group: str, plural: str) -> None:
    """Any resource that is named as a job takes its number; names that only look similar do not."""
    server: Any = Server()
    for name in ("run-7", "run-07x", "run-", "run", "other-9", "run-2", "run-1234567890"):
        server.put(f"{group}/namespaces/runai-a/{plural}/{name}", {})
    assert await Indices(server).next("runai-a", "run") == "run-8"


async def test_namespaces_count_for_themselves_and_prefixes_may_look_like_numbers() -> None:
    """Each namespace and prefix counts by itself, even if a prefix ends in a number."""
    server: Any = Server()
    server.put(f"{CONFIGMAPS}/a-1-5", {})
    indices = Indices(server)
    assert [await indices.next("runai-a", "a"), await indices.next("runai-a", "a-1")] == ["a-1", "a-1-6"]
    assert await indices.next("runai-b", "a-1") == "a-1-1"


async def test_what_is_learned_never_counts_back() -> None:
    """Listing the names again never lowers the next index."""
    server: Any = Server()
    indices = Indices(server)
    for _ in range(5):
        await indices.next("runai-a", "a")
    server.put(f"{CONFIGMAPS}/a-2", {})
    await indices.learn("runai-a")
    assert await indices.next("runai-a", "a") == "a-6"


async def test_a_kind_that_the_cluster_does_not_know_holds_no_names() -> None:
    """A kind that is not installed does not stop names from being chosen."""
    server: Any = Server()
    server.answer = lambda call: NotFoundError("no such kind") if "runaijobs" in call else None
    assert await Indices(server).next("runai-a", "a") == "a-1"


async def test_what_is_remembered_is_bounded_and_counting_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand namespaces and prefixes leave no more than the limit behind, and what is forgotten is read again."""
    monkeypatch.setattr(counting, "NAMESPACES", 3)
    monkeypatch.setattr(counting, "PREFIXES", 5)
    server: Any = Server()
    indices = Indices(server)
    for number in range(20):
        server.put(f"{CONFIGMAPS}/p{number}-7", {})
        await indices.next(f"runai-{number}", "a")
    assert len(indices._last) == 3
    assert await indices.next("runai-a", "p3") == "p3-8"
    for number in range(20):
        await indices.next("runai-a", f"q{number}")
    known = indices._last.get("runai-a", None)
    assert known is not None
    assert len(known) == 5
    assert not indices._learning
