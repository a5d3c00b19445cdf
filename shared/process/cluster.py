"""Know whether the API server can be used, and say what keeps it from that.

It must answer, show a trusted certificate, know this service, be new enough and have Slipway's kinds. Every account may
ask for that. The answers show the server's clock too.
"""

import asyncio
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Final

import structlog

from shared.errors import LoginError, NotFoundError, PermanentError, SlipwayError, TransientError, UnauthorizedError
from shared.kubernetes.api import Api
from shared.kubernetes.versions import DEFINITIONS, Version, version_of, words
from shared.names import API_VERSION
from shared.parameters.kinds import KINDS

LOOKS_EVERY: Final = 15.0
"""Seconds between two looks."""
LOOKS_AGAIN: Final = 2.0
"""Seconds until the next look while something is wrong."""
PATIENCE: Final = 2
"""Looks in a row that a busy API server may leave unanswered before that counts."""
MOST_APART: Final = 60.0
"""Seconds by which this host's clock may differ from the API server's."""
COARSE: Final = 2.0
"""Seconds by which two looks at the same clocks may differ: the API server tells whole seconds, after some delay."""
NOT_LOOKED: Final = "the API server has not answered yet"
SHOWN: Final = 3
"""Names in a sentence."""
ALL_KINDS: Final = {
    API_VERSION: [plural for kind in KINDS for plural in (kind.workload_plural, kind.policy_plural)],
    "run.ai/v1": ["runaijobs"],
}
"""The kinds of objects that Slipway works on, by API version."""
log = structlog.get_logger()


class Cluster:
    """Looks at the API server now and then."""

    def __init__(
        self, api: Api, kinds: Mapping[str, Sequence[str]] | None = None, least: Version = DEFINITIONS
    ) -> None:
        """`kinds` must exist (plurals by API version; default: all of Slipway's); `least` is the oldest version."""
        self._api, self._kinds, self._least = api, ALL_KINDS if kinds is None else kinds, least
        self._problem: str | None = NOT_LOOKED
        self._apart: float = 0.0
        self._unanswered = PATIENCE
        self._unknown: set[str] = set()

    def problem(self) -> str | None:
        """Return why the API server cannot be used; None if it can."""
        return f"cluster: {self._problem}" if self._problem else None

    def clock(self) -> str | None:
        """Return how wrong this host's clock is, or the API server's; None if they agree."""
        if abs(self._apart) < MOST_APART:
            return None
        way = "ahead of" if self._apart > 0 else "behind"
        return f"clock: this host's is {abs(self._apart):.0f} s {way} the API server's: set both by NTP"

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKS_AGAIN if self._problem else LOOKS_EVERY)

    async def look(self) -> None:
        """Find out what is wrong."""
        try:
            problem = await self._look()
        except LoginError as error:
            problem = str(error)
        except UnauthorizedError:
            problem = f"the API server does not accept {self._api.identity}: it is wrong or has expired"
        except TransientError as error:
            self._unanswered += 1
            if self._unanswered >= PATIENCE:
                self._problem = str(error)
            return
        except SlipwayError as error:
            problem = str(error)
        self._problem, self._unanswered = problem, 0

    async def _look(self) -> str | None:
        about, date = await self._api.about()
        if abs((apart := _apart(date)) - self._apart) > COARSE:  # otherwise one reason would have many wordings
            self._apart = apart
        found = version_of(about)
        if found < self._least:
            return f"the API server is Kubernetes {words(found)}, and this service needs {words(self._least)} or later"
        missing = [name for version, plurals in self._kinds.items() for name in await self._missing(version, plurals)]
        return f"the definitions {_named(missing)} are missing: apply deploy/crds" if missing else None

    async def _missing(self, version: str, plurals: Sequence[str]) -> list[str]:
        try:
            there = {one["name"] for one in (await self._api.get(f"/apis/{version}")).get("resources", [])}
        except NotFoundError:
            there = set()
        except PermanentError as error:
            self._say_once(version, str(error))
            return []
        return [f"{plural}.{version.partition('/')[0]}" for plural in plurals if plural not in there]

    def _say_once(self, version: str, reason: str) -> None:
        if version not in self._unknown:
            self._unknown.add(version)
            log.warning("whether all kinds exist is not known", version=version, reason=reason)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _apart(date: str, now: float | None = None) -> float:
    """Return the seconds by which this host's clock is ahead of the server's, which tells whole seconds."""
    try:
        return (time() if now is None else now) - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0
