"""Know whether the API server has Slipway's admission policies, which stamp workloads and protect what runs them."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import structlog

from shared.errors import SlipwayError, TransientError
from shared.kubernetes.api import Api
from shared.names import DIGEST_ANNOTATION, OURS, PART_OF, resource_path
from shared.objects import JsonObject
from shared.process.metrics import gauge

API_VERSION: Final = "admissionregistration.k8s.io/v1"
LOOKS_EVERY: Final = 15.0
"""Seconds between two looks."""
LOOKS_AGAIN: Final = 2.0
"""Seconds until the next look while something is wrong."""
MISSED: Final = "of Slipway missing in the API server: apply deploy/admission"
NOT_LOOKED: Final = "its admission policies have not been looked up yet"
MISSING = gauge(
    "slipway_admission_policies_missing",
    "Slipway's admission policies and bindings that do not exist",
    services=("resolver",),
)
log = structlog.get_logger()


@cache
def expected() -> Mapping[str, Mapping[str, str]]:
    """Return the digest of every policy and binding that must exist, by plural and name.

    The file is generated together with the policies.
    """
    digests: dict[str, dict[str, str]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return digests


@dataclass
class Admission:
    """Looks for the admission policies and their bindings, now and then."""

    api: Api
    blocked: str | None = NOT_LOOKED
    """Why no workload can be resolved: something is missing, or nobody can tell. None if all is there."""
    outdated: str | None = None
    """Which policies are of another version than this service, which is normal during an upgrade only."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKS_AGAIN if self.problem() else LOOKS_EVERY)

    async def must_stand(self) -> None:
        """Raise TransientError while something is missing: a stamp may then be anybody's own."""
        if self.blocked == NOT_LOOKED:
            async with self._looking:
                if self.blocked == NOT_LOOKED:
                    await self.look()
        if self.blocked:
            raise TransientError(self.blocked, retry_after=LOOKS_AGAIN)

    def problem(self) -> str | None:
        """Return what is wrong with the policies, or None."""
        wrong = self.blocked or self.outdated
        return f"admission: {wrong}" if wrong else None

    async def look(self) -> None:
        """Find out what is missing. A server that is only busy leaves the last answer as it is."""
        before = self.problem()
        try:
            found = dict(zip(expected(), await asyncio.gather(*map(self._digests, expected())), strict=True))
        except TransientError as error:
            if self.blocked == NOT_LOOKED:
                log.info("admission policies not read", reason=str(error))
            return
        except SlipwayError as error:
            self.blocked = f"the admission policies cannot be read: {error}"
        else:
            self._judge(found)
        if self.problem() != before:
            log.info("admission", problem=self.problem())

    def _judge(self, found: Mapping[str, Mapping[str, str | None]]) -> None:
        missing, others = [*_missing(found)], [*_others(found)]
        MISSING.set(len(missing))
        self.blocked = f"{', '.join(missing)} {MISSED}" if missing else None
        self.outdated = f"{', '.join(others)} of another version than this service" if others else None

    async def _digests(self, plural: str) -> dict[str, str | None]:
        ours = {"labelSelector": f"{PART_OF}={OURS}"}
        answer = await self.api.list(resource_path(plural, api_version=API_VERSION), ours)
        return {item["metadata"]["name"]: _digest(item) for item in answer["items"]}


def _digest(item: JsonObject) -> str | None:
    return (item["metadata"].get("annotations") or {}).get(DIGEST_ANNOTATION)


def _missing(found: Mapping[str, Mapping[str, str | None]]) -> Iterator[str]:
    for plural, names in expected().items():
        yield from (f"{plural}/{name}" for name in names if name not in found[plural])


def _others(found: Mapping[str, Mapping[str, str | None]]) -> Iterator[str]:
    for plural, names in expected().items():
        there = found[plural]
        yield from (f"{plural}/{name}" for name, digest in names.items() if name in there and there[name] != digest)
