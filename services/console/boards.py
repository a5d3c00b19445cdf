"""The rows of each list, read and watched once per person and project, for as long as somebody looks."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Final, NamedTuple, Protocol

import structlog
from aiohttp import web

from services.console.counted import WATCHES
from services.console.list_rows import Row
from services.console.people import Person
from shared.errors import GoneError, PermanentError, SlipwayError, TransientError, UnauthorizedError

log = structlog.get_logger()

LINGERS: Final = 30.0
"""Seconds for which a list is watched after the last person has looked away: they often come back."""
MOST: Final = 12
"""Lists that one person may have open: beyond them, those that nobody looks at are not watched any longer."""
OURS: Final = "this is a mistake of the console, which has written it into its log: look again"
AGAIN: Final = 2.0
"""Seconds until a list that broke is read anew."""

Batch = Mapping[str, Row | None]
"""Rows that are new or have changed, by key; None for one that is gone."""


class Standing(NamedTuple):
    """Whether a list is as it is now."""

    live: bool
    said: str
    """What keeps it from that."""


class Source(Protocol):
    """Where the rows of a list come from."""

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        ...

    def read(self) -> AsyncGenerator[Batch, None]:
        """Yield all rows, some at a time."""
        ...

    def changes(self) -> AsyncGenerator[Batch, None]:
        """After `read`: yield what changes, without end."""
        ...


class Board:
    """The rows of one list as one person sees them, now."""

    def __init__(self, source: Callable[["Board"], Source]) -> None:
        self.rows: dict[str, Row] = {}
        self.whole = False
        """Whether all rows were read."""
        self.problem: SlipwayError | None = None
        """Why the rows are not those of now; None if they are."""
        self.ended = False
        """Whether nothing changes any more: the person lacks the right, or their sign-in is over."""
        self.notes: list[str] = []
        """What is not shown, and why."""
        self._source, self._news, self._left = source, set[asyncio.Event](), time.monotonic()
        self._reading = asyncio.create_task(self._run())
        self._reading.add_done_callback(self._died)

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """While inside, somebody looks; the event is set whenever anything may have changed."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            yield news
        finally:
            self._news.discard(news)
            self._left = time.monotonic()

    @property
    def left(self) -> float:
        """For how many seconds nobody has looked."""
        return 0.0 if self._news else time.monotonic() - self._left

    @property
    def standing(self) -> Standing:
        """Whether the rows are those of now."""
        if self.problem is not None:
            return Standing(False, f"not live: {self.problem}")
        return Standing(True, "live") if self.whole else Standing(False, "more are being read")

    async def read(self, within: float) -> None:
        """Wait until all rows are there, at most `within` seconds, after which some are; raise what keeps them away."""
        with self.watched() as news:
            try:
                async with asyncio.timeout(within):
                    while not self.whole and self.problem is None:
                        await news.wait()
                        news.clear()
            except TimeoutError:
                return
        if self.problem is not None and not self.whole:
            raise self.problem

    def note(self, sentence: str) -> None:
        """Keep a sentence that says what is missing."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    async def close(self) -> None:
        """End the watches, and all who look."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        for news in self._news:
            news.set()

    async def _run(self) -> None:
        while not self.ended:
            try:
                await self._follow(self._source(self))
            except UnauthorizedError as error:
                self._broke(error, final=True)
            except (TransientError, GoneError) as error:
                self._broke(error, final=False)
                await asyncio.sleep(AGAIN)
            except SlipwayError as error:
                self._broke(error, final=True)

    def _died(self, reading: "asyncio.Task[None]") -> None:
        """Say that there is a bug, if one has ended it: nobody waits for rows that never come."""
        if not reading.cancelled() and (error := reading.exception()):
            log.error("a list failed", exc_info=error)
            self._broke(PermanentError(OURS), final=True)

    def _broke(self, error: SlipwayError, *, final: bool) -> None:
        self.problem, self.ended = error, final
        self._tell()

    async def _follow(self, source: Source) -> None:
        """Read all rows, then each change, until something breaks."""
        fresh: dict[str, Row] = {}
        if not self.whole:
            self.rows = fresh  # the first ones are shown while others are still being read
        async with aclosing(source.read()) as reading:
            async for batch in reading:
                _apply(fresh, batch)
                self._tell()
        self.rows, self.whole, self.problem = fresh, True, None
        self._tell()
        watches = source.watches
        WATCHES.inc(watches)
        try:
            async with aclosing(source.changes()) as changing:
                async for batch in changing:
                    _apply(fresh, batch)
                    self._tell()
        finally:
            WATCHES.dec(watches)


def _apply(rows: dict[str, Row], batch: Batch) -> None:
    for key, row in batch.items():
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


class Boards:
    """All lists that somebody looks at."""

    def __init__(self) -> None:
        self._boards: dict[tuple[object, str, str], Board] = {}
        self._closing = set[asyncio.Task[None]]()

    @property
    def open(self) -> int:
        """How many lists are watched."""
        return len(self._boards)

    def board(self, person: Person, name: str, project: str, source: Callable[[Board], Source]) -> Board:
        """The list of that name in the project, as the person sees it."""
        key = (person.api, name, project)  # whoever comes with the same token has the same rights
        found = self._boards.get(key)
        if found is None or found.ended:
            self._make_room(person)
            found = self._boards[key] = Board(source)
            self._look_away(key, found)
        return found

    async def end(self, _: web.Application) -> None:
        """End all watches, and with them the streams of open pages."""
        boards, self._boards = list(self._boards.values()), {}
        await asyncio.gather(*(board.close() for board in boards), *self._closing)

    def _look_away(self, key: tuple[object, str, str], board: Board) -> None:
        """Close the list once nobody has looked at it for a while."""
        if self._boards.get(key) is not board:
            return
        if board.left < LINGERS:
            asyncio.get_running_loop().call_later(LINGERS - board.left + 0.1, self._look_away, key, board)
            return
        self._close(key)

    def _make_room(self, person: Person) -> None:
        """Close the lists at which this person has not looked for longest, if there are too many."""
        mine = [(board.left, key) for key, board in self._boards.items() if key[0] is person.api and board.left]
        for _, key in sorted(mine, key=lambda one: one[0])[MOST - 1 :]:
            self._close(key)

    def _close(self, key: tuple[object, str, str]) -> None:
        board = self._boards.pop(key)
        closing = asyncio.create_task(board.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


BOARDS: Final = web.AppKey("boards", Boards)
