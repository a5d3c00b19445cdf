"""Renew the OpenID Connect login of a kubeconfig (`auth-provider: oidc`) as kubectl does.

A provider may accept each refresh token only once, so the new ones are written into the kubeconfig.
"""

from __future__ import annotations

import json
import os
import ssl
import time
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import aiohttp
import yaml

from shared.errors import LoginError
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Cluster, User
from shared.kubernetes.login import Credential, bearer
from shared.kubernetes.proxies import proxy_for
from shared.kubernetes.tls import tls_for

NAME: Final = "oidc"
SKEW: Final = 10.0
"""Seconds before its end at which a token is renewed."""
WITHIN: Final = aiohttp.ClientTimeout(total=30.0)


async def log_in(user: User) -> Credential:
    """Return the user's token, renewed if it is over; LoginError if that fails."""
    provider = user.provider
    assert provider is not None
    if provider.name != NAME:
        raise UnusableError(f"auth-provider {provider.name} is not supported: expected {NAME}, or exec")
    settings = provider.settings
    for name in ("idp-issuer-url", "client-id"):
        if not settings.get(name):
            raise UnusableError(f"auth-provider {NAME}: {name} is missing")
    try:
        token = settings.get("id-token", "")
        if not token or ends_at(token) <= time.time() + SKEW:
            renewed = await _renewed(settings)
            token = renewed["id-token"]
            _keep(user, renewed)
        return Credential(bearer(token))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, yaml.YAMLError) as error:
        raise LoginError(f"the OpenID Connect login of the kubeconfig cannot be renewed: {error!r}") from error


def ends_at(token: str) -> float:
    """Return the time at which an identity token is over, in seconds since 1970."""
    _, payload, _ = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return float(claims.get("exp") or 0)


async def _renewed(settings: Mapping[str, str]) -> dict[str, str]:
    refresh = settings.get("refresh-token")
    if not refresh:
        raise LoginError("the OpenID Connect login of the kubeconfig is over, and it has no refresh-token")
    issuer = settings["idp-issuer-url"].rstrip("/")
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    who = aiohttp.BasicAuth(settings["client-id"], settings.get("client-secret", ""))
    proxy = proxy_for(issuer, os.environ)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_tls(settings)), raise_for_status=True, timeout=WITHIN, proxy=proxy
    ) as session:
        async with session.get(f"{issuer}/.well-known/openid-configuration") as response:
            place = (await response.json(content_type=None))["token_endpoint"]
        async with session.post(place, data=form, auth=who) as response:
            answer = await response.json(content_type=None)
    return {"id-token": answer["id_token"], "refresh-token": answer.get("refresh_token") or refresh}


def _tls(settings: Mapping[str, str]) -> ssl.SSLContext:
    data = settings.get("idp-certificate-authority-data", "")
    file = settings.get("idp-certificate-authority", "")
    return tls_for(Cluster(authority=file, authority_data=b64decode(data)), None)


def _keep(user: User, renewed: Mapping[str, str]) -> None:
    """Write the tokens into the kubeconfig, at once and whole: nobody ever reads half of it."""
    path = Path(user.file).resolve()
    whole = yaml.safe_load(path.read_bytes())
    assert user.provider is not None
    for one in whole["users"]:
        settings = _settings(one)
        if settings is not None and settings["refresh-token"] == user.provider.settings["refresh-token"]:
            settings.update(renewed)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as new:
        try:
            yaml.safe_dump(whole, new, allow_unicode=True, sort_keys=False)
            new.flush()
            Path(new.name).chmod(path.stat().st_mode & 0o777)
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink()
            raise


def _settings(entry: Any) -> dict[str, str] | None:
    provider = (entry.get("user") or {}).get("auth-provider") or {}
    found: dict[str, str] = provider.get("config") or {}
    return found if provider.get("name") == NAME and "refresh-token" in found else None
