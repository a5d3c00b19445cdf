"""How the API server is reached and with which identity: what a kubeconfig or a pod's account says.

`kubeconfig` knows what the files mean, `reading` finds them, `login` and `oidc` log in. Here they become what each
call needs: address, proxy, certificates, headers.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Final
from urllib.parse import quote, urlsplit

from multidict import CIMultiDict

from shared.errors import LoginError
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, User, is_secure
from shared.kubernetes.login import Around, Credential, bearer, log_in
from shared.kubernetes.proxies import proxy_for
from shared.kubernetes.reading import choose
from shared.kubernetes.tls import Pair, authority_of, certificates_in, content_of, pair_of, tls_for

Headers = tuple[tuple[str, str], ...]

IN_HEADER_NAMES: Final = "!#$&'*+-.^_`|~"
"""What the name of a header may hold besides letters and digits; of these, `%` begins an escape."""
PROXIES: Final = ("http", "https")
"""Schemes by which a proxy can be reached."""
KEPT: Final = timedelta(seconds=50)
"""Time for which the content of a token file, or of an authority's, is used: Kubernetes replaces it long before it is
over."""


class Access:
    """How one API server is reached, and with which identity."""

    def __init__(self, chosen: Chosen, around: Around = nullcontext) -> None:
        """`around` is entered, with its name, while a login program runs that does not use the terminal."""
        self.chosen = chosen
        self.server = address_of(chosen.cluster.server)
        self.server_name = chosen.cluster.server_name or None
        self.proxy = self._proxy()
        self.acting_as = acting_as(chosen.user)
        self._secure = is_secure(chosen.cluster)
        self._pair = pair_of(chosen.user) if self._secure else None
        self._ask = _asker(chosen, around) if self._secure else _nobody
        self._tls: tuple[Pair | None, bytes, ssl.SSLContext] | None = None
        self._authority, self._authority_read = b"", -inf
        self._held: Credential | None = None
        self._asking = asyncio.Lock()

    async def headers(self) -> CIMultiDict[str]:
        """Return the headers that identify the caller; credentials that are over are renewed."""
        headers = CIMultiDict(self.acting_as)
        if said := (await self._credential()).authorization:
            headers["Authorization"] = said
        if self.chosen.cluster.uncompressed:
            headers["Accept-Encoding"] = "identity"
        return headers

    @property
    def tls(self) -> ssl.SSLContext | bool:
        """Return which certificates to trust and which to present; False for a plain server.

        It is another one once a login program has printed another certificate, or the authority's file has changed;
        a file that cannot be used changes nothing.
        """
        if not self._secure:
            return False
        pair, authority = (self._held and self._held.pair) or self._pair, self._trusted()
        if self._tls is None or self._tls[:2] != (pair, authority):
            try:
                self._tls = pair, authority, tls_for(self.chosen.cluster, pair, authority)
            except UnusableError:
                self.look_again()
                if self._tls is None or self._tls[0] != pair:
                    raise
        return self._tls[2]

    @property
    def identity(self) -> str:
        """Return where the credentials come from, for a sentence."""
        user = self.chosen.user
        return f"the token in {user.token_file}" if user.token_file else f"the credentials in {user.file or 'memory'}"

    def look_again(self) -> None:
        """Read the authority's file at the next connection: the server shows a certificate that it does not sign."""
        self._authority_read = -inf

    def _trusted(self) -> bytes:
        """Return the authority's certificates: the last that could be used, as for a token."""
        now = time.monotonic()
        if now - self._authority_read >= KEPT.total_seconds():
            self._authority_read = now
            try:
                authority = authority_of(self.chosen.cluster)
                certificates_in(authority, self.chosen.cluster)
                self._authority = authority
            except UnusableError:
                self.look_again()
                if not self._authority:
                    raise
        return self._authority

    async def _credential(self) -> Credential:
        async with self._asking:  # one login at a time, however many calls wait for it
            if self._held is None or self._held.expired:
                self._held = await self._ask()
            return self._held

    def _proxy(self) -> str | None:
        proxy = self.chosen.cluster.proxy or proxy_for(self.server, os.environ)
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        if proxy and urlsplit(proxy).scheme not in PROXIES:
            way = urlsplit(proxy).scheme
            raise UnusableError(f"the proxy is one of {way}://, and only those of http:// and https:// can be used")
        return proxy or None


async def read_access(
    kubeconfig: str | None, context: str | None, around: Around = nullcontext, *, later: bool = False
) -> Access:
    """Read the kubeconfig (else KUBECONFIG, else the pod's account), in that context or in its current one; log in.

    With `later`, nothing is read yet that only the first call needs.
    """
    access = Access(choose(kubeconfig, context), around)
    if not later:
        await access.headers()
        _ = access.tls
    return access


async def renewed(before: Access, kubeconfig: str | None, around: Around = nullcontext) -> Access:
    """Read everything again, in the same context, and log in again.

    LoginError if the kubeconfig leads elsewhere now: the credentials of one cluster are never sent to another.
    """
    access = await read_access(kubeconfig, before.chosen.context or None, around)
    if access.server != before.server:
        raise LoginError(f"the kubeconfig has changed: it leads to {access.server}, and no longer to {before.server}")
    return access


def address_of(server: str) -> str:
    """Return the address of a server without a slash at the end; `host:port` alone means plain HTTP, as in kubectl."""
    return (server if "://" in server else f"http://{server}").rstrip("/")


def acting_as(user: User) -> Headers:
    """Return the headers by which a kubeconfig's user impersonates (`as`, `as-uid`, `as-groups`, `as-user-extra`)."""
    said = [("as", "Impersonate-User", user.acts_as), ("as-uid", "Impersonate-Uid", user.acts_as_uid)]
    said += [("as-groups", "Impersonate-Group", group) for group in user.acts_as_groups]
    for key, values in user.acts_as_extra.items():
        name = f"Impersonate-Extra-{quote(key, safe=IN_HEADER_NAMES)}"
        said += [(f"as-user-extra {key}", name, value) for value in values]
    for field, _, value in said:
        if not value.isprintable():
            raise UnusableError(f"{field} must be text, in one line")
    return tuple((name, value) for field, name, value in said if value or field not in ("as", "as-uid"))


def _asker(chosen: Chosen, around: Around) -> Callable[[], Awaitable[Credential]]:
    """Return what finds the credentials of the user; kubectl prefers them in this order."""
    user = chosen.user
    if user.token_file:
        return _TokenFile(user)
    if user.token:
        return _fixed(bearer(user.token))
    if user.username or user.password:
        pair = f"{user.username}:{user.password}".encode()
        return _fixed(f"Basic {b64encode(pair).decode()}")
    if user.login and not user.certificate and not user.certificate_data:
        login = user.login
        return lambda: log_in(login, chosen.cluster, around)
    if user.provider:
        from shared.kubernetes import oidc

        return lambda: oidc.log_in(user)
    return _nobody


class _TokenFile:
    """Reads a token again and again; the last one that could be read counts."""

    def __init__(self, user: User) -> None:
        self._path, self._last = user.token_file, user.token

    async def __call__(self) -> Credential:
        """Return the token, for as long as it is used without another look."""
        try:
            self._last = content_of("token file", self._path).decode().strip() or self._last
        except (UnusableError, UnicodeDecodeError):
            if not self._last:
                raise
        if not self._last:
            raise UnusableError(f"the token file {self._path} is empty")
        return Credential(bearer(self._last), expires=datetime.now(UTC) + KEPT)


def _fixed(authorization: str) -> Callable[[], Awaitable[Credential]]:
    async def asked() -> Credential:
        return Credential(authorization)

    return asked


_nobody: Final = _fixed("")
