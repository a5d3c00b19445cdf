"""The cluster, with the person's own kubeconfig and rights; whatever goes wrong becomes a sentence and an exit code."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from cli.exits import Exit, Stop
from cli.preferences import default_cluster
from cli.tables import printable

T = TypeVar("T")
JsonObject = dict[str, Any]


class Reader(Protocol):
    """What the reading verbs need of the API server."""

    async def get(self, path: str) -> JsonObject:
        """One object."""
        ...

    async def list(self, path: str, params: dict[str, str] | None = None) -> JsonObject:
        """A whole list: `items`."""
        ...


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a verb's work to its end; Ctrl-C ends it with a code of its own, and without a word."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo(err=True)  # ends the line that the terminal wrote ^C on
        raise click.exceptions.Exit(int(Exit.INTERRUPTED)) from None


@asynccontextmanager
async def cluster(kubeconfig: str | None) -> AsyncIterator[Any]:
    """The API server of the kubeconfig, as `shared.kubernetes.Api`; its errors end the command (`Stop`)."""
    from shared.errors import SlipwayError
    from shared.kubernetes import Api

    must_be_named(kubeconfig)
    context = None if kubeconfig else default_cluster()
    try:
        api = await Api.connect(kubeconfig, context=context)
    except Exception as error:  # a kubeconfig can be wrong in as many ways as its parsers have exceptions
        if context and context in str(error):
            raise Stop(
                Exit.UNREACHABLE,
                f"the kubeconfig has no cluster {printable(context)}, which is the default; "
                "choose another one by `runai config cluster NAME`",
            ) from error
        raise Stop(Exit.UNREACHABLE, f"the kubeconfig cannot be used: {_one_line(error)}") from error
    try:
        yield api
    except SlipwayError as error:
        raise stop_for(error) from error
    finally:
        await api.close()


def stop_for(error: Exception) -> Stop:
    """The end of a command that the API server's answer (one of `shared.errors`) stands for."""
    from shared.errors import ForbiddenError, NotFoundError, TransientError, UnauthorizedError

    text = _one_line(error)
    match error:
        case NotFoundError(kind=""):  # not an object but its kind is what the server misses
            return Stop(Exit.NOT_FOUND, "the cluster does not know these resources: Slipway is not installed there")
        case NotFoundError():
            return Stop(Exit.NOT_FOUND, text)
        case ForbiddenError():
            return Stop(Exit.NOT_PERMITTED, text)
        case UnauthorizedError():
            return Stop(Exit.NOT_PERMITTED, "the cluster does not know you: the login is missing or has expired")
        case TransientError():
            return Stop(Exit.UNREACHABLE, text)
        case _:
            return Stop(Exit.REFUSED, text)


def must_be_named(kubeconfig: str | None) -> None:
    """Stop where nothing says which cluster is meant, or it says a file that is not there."""
    named = kubeconfig or os.environ.get("KUBECONFIG")
    if named and not any(Path(part).expanduser().exists() for part in named.split(os.pathsep)):
        raise Stop(Exit.UNREACHABLE, f"there is no kubeconfig {named}")
    in_cluster = "KUBERNETES_SERVICE_HOST" in os.environ
    if not named and not in_cluster and not Path("~/.kube/config").expanduser().exists():
        raise Stop(Exit.UNREACHABLE, "no cluster is named: give --kubeconfig FILE, or set KUBECONFIG")


def _one_line(error: BaseException) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__
