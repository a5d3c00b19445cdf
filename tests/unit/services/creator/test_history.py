"""What the API server remembers about an object that does not exist."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.creator.history import Answer, Past, ever
from shared.errors import GoneError, NotFoundError, SlipwayError, TransientError

OURS = {"metadata": {"ownerReferences": [{"uid": "me", "controller": True}]}}
FOREIGN: dict[str, Any] = {"metadata": {}}
BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}


class Watched:
    """An API server whose watch yields these events, and then ends or fails."""

    def __init__(self, *events: dict[str, Any], error: SlipwayError | None = None) -> None:
        self._events, self._error = events, error
        self.asked: dict[str, str] = {}

    async def watch(self, path: str, params: dict[str, str], *, idle: float) -> AsyncIterator[dict[str, Any]]:
        """The events."""
        self.asked = {"path": path, **params}
        for event in self._events:
            yield event
        if self._error:
            raise self._error


async def asked(*events: dict[str, Any], error: SlipwayError | None = None) -> Answer:
    server: Any = Watched(*events, error=error)
    return await ever(server, "/jobs", "mine", "me", "7")


@pytest.mark.parametrize("change", ["ADDED", "MODIFIED", "DELETED"])
async def test_any_change_of_ones_own_object_shows_that_it_existed(change: str) -> None:
    """Also its end alone, if its beginning was before the watch's."""
    assert await asked({"type": change, "object": OURS}, BOOKMARK) == (Past.ONCE, None)


async def test_a_bookmark_says_that_all_changes_were_repeated_and_up_to_when() -> None:
    """Objects of others do not count."""
    assert await asked({"type": "ADDED", "object": FOREIGN}, BOOKMARK) == (Past.NEVER, "9")


async def test_a_watch_that_ends_in_time_has_repeated_everything_too() -> None:
    """A server without bookmarks does not say up to when."""
    assert await asked() == (Past.NEVER, None)


async def test_a_kind_that_the_cluster_does_not_know_had_no_objects() -> None:
    """The creation itself then says what is missing."""
    assert (await asked(error=NotFoundError("no such kind"))).past is Past.NEVER


@pytest.mark.parametrize(
    ("events", "error"),
    [((), GoneError("too old")), (({"type": "ERROR", "object": {"code": 410}},), None)],
    ids=["refused", "reported"],
)
async def test_a_moment_that_is_too_long_ago_is_forgotten(
    events: tuple[dict[str, Any], ...], error: SlipwayError | None
) -> None:
    """The API server keeps its changes for minutes, and none from before its start."""
    assert (await asked(*events, error=error)).past is Past.FORGOTTEN


@pytest.mark.parametrize(
    ("events", "error"),
    [((), TransientError("broken")), (({"type": "ERROR", "object": {"code": 500, "message": "no"}},), None)],
)
async def test_a_busy_server_proves_nothing(events: tuple[dict[str, Any], ...], error: SlipwayError | None) -> None:
    """The question is asked again with the next delivery."""
    with pytest.raises(TransientError):
        await asked(*events, error=error)


async def test_only_the_one_name_is_watched_and_not_for_long() -> None:
    """Its changes since the version, for three seconds at most."""
    server: Any = Watched(BOOKMARK)
    await ever(server, "/jobs", "mine", "me", "7")
    assert server.asked == {
        "path": "/jobs", "fieldSelector": "metadata.name=mine", "resourceVersion": "7", "timeoutSeconds": "3"
    }  # fmt: skip
