"""The log of a container: its last lines, and those that follow, as text."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from services.console.events import ALIVE, BEAT, CLOSE, Message, stream
from services.console.log_lines import START, Line, Mark, Reader, mark_in
from services.console.pages import TEMPLATES, is_partial, render
from services.console.people import person_of
from services.console.subject import Subject, subject_of
from shared.errors import InvalidError, NotFoundError, SlipwayError, TransientError
from shared.inquiry.errors import MissingError
from shared.inquiry.jobs import Job
from shared.inquiry.pods import chosen_pod, pod_path
from shared.jobs import PHASES_AT_END
from shared.objects import JsonObject

TAIL: Final = 500
"""Lines that a page shows at first."""
KEPT: Final = 40
"""Pieces of a log that a page keeps, beyond which the oldest go."""
PIECE: Final = 200
"""Lines of a piece at most."""
APART: Final = 0.25
"""Seconds between two messages at least: lines in between travel together."""
AGAIN: Final = 1.0
"""Seconds until a container that has not started, or starts anew, is asked again."""


@dataclass(frozen=True)
class Container:
    """A container of a pod of a job, and which run of it."""

    api: Any
    pod: JsonObject
    name: str
    previous: bool = False
    """Whether the run before the last restart is meant."""

    def chunks(self, mark: Mark, *, follow: bool, tail: int | None) -> AsyncGenerator[bytes, None]:
        """What it has written after the mark; each line starts with its time."""
        since = {"sinceTime": mark.time} if mark.time else {}
        switches = {"follow": follow, "previous": self.previous, "timestamps": True}
        params = {"container": self.name, **{name: "true" for name, on in switches.items() if on}, **since}
        if tail is not None:
            params["tailLines"] = str(tail)
        chunks: AsyncGenerator[bytes, None] = self.api.bytes_at(f"{pod_path(self.pod)}/log", params)
        return chunks

    async def ended(self) -> bool:
        """Whether it writes nothing any more, since its pod has ended or is gone."""
        try:
            pod = await self.api.get(pod_path(self.pod))
        except NotFoundError:
            return True
        return self.previous or (pod.get("status") or {}).get("phase") in PHASES_AT_END


async def page(request: web.Request) -> web.Response:
    """Show the last lines, on a page of their own or as a part of the details."""
    subject, container = await _asked(request)
    assert subject.job, "a container belongs to a job"
    lines: list[Line] = []
    reader, said = Reader(), ""
    try:
        async for chunk in container.chunks(START, follow=False, tail=TAIL):
            lines += reader.lines(chunk)
        lines += reader.end()
    except (InvalidError, NotFoundError, TransientError) as error:  # it has not started, or its node is away
        said = str(error)
    values: dict[str, Any] = {
        "subject": subject,
        "container": container,
        "pods": _names(subject.job.pods),
        "containers": names_in(container.pod),
        "lines": lines[-TAIL:],
    }
    template = "log_part.html" if is_partial(request) else "log.html"
    return render(request, template, said=said, read_until=str(reader.mark), path_of_log=request.path, **values)


def _names(pods: Sequence[JsonObject]) -> list[str]:
    return [str(pod["metadata"]["name"]) for pod in pods]


async def live(request: web.Request) -> web.StreamResponse:
    """Send the lines that follow, until the container ends for good."""
    _, container = await _asked(request)
    mark = mark_in(request.headers.get("Last-Event-ID") or request.query.get("at", ""))
    return await stream(request, messages(container, mark))


async def text(request: web.Request) -> web.StreamResponse:
    """Send the whole log as a file, exactly as it was written."""
    _, container = await _asked(request)
    chunks = container.api.bytes_at(f"{pod_path(container.pod)}/log", {"container": container.name})
    first = await anext(chunks, b"")  # what is wrong is said on a page
    name = f"{container.pod['metadata']['name']}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    response = web.StreamResponse(headers={**headers, "Content-Type": "text/plain; charset=utf-8"})
    await response.prepare(request)
    await response.write(first)
    async for chunk in chunks:
        await response.write(chunk)
    return response


async def messages(container: Container, mark: Mark) -> AsyncGenerator[Message, None]:
    """Yield pieces of the log after the mark."""
    reader, pieces, said = Reader(mark), Pieces(), ""
    while True:
        try:
            async with aclosing(_batches(container, reader)) as batches:
                async for lines in batches:
                    yield pieces.message(lines, reader.mark) if lines else ALIVE
            problem = ""
        except (InvalidError, TransientError) as error:  # it has not started, or its node is away
            problem = str(error)
        except SlipwayError as error:
            yield Message(pieces.said(str(error)))
            yield CLOSE
            return
        if problem != said:
            said = problem
            yield Message(pieces.said(problem))
        if await container.ended():
            yield Message(pieces.said(problem or "the container has ended"))
            yield CLOSE
            return
        await asyncio.sleep(AGAIN)
        yield ALIVE


async def _batches(container: Container, reader: Reader) -> AsyncGenerator[list[Line], None]:
    """Yield the lines of one run of the container together as they come; an empty list if none comes for a while."""
    reader.again()
    chunks = container.chunks(reader.mark, follow=True, tail=None if reader.mark.time else TAIL)
    lines: list[Line] = []
    sent = 0.0
    coming: asyncio.Task[bytes] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(chunks, b""))
            wait = max(0.0, sent + APART - time.monotonic()) if lines else BEAT
            done, _ = await asyncio.wait({coming}, timeout=wait)
            if done:
                chunk, coming = coming.result(), None
                lines += reader.lines(chunk) if chunk else reader.end()
                if chunk and len(lines) < PIECE and time.monotonic() < sent + APART:
                    continue
                if not chunk:
                    break
            yield lines
            lines, sent = [], time.monotonic()
        if lines:
            yield lines
    finally:
        if coming:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await chunks.aclose()


class Pieces:
    """The pieces of a log on a page: the newest come in at the end, and the oldest go."""

    def __init__(self) -> None:
        self._number = 0
        self._module = TEMPLATES.get_template("log_pieces.html").module

    def message(self, lines: Sequence[Line], mark: Mark) -> Message:
        """The message that brings these lines."""
        self._number += 1
        return Message(self._made("piece")(self._number, lines, self._number - KEPT), str(mark))

    def said(self, sentence: str) -> str:
        """The part that says what the log waits for, or why it ends."""
        return self._made("said")(sentence)

    def _made(self, name: str) -> Callable[..., str]:
        macro: Callable[..., str] = getattr(self._module, f"live_{name}")
        return macro


async def _asked(request: web.Request) -> tuple[Subject, Container]:
    """Return whose log is asked for: by default, that of the main container of the pod that represents the job."""
    project, step, name = (request.match_info[part] for part in ("project", "kind", "name"))
    subject = await subject_of(person_of(request).api, project, step, name)
    if subject.job is None:
        raise MissingError(f"{name} has no job, and so no log")
    pod = chosen_pod(subject.job, request.query.get("pod") or None)
    container = _container(subject.job, pod, request.query.get("container", ""))
    return subject, Container(subject.api, pod, container, request.query.get("previous") == "true")


def names_in(pod: JsonObject) -> list[str]:
    """Return the names of its containers, in the order in which they start."""
    return [str(one["name"]) for part in ("initContainers", "containers") for one in pod["spec"].get(part) or []]


def _container(job: Job, pod: JsonObject, wanted: str) -> str:
    """Return the container of that name, or the main one. Raises MissingError if there is none."""
    if not wanted:
        return str(job.main_container(pod)["name"])
    names = names_in(pod)
    if wanted not in names:
        raise MissingError(
            f"pod {pod['metadata']['name']} has no container {wanted}; its containers: {', '.join(names)}"
        )
    return wanted
