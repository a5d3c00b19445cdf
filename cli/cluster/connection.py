"""Connects to the cluster with the user's own kubeconfig and rights, and turns every failure into a message and an
exit code."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final, Protocol, TextIO, TypeVar

import click

from cli.shell.exits import Exit, Stop, note
from cli.shell.preferences import default_cluster
from cli.shell.progress import ANNOUNCED, PATIENCE, Progress, telling, waiting
from cli.shell.terminal import interruptible
from shared.inquiry.texts import printable
from shared.objects import JsonObject

T = TypeVar("T")
TEXT: Final = "waiting for the API server"
MOST: Final = 30.0
"""Seconds for which a command waits in all for an API server that asks it to."""


class Reader(Protocol):
    """The API server calls that verbs need for reading."""

    async def get(self, path: str) -> JsonObject:
        """Return one object."""
        ...

    async def list(self, path: str, params: dict[str, str] | None = None) -> JsonObject:
        """Return a whole list: `items`."""
        ...


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a verb's work to its end. Ctrl-C ends it silently, with its own exit code."""
    try:
        with interruptible():
            return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo(err=True)  # ends the terminal's line with ^C
        raise click.exceptions.Exit(int(Exit.INTERRUPTED)) from None
    finally:
        work.close()  # needed if it was interrupted before it began


class Patience:
    """Reports that a command waits for the API server: once for all calls in progress, and only if nothing else is
    reported."""

    def __init__(self, seconds: float = PATIENCE, stream: TextIO | None = None) -> None:
        """Start reporting after `seconds`."""
        self._seconds, self._stream = seconds, stream
        self._calls, self._telling = 0, AsyncExitStack()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        """Count a call as in progress while inside."""
        if not self._calls and not ANNOUNCED.get():
            await self._telling.enter_async_context(telling(TEXT, self._seconds, self._stream))
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                ended, self._telling = self._telling, AsyncExitStack()
                await ended.aclose()


class Busy:
    """Waits for a busy API server as it asks, and says so; for no longer than `most` seconds in all."""

    def __init__(self, most: float = MOST) -> None:
        self._left, self._said = most, False

    async def __call__(self, seconds: float) -> bool:
        """Wait; return whether to try again."""
        self._left -= seconds
        if self._left < 0:
            return False
        if not self._said:
            note(f"the API server is busy: waiting {seconds:g} s, as it asks")
            self._said = True
        await asyncio.sleep(seconds)
        return True


@asynccontextmanager
async def cluster(kubeconfig: str | None) -> AsyncIterator[Any]:
    """The API server of the kubeconfig, as `shared.kubernetes.api.Api`; its errors end the command (`Stop`)."""
    from shared.errors import LoginError, SlipwayError
    from shared.kubernetes.api import Api
    from shared.kubernetes.fields import UnusableError
    from shared.kubernetes.reading import MissingError

    context = None if kubeconfig else default_cluster()
    async with AsyncExitStack() as opened:
        try:
            api = await Api.connect(kubeconfig, context=context, around=Patience(), logging_in=_logging_in, busy=Busy())
            opened.push_async_callback(api.close)  # Ctrl-C can come before this block ends
        except LoginError as error:
            raise stop_for(error) from error
        except MissingError as error:
            raise Stop(Exit.UNREACHABLE, _one_line(error)) from error
        except UnusableError as error:
            raise Stop(Exit.UNREACHABLE, _wrong(error, context)) from error
        try:
            yield api
        except SlipwayError as error:
            raise stop_for(error) from error


def _logging_in(program: str) -> AbstractAsyncContextManager[Progress]:
    return waiting(f"waiting for the login program {program}", live=False)


def _wrong(error: Exception, context: str | None) -> str:
    text = _one_line(error)
    if context and f"no context {context}" in text:
        return (
            f"the kubeconfig has no context {printable(context)}, which is your default cluster; choose "
            f"another with `runai config cluster NAME`"
        )
    return f"invalid kubeconfig: {text}"


def stop_for(error: Exception) -> Stop:
    """The `Stop` for an error of `shared.errors` or `shared.inquiry.errors`."""
    from shared.errors import (
        BusyError,
        ForbiddenError,
        LoginError,
        NotFoundError,
        TransientError,
        UnauthorizedError,
    )
    from shared.inquiry.errors import (
        AmbiguousError,
        MissingError,
        MissingJobError,
        TimedOutError,
        UnknownOutcomeError,
    )

    text = _one_line(error)
    match error:
        case NotFoundError(kind=""):  # the server lacks the kind, not only the object
            return Stop(Exit.NOT_FOUND, "the cluster does not have these resources: Slipway is not installed there")
        case MissingJobError():
            return Stop(Exit.NOT_FOUND, f"{text}; if it is in another project, use -p PROJECT")
        case NotFoundError() | MissingError():
            return Stop(Exit.NOT_FOUND, text)
        case ForbiddenError():
            return Stop(Exit.NOT_PERMITTED, text)
        case LoginError():
            return Stop(Exit.NOT_PERMITTED, f"{text}; log in again")
        case BusyError(retry_after=float(seconds)):
            return Stop(Exit.UNREACHABLE, f"{text}; it asks to wait {seconds:g} s before the next try")
        case UnauthorizedError():
            return Stop(
                Exit.NOT_PERMITTED, "you are not logged in to the cluster: your credentials are missing or have expired"
            )
        case UnknownOutcomeError():
            stop = stop_for(error.cause)
            return Stop(stop.code, f"{stop.message}; {error.unknown}")
        case AmbiguousError():
            return Stop(Exit.USAGE, text)
        case TimedOutError():
            return Stop(Exit.TIMED_OUT, text)
        case TransientError():
            return Stop(Exit.UNREACHABLE, text)
        case _:
            return Stop(Exit.REFUSED, text)


def _one_line(error: BaseException) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__
