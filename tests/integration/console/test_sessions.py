"""What becomes of a sign-in: it is renewed, works at every replica, ends, and never costs a form that was filled in."""

import asyncio
import re
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from aiohttp import web

from deploy.local.controlplane import ControlPlane
from services.console.sealing import new_key
from services.console.session import SESSION, packed, unpacked
from tests.integration.console.conftest import KEYS, Enter
from tests.integration.harness.console import OURS, Browser, Replica, Said, replica
from tests.integration.harness.provider import Provider

JANE = "oidc:jane@example.com"
CROSS = {**OURS, "Sec-Fetch-Site": "cross-site"}
SAME_SITE = {**OURS, "Sec-Fetch-Site": "same-site"}
PART = {**OURS, "HX-Request": "true", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


def renewals(provider: Provider) -> int:
    """How often the provider was asked for tokens since it was last looked at."""
    count = provider.asked.count("/token")
    provider.asked.clear()
    return count


def aged(browser: Browser, console: Replica, **changes: Any) -> None:
    """Let the browser have a session with other times, as if it had waited."""
    content = console.doors.jar.read(browser.cookies, SESSION)
    session = unpacked(content or b"")
    assert session
    browser.keeps(dict(console.doors.jar.sealed(SESSION, packed(replace(session, **changes)))))


async def test_a_token_is_renewed_once_before_it_ends(browser: Browser, console: Replica, provider: Provider) -> None:
    """However many requests come at once, the provider is asked once, and the browser keeps the new token."""
    await browser.signed_in()
    renewals(provider)
    aged(browser, console, ends=console_time() + 30)
    before = browser.cookies
    pages = await asyncio.gather(*(browser.get("/p") for _ in range(8)))
    assert all(JANE in page.words for page in pages)
    assert renewals(provider) == 1
    assert browser.cookies != before
    assert JANE in (await browser.get("/p")).words
    assert renewals(provider) == 0


def console_time() -> float:
    """Now, in seconds since 1970."""
    return time.time()


async def test_a_provider_that_is_away_matters_only_once_the_token_has_ended(
    browser: Browser, console: Replica, provider: Provider
) -> None:
    """Until then everything works; after that the page says who does not answer, and the sign-in is not forgotten."""
    await browser.signed_in()
    provider.answers["/token"] = lambda: web.Response(text="<html>")
    aged(browser, console, ends=console_time() + 30)
    assert JANE in (await browser.get("/p")).words
    aged(browser, console, ends=console_time() + 1)
    page = await browser.get("/p")
    assert (page.status, provider.issuer in page.words) == (503, True)
    provider.honest()
    assert JANE in (await browser.get("/p")).words


async def test_a_token_of_somebody_else_renews_nothing(browser: Browser, console: Replica, provider: Provider) -> None:
    """Nobody becomes another person under an open page."""
    await browser.signed_in()
    provider.person = {"sub": "eve", "email": "eve@example.com"}
    aged(browser, console, ends=console_time() + 1)
    assert (await browser.get("/p")).headers["Location"] == "/sign-in?next=/p"


async def test_the_provider_may_end_a_sign_in(browser: Browser, console: Replica, provider: Provider) -> None:
    """Then the person is asked to sign in again, and told why."""
    await browser.signed_in()
    provider._refresh.clear()
    aged(browser, console, ends=console_time() + 1)
    said = await browser.followed("/p")
    assert said.address.endswith("/sign-in?next=/p")
    assert "Your sign-in has expired" in said.words


async def test_a_session_ends_however_often_it_was_renewed(
    browser: Browser, console: Replica, provider: Provider
) -> None:
    """After its time, nothing is renewed."""
    await browser.signed_in()
    renewals(provider)
    aged(browser, console, over=console_time() - 1)
    assert (await browser.get("/p")).status == 303
    assert renewals(provider) == 0


async def test_every_replica_knows_who_has_signed_in(
    browser: Browser, console: Replica, plane: ControlPlane, settings: dict[str, object], enter: Enter
) -> None:
    """Also with a new key before the old one; without the old one, people sign in again."""
    new = b64decode(new_key())
    same = {**settings, "port": console.port}
    async with replica(plane.kubeconfig, KEYS, **same) as other:
        await browser.signed_in()
        there = enter(other)
        there.keeps(browser.cookies)
        assert JANE in (await there.get("/p")).words
        other.keys = (new, *KEYS)
        assert JANE in (await there.get("/p")).words
        other.keys = (new,)
        assert (await there.get("/p")).status == 303


async def test_who_signs_out_is_signed_out_at_the_provider_too(
    browser: Browser, provider: Provider, console: Replica
) -> None:
    """Nothing is renewed any more, also not with a cookie that somebody has copied; no link holds a token."""
    await browser.signed_in()
    copied = browser.cookies
    assert (await browser.post("/sign-out", {}, {**OURS, "Sec-Fetch-Site": "cross-site"})).status == 403
    page = await browser.post("/sign-out", {})
    assert f'href="{provider.issuer}/end?client_id=slipway-console&amp;post_logout_redirect_uri=' in page.text
    assert browser.cookies == {}
    assert len(provider.revoked) == 1
    browser.keeps(copied)
    aged(browser, console, ends=console_time() + 1)
    assert (await browser.get("/p")).status == 303


FIELDS = [
    ("v.command", "\r\n  first line is empty\r\n<b>&amp;\"'"),
    ("v.ports.3.container", "8080"),
    ("v.ports.3.container", "8081"),
    ("v.empty", ""),
    ("</textarea><script>alert(1)</script>", "</textarea><script>alert(2)</script>"),
]


def kept(page: Said) -> list[tuple[str, str]]:
    """The fields that a page would send again, as a browser reads them."""
    found = re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', page.text, re.DOTALL)
    return [(unescape(name), unescape(value)) for name, value in found]


async def test_a_form_that_was_sent_too_late_comes_back_filled(browser: Browser) -> None:
    """Nothing is sent, kept in a cookie or put into an address; every field is there, and hostile text is text."""
    page = await browser.post("/p/team-a/jobs/delete?a=b", FIELDS)
    assert (page.status, "<script>alert" in page.text) == (401, False)
    assert "What you filled in is kept on this page" in page.words
    assert [(name, value.replace("\n", "\r\n").replace("\r\r", "\r")) for name, value in kept(page)] == FIELDS
    assert '<form method="post">' in page.text  # to the same address
    assert '<input type="hidden" name="sent-before" value="yes">' in page.text
    assert 'href="/sign-in?next=/sign-in/done" target="_blank"' in page.text
    assert browser.cookies == {}
    there = await browser.signed_in("/sign-in/done")
    assert "You are signed in" in there.words


async def test_a_part_of_a_page_says_that_the_sign_in_has_expired(browser: Browser) -> None:
    """It leads to the sign-in in another tab, so that the page stays as it is filled in; so does a stream."""
    for said in (
        await browser.post("/p/team-a/jobs/delete", {"job": "a"}, PART),
        await browser.get("/p/team-a/jobs", PART),
        await browser.get("/p/team-a/jobs/live", {**OURS, "Accept": "text/event-stream"}),
    ):
        assert (said.status, "<html" in said.text, 'target="_blank"' in said.text) == (401, False, True)


REFUSED: dict[str, Callable[[Browser], Any]] = {
    "another site's form": lambda browser: browser.post("/p/a/jobs/delete", {"job": "a"}, CROSS),
    "a form of another port": lambda browser: browser.post("/p/a/jobs/delete", {"job": "a"}, SAME_SITE),
    "a form that hides where it is from": lambda browser: browser.post("/p/a/jobs/delete", {"job": "a"}, {}),
    "a sandboxed form": lambda browser: browser.post("/p/a/jobs/delete", {"job": "a"}, {"Origin": "null"}),
    "a form with a token, to sign in as another": lambda browser: browser.post("/sign-in/token", {"token": "x"}, CROSS),
    "a page in a frame": lambda browser: browser.get("/p", {**CROSS, "Sec-Fetch-Dest": "iframe"}),
    "a page as an image": lambda browser: browser.get("/p", {**CROSS, "Sec-Fetch-Mode": "no-cors"}),
    "another name of this machine": lambda browser: browser.get("/p", {"Host": "rebound.evil.example"}),
}


@pytest.mark.parametrize("trick", REFUSED)
async def test_what_another_site_sends_changes_and_shows_nothing(browser: Browser, trick: str) -> None:
    """Even from the browser of somebody who is signed in."""
    await browser.signed_in()
    page = await REFUSED[trick](browser)
    assert (page.status, JANE in page.words) == (403, False), page.words
    assert "Content-Security-Policy" in page.headers


LIMITS: dict[str, tuple[Any, int, str]] = {
    "too large": ({"a": "x" * 1024 * 1024}, 413, "the form is larger than 1024 KiB"),
    "too many fields": ([("a", "1")] * 4001, 413, "the form has more than 4000 fields"),
    "a file": ("--x", 400, "expected application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("limit", LIMITS)
async def test_what_is_too_large_is_refused_in_a_sentence(browser: Browser, limit: str) -> None:
    """Whether somebody is signed in or not."""
    body, status, sentence = LIMITS[limit]
    for _ in range(2):
        page = await browser.post("/p/a/jobs/delete", body, {**OURS, "Content-Type": TYPE[limit]})
        assert (page.status, sentence in page.words) == (status, True), page.words
        await browser.signed_in()


TYPE = dict.fromkeys(LIMITS, "application/x-www-form-urlencoded") | {"a file": "multipart/form-data; boundary=x"}


async def test_whom_the_console_acts_as_has_their_own_rights_only(
    plane: ControlPlane, settings: dict[str, object], provider: Provider, enter: Enter
) -> None:
    """With the prefix; the cluster's own groups and nameless people are refused, and so is a console without right."""
    provider.honest()
    acting = {**settings, "impersonate": True, "impersonate_prefix": ""}
    async with replica(plane.kubeconfig, KEYS, **acting) as console:
        browser = enter(console)
        page = await browser.signed_in()
        assert 'User "jane@example.com" cannot list resource "namespaces"' in page.words
        for person, words in (
            ({"sub": "a", "email": "a@x", "groups": ["system:masters"]}, "names system:masters"),
            ({"sub": "a", "email": "system:admin"}, "names system:admin"),
            ({"sub": "a"}, "has no claim email"),
        ):
            provider.person = person
            page = await enter(console).signed_in()
            assert (page.status, words in page.words) == (401, True), page.words
    provider.honest()
    powerless = plane.kubeconfig_of("slipway-console")
    async with replica(powerless, KEYS, **{**settings, "impersonate": True}) as console:
        page = await enter(console).signed_in()
        assert (page.status, 'User "slipway-console" cannot impersonate' in page.words) == (401, True), page.words
