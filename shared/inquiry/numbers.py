"""The next number of a job whose name is a prefix and a number. Creator and dry run both count this way."""

import asyncio
import re
from typing import Any, Final

from shared.errors import NotFoundError, PermanentError
from shared.names import DEFAULT_PREFIX, resource_path
from shared.objects import JsonObject
from shared.outputs.kinds import NAMED_AS_JOBS

NUMBERED: Final = re.compile(r"(.+)-(\d{1,9})")


def prefix_of(values: JsonObject) -> str | None:
    """The prefix of the job's name; None if the values state the whole name."""
    return None if values.get("name") else str(values.get("namePrefix") or DEFAULT_PREFIX)


def numbered(prefix: str, number: int) -> str:
    """The name with that number."""
    return f"{prefix}-{number}"


async def last_numbers(api: Any, namespace: str, *, unseen: tuple[type[PermanentError], ...] = ()) -> dict[str, int]:
    """The highest number that any object in the namespace has, by prefix.

    A kind that the cluster does not have uses no names. Neither does one whose reading is refused with one of `unseen`.
    """
    ignored: tuple[type[PermanentError], ...] = (NotFoundError, *unseen)
    lists = await asyncio.gather(
        *(_names(api, plural, namespace, version, ignored) for plural, version in NAMED_AS_JOBS)
    )
    found: dict[str, int] = {}
    for name in (name for names in lists for name in names):
        if match := NUMBERED.fullmatch(name):
            found[match[1]] = max(found.get(match[1], 0), int(match[2]))
    return found


async def _names(
    api: Any, plural: str, namespace: str, version: str, ignored: tuple[type[PermanentError], ...]
) -> list[str]:
    try:
        return list(await api.names(resource_path(plural, namespace, api_version=version)))
    except ignored:
        return []
