"""Lists read page by page, and watches' lines, without a server."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from shared.errors import GoneError, TransientError
from shared.kubernetes.answers import event
from shared.kubernetes.api import LIST_TRIES, Api


class Paged(Api):
    """Answers with prepared pages, or raises them."""

    def __init__(self, *pages: Any) -> None:
        self.answers, self.asked = list(pages), list[dict[str, str]]()

    async def _page(self, path: str, params: Mapping[str, str], accept: str | None, most: int | None) -> bytes:
        self.asked.append(dict(params))
        page = self.answers.pop(0)
        if isinstance(page, Exception):
            raise page
        return orjson.dumps(page)


def page(*items: int, token: str = "") -> dict[str, Any]:
    return {"items": list(items), "metadata": {"resourceVersion": "7", "continue": token}}


async def test_a_list_is_read_to_its_last_page() -> None:
    """All pages are read with the same selector, and the version is that of the list."""
    api = Paged(page(1, 2, token="next"), page(3))
    answer = await api.list("/path", {"labelSelector": "a=b"})
    assert (answer["items"], answer["metadata"]["resourceVersion"]) == ([1, 2, 3], "7")
    assert [asked.get("continue") for asked in api.asked] == [None, "next"]
    assert {asked["labelSelector"] for asked in api.asked} == {"a=b"}


async def test_a_list_that_expired_half_way_is_begun_again() -> None:
    """An expired continue token starts the list again."""
    api = Paged(page(1, token="next"), GoneError("expired"), page(1, 2))
    assert (await api.list("/path"))["items"] == [1, 2]


async def test_a_list_that_expires_again_and_again_is_given_up_for_now() -> None:
    """A list that keeps expiring ends in a TransientError after a few tries."""
    api = Paged(*[GoneError("expired")] * 100)
    with pytest.raises(TransientError, match="expired"):
        await api.list("/path")
    assert len(api.asked) == LIST_TRIES


async def test_pages_are_given_one_by_one() -> None:
    """Pages are handed out as they are read."""
    api = Paged(page(1, 2, token="next"), page(3, token="last"), page())
    given = [(one["items"], len(api.asked)) async for one in api.pages("/path", {"labelSelector": "a=b"})]
    assert given == [([1, 2], 1), ([3], 2), ([], 3)]


@pytest.mark.parametrize("line", [b"<html>", b"{}", b"[]", b"1", b"null", b'{"type":"ADDED"}', b'{"type":1,"obj'])
def test_what_is_no_event_of_a_watch_is_somebody_elses_answer(line: bytes) -> None:
    """A line that is not a watch event is a TransientError: a proxy answered."""
    with pytest.raises(TransientError, match="no event"):
        event(line)
