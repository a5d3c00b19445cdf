"""What a browser keeps for the console: nobody can read, change, make or swap it."""

import os
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from services.console.cookies import PART, Jar, TooLargeCookieError
from services.console.sealing import Keys, keys_in, new_key, opened, read_keys, sealed
from services.console.session import Session, packed, unpacked
from shared.errors import PermanentError
from shared.resolution.seal import UnfitKeyError

KEY = b64encode(b"k" * 32).decode()
OLD, NEW = b64decode(new_key()), b64decode(new_key())


def jar(*keys: bytes, secure: bool = True) -> Jar:
    """A jar with these keys."""
    return Jar(lambda: keys or None, secure, "" if secure else "-8088")


@given(st.binary(max_size=200))
def test_what_is_sealed_can_be_opened_and_says_nothing(content: bytes) -> None:
    """It comes back as it was, and never twice as the same text."""
    texts = {sealed((OLD,), "a", content) for _ in range(2)}
    assert len(texts) == 2
    assert {opened((OLD,), "a", text) for text in texts} == {content}


@given(st.text(max_size=80))
def test_no_text_opens_that_was_not_sealed(text: str) -> None:
    """Whatever a browser sends is refused, and never an error."""
    assert opened((OLD, NEW), "a", text) is None


def test_a_changed_letter_another_purpose_and_another_key_open_nothing() -> None:
    """A cookie of one kind cannot be used as another kind, nor at another console."""
    text = sealed((OLD,), "slipway", b"{}")
    for place in range(len(text) - 1):  # the last letter may hold bits that count for nothing
        other = "A" if text[place] != "A" else "B"
        assert opened((OLD,), "slipway", text[:place] + other + text[place + 1 :]) is None
    assert opened((OLD,), "slipway-in-0", text) is None
    assert opened((NEW,), "slipway", text) is None
    assert opened((), "slipway", text) is None


def test_keys_are_renewed_without_signing_anybody_out() -> None:
    """The first key seals, and all of them open, until the old one is taken away."""
    before = dict(jar(OLD).sealed("slipway", b"jane"))
    after = dict(jar(NEW, OLD).sealed("slipway", b"jane"))
    assert jar(NEW, OLD).read(before, "slipway") == jar(OLD, NEW).read(after, "slipway") == b"jane"
    assert jar(NEW).read(before, "slipway") is None


def test_two_replicas_with_the_same_keys_know_the_same_people() -> None:
    """Nothing is kept in a process."""
    keys: Keys = keys_in(f"{new_key()}\n{new_key()}\n")
    assert jar(*keys).read(dict(jar(*keys).sealed("slipway", b"jane")), "slipway") == b"jane"


@pytest.mark.parametrize("size", [0, 10, PART - 200, PART * 2, 8000])
def test_a_large_cookie_is_kept_in_parts(size: int) -> None:
    """Each fits a browser, and a part of another cookie, or a missing one, opens nothing."""
    content = os.urandom(size)
    parts = jar(OLD).sealed("slipway", content)
    assert all(len(name) + len(value) < 3900 for name, value in parts)
    assert jar(OLD).read(dict(parts), "slipway") == content
    if len(parts) > 1:
        other = dict(jar(OLD).sealed("slipway", os.urandom(size)))
        last = parts[-1][0]
        assert jar(OLD).read({**dict(parts), last: other[last]}, "slipway") is None
        assert jar(OLD).read(dict(parts[:-1]), "slipway") is None
        assert jar(OLD).read({**dict(parts), "__Host-slipway-7": "x"}, "slipway") == content


def test_a_cookie_that_no_browser_keeps_is_refused_with_its_size() -> None:
    """It is not written in half, which would sign people out without a word."""
    with pytest.raises(TooLargeCookieError, match="a browser keeps at most 11400 letters, and this takes") as found:
        jar(OLD).sealed("slipway", os.urandom(9000))
    assert found.value.size > 3 * PART


def test_without_a_key_nothing_is_sealed() -> None:
    """Neither is anything opened."""
    with pytest.raises(PermanentError, match="CONSOLE_KEYS"):
        jar().sealed("slipway", b"")
    assert jar().read(dict(jar(OLD).sealed("slipway", b"")), "slipway") is None


@pytest.mark.parametrize("secure", [True, False])
def test_scripts_and_other_hosts_never_see_a_cookie(secure: bool) -> None:
    """Over HTTPS, the name itself forbids that another host sets it; on a machine without, ports do not share it."""
    response, parts = web.Response(), jar(OLD, secure=secure).sealed("slipway", b"jane")
    jar(OLD, secure=secure).give(response, parts)
    [cookie] = response.cookies.values()
    assert cookie.key == ("__Host-slipway" if secure else "slipway-8088")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert bool(cookie["secure"]) == secure


def test_what_an_earlier_sign_in_left_is_cleared() -> None:
    """All parts that the browser has, and no others."""
    response = web.Response()
    jar(OLD).clear(response, {"__Host-slipway": "a", "__Host-slipway-2": "b", "other": "c"}, "slipway")
    assert {name: cookie["max-age"] for name, cookie in response.cookies.items()} == {
        "__Host-slipway": "0",
        "__Host-slipway-2": "0",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("secret", "line 1 is no key: expected 32 bytes in base64"),
        (f"{KEY}\nshort", "line 2 is no key"),
        (urlsafe_b64encode(b"\xff" * 32).decode().replace("_", "-"), "line 1 is no key"),
        (KEY[:-8], "line 1 is no key"),
    ],
)
def test_a_file_of_keys_that_is_none_is_refused_in_a_sentence(text: str, words: str, tmp_path: Path) -> None:
    """The line is named, and never shown."""
    (tmp_path / "keys").write_text(text)
    with pytest.raises(UnfitKeyError, match=words) as found:
        read_keys(tmp_path / "keys")
    assert "secret" not in str(found.value)


def test_a_session_survives_the_cookie_and_shows_no_token() -> None:
    """What a log would show of it has no secret."""
    session = Session("provider", "secret-token", 5.0, 9.0, "secret-refresh", "jane", id="1")
    assert unpacked(packed(session)) == session
    assert "secret" not in repr(session)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"groups": null}', b'{"way": "token", "groups": []}'])
def test_a_session_of_another_version_signs_nobody_in(content: bytes) -> None:
    """What it lacks is never made up: without token and name, it is nobody."""
    assert unpacked(content) is None


def test_a_session_ends_with_its_token_and_at_the_latest_when_it_is_over() -> None:
    """A token is renewed shortly before its end, and not after the session is over."""
    session = Session("provider", "t", ends=1000.0, over=2000.0, refresh="r")
    assert [(session.due(now), session.expired(now)) for now in (900, 950, 996, 2001)] == [
        (False, False), (True, False), (True, True), (False, True),
    ]  # fmt: skip
    assert not Session("token", "t", over=2000.0).expired(1999)
    assert not Session("provider", "t", ends=1000.0, over=2000.0).due(999)
