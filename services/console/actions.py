"""What a person does with jobs: suspend, resume, delete. Each is reported in the words of the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote

from aiohttp import web

from services.console.pages import is_partial, render
from services.console.people import person_of
from services.console.received import received
from services.console.subject import BY_NAME, OF_JOBS
from shared.errors import SlipwayError
from shared.inquiry.deletion import Target, remove, target, target_of_workload
from shared.inquiry.errors import MissingError, MissingJobError
from shared.inquiry.frozen import job_name
from shared.inquiry.job_lookup import find_job, job_of
from shared.inquiry.jobs import Job
from shared.inquiry.lookup import find_workload
from shared.inquiry.suspension import set_suspended
from shared.parameters.kinds import Kind

T = TypeVar("T")
AT_ONCE: Final = 8
"""Jobs that one press changes at the same time."""
NOBODY: Final = "no job is chosen: choose one or more in the list"


class Asked(NamedTuple):
    """What a person is asked about: the name that they chose, and what would be deleted."""

    name: str
    target: Target


class Said(NamedTuple):
    """What became of one job."""

    sentences: Sequence[str]
    tone: str
    """`ok` or `bad`."""


async def steer(request: web.Request) -> web.Response:
    """Suspend or resume the jobs that were chosen."""
    api, project = _where(request)
    suspended = request.match_info["act"] == "suspend"

    async def one(name: str) -> Said:
        job = await _job(api, project, _kind(request), name)
        return Said([await set_suspended(api, suspended, job)], "ok")

    return _reported(request, await _each(await _chosen(request), one))


async def delete(request: web.Request) -> web.Response:
    """Ask whether to delete what was chosen, and say what goes with it; then delete exactly that."""
    api, project = _where(request)
    names, form = await _chosen(request), await received(request)
    kind = _kind(request)
    shown = dict(zip(names, map(str, form.getall("uid", [])), strict=False))

    async def found(name: str) -> Asked:
        return Asked(name, await _target(api, project, kind, name))

    async def gone(name: str) -> Said:
        meant = await _target(api, project, kind, name)
        if meant.uid != shown.get(name):
            raise MissingError(f"{meant.title} is another one than you were asked about: look again")
        return Said(await remove(api, meant), "ok")

    if form.get("sure"):
        return _reported(request, await _each(names, gone), f"/p/{quote(project)}/{'workloads' if kind else 'jobs'}")
    answers = await _each(names, found)
    asked = [one for one in answers if isinstance(one, Asked)]
    said = [one for one in answers if isinstance(one, Said)]
    return render(request, "delete.html", asked=asked, said=said, back=_back(request))


def _kind(request: web.Request) -> str | None:
    """Return the kind of the workload that the page is about; None on a list, and on the page of a job alone."""
    kind = request.match_info.get("kind")
    return None if kind == OF_JOBS else kind


def _where(request: web.Request) -> tuple[Any, str]:
    return person_of(request).api, request.match_info["project"]


async def _chosen(request: web.Request) -> list[str]:
    """Return the names that the form sends, or that of the page."""
    names = [str(name) for name in (await received(request)).getall("job", [])]
    if not names and "name" in request.match_info:
        names = [request.match_info["name"]]
    if not names:
        raise MissingError(NOBODY)
    return list(dict.fromkeys(names))


async def _each(names: Sequence[str], do: Callable[[str], Awaitable[T]]) -> list[T | Said]:
    """Do it for all, some at a time; what fails for one is said, and does not keep the others from it."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> T | Said:
        async with places:
            try:
                return await do(name)
            except SlipwayError as error:
                return Said([f"{name}: {error}"], "bad")

    return await asyncio.gather(*map(one, names))


def _reported(request: web.Request, said: Sequence[Said], back: str = "") -> web.Response:
    page = "said.html" if is_partial(request) else "done.html"
    return render(request, page, said=said, back=back or _back(request))


def _back(request: web.Request) -> str:
    """Return the page on which the button was pressed."""
    return request.path.rpartition("/")[0]


async def _job(api: Any, project: str, kind: str | None, name: str) -> Job:
    if kind is None:
        return await find_job(api, project, name)
    workload = await _workload(api, project, kind, name)
    job = await job_of(api, workload)
    if job is None or job.gone:
        raise MissingJobError(f"workload {name} has no job")
    return job


async def _target(api: Any, project: str, kind: str | None, name: str) -> Target:
    if kind is None:
        return await target(api, project, name)
    workload = await _workload(api, project, kind, name)
    found = target_of_workload(workload, job_name(workload) or name)
    return replace(found, noun="Template") if workload["spec"].get("usage") == "Template" else found


async def _workload(api: Any, project: str, kind: str, name: str) -> Any:
    of: Kind = BY_NAME[kind]
    return (await find_workload(api, [of], name, project))[1]
