"""Sealed cookies, in as many parts as one needs: browsers keep about 4 KB in each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import compress, decompress

from aiohttp import web

from services.console.sealing import Keys, opened, sealed
from shared.errors import PermanentError

PART: Final = 3800
"""Letters of a part; with name and attributes, browsers keep up to 4,096."""
PARTS: Final = 3
"""Most parts of a cookie."""


class TooLargeCookieError(PermanentError):
    """What must be kept is larger than browsers keep; `size` is in letters."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a browser keeps at most {PART * PARTS} letters, and this takes {size}")
        self.size = size


@dataclass(frozen=True)
class Jar:
    """Reads and writes the cookies of this console."""

    keys: Callable[[], Keys | None]
    """The keys at present; None while there are none."""
    secure: bool
    """Whether pages are served over HTTPS: if so, browsers take a cookie from this host only, and over HTTPS only."""
    suffix: str = ""
    """Tells consoles on several ports of one machine apart, which share their cookies."""

    def read(self, cookies: Mapping[str, str], name: str) -> bytes | None:
        """Return what the cookie with that name holds; None if it is missing, or is not ours as it was sealed."""
        first, keys = cookies.get(self._named(name, 0), ""), self.keys()
        count, _, begin = first.partition(".")
        if keys is None or count not in ("1", "2", "3"):
            return None
        rest = (cookies.get(self._named(name, part), "") for part in range(1, int(count)))
        content = opened(keys, name, begin + "".join(rest))
        return None if content is None else decompress(content)

    def sealed(self, name: str, content: bytes) -> list[tuple[str, str]]:
        """Return the cookies that hold the content: their whole names and values.

        Raises TooLargeCookieError, and PermanentError if there is no key to seal them with.
        """
        keys = self.keys()
        if keys is None:
            raise PermanentError("this console has no key to seal a sign-in with: CONSOLE_KEYS")
        text = sealed(keys, name, compress(content, 9))
        parts = [text[start : start + PART] for start in range(0, len(text), PART)]
        if len(parts) > PARTS:
            raise TooLargeCookieError(len(text))
        parts[0] = f"{len(parts)}.{parts[0]}"
        return [(self._named(name, number), part) for number, part in enumerate(parts)]

    def give(self, response: web.StreamResponse, cookies: Sequence[tuple[str, str]], lasts: int | None = None) -> None:
        """Give the browser cookies, for as long as it runs or for so many seconds."""
        for name, value in cookies:
            response.set_cookie(name, value, max_age=lasts, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def clear(self, response: web.StreamResponse, cookies: Mapping[str, str], name: str) -> None:
        """Let the browser forget all parts of the cookie that it has."""
        for part in range(PARTS):
            if (named := self._named(name, part)) in cookies:
                self.give(response, [(named, "")], 0)

    def _named(self, name: str, part: int) -> str:
        whole = f"__Host-{name}" if self.secure else f"{name}{self.suffix}"
        return f"{whole}-{part}" if part else whole
