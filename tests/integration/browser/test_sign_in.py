"""Signing in and out, in a real browser."""

import re

from playwright.async_api import Page, expect

from services.console.links import new_link
from tests.integration.browser.conftest import Platform
from tests.integration.browser.visitors import RESEARCHER, Visitors, token_of

WHO = "summary"
"""Where a page says who is signed in."""


async def sign_in(page: Page, token: str) -> None:
    """Paste a token."""
    await page.get_by_label("Token of the cluster").fill(token)
    await page.get_by_role("button", name="Sign in with the token").click()


async def test_somebody_signs_in_with_a_token_and_out_again(visit: Visitors) -> None:
    """Who asks for a page is led to the sign-in and back; the cookie is out of reach of scripts, and ends."""
    page = await visit(None)
    await page.goto("/p?q=1")
    await expect(page).to_have_url(re.compile(r"/sign-in\?next=/p%3Fq%3D1$"))
    await sign_in(page, token_of(RESEARCHER))
    await expect(page).to_have_url(re.compile(r"/p\?q=1$"))
    await expect(page.locator(WHO)).to_contain_text(RESEARCHER)
    [cookie] = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], token_of(RESEARCHER) in cookie["value"]) == (True, "Lax", False)
    assert await page.evaluate("document.cookie") == ""
    await page.locator(WHO).click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert await page.context.cookies() == []
    await page.go_back()
    await page.reload()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_wrong_token_is_refused_in_a_sentence(visit: Visitors) -> None:
    """The page says so, keeps the place to return to, and never shows the token."""
    page = await visit(None)
    await page.goto("/sign-in?next=/p")
    await sign_in(page, "not-a-token-of-anybody")
    await expect(page.get_by_role("alert")).to_contain_text("the cluster does not accept this token")
    assert "not-a-token-of-anybody" not in await page.content()
    assert await page.context.cookies() == []
    await sign_in(page, token_of(RESEARCHER))
    await expect(page).to_have_url(re.compile("/p$"))


async def test_a_one_time_link_signs_in_once(visit: Visitors, console: Platform) -> None:
    """The first browser is signed in, and its address no longer holds the link; the second one is told why not."""
    link = new_link(console.links, console.url, token_of(RESEARCHER))
    first, second = await visit(None), await visit(None)
    await first.goto(link)
    await expect(first).to_have_url(re.compile("/p$"))
    await expect(first.locator(WHO)).to_contain_text(RESEARCHER)
    await second.goto(link)
    await expect(second.get_by_role("alert")).to_contain_text("this link has been used, or is too old")
