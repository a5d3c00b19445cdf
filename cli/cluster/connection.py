"""Connects to the cluster with the user's own kubeconfig and rights, and turns every failure into a message and an
exit code."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TextIO, TypeVar

import click

from cli.cluster.contexts import what_is_wrong
from cli.printing.tables import printable
from cli.shell.exits import Exit, Stop
from cli.shell.preferences import default_cluster
from cli.shell.progress import ANNOUNCED, PATIENCE, telling, waiting
from cli.shell.terminal import interruptible
from shared.objects import JsonObject

T = TypeVar("T")
TEXT: Final = "waiting for the API server"


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


@asynccontextmanager
async def cluster(kubeconfig: str | None) -> AsyncIterator[Any]:
    """The API server of the kubeconfig, as `shared.kubernetes.api.Api`; its errors end the command (`Stop`)."""
    from shared.errors import SlipwayError, UnauthorizedError
    from shared.kubernetes.api import Api

    must_be_named(kubeconfig)
    context = None if kubeconfig else default_cluster()
    async with AsyncExitStack() as opened:
        try:
            async with waiting("reading the kubeconfig and logging in"):
                api = await Api.connect(kubeconfig, context=context, around=Patience())
                opened.push_async_callback(api.close)  # Ctrl-C can come before this block ends
        except UnauthorizedError as error:
            raise Stop(Exit.NOT_PERMITTED, f"{_one_line(error)}; log in again") from error
        except Exception as error:  # parsers of a kubeconfig raise all kinds of exceptions
            if context and context in str(error):
                raise Stop(
                    Exit.UNREACHABLE,
                    f"the kubeconfig has no context {printable(context)}, which is your default cluster; choose "
                    f"another with `runai config cluster NAME`",
                ) from error
            wrong = what_is_wrong(kubeconfig, context) or _one_line(error)
            raise Stop(Exit.UNREACHABLE, f"invalid kubeconfig: {wrong}") from error
        try:
            yield api
        except SlipwayError as error:
            raise stop_for(error) from error


def stop_for(error: Exception) -> Stop:
    """The `Stop` for an error of `shared.errors` or `shared.inquiry.errors`."""
    from shared.errors import ForbiddenError, NotFoundError, TransientError, UnauthorizedError
    from shared.inquiry.errors import AmbiguousError, MissingError, MissingJobError, TimedOutError

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
        case UnauthorizedError():
            return Stop(
                Exit.NOT_PERMITTED, "you are not logged in to the cluster: your credentials are missing or have expired"
            )
        case AmbiguousError():
            return Stop(Exit.USAGE, text)
        case TimedOutError():
            return Stop(Exit.TIMED_OUT, text)
        case TransientError():
            return Stop(Exit.UNREACHABLE, text)
        case _:
            return Stop(Exit.REFUSED, text)


def must_be_named(kubeconfig: str | None) -> None:
    """Stop if no cluster is configured, or if the given kubeconfig does not exist."""
    named = kubeconfig or os.environ.get("KUBECONFIG")
    if named and not any(Path(part).expanduser().exists() for part in named.split(os.pathsep)):
        raise Stop(Exit.UNREACHABLE, f"kubeconfig not found: {named}")
    in_cluster = "KUBERNETES_SERVICE_HOST" in os.environ
    if not named and not in_cluster and not Path("~/.kube/config").expanduser().exists():
        raise Stop(Exit.UNREACHABLE, "no cluster configured: use --kubeconfig FILE or set KUBECONFIG")


def _one_line(error: BaseException) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__
