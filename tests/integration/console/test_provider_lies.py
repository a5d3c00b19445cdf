"""People sign in to the console at a provider that a real API server believes, and that lies when it is told to."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from deploy.local.controlplane import ControlPlane
from tests.integration.console.conftest import KEYS, Enter
from tests.integration.harness.console import OURS, Browser, Replica, replica
from tests.integration.harness.provider import CLIENT, SECRET, Claims, Provider

JANE = "oidc:jane@example.com"


def signed_in(browser: Browser) -> bool:
    """Whether it has a session, or anything like one."""
    return any(name.startswith("slipway-") and "-in-" not in name for name in browser.cookies)


async def test_a_person_signs_in_and_the_cluster_knows_them(browser: Browser, plane: ControlPlane) -> None:
    """The page that was asked for appears, with the name that the API server gives; no address holds a token."""
    asked = await browser.get("/p?q=%C3%BC")
    assert (asked.status, asked.headers["Location"]) == (303, "/sign-in?next=/p%3Fq%3D%25C3%25BC")
    page = await browser.get(asked.headers["Location"])
    assert 'href="/sign-in/provider?next=/p%3Fq%3D%25C3%25BC"' in page.text
    there = await browser.signed_in("/p%3Fq%3D%25C3%25BC")
    assert there.address.endswith("/p?q=%C3%BC")
    assert JANE in there.words
    assert "with 2 groups" in there.words  # the provider's one, and system:authenticated
    assert "eyJ" not in there.text + there.address + "".join(browser.cookies.values())
    assert there.headers["Cache-Control"] == "no-store"
    assert len(browser.cookies) == 1  # what the sign-in began with is forgotten


def without(claims: Claims, name: str) -> Claims:
    """The claims without one of them."""
    return {key: claims[key] for key in claims if key != name}


Lie = Callable[[Claims], Claims]
LIES: dict[str, tuple[Lie, str]] = {
    "nonce": (lambda claims: {**claims, "nonce": "other"}, "belongs to another sign-in"),
    "no nonce": (lambda claims: without(claims, "nonce"), "belongs to another sign-in"),
    "audience": (lambda claims: {**claims, "aud": "other"}, "is for other, not for slipway-console"),
    "several": (lambda claims: {**claims, "aud": [CLIENT, "other"]}, "was given to another client"),
    "authorized": (lambda claims: {**claims, "azp": "other"}, "was given to another client, other"),
    "issuer": (lambda claims: {**claims, "iss": "https://evil.example"}, "names the issuer https://evil.example"),
    "ended": (lambda claims: {**claims, "exp": claims["iat"] - 100}, "has ended"),
    "endless": (lambda claims: {**claims, "exp": None}, "does not say when it ends"),
    "future": (lambda claims: {**claims, "iat": claims["iat"] + 900}, "was made in the future"),
    "nobody": (lambda claims: {**claims, "sub": ""}, "does not say whose it is"),
    "no user": (
        lambda claims: {key: claims[key] for key in claims if key != "email"},
        "the cluster does not accept its identity token",
    ),
    "unverified": (lambda claims: {**claims, "email_verified": False}, "the cluster does not accept its"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_lies_signs_nobody_in(browser: Browser, provider: Provider, lie: str) -> None:
    """The page says what is wrong with it, and the browser keeps nothing."""
    provider.lies[lie], sentence = LIES[lie]
    page = await browser.signed_in()
    assert (page.status, sentence in page.words) == (401, True), page.words
    assert not signed_in(browser)
    assert (await browser.get("/p")).status == 303


def part(said: object) -> str:
    """A part of a token."""
    return urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


FORGERIES: dict[str, Callable[[Provider, Claims], str]] = {
    "unsigned": lambda _, claims: f"{part({'alg': 'none'})}.{part(claims)}.",
    "unsigned, in other letters": lambda _, claims: f"{part({'alg': 'nOnE'})}.{part(claims)}.",
    "signature left out": lambda provider, claims: provider.signed(claims).rpartition(".")[0] + ".",
    "claims exchanged": lambda provider, claims: provider.signed(claims).replace(
        provider.signed(claims).split(".")[1], part({**claims, "email": "root@example.com"})
    ),
    "the public key as a secret": lambda provider, claims: by_secret(provider.key.as_pem(private=False), claims),
    "the client's secret": lambda _, claims: by_secret(SECRET.encode(), claims),
    "a key of its own": lambda provider, claims: by_other(provider, claims, {}),
    "a key of its own in the token": lambda provider, claims: by_other(provider, claims, {"jwk": True}),
    "a key of its own elsewhere": lambda provider, claims: by_other(
        provider, claims, {"jku": f"{provider.issuer}/other"}
    ),
    "a critical rule that is unknown": lambda provider, claims: by_hand(
        provider, {"alg": "RS256", "crit": ["rule"], "rule": True}, claims
    ),
    "a name of no way to sign": lambda provider, claims: by_hand(provider, {"alg": ["RS256"]}, claims),
    "no token": lambda *_: "not a token",
    "a long token": lambda *_: "a" * 500_000,
}


def by_secret(secret: bytes, claims: Claims) -> str:
    """A token that is signed with a secret."""
    import hmac

    signing = f"{part({'alg': 'HS256'})}.{part(claims)}"
    return f"{signing}.{urlsafe_b64encode(hmac.digest(secret, signing.encode(), 'sha256')).decode().rstrip('=')}"


def by_hand(provider: Provider, header: Claims, claims: Claims) -> str:
    """A token that the provider has signed, with a header that no library would write."""
    signing = f"{part(header)}.{part(claims)}"
    signature = provider.key.private_key.sign(signing.encode(), PKCS1v15(), SHA256())  # type: ignore[union-attr]
    return f"{signing}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def by_other(provider: Provider, claims: Claims, header: Claims) -> str:
    """A token that is signed with a key that is not the provider's, but has the name of its key."""
    from joserfc import jws, jwt

    other = provider.new_key()
    named = {"alg": "RS256", "kid": provider.key.kid, **header}
    if header.get("jwk"):
        named["jwk"] = other.as_dict(private=False)
    return jwt.encode(named, claims, other, registry=jws.JWSRegistry(strict_check_header=False))


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_the_provider_has_not_signed_signs_nobody_in(
    browser: Browser, provider: Provider, forgery: str
) -> None:
    """However it is made."""
    provider.forged = lambda claims: FORGERIES[forgery](provider, claims)
    page = await browser.signed_in()
    assert (page.status, "none of its keys has signed it" in page.words) == (401, True), page.words
    assert not signed_in(browser)


ANSWERS: dict[str, tuple[str, Callable[[], web.Response], str]] = {
    "refused": ("/token", lambda: web.json_response({"error": "<b>no</b>"}, status=400), "&lt;b&gt;no&lt;/b&gt;"),
    "no token": ("/token", lambda: web.json_response({"access_token": "x"}), "gives no identity token"),
    "a page": ("/token", lambda: web.Response(text="<html>"), "something else than JSON"),
    "a list": ("/token", lambda: web.json_response([1]), "something else than JSON"),
    "deep": ("/token", lambda: web.Response(text="[" * 100_000), "something else than JSON"),
    "too large": ("/token", lambda: web.Response(text=" " * 3_000_000), "its answer is too large"),
    "elsewhere": (
        "/token",
        lambda: web.Response(status=307, headers={"Location": "/revoke"}),
        "the identity provider refuses the sign-in: it answers 307",
    ),
    "no keys": ("/keys", lambda: web.json_response({"keys": []}), "none of its keys has signed it"),
    "keys of none": ("/keys", lambda: web.json_response({"keys": [1, {}, {"kty": "x"}]}), "none of its keys"),
    "keys away": ("/keys", lambda: web.Response(status=500), "does not show its keys: it answers 500"),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_strange_answer_is_said_and_never_followed(browser: Browser, provider: Provider, answer: str) -> None:
    """In a sentence in which markup is text; the code and the client's secret go nowhere else."""
    path, provider.answers[path], sentence = ANSWERS[answer]
    page = await browser.signed_in()
    assert (page.status, sentence in page.text) == (401, True), page.words
    assert "/revoke" not in provider.asked
    assert not signed_in(browser)


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"issuer": "https://evil.example"}, "calls itself https://evil.example, and not"),
        ({"authorization_endpoint": "http://127.0.0.1/sign-in"}, "expected an address with https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "expected an address with https"),
        ({"authorization_endpoint": ["https://a"]}, "expected an address with https"),
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_not_asked(
    browser: Browser, provider: Provider, about: Claims, sentence: str
) -> None:
    """Nobody is led to it."""
    provider.about = about
    page = await browser.get("/sign-in/provider")
    assert (page.status, sentence in page.words) == (503, True), page.words


async def test_a_key_that_the_provider_has_just_begun_to_use_is_looked_up(
    browser: Browser, provider: Provider, enter: Enter, console: Replica
) -> None:
    """Also the API server looks it up; tokens of a key that is not shown any more count no longer."""
    assert (await browser.signed_in()).status == 200
    provider.key = provider.new_key()
    provider.shown = [provider.key]
    assert JANE in (await enter(console).signed_in()).words


async def test_an_answer_counts_only_in_the_browser_that_began_and_once(
    browser: Browser, provider: Provider, enter: Enter, console: Replica
) -> None:
    """Not in another browser, not with another state, not twice, and not from another provider."""
    answer, other = await browser.begun(), enter(console)
    for path in (answer, "/signed-in", "/signed-in?state=9x&code=y", "/signed-in?state=0&code=y"):
        assert "was not begun here" in (await other.get(path)).words
    changed = answer[:-1] + ("A" if answer[-1] != "A" else "B")
    assert "was not begun here" in (await browser.get(changed)).words
    kept = browser.cookies
    assert (await browser.get(f"{answer}&iss={provider.issuer}")).status == 303
    assert "was not begun here" in (await browser.get(answer)).words
    browser.keeps(kept)  # somebody has copied the cookies
    page = await browser.get(answer)
    assert "invalid_grant: &lt;b&gt;no such code&lt;/b&gt;" in page.text
    answer = await other.begun()
    assert "comes from another identity provider" in (await other.get(f"{answer}&iss=https://evil.example")).words


async def test_several_tabs_sign_in_at_once(browser: Browser) -> None:
    """Each goes back to its own page."""
    answers = [await browser.begun(f"/p?q={number}") for number in range(2)]
    found = [(await browser.get(answer)).headers.get("Location", "") for answer in answers]
    assert found == ["/p?q=0", "/p?q=1"] or len({answer.split("state=")[1][0] for answer in answers}) == 1


async def test_somebody_without_groups_is_signed_in_without(browser: Browser, provider: Provider) -> None:
    """The provider may not name any."""
    provider.person = {"sub": "jane", "email": "jane@example.com"}
    assert "with 1 groups" in (await browser.signed_in()).words


async def test_a_token_that_no_browser_keeps_is_told_with_its_groups(browser: Browser, provider: Provider) -> None:
    """Instead of a sign-in that goes in circles."""
    provider.person["groups"] = [f"group-{number}-{'x' * 40}{number * 7919}" for number in range(900)]
    page = await browser.signed_in()
    assert (page.status, "your token is too large: a browser keeps" in page.words) == (401, True), page.words
    assert "it puts you into 901 groups" in page.words
    provider.person["groups"] = [secrets.token_hex(12) for _ in range(120)]
    assert "with 121 groups" in (await browser.signed_in()).words
    assert len(browser.cookies) > 1
    assert "with 121 groups" in (await browser.get("/p")).words
    provider.person["groups"] = ["lab"]
    assert "with 2 groups" in (await browser.signed_in()).words
    assert len(browser.cookies) == 1


async def test_the_provider_may_refuse_in_its_own_words(browser: Browser) -> None:
    """They are shown as text, and only to who has begun to sign in."""
    state = (await browser.begun()).split("state=")[1]
    said = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E"
    page = await browser.get(f"/signed-in?state={state}&{said}")
    assert (page.status, "&lt;script&gt;alert(1)" in page.text, "<script>alert" in page.text) == (401, True, False)
    assert "was not begun here" in (await browser.get(f"/signed-in?state=0abc&{said}", OURS)).words


async def test_no_account_of_the_console_is_anybodys(browser: Browser, plane: ControlPlane) -> None:
    """The console runs with all rights here, and who brings a wrong token, or none, has none of them."""
    for token in ("wrong", " ", "a\nb", "ü", "", "Bearer x"):
        page = await browser.post("/sign-in/token", {"token": token, "next": "/p"})
        assert page.status in (400, 401), token
        assert not signed_in(browser)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "jane"}}
    await asyncio.to_thread(plane.request, "POST", "/api/v1/namespaces/default/serviceaccounts", account)
    token = await asyncio.to_thread(plane.token_of, "default", "jane", 600)
    assert (await browser.post("/sign-in/token", {"token": f" {token}\n", "next": "//evil"})).headers["Location"] == "/"
    page = await browser.get("/p")
    assert "system:serviceaccount:default:jane" in page.words
    assert 'User "system:serviceaccount:default:jane" cannot list resource "namespaces"' in page.words


async def test_a_proxy_brings_tokens_only_from_where_it_may(
    browser: Browser, plane: ControlPlane, enter: Enter, provider: Provider
) -> None:
    """Others are told; even from there, a wrong token is nobody, and another site's page sends nothing."""
    token = provider.signed(provider.claims())
    page = await browser.get("/p", {"Authorization": f"Bearer {token}"})
    assert (page.status, "CONSOLE_TRUSTED_PROXIES" in page.words) == (401, True)
    async with replica(plane.kubeconfig, KEYS, trusted_proxies="127.0.0.1/32") as behind:
        proxied = enter(behind)
        assert JANE in (await proxied.get("/p", {"Authorization": f"Bearer {token}"})).words
        for wrong in ("x", "", "ü"):
            assert (await proxied.get("/p", {"Authorization": f"Bearer {wrong}"})).status == 401
        elsewhere = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}
        assert (await proxied.post("/p/a/jobs/delete", {"job": "a"}, elsewhere)).status == 403
        assert "Set-Cookie" not in (await proxied.get("/p", {"Authorization": f"Bearer {token}"})).headers
