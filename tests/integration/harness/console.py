"""The console in this process, as one or more replicas, and browsers that sign in to it."""

import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from deploy.local.ports import HeldPort
from services.console.app import doors_of
from services.console.people import People
from services.console.sealing import Keys
from services.console.settings import ConsoleSettings
from services.console.site import site
from shared.kubernetes.reading import choose

LINK = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
OURS = {**LINK, "Sec-Fetch-Site": "same-origin"}


@dataclass
class Said:
    """An answer, read."""

    status: int
    text: str
    headers: Mapping[str, str]
    address: str

    @property
    def words(self) -> str:
        """The text without markup."""
        return unescape(" ".join(re.sub(r"<[^>]*>", " ", self.text).split()))


class Replica:
    """One process's worth of console."""

    def __init__(self, kubeconfig: Path, keys: Keys, **settings: Any) -> None:
        self._port = HeldPort()
        self.url = f"http://127.0.0.1:{self._port.number}"
        chosen = ConsoleSettings(**{"port": self._port.number, "address": self.url, **settings})
        self.port = chosen.port
        """Tells its cookies from those of consoles on other ports."""
        self.people = People(choose(str(kubeconfig), None), 10.0)
        self.keys = keys
        self.doors = doors_of(chosen, self.people, lambda: self.keys)
        self._runner = web.AppRunner(site(self.doors), access_log=None, max_field_size=16 * 1024)

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port.number).start()

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()
        await self.people.close()


class Browser:
    """Keeps cookies, and follows the console to the provider and back; it never follows elsewhere by itself."""

    def __init__(self, url: str, authority: bytes) -> None:
        self.url = url
        self._trusts = ssl.create_default_context(cadata=authority.decode())
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str, headers: Mapping[str, str] = LINK) -> Said:
        """Open an address without following where it leads."""
        return await self._asked("GET", path, headers, None)

    async def post(self, path: str, fields: Any, headers: Mapping[str, str] = OURS) -> Said:
        """Send a form."""
        return await self._asked("POST", path, headers, fields)

    async def followed(self, path: str) -> Said:
        """Open an address, and where it leads."""
        said = await self.get(path)
        while said.status in (302, 303):
            said = await self.get(urljoin(said.address, said.headers["Location"]))
        return said

    async def begun(self, where: str = "/p") -> str:
        """Begin to sign in at the provider; the answer that it sends back to the console."""
        there = (await self.get(f"/sign-in/provider?next={where}")).headers["Location"]
        return str((await self.get(there)).headers["Location"])

    async def signed_in(self, where: str = "/p") -> Said:
        """Sign in at the provider."""
        return await self.followed(await self.begun(where))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it has."""
        return {cookie.key: cookie.value for cookie in self._session.cookie_jar}

    def keeps(self, cookies: Mapping[str, str]) -> None:
        """Replace all cookies."""
        self._session.cookie_jar.clear()
        kept: SimpleCookie = SimpleCookie(dict(cookies))
        for cookie in kept.values():
            cookie["path"] = "/"
        self._session.cookie_jar.update_cookies(kept, response_url=URL(self.url))

    async def _asked(self, method: str, path: str, headers: Mapping[str, str], fields: Any) -> Said:
        place = urljoin(self.url, path)
        tls = self._trusts if urlsplit(place).scheme == "https" else True
        async with self._session.request(
            method, place, headers=headers, data=fields, allow_redirects=False, ssl=tls
        ) as answer:
            return Said(answer.status, await answer.text(), answer.headers, place)


@asynccontextmanager
async def replica(kubeconfig: Path, keys: Keys, **settings: Any) -> AsyncIterator[Replica]:
    """A replica that listens while inside."""
    made = Replica(kubeconfig, keys, **settings)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
