"""Find out whether an object has ever existed, also if it is gone.

The API server remembers recent changes. A watch from a moment before the object can have been made repeats them, and a
bookmark says when all of them have been repeated.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from shared.errors import GoneError, NotFoundError, TransientError
from shared.kubernetes.api import Api
from shared.objects import JsonObject
from shared.outputs.configmap import owned_by

LASTS: Final = 3
"""Seconds that the watch lasts at most: the API server sends its bookmark two seconds before the end."""
SILENT: Final = 10.0
"""Seconds of silence after which the connection counts as broken."""
EXPIRED: Final = 410


class Past(Enum):
    """Whether an object of this name and owner has existed since a moment."""

    NEVER = auto()
    ONCE = auto()
    FORGOTTEN = auto()
    """The API server no longer remembers that moment."""


class Answer(NamedTuple):
    """What the API server remembers."""

    past: Past
    until: str | None = None
    """The version up to which this is known; None if the server does not say."""


def _any(_: JsonObject) -> bool:
    return True


async def ever(
    api: Api,
    collection: str,
    name: str,
    uid: str,
    since: str,
    but: str = "",
    counts: Callable[[JsonObject], bool] = _any,
) -> Answer:
    """Return whether the workload with this uid has had an object of that name since the version `since`.

    The object with the uid `but` does not count, nor does one that `counts` rejects.

    Raises TransientError if the API server is busy.
    """
    asked = {"fieldSelector": f"metadata.name={name}", "resourceVersion": since, "timeoutSeconds": str(LASTS)}
    try:
        async for event in api.watch(collection, asked, idle=SILENT):
            item = event["object"]
            if event["type"] == "BOOKMARK":
                return Answer(Past.NEVER, item["metadata"]["resourceVersion"])
            if event["type"] != "ERROR":
                if owned_by(item, uid) and item["metadata"].get("uid") != but and counts(item):
                    return Answer(Past.ONCE)
            elif item.get("code") == EXPIRED:
                return Answer(Past.FORGOTTEN)
            else:
                raise TransientError(str(item.get("message") or "the API server ended the watch"))
    except GoneError:
        return Answer(Past.FORGOTTEN)
    except NotFoundError:  # the cluster does not have the kind
        return Answer(Past.NEVER)
    return Answer(Past.NEVER)
