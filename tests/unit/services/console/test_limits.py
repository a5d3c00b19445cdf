"""Nobody can keep the console from the others."""

from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from services.console import limits
from services.console.limits import Rate, Streams
from services.console.received import FIELDS, received
from shared.errors import PermanentError, TooLargeError


def test_one_who_asks_too_often_waits_and_the_others_do_not() -> None:
    """Twice a second's requests at once, then one at a time; the answer says when to come back."""
    now = 0.0
    rate = Rate(10, lambda: now)
    assert [rate.wait("jane") for _ in range(20)] == [0.0] * 20
    assert rate.wait("jane") == pytest.approx(0.1)
    assert rate.wait("eve") == 0.0
    now = 0.1
    assert [rate.wait("jane"), rate.wait("jane")] == pytest.approx([0.0, 0.1])
    now = 100.0
    assert [rate.wait("jane") for _ in range(21)][-1] > 0


def test_people_that_ask_once_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest forgotten go first."""
    monkeypatch.setattr(limits, "REMEMBERED", 3)
    rate = Rate(1)
    for number in range(10):
        rate.wait(str(number))
    assert list(rate._left) == ["7", "8", "9"]


def test_the_oldest_live_page_yields_to_the_newest() -> None:
    """A fifth page of one person pauses the first one, those of others stay, and nothing is left at the end."""
    streams = Streams(4)
    entered = [streams.entered("jane") for _ in range(5)]
    with streams.entered("eve") as other:
        events = [one.__enter__() for one in entered]
        assert [event.is_set() for event in events] == [True, False, False, False, False]
        assert not other.is_set()
        assert len(streams) == 5
        for one in entered:
            one.__exit__(None, None, None)
    assert len(streams) == 0
    assert streams._open == {}


class Body:
    """A request's body that is there at once."""

    def __init__(self, content: bytes, kind: str) -> None:
        self.request = make_mocked_request("POST", "/", headers={"Content-Type": kind})
        self.request._read_bytes = content


class Large(dict[object, object]):
    """A request whose body is larger than the server reads."""

    async def read(self) -> bytes:
        """Refuse to read it, as the server does."""
        raise web.HTTPRequestEntityTooLarge(1, 2)


FORM = "application/x-www-form-urlencoded"


async def test_a_form_comes_as_it_was_sent() -> None:
    """In its order, with empty and repeated fields, whatever letters it has."""
    found = await received(Body(b"a=1&b=&a=%E2%82%AC%0D%0A+%3Cb%3E", FORM).request)
    assert list(found.items()) == [("a", "1"), ("b", ""), ("a", "€\r\n <b>")]


@pytest.mark.parametrize(
    ("content", "kind", "error", "words"),
    [
        (b"&".join([b"a=1"] * (FIELDS + 1)), FORM, TooLargeError, "more than 4000 fields"),
        (b"&" * 1_000_000, FORM, TooLargeError, "more than 4000 fields"),
        (b"a=%ff", FORM, PermanentError, "not encoded as UTF-8"),
        (b"a=\xff", FORM, PermanentError, "not encoded as UTF-8"),
        (b"--x", "multipart/form-data; boundary=x", PermanentError, "sent as multipart/form-data"),
        (b"{}", "text/plain", PermanentError, "sent as text/plain"),
    ],
)
async def test_what_is_no_form_is_refused_in_a_sentence(
    content: bytes, kind: str, error: type[Exception], words: str
) -> None:
    """Before it costs anything."""
    with pytest.raises(error, match=words):
        await received(Body(content, kind).request)


async def test_four_thousand_fields_are_a_form() -> None:
    """The limit itself is within."""
    assert len(await received(Body(b"&".join([b"a=1"] * FIELDS), FORM).request)) == FIELDS


async def test_a_form_that_is_too_large_is_told_its_size() -> None:
    """What the server itself refuses gets our sentence."""

    with pytest.raises(TooLargeError, match="the form is larger than 1024 KiB"):
        await received(cast(web.Request, Large()))
