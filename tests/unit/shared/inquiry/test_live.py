"""Lists that arrive in pages and change afterwards, from an API server of plain data."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.errors import ForbiddenError, GoneError, TransientError
from shared.inquiry import live
from shared.inquiry.live import Live, changes_of, in_order, named


def workload(name: str, namespace: str = "runai-team-a", version: int = 1, **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}", "resourceVersion": str(version)}
    return {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "metadata": metadata, "spec": {}, **fields}


def test_objects_of_the_servers_own_kinds_get_their_names() -> None:
    """Items of a typed list get their kind and version back."""
    page = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}}, {"kind": "Own"}]}
    assert named(page) == [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}},
        {"apiVersion": "v1", "kind": "Own"},
    ]


async def pages_of(*pages: str) -> AsyncIterator[list[dict[str, Any]]]:
    for page in pages:
        yield [{"name": name} for name in page]


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        ([], []),
        ([[]], []),
        ([["ab", "cd"]], ["ab", "cd"]),
        ([["ace", "gi"], ["bdfh"]], ["abcde", "fgh", "i"]),
        ([["ab", "yz"], ["c", "d", "e"], []], ["ab", "c", "d", "e", "yz"]),
        ([["", "a"], ["b"]], ["ab"]),
        ([["a", "a"], ["a"]], ["aa", "a"]),
    ],
)
async def test_several_lists_become_one_page_by_page(streams: list[list[str]], expected: list[str]) -> None:
    """Sorted lists are merged into one sorted list, page by page, and nothing is lost."""
    merged = in_order([pages_of(*pages) for pages in streams], lambda item: item["name"])
    found = ["".join(item["name"] for item in page) async for page in merged]
    assert "".join(found) == "".join(expected)
    assert "".join(found) == "".join(sorted("".join(found)))


class Server:
    """Gives scripted answers: pages for each listing, and events or an error for each watch."""

    def __init__(self, lists: list[Any], watches: list[list[Any]]) -> None:
        self._lists, self._watches = lists, watches
        self.asked_from: list[str] = []

    async def pages(self, path: str, params: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        items = self._lists.pop(0)
        if isinstance(items, Exception):
            raise items
        version = {"resourceVersion": max((item["metadata"]["resourceVersion"] for item in items), default="0")}
        yield {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkloadList", "metadata": version, "items": items}

    async def watch(self, path: str, params: dict[str, str], *, idle: float) -> AsyncIterator[dict[str, Any]]:
        self.asked_from.append(params["resourceVersion"])
        if not self._watches:
            await asyncio.Event().wait()
        for said in self._watches.pop(0):
            if isinstance(said, Exception):
                raise said
            yield {"type": said[0], "object": said[1]}


async def first(count: int, changes: AsyncIterator[Any]) -> list[tuple[str, str]]:
    found = []
    async for change, item in changes:
        found.append((change, item["metadata"]["name"]))
        if len(found) == count:
            break
    return found


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.0)


async def listed(server: Server) -> Live:
    one = Live(server, "/path")
    async for _ in one.pages():
        pass
    return one


async def test_a_watch_goes_on_where_it_was_after_it_ends_breaks_or_only_gets_a_bookmark() -> None:
    """A watch continues from the last version that it saw."""
    events: list[list[Any]] = [
        [("ADDED", workload("a", version=2)), ("BOOKMARK", workload("", version=5))],
        [TransientError("cut")],
        [("DELETED", workload("a", version=6))],
    ]
    server = Server([[]], events)
    assert await first(2, (await listed(server)).changes()) == [("ADDED", "a"), ("DELETED", "a")]
    assert server.asked_from == ["0", "5", "5"]


@pytest.mark.parametrize("gone", [GoneError("old"), ("ERROR", {"code": 410, "message": "too old"})])
async def test_what_a_watch_missed_is_told_after_listing_again(gone: Any) -> None:
    """After a gap, deletions and changes are found by a new list."""
    before = [workload("stays"), workload("changes"), workload("goes")]
    after = [workload("stays"), workload("changes", version=7), workload("comes", version=8)]
    found = await first(3, (await listed(Server([before, after], [[gone]]))).changes())
    assert found == [("DELETED", "goes"), ("MODIFIED", "changes"), ("MODIFIED", "comes")]


async def test_a_list_that_breaks_after_a_watch_expired_is_read_again() -> None:
    """The earlier state is compared with the last list."""
    lists = [[workload("goes")], TransientError("busy"), [workload("comes", version=8)]]
    found = await first(2, (await listed(Server(lists, [[GoneError("old")]]))).changes())
    assert found == [("DELETED", "goes"), ("MODIFIED", "comes")]


async def test_a_server_that_stays_away_ends_it_and_so_does_one_that_forbids_it() -> None:
    """A watch ends after a few failures, and at once if it is forbidden."""
    away = await listed(Server([[]], [[TransientError("away")]] * 3))
    with pytest.raises(TransientError):
        await first(1, away.changes())
    forbidden = await listed(Server([[]], [[ForbiddenError("no watch")]]))
    with pytest.raises(ForbiddenError):
        await first(1, changes_of([forbidden, await listed(Server([[]], []))]))


async def test_changes_of_several_lists_come_as_one() -> None:
    """Changes of several lists arrive as one stream."""
    lists = [await listed(Server([[]], [[("ADDED", workload(name))]])) for name in "ab"]
    assert sorted(await first(2, changes_of(lists))) == [("ADDED", "a"), ("ADDED", "b")]
