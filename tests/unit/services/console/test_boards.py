"""Lists that are read and watched once per person, for as long as somebody looks."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import cast

import pytest
from aiohttp import web

from services.console import boards
from services.console.boards import Batch, Board, Boards
from services.console.events import CLOSE, Message
from services.console.list_rows import JOBS, Row
from services.console.lists import ALL
from services.console.live import Parts, messages
from services.console.people import Person
from services.console.query import Query
from services.console.windows import window
from shared.errors import ForbiddenError, SlipwayError, TransientError, UnauthorizedError
from shared.kubernetes.api import Api

WITHIN = 5.0
"""Seconds that anything may take here."""


def row(name: str, status: str = "Running") -> Row:
    """A row of a job."""
    return Row(f"r{name}", name, f"job/{name}", "2026-04-16T07:00:00Z", status, "Train", "", ("", "", "", "", ""))


@dataclass
class Scripted:
    """A source that says what a test tells it to say."""

    first: list[Batch | SlipwayError] = field(default_factory=list)
    news: "asyncio.Queue[Batch | SlipwayError]" = field(default_factory=asyncio.Queue)
    watches: int = 2
    reads: int = 0

    async def read(self) -> AsyncGenerator[Batch, None]:
        """Yield what there is at first, or raise it."""
        self.reads += 1
        for one in self.first:
            if isinstance(one, SlipwayError):
                raise one
            yield one

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """Yield what comes later, or raise it."""
        while True:
            one = await self.news.get()
            if isinstance(one, SlipwayError):
                raise one
            yield one

    async def says(self, board: Board, one: Batch | SlipwayError) -> None:
        """Say it, and wait until the board knows."""
        with board.watched() as news:
            self.news.put_nowait(one)
            await asyncio.wait_for(news.wait(), WITHIN)


async def test_a_list_has_the_rows_that_are_there_now() -> None:
    """Rows come, change and go; nothing is read twice."""
    source = Scripted([{"ra": row("a"), "rb": row("b")}])
    board = Board(lambda _: source)
    await board.read(WITHIN)
    await source.says(board, {"ra": row("a", "Failed"), "rb": None, "rc": row("c")})
    assert board.rows == {"ra": row("a", "Failed"), "rc": row("c")}
    assert board.standing.live and source.reads == 1
    await board.close()


async def test_the_first_rows_are_shown_while_others_are_still_being_read() -> None:
    """A page waits for all rows for a moment only, and says that more are coming."""

    class Slow(Scripted):
        async def read(self) -> AsyncGenerator[Batch, None]:
            yield {"ra": row("a")}
            await asyncio.sleep(WITHIN)

    board = Board(lambda _: Slow())
    await board.read(0.05)
    assert (list(board.rows), board.whole, board.standing.said) == (["ra"], False, "more are being read")
    await board.close()


async def test_a_list_that_breaks_says_so_and_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows stay on the page while the API server is away."""
    monkeypatch.setattr(boards, "AGAIN", 0.01)
    source = Scripted([{"ra": row("a")}])
    board = Board(lambda _: source)
    await board.read(WITHIN)
    await source.says(board, TransientError("the API server did not answer"))
    assert board.rows and board.standing.said == "not live: the API server did not answer"
    with board.watched() as news:
        while not board.standing.live:
            await asyncio.wait_for(news.wait(), WITHIN)
            news.clear()
    assert source.reads == 2
    await board.close()


async def test_what_the_api_server_refuses_is_said_in_its_words() -> None:
    """Who may not list is told so, at once and for good."""
    board = Board(lambda _: Scripted([ForbiddenError("jane cannot list runaijobs")]))
    with pytest.raises(ForbiddenError, match="jane cannot list"):
        await board.read(WITHIN)
    assert board.ended
    await board.close()


async def test_one_person_reads_a_list_once_and_others_never_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages of one sign-in share a list; another person's is read with their own rights. Nobody looks: it ends."""
    monkeypatch.setattr(boards, "LINGERS", 0.05)
    sources: list[Scripted] = []

    def source(_: Board) -> Scripted:
        sources.append(Scripted([{"ra": row("a")}]))
        return sources[-1]

    jane, tom = (Person(name, (), cast(Api, object()), name) for name in ("jane", "tom"))
    all_of_them = Boards()
    first = all_of_them.board(jane, "jobs", "team-a", source)
    assert all_of_them.board(jane, "jobs", "team-a", source) is first
    other = all_of_them.board(tom, "jobs", "team-a", source)
    with other.watched():
        await asyncio.gather(first.read(WITHIN), other.read(WITHIN))
        assert len(sources) == 2
        async with asyncio.timeout(WITHIN):
            while not first.ended:
                await asyncio.sleep(0.01)
        assert all_of_them.open == 1 and not other.ended
    await all_of_them.end(web.Application())
    assert other.ended


async def test_a_person_who_looks_at_one_list_after_the_other_keeps_a_few() -> None:
    """Lists that nobody looks at make room for others, the one that was left first goes first."""
    jane = Person("jane", (), cast(Api, object()), "jane")
    lists = Boards()
    first = lists.board(jane, "jobs", "seen", lambda _: Scripted([{}]))
    with first.watched():
        for number in range(3 * boards.MOST):
            await lists.board(jane, "jobs", f"p-{number}", lambda _: Scripted([{}])).read(WITHIN)
            assert lists.open <= boards.MOST + 1
        assert not first.ended
    await lists.end(web.Application())


async def test_a_bug_ends_a_list_with_a_sentence() -> None:
    """Nobody waits for rows that never come."""

    class Broken(Scripted):
        async def read(self) -> AsyncGenerator[Batch, None]:
            yield {"ra": row("a")}
            raise KeyError("a bug")

    board = Board(lambda _: Broken())
    with pytest.raises(SlipwayError, match="mistake of the console"):
        await board.read(WITHIN)
    assert board.ended


async def told(source: Scripted, said: SlipwayError | Batch) -> list[Message]:
    """The messages to a page that knows the first rows, after this was said."""
    board = Board(lambda _: source)
    await board.read(WITHIN)
    known = {"of": ALL["jobs"], "columns": JOBS, "project": "a", "path": "/p/a/jobs", "query": Query()}
    digest = window(board.rows.values(), Query(), JOBS).digest
    coming = messages(board, Parts(JOBS, Query(), known), digest)
    found = [await anext(coming)]
    source.news.put_nowait(said)
    async with asyncio.timeout(WITHIN):
        async for message in coming:
            found.append(message)
            if not isinstance(said, SlipwayError):
                break
    await board.close()
    return found


async def test_a_page_is_sent_only_what_differs() -> None:
    """A page that shows what there is gets no row again; then one row, and the counts."""
    standing, change = await told(Scripted([{"ra": row("a"), "rb": row("b")}]), {"rb": row("b", "Failed")})
    assert "#rows" not in standing.html and "live" in standing.html
    assert 'hx-target="#rb"' in change.html and 'hx-target="#ra"' not in change.html
    assert "Failed 1" in change.html and change.id


async def test_a_page_comes_again_if_its_sign_in_may_be_renewed_and_else_ends() -> None:
    """A right that is lost ends the stream for good; an old token only this connection."""
    assert (await told(Scripted([{}]), ForbiddenError("no")))[-1] == CLOSE
    assert (await told(Scripted([{}]), UnauthorizedError("over")))[-1] != CLOSE


def test_a_message_is_one_whatever_it_holds() -> None:
    """Line breaks of any kind stay inside the message."""
    assert Message("a\rb\n\nc", "1").encoded() == b"id: 1\ndata: a&#13;b\ndata: \ndata: c\n\n"
    assert Message().encoded() == b":\n\n"
