"""How many objects a page of a list should have, so that its size stays small whatever the objects hold."""

from typing import Final

MOST: Final = 500
"""Most objects per page: enough that small ones take few calls."""
FIRST: Final = 100
"""Objects on the first page, whose size is not known yet."""
WANTED: Final = 2 * 1024 * 1024
"""Bytes of a page that later pages aim at: decoding it stops everything else for a few milliseconds."""
LARGEST: Final = 8 * 1024 * 1024
"""Bytes after which a page of several objects is given up and asked for again with fewer."""


class PageTooLargeError(Exception):
    """The page became larger than `LARGEST`; the rest of it was not read."""


def fewer(limit: int) -> int:
    """Return how many objects to ask for after a page that was too large, or that did not come in time."""
    return max(1, limit // 4)


def following(limit: int, items: int, size: int) -> int:
    """Return how many objects the next page should have after one with so many items and bytes.

    It at most doubles, since the next objects may be larger.
    """
    fitting = WANTED * items // max(1, size) if items else MOST
    return max(1, min(limit * 2, fitting, MOST))
