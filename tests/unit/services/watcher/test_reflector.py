"""The reflector against a scripted API server: what it reports to its handler, and how often it sends requests."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from services.watcher.reflector import Reflector
from shared.errors import ForbiddenError, GoneError, InvalidError, TransientError
from shared.kubernetes import pages
from shared.kubernetes.api import Api
from shared.objects import JsonObject


def item(uid: str, version: str = "1") -> JsonObject:
    return {"metadata": {"uid": uid, "name": uid, "resourceVersion": version, "managedFields": ["long"]}}


def event(kind: str, uid: str, version: str) -> JsonObject:
    return {"type": kind, "object": item(uid, version)}


class Server:
    """Answers lists and watches from prepared queues, in turn; then it stays silent."""

    def __init__(self, lists: list[Any], watches: list[list[Any]]) -> None:
        self.lists, self.watches = lists, watches
        self.asked: list[str] = []
        """Each list as `list`, each watch as `watch <resourceVersion>`."""
        self.selected: list[str | None] = []
        """The selector by fields of each list and watch."""
        self.first: list[int] = []
        """The size of each list's first page."""
        self.quiet = asyncio.Event()

    async def pages(self, path: str, params: Mapping[str, str], first: int = 0) -> AsyncIterator[JsonObject]:
        """The next list, in pages of two; an exception among its items is raised in its place."""
        self.asked.append("list")
        self.selected.append(params.get("fieldSelector"))
        self.first.append(first)
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, Exception):
            raise answer
        for two in [answer[at : at + 2] for at in range(0, max(1, len(answer)), 2)]:
            if broken := next((one for one in two if isinstance(one, Exception)), None):
                raise broken
            yield {"items": two, "metadata": {"resourceVersion": "10"}}

    async def watch(self, path: str, params: Mapping[str, str], *, idle: float) -> AsyncIterator[JsonObject]:
        self.asked.append(f"watch {params['resourceVersion']}")
        self.selected.append(params.get("fieldSelector"))
        if not self.watches:
            self.quiet.set()
            await asyncio.Event().wait()
        for one in self.watches.pop(0):
            if isinstance(one, Exception):
                raise one
            yield one


@asynccontextmanager
async def reflecting(
    server: Server, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> AsyncIterator[tuple[Reflector, list[str]]]:
    """A running reflector that waits a hundredth as long as usual, and what it reported."""
    told: list[str] = []

    async def handler(change: str, found: JsonObject) -> None:
        assert "managedFields" not in found["metadata"]
        told.append(f"{change} {found['metadata']['uid']}@{found['metadata']['resourceVersion']}")

    monkeypatch.setattr("services.watcher.reflector.FIRST_WAIT", 0.005)
    monkeypatch.setattr("services.watcher.reflector.LONGEST_WAIT", 0.05)
    monkeypatch.setattr("services.watcher.reflector.SHORTEST_WATCH", 0.01)
    reflector = Reflector(cast(Api, server), "/path", handler, keep=lambda found: found, **settings)
    task = asyncio.create_task(reflector.run())
    try:
        yield reflector, told
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_lists_then_watches_from_there_and_goes_on_where_a_watch_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A watch continues from the version of the list, of the last event or of the last bookmark."""
    server = Server(
        [[item("a")]],
        [
            [event("ADDED", "b", "11"), event("BOOKMARK", "", "20")],
            [event("MODIFIED", "a", "21"), event("DELETED", "b", "22")],
        ],
    )
    async with reflecting(server, monkeypatch) as (reflector, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert told == ["listed a@1", "changed b@11", "changed a@21", "deleted b@22"]
        assert server.asked == ["list", "watch 10", "watch 20", "watch 22"]
        assert reflector.listed.is_set()
        assert reflector.problem is None
        assert reflector.fresh()


@pytest.mark.parametrize(
    "expired",
    [GoneError("too old"), {"type": "ERROR", "object": {"code": 410, "message": "too old"}}],
    ids=["as an answer", "as an event"],
)
async def test_an_expired_version_means_list_again_and_what_is_known_is_not_told_again(
    expired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a 410 everything is listed again, and only what changed is reported."""
    server = Server([[item("a"), item("b")], [item("a"), item("b", "12"), item("c")]], [[expired]])
    async with reflecting(server, monkeypatch) as (_, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert told == ["listed a@1", "listed b@1", "listed b@12", "listed c@1"]
        assert server.asked == ["list", "watch 10", "list", "watch 10"]


async def test_a_deletion_that_was_missed_is_told_by_the_next_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that vanished while the watch was down is reported as deleted."""
    server = Server([[item("a"), item("b")], [item("b")]], [[TransientError("cut")]])
    async with reflecting(server, monkeypatch) as (_, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert told == ["listed a@1", "listed b@1", "deleted a@1"]


async def test_a_list_that_breaks_half_way_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that ends early is never taken for all there is."""
    everything = [item("a"), item("b"), item("c")]
    server = Server([everything, [item("a"), item("b"), GoneError("expired")], everything], [[TransientError("cut")]])
    async with reflecting(server, monkeypatch) as (_, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert told == ["listed a@1", "listed b@1", "listed c@1"]
        assert server.asked.count("list") == 3


@pytest.mark.parametrize("failure", [TransientError("away"), ForbiddenError("not for you"), GoneError("again")])
async def test_a_failed_list_deletes_nothing_and_says_why(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed list deletes nothing, and readiness shows its error."""
    server = Server([[item("a")], failure, failure, failure, [item("a")]], [[TransientError("cut")]])
    async with reflecting(server, monkeypatch) as (reflector, told):
        while server.asked.count("list") < 4:
            await asyncio.sleep(0.001)
        if not isinstance(failure, GoneError):
            assert reflector.problem == str(failure)
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert told == ["listed a@1"]
        assert reflector.problem is None


@pytest.mark.parametrize(
    "lists", [[ForbiddenError("no")], [TransientError("away")], [GoneError("gone")], [[]]], ids=repr
)
async def test_it_never_asks_in_a_hot_loop(lists: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused lists, and watches that end at once, cause a few requests; a hot loop would make thousands."""
    server = Server(lists, [[] for _ in range(100_000)])
    async with reflecting(server, monkeypatch):
        await asyncio.sleep(0.3)
        assert 2 <= len(server.asked) <= 40


async def test_waits_grow_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed lists are retried with growing pauses up to a limit."""
    server = Server([TransientError("away")], [])
    times: list[float] = []
    listed, loop = server.pages, asyncio.get_running_loop()

    def list_and_note(path: str, params: Mapping[str, str], first: int) -> AsyncIterator[JsonObject]:
        times.append(loop.time())
        return listed(path, params, first)

    monkeypatch.setattr(server, "pages", list_and_note)
    async with reflecting(server, monkeypatch):
        while len(times) < 8:
            await asyncio.sleep(0.005)
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    for wait, least in zip(waits, [0.005, 0.01, 0.02, 0.04, 0.05, 0.05, 0.05], strict=False):
        assert wait >= least * 0.95


async def test_the_server_is_not_asked_before_the_time_it_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry-After is honoured."""
    server = Server([TransientError("slow down", retry_after=0.2), []], [])
    loop = asyncio.get_running_loop()
    async with reflecting(server, monkeypatch) as (reflector, _):
        began = loop.time()
        await asyncio.wait_for(reflector.listed.wait(), 5)
        assert loop.time() - began >= 0.2


async def test_everything_is_listed_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A periodic list finds what a watch has missed."""
    server = Server([[item("a")], []], [[], [], []])
    async with reflecting(server, monkeypatch, relist=1.02) as (_, told):
        while server.asked.count("list") < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert told == ["listed a@1", "deleted a@1"]


async def test_silence_makes_it_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that is silent for too long no longer counts as fresh."""
    server = Server([[]], [])
    async with reflecting(server, monkeypatch, idle=0.05) as (reflector, _):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert reflector.fresh()
        await asyncio.sleep(0.12)
        assert not reflector.fresh()


async def test_an_answer_that_nobody_foresaw_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object without metadata, say from a proxy, is a problem of this kind alone, and is tried again."""
    server = Server([[{"spec": {}}], [item("a")]], [])
    async with reflecting(server, monkeypatch) as (reflector, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert (told, reflector.problem) == (["listed a@1"], None)


OLD = InvalidError("field label not supported: spec.usage")


async def test_only_what_the_fields_select_is_listed_and_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The selector of fields goes with lists and watches alike."""
    server = Server([[item("a")]], [])
    async with reflecting(server, monkeypatch, fields="status.phase=") as (_, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
    assert (server.selected, told) == (["status.phase=", "status.phase="], ["listed a@1"])


async def test_a_definition_that_does_not_know_the_fields_is_watched_whole_until_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With old definitions everything is listed and watched; the next list tries the selector again."""
    server = Server([OLD, [item("a"), item("b")], [item("b")]], [[TransientError("cut")]])
    async with reflecting(server, monkeypatch, fields="status.phase=") as (reflector, told):
        await asyncio.wait_for(server.quiet.wait(), 5)
        assert reflector.problem is None
    assert server.selected == ["status.phase=", None, None, "status.phase=", "status.phase="]
    assert told == ["listed a@1", "listed b@1", "deleted a@1"]


async def test_another_refusal_of_a_list_is_no_old_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other error is reported, and nothing is listed without the selector."""
    server = Server([InvalidError("no such limit"), [item("a")]], [])
    async with reflecting(server, monkeypatch, fields="status.phase="):
        await asyncio.wait_for(server.quiet.wait(), 5)
    assert set(server.selected) == {"status.phase="}


async def test_a_list_that_was_too_slow_is_tried_with_smaller_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer in time is asked for less at once, and for the usual again after a success."""
    slow = TransientError("did not answer within 10 s")
    server = Server([slow, slow, [item("a")], [item("a")]], [[TransientError("cut")]])
    async with reflecting(server, monkeypatch):
        await asyncio.wait_for(server.quiet.wait(), 5)
    assert server.first == [pages.FIRST, pages.FIRST // 4, pages.FIRST // 16, pages.FIRST]
