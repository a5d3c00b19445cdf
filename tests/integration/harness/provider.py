"""An identity provider that the API server believes too, and that lies when it is told to.

    provider.person = {"sub": "jane", "email": "jane@example.com", "groups": ["lab"]}   # who signs in next
    provider.lies["nonce"] = lambda claims: {**claims, "nonce": "other"}                # changes claims before signing
    provider.answers["/token"] = web.json_response(...)                                 # answers this path instead

It insists on PKCE, gives each code once, renews a token for its latest refresh token only, and is reached by TLS.
"""

import secrets
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from deploy.local.certificates import Authority, write_pair

Claims = dict[str, Any]
CLIENT, SECRET = "slipway-console", "client/secret:1"
"""The console's name and secret there."""


@dataclass
class Provider:
    """The provider; see this module's docstring."""

    authority: Authority
    folder: Path
    person: Claims = field(default_factory=lambda: {"sub": "jane", "email": "jane@example.com", "groups": ["lab"]})
    lies: dict[str, Callable[[Claims], Claims]] = field(default_factory=dict)
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    about: Claims = field(default_factory=dict)
    """What its description says besides, or instead."""
    lasts: int = 300
    """Seconds for which a token is valid."""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    revoked: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.key = self.new_key()
        self.shown = [self.key]
        """The keys that it shows; the one that signs need not be among them."""
        self.forged: Callable[[Claims], str] | None = None
        """Makes a token instead of signing the claims."""
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: set[str] = set()

    @staticmethod
    def new_key() -> RSAKey:
        """A new key to sign with."""
        return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})

    @property
    def issuer(self) -> str:
        """Its name and address."""
        return f"https://127.0.0.1:{self.port}"

    def honest(self) -> None:
        """Lie no more."""
        for said in (self.lies, self.answers, self.about):
            said.clear()
        self.forged, self.lasts = None, 300
        self.person = {"sub": "jane", "email": "jane@example.com", "groups": ["lab"]}

    async def start(self) -> Self:
        """Listen on a free port."""
        write_pair(self.authority.server("provider", ["127.0.0.1"]), self.folder / "provider")
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self.folder / "provider.crt", self.folder / "provider.key")
        app = web.Application(middlewares=[self._instead])
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._described),
                web.get("/keys", self._keys),
                web.get("/sign-in", self._signs_in),
                web.post("/token", self._token),
                web.post("/revoke", self._revoke),
                web.get("/end", self._end),
            ]
        )
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @web.middleware
    async def _instead(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        answer: web.StreamResponse = (
            self.answers[request.path]() if request.path in self.answers else await handler(request)
        )
        return answer

    async def _described(self, _: web.Request) -> web.Response:
        places = {"authorization": "sign-in", "token": "token", "revocation": "revoke", "end_session": "end"}
        said = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in places.items()}
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        both = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **said, **algorithms}
        return web.json_response({**both, **self.about})

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.shown]})

    async def _signs_in(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if asked.get("code_challenge_method") != "S256" or asked.get("client_id") != CLIENT:
            return web.Response(status=400, text="PKCE is missing")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{answer}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if request.headers.get("Authorization") != BASIC:
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self._refresh:
                return web.json_response({"error": "invalid_grant"}, status=400)
            self._refresh.remove(str(form["refresh_token"]))
            return self._tokens(None)
        asked = self._codes.pop(str(form.get("code")), None)
        verifier = sha256(str(form.get("code_verifier")).encode()).digest()
        if asked is None or urlsafe_b64encode(verifier).decode().rstrip("=") != asked["code_challenge"]:
            said = {"error": "invalid_grant", "error_description": "<b>no such code</b>"}
            return web.json_response(said, status=400)
        return self._tokens(asked["nonce"])

    def _tokens(self, nonce: str | None) -> web.Response:
        refresh = secrets.token_urlsafe(16)
        self._refresh.add(refresh)
        claims = {**self.claims(), **({"nonce": nonce} if nonce else {})}
        for lie in self.lies.values():
            claims = lie(claims)
        token = self.forged(claims) if self.forged else self.signed(claims)
        return web.json_response({"id_token": token, "refresh_token": refresh, "access_token": "x"})

    def claims(self) -> Claims:
        """What a true token says of the person now."""
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + self.lasts, **self.person}

    def signed(self, claims: Claims, header: Claims | None = None) -> str:
        """The claims, signed."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid, **(header or {})}, claims, self.key)

    async def _revoke(self, request: web.Request) -> web.Response:
        self.revoked.append(str((await request.post())["token"]))
        self._refresh.discard(self.revoked[-1])
        return web.Response()

    async def _end(self, _: web.Request) -> web.Response:
        return web.Response(text="signed out")


def _basic() -> str:
    from urllib.parse import quote

    from aiohttp import encode_basic_auth

    return encode_basic_auth(quote(CLIENT, safe=""), quote(SECRET, safe=""))


BASIC = _basic()


def believed(provider: Provider, path: Path) -> None:
    """Write the API server's configuration of authentication so that it takes this provider's tokens."""
    authority = "\n".join(f"        {line}" for line in provider.authority.certificate.decode().splitlines())
    text = f"""apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
  - issuer:
      url: {provider.issuer}
      audiences: [{CLIENT}]
      certificateAuthority: |
{authority}
    claimMappings:
      username: {{claim: email, prefix: "oidc:"}}
      groups: {{claim: groups, prefix: "oidc:"}}
"""
    path.write_text(text)
