"""The page of a workload and its job, which stays as they are."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from aiohttp import web

from services.console.counted import WATCHES
from services.console.events import ALIVE, CLOSE, Message, stream
from services.console.live import spoken
from services.console.pages import TEMPLATES, render
from services.console.people import person_of
from services.console.projects import remember
from services.console.sections import Shown, shown
from services.console.subject import OF_JOBS, Subject, subject_of
from services.console.summary import is_active, summary
from shared.errors import GoneError, NotFoundError, PermanentError, SlipwayError, TransientError, UnauthorizedError
from shared.inquiry.errors import MissingError
from shared.inquiry.live import Live, changes_of

AGAIN: Final = 5.0
"""Seconds after which everything is read again although no watch says so: events have none."""
AGAIN_AT_END: Final = 60.0
"""The same for what has ended, and for templates."""
APART: Final = 0.3
"""Seconds between two readings at least: a submission changes many objects at once."""


async def page(request: web.Request) -> web.Response:
    """Show the workload, or lead to it from its job."""
    project, step, name = (request.match_info[part] for part in ("project", "kind", "name"))
    subject = await subject_of(person_of(request).api, project, step, name)
    if step == OF_JOBS and subject.kind:
        raise web.HTTPSeeOther(subject.path)
    sections = await shown(subject)
    values: dict[str, Any] = {"subject": subject, "summary": summary(subject), "sections": sections}
    response = render(request, "details.html", state=state(digests(parts_of(subject, sections))), **values)
    remember(request, response, project)
    return response


async def live(request: web.Request) -> web.StreamResponse:
    """Send each section that changes, for as long as the page is open."""
    project, step, name = (request.match_info[part] for part in ("project", "kind", "name"))
    known = known_in(request.headers.get("Last-Event-ID") or request.query.get("at", ""))
    return await stream(request, _messages(person_of(request).api, project, step, name, known))


async def _messages(
    api: Any, project: str, step: str, name: str, sent: dict[str, str]
) -> AsyncGenerator[Message, None]:
    """Yield what differs from what was sent: for each part, the digest of what the page shows."""
    again = partial(subject_of, api, project, step, name)
    while True:
        try:
            subject = await again()
            async with _watching(subject) as watching:
                async for message in _while_watched(_identity(subject), again, sent, watching):
                    yield message
        except UnauthorizedError:
            return  # the page comes again, perhaps with a renewed sign-in
        except (MissingError, NotFoundError) as error:
            yield Message(_part("live_standing", {"said": str(error)}))
            yield CLOSE
            return
        except SlipwayError as error:
            yield Message(_part("live_standing", {"said": f"not live: {error}"}))
            sent.pop("standing", None)
            await asyncio.sleep(AGAIN)


async def _while_watched(
    watched: tuple[str, str], read: Callable[[], Awaitable[Subject]], sent: dict[str, str], watching: "_Watching"
) -> AsyncGenerator[Message, None]:
    """Yield what changes, until something else has to be watched, or a watch has broken."""
    while not watching.task.done():
        subject = await read()
        if _identity(subject) != watched:
            return
        parts = parts_of(subject, await shown(subject))
        now = digests(parts)
        html = "".join(_part(*parts[name]) for name in parts if sent.get(name) != now[name])
        sent |= now
        yield Message(html, state(sent)) if html else ALIVE
        await asyncio.sleep(APART)
        until = time.monotonic() + (AGAIN if is_active(subject) else AGAIN_AT_END)
        while time.monotonic() < until and not await spoken(watching.news):
            yield ALIVE
        watching.news.clear()


def _identity(subject: Subject) -> tuple[str, str]:
    """What the watches depend on: the workload and its job."""
    job = subject.job
    return str(subject.main["metadata"]["uid"]), "" if job is None or job.gone else job.uid


class _Watching(NamedTuple):
    """Watches of all that a page is about."""

    news: asyncio.Event
    """Set whenever something has changed."""
    task: "asyncio.Task[None]"
    """Done once a watch has broken, so that something may have been missed."""


@asynccontextmanager
async def _watching(subject: Subject) -> AsyncGenerator[_Watching, None]:
    """Watch while inside."""
    news, lives = asyncio.Event(), [one for one in subject.watched() if await _listed(one)]
    task = asyncio.create_task(_watch(lives, news))
    WATCHES.inc(len(lives))
    try:
        yield _Watching(news, task)
    finally:
        WATCHES.dec(len(lives))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listed(live: Live) -> bool:
    """Read the list, so that its changes can be watched; False if the person may not."""
    try:
        async for _ in live.pages():
            pass
    except PermanentError:
        return False
    return True


async def _watch(lives: list[Live], news: asyncio.Event) -> None:
    """Say that there is news, until a watch breaks; for ever without any, if the person may not watch."""
    try:
        async with aclosing(changes_of(lives)) as changes:
            async for _ in changes:
                news.set()
    except (TransientError, GoneError):
        news.set()
    except PermanentError:
        await asyncio.Event().wait()


Part = tuple[str, Mapping[str, Any]]
"""A part of the page: the macro that makes it, and from what."""


def parts_of(subject: Subject, sections: list[Shown]) -> dict[str, Part]:
    """All parts of the page that change, by name."""
    return {
        "summary": ("live_summary", {"summary": summary(subject), "subject": subject}),
        "standing": ("live_standing", {"said": ""}),
        **{one.section.name: ("live_section", {"one": one}) for one in sections},
    }


def digests(parts: Mapping[str, Part]) -> dict[str, str]:
    """A digest of what each part shows; it does not differ because time passes."""
    return {name: blake2b(_said(values), digest_size=4).hexdigest() for name, (_, values) in parts.items()}


def _said(values: Mapping[str, Any]) -> bytes:
    shown = [repr(value) for name, value in values.items() if name != "subject"]
    return "".join(shown).encode(errors="backslashreplace")


def state(of: Mapping[str, str]) -> str:
    """The state of a page, as an address and a browser carry it."""
    return ",".join(f"{name}:{digest}" for name, digest in of.items())


def known_in(text: str) -> dict[str, str]:
    """The state that `state` wrote; of anything else, nothing is known."""
    parts = (one.partition(":") for one in text.split(","))
    return {name: digest for name, _, digest in parts if digest}


def _part(macro: str, values: Mapping[str, Any]) -> str:
    module = TEMPLATES.get_template("details_parts.html").make_module(dict(values))
    made: str = getattr(module, macro)()
    return made
