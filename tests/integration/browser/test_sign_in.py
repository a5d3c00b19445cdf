"""Signing in and out, in a real browser."""

import re

from playwright.async_api import Locator, Page, Route, expect

from services.console.links import new_link
from tests.integration.browser.conftest import Platform
from tests.integration.browser.new_job import NewJob
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


async def test_a_sign_in_that_expires_costs_nothing_that_was_filled_in(visit: Visitors, project: str) -> None:
    """Story 23: while typing and on submit, the verdict says so and leads to the sign-in in a new tab; the page stays
    as it was filled in, and goes on."""
    page = await visit(None)
    await page.goto("/sign-in")
    await sign_in(page, token_of(RESEARCHER))
    form = await NewJob(page, project).open()
    await form.text("Image").fill("ubuntu")
    await form.settled()
    await page.context.clear_cookies()
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(form.verdict).to_contain_text("you are not signed in")
    await signed_in_again(page, form.verdict.get_by_role("link", name="sign in in a new tab"))
    await expect(form.text("Image")).to_have_value("ubuntu")
    await form.settled()
    assert "ubuntu" not in page.url
    await form.page.get_by_role("button", name="Submit", exact=True).click()
    await expect(page).to_have_url(re.compile(rf"/p/{project}/training/job-\d.*$"))


async def test_a_form_without_script_comes_back_filled_after_the_sign_in(visit: Visitors, project: str) -> None:
    """Story 23 without script: a form that was sent too late waits on a page of its own, also if its texts look like
    markup; it comes back to be looked at, and nothing is sent before."""
    page = await visit(None, java_script_enabled=False)
    await page.goto(f"/sign-in?next=/p/{project}/new/training")
    await sign_in(page, token_of(RESEARCHER))
    form = NewJob(page, project)
    await form.text("Image").fill("ubuntu")
    await form.text("Command").fill('echo "</textarea><b>&amp;"')
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Submit", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("What you filled in is kept on this page")
    await signed_in_again(page, page.get_by_role("link", name="Sign in, in a new tab"))
    await page.get_by_role("button", name="Back to the form").click()
    await expect(form.text("Image")).to_have_value("ubuntu")
    await expect(form.text("Command")).to_have_value('echo "</textarea><b>&amp;"')
    await form.settled()
    assert "ubuntu" not in page.url


async def signed_in_again(page: Page, link: Locator) -> None:
    """Follow a link to the sign-in, which opens a tab, and close that afterwards."""
    async with page.context.expect_page() as opened:
        await link.click()
    tab = await opened.value
    await sign_in(tab, token_of(RESEARCHER))
    await expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
    await tab.close()


async def test_a_page_of_another_port_sends_nothing(visit: Visitors, console: Platform) -> None:
    """Browsers send a machine's cookies to all its ports; a form from another one is refused by the console."""
    page = await visit(None)
    await page.goto("/sign-in")
    await sign_in(page, token_of(RESEARCHER))
    await expect(page.locator(WHO)).to_contain_text(RESEARCHER)

    async def forged(route: Route) -> None:
        form = f'<form method="post" action="{console.url}/sign-out"><button>Win</button></form>'
        await route.fulfill(body=form, content_type="text/html")

    await page.route("http://127.0.0.1:1/", forged)
    visits = len(await page.context.cookies())
    await page.goto("http://127.0.0.1:1/")
    await page.get_by_role("button").click()
    await expect(page.get_by_text("only a page of this console may send this")).to_be_visible()
    assert len(await page.context.cookies()) == visits
    assert visit.complaints == ["request to another host: http://127.0.0.1:1/"]
    visit.complaints.clear()
