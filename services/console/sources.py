"""Where the rows of each list come from: what the API server stores, read page by page and then watched."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from services.console.boards import Batch, Board
from services.console.list_rows import Row, key_of, of_job, of_policies, of_template, of_workload
from services.console.slim import slim_job, slim_workload
from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.job_lists import JobLists
from shared.inquiry.live import Live, changes_of
from shared.inquiry.projects import must_exist
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS

AT_ONCE: Final = 200
"""Rows that are made without a break: a few milliseconds."""


class JobRows:
    """The jobs of a project, with their pods."""

    def __init__(self, api: Any, project: str, board: Board) -> None:
        self._api, self._project = api, project
        self._lists = JobLists(api, project, board.note, slim_job)

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        return self._lists.watches

    async def read(self) -> AsyncGenerator[Batch, None]:
        """Yield the rows of all jobs: first those whose pods may still be missing, and in the end all."""
        async for some in self._lists.parts():
            yield {row.key: row for row in (of_job(job, whole=False) for job in some)}
        jobs = self._lists.jobs()
        if not jobs:
            await must_exist(self._api, self._project)
        for start in range(0, len(jobs), AT_ONCE):
            yield {row.key: row for row in map(of_job, jobs[start : start + AT_ONCE])}
            await asyncio.sleep(0)  # others are served in between

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """Yield each row that changes."""
        async for job in self._lists.changes():
            row = of_job(job)
            yield {row.key: None if job.gone else row}


class Objects:
    """Resources of the project, and those that hold for every project."""

    def __init__(self, api: Any, project: str, board: Board, plurals: Iterable[str], *, general: str = "") -> None:
        """`general` says what is missing if those for every project cannot be read; empty if they do not matter."""
        self._api, self._project, self._note = api, project, board.note
        own = [(plural, PROJECT_PREFIX + project, plural) for plural in plurals]
        beside = [(plural, GLOBAL_NAMESPACE, general) for plural in plurals] if general else []
        self._lives = [
            (Live(api, resource_path(plural, namespace), keep=slim_workload), what)
            for plural, namespace, what in (*own, *beside)
        ]
        self._needed = self._lives[0][0]
        self._seen: list[Live] = []

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        return len(self._seen)

    async def read(self) -> AsyncGenerator[Sequence[JsonObject], None]:
        """Yield all objects."""
        found = await asyncio.gather(*(self._read(live, what) for live, what in self._lives))
        if not any(found):
            await must_exist(self._api, self._project)
        yield [item for items in found for item in items]

    async def _read(self, live: Live, what: str) -> list[JsonObject]:
        """Read one list; what the person may not see, and kinds that the cluster lacks, are noted and left out."""
        items: list[JsonObject] = []
        try:
            async for page in live.pages():
                items += page
        except (ForbiddenError, NotFoundError) as error:
            if live is self._needed:
                raise
            self._note(f"{what} are not shown: {error}")
        else:
            self._seen.append(live)
        return items

    async def changes(self) -> AsyncGenerator[tuple[bool, JsonObject], None]:
        """Yield each object that changes, and whether it is still there."""
        async for change, item in changes_of(self._seen):
            yield change != "DELETED", item


class WorkloadRows:
    """The workloads of a project that were submitted, or its templates and the global ones."""

    def __init__(self, objects: Objects, row_of: Callable[[JsonObject], Row | None]) -> None:
        self._objects, self._row_of = objects, row_of

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        return self._objects.watches

    async def read(self) -> AsyncGenerator[Batch, None]:
        """Yield all rows."""
        async for items in self._objects.read():
            yield {row.key: row for row in map(self._row_of, items) if row}

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """Yield each row that changes."""
        async for there, item in self._objects.changes():
            yield {key_of(item): self._row_of(item) if there else None}


class PolicyRows:
    """The policies that matter to a project: which of them apply depends on all."""

    def __init__(self, objects: Objects, project: str) -> None:
        self._objects, self._project = objects, project
        self._items: dict[str, JsonObject] = {}

    @property
    def watches(self) -> int:
        """How many watches `changes` needs."""
        return self._objects.watches

    async def read(self) -> AsyncGenerator[Batch, None]:
        """Yield all rows."""
        async for items in self._objects.read():
            self._items = {str(item["metadata"]["uid"]): item for item in items}
            yield self._rows()

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """Yield all rows whenever one policy changes."""
        async for there, item in self._objects.changes():
            self._items[str(item["metadata"]["uid"])] = item
            if not there:
                del self._items[str(item["metadata"]["uid"])]
            yield {key_of(item): None, **self._rows()}

    def _rows(self) -> Mapping[str, Row]:
        return of_policies(self._items.values(), PROJECT_PREFIX + self._project)


def jobs(api: Any, project: str) -> Callable[[Board], JobRows]:
    """The source of the jobs of a project."""
    return lambda board: JobRows(api, project, board)


def workloads(api: Any, project: str) -> Callable[[Board], WorkloadRows]:
    """The source of its workloads."""
    plurals = [kind.workload_plural for kind in KINDS]
    return lambda board: WorkloadRows(Objects(api, project, board, plurals), of_workload)


def templates(api: Any, project: str) -> Callable[[Board], WorkloadRows]:
    """The source of its templates, and of those for every project."""
    plurals = [kind.workload_plural for kind in KINDS]

    def source(board: Board) -> WorkloadRows:
        return WorkloadRows(Objects(api, project, board, plurals, general="global templates"), of_template)

    return source


def policies(api: Any, project: str) -> Callable[[Board], PolicyRows]:
    """The source of its policies, and of those for every project."""
    plurals = [kind.policy_plural for kind in KINDS]

    def source(board: Board) -> PolicyRows:
        return PolicyRows(Objects(api, project, board, plurals, general="global policies"), project)

    return source
