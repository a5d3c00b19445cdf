"""The identity provider, by OpenID Connect: authorization code with PKCE.

What it says is believed only if it is signed by its keys, for this console, for this sign-in.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey

from services.console.claims import Wanted, mistakes
from shared.errors import PermanentError, TransientError

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""How a token may be signed: what the API server takes too. Never by a secret, and never not at all."""
WITHIN: Final = 10.0
"""Seconds that an answer may take."""
LARGEST: Final = 1024 * 1024
"""Most bytes of an answer."""
KEPT: Final = 600.0
"""Seconds for which the provider's description and its keys are used."""
NO_LONGER: Final = ("invalid_grant",)
"""The provider's word for a code or refresh token that it takes no longer."""


class NotSignedInError(PermanentError):
    """The provider does not sign this person in, or what it says is not believed."""


@dataclass(frozen=True)
class Tokens:
    """What the provider gives for a code."""

    identity: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    refresh: str = field(repr=False, default="")

    @property
    def ends(self) -> float:
        """Return when the identity token ends, in seconds since 1970."""
        return float(self.claims["exp"])


@dataclass(frozen=True)
class Client:
    """How the console is known to the provider."""

    issuer: str
    name: str
    redirect: str
    scopes: str
    secret: Path | None = None
    """The file of the client's secret; None for a public client."""
    authority: Path | None = None
    """The file of the authority that signs the provider's certificate; None for those that the system trusts."""


class Provider:
    """Asks one provider, and believes little of what it answers."""

    def __init__(self, client: Client, within: float = WITHIN) -> None:
        """`within` is how long an answer may take, in seconds."""
        self.client = client
        self._within = aiohttp.ClientTimeout(total=within)
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, list[Key]] = (0.0, [])

    async def address(self, state: str, nonce: str, challenge: str) -> str:
        """Return the address at which a person signs in; `challenge` is that of PKCE, by S256."""
        asked = {
            "response_type": "code",
            "client_id": self.client.name,
            "redirect_uri": self.client.redirect,
            "scope": self.client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = await self._place("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def ended_at(self, back_to: str) -> str | None:
        """Return the address at which a person signs out of the provider too; None if it has none."""
        place = (await self._about()).get("end_session_endpoint")
        if not _secure(place):
            return None
        return f"{place}?{urlencode({'client_id': self.client.name, 'post_logout_redirect_uri': back_to})}"

    async def answers_for(self, issuer: str | None) -> bool:
        """Return whether an answer that names this issuer, or none, can be this provider's."""
        if issuer is not None:
            return issuer == self.client.issuer
        return (await self._about()).get("authorization_response_iss_parameter_supported") is not True

    async def exchanged(self, code: str, verifier: str, nonce: str) -> Tokens:
        """Return the tokens for a code. NotSignedInError if the provider refuses it, or if they are not believed."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect,
            "code_verifier": verifier,
        }
        return await self._tokens(asked, nonce, None)

    async def renewed(self, refresh: str, subject: str) -> Tokens:
        """Return new tokens of the same person. NotSignedInError if the provider does not renew them any more."""
        found = await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh}, None, subject)
        return found if found.refresh else Tokens(found.identity, found.claims, refresh)

    async def revoke(self, refresh: str) -> None:
        """Let the provider renew nothing any more; it may not be able to."""
        if _secure(place := (await self._about()).get("revocation_endpoint")):
            await self._asked("POST", str(place), {"token": refresh, "token_type_hint": "refresh_token"})

    async def _tokens(self, asked: dict[str, str], nonce: str | None, subject: str | None) -> Tokens:
        status, answer = await self._asked("POST", await self._place("token_endpoint"), asked)
        if status != 200:
            raise NotSignedInError(f"the identity provider refuses the sign-in: {_reason(answer, status)}")
        identity, refresh = answer.get("id_token"), answer.get("refresh_token")
        if not isinstance(identity, str):
            raise NotSignedInError("the identity provider gives no identity token: does the client ask for openid?")
        claims = await self._believed(identity, nonce, subject)
        return Tokens(identity, claims, refresh if isinstance(refresh, str) else "")

    async def _believed(self, token: str, nonce: str | None, subject: str | None) -> dict[str, Any]:
        claims = await self._signed(token)
        wanted = Wanted(self.client.issuer, self.client.name, nonce, time.time(), subject)
        if wrong := mistakes(claims, wanted):
            raise NotSignedInError(f"the provider's identity token is not accepted: it {', and it '.join(wrong)}")
        return claims

    async def _signed(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that one of the provider's keys has signed, looked up anew if none has."""
        registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        for now in (False, True):
            for key in await self._all_keys(now=now):
                try:
                    return dict(jwt.decode(token, key, algorithms=ALGORITHMS, registry=registry).claims)
                except (JoseError, ValueError):
                    continue
        raise NotSignedInError("the provider's identity token is not accepted: none of its keys has signed it")

    async def _all_keys(self, *, now: bool) -> list[Key]:
        read_at, keys = self._keys
        if now or time.monotonic() - read_at >= KEPT or not keys:
            status, answer = await self._asked("GET", await self._place("jwks_uri"))
            if status != 200:
                raise TransientError(f"the identity provider does not show its keys: it answers {status}")
            keys = [key for one in answer.get("keys") or [] if (key := _public(one))]
            self._keys = time.monotonic(), keys
        return keys

    async def _place(self, name: str) -> str:
        place = (await self._about()).get(name)
        if not _secure(place):
            raise TransientError(
                f"the identity provider's {name} is {str(place)[:200]}: expected an address with https"
            )
        return str(place)

    async def _about(self) -> dict[str, Any]:
        if self._described is None or time.monotonic() - self._described[0] >= KEPT:
            where = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
            status, said = await self._asked("GET", where)
            if status != 200:
                raise TransientError(f"the identity provider does not describe itself: {where} answers {status}")
            if said.get("issuer") != self.client.issuer:
                named = str(said.get("issuer"))[:200]
                raise TransientError(f"the identity provider calls itself {named}, and not {self.client.issuer}")
            self._described = time.monotonic(), said
        return self._described[1]

    async def _asked(self, method: str, place: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of an answer, which is never followed elsewhere. TransientError if there is none."""
        try:
            async with (
                asyncio.timeout(self._within.total),
                aiohttp.ClientSession(timeout=self._within, trust_env=True) as session,
                session.request(
                    method, place, data=form and self._named(form), headers=self._headers(form),
                    allow_redirects=False, ssl=self._tls(),
                ) as response,
            ):  # fmt: skip
                return response.status, await _json(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            said = str(error) or "it takes too long"
            raise TransientError(f"the identity provider {self.client.issuer} does not answer: {said}") from error

    def _named(self, form: dict[str, str]) -> dict[str, str]:
        return form if self.client.secret else {**form, "client_id": self.client.name}

    def _headers(self, form: dict[str, str] | None) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if form is not None and self.client.secret:
            secret = self.client.secret.read_text(encoding="utf-8").strip()
            pair = (quote(self.client.name, safe=""), quote(secret, safe=""))  # as the standard says
            headers["Authorization"] = aiohttp.encode_basic_auth(*pair)
        return headers

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.client.authority)


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    body = await response.content.read(LARGEST)
    while not response.content.at_eof():
        body += await response.content.read(LARGEST)
        if len(body) > LARGEST:
            raise aiohttp.ClientPayloadError("its answer is too large")
    try:
        said = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise aiohttp.ClientPayloadError("it answers something else than JSON")
    return said


def _public(said: Any) -> Key | None:
    """Return a key that signs by RSA or an elliptic curve; None for others, such as secrets."""
    try:
        key = JWKRegistry.import_key(said)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey) and said.get("use", "sig") == "sig" else None


def _secure(place: object) -> bool:
    return isinstance(place, str) and place.startswith("https://") and place.isprintable()


def _reason(answer: Mapping[str, Any], status: int) -> str:
    said = [text for name in ("error", "error_description") if isinstance(text := answer.get(name), str)]
    return ": ".join(said)[:300] if said else f"it answers {status}"
