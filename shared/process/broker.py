"""The connection to the broker, which is kept up whatever happens to it."""

import asyncio
import time
from math import inf
from typing import Any, Final

import nats.errors
import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client

from shared.process.login import Login, Trouble
from shared.process.metrics import ON_BUS, counter
from shared.process.readiness import REPEAT_EVERY
from shared.process.refusals import denied_subject

RECONNECT_WAIT: Final = 1
"""Seconds between two attempts to connect."""
UNREACHABLE: Final = (nats.errors.Error, asyncio.TimeoutError, OSError)
TROUBLES = counter(
    "slipway_bus_troubles_total",
    "Errors of the connection to the broker",
    {"kind": "`password`, `certificate`, `tls`, `silence`, `file`, `address`, `permission` or `other`"},
    ON_BUS,
)
log = structlog.get_logger()


class Broker(NatsBroker):
    """A broker that keeps reconnecting, whatever the server answers.

    FastStream's own gives up forever on some refusals, which a server that has just restarted sends to many clients at
    once.
    """

    def __init__(self, *arguments: Any, login: Login, **options: Any) -> None:
        super().__init__(*arguments, security=login.security, **options)
        self._login, self._connecting = login, False
        self.problem: str | None = None
        """Why the bus could not be used at the last attempt; None if it could."""
        self._logged: dict[str, float] = {}
        """When (monotonic seconds) each of few sentences was logged last: subjects are ours, and never users'."""
        self.denied: dict[str, float] = {}
        """When (monotonic seconds) the server last refused to let this service publish a subject."""

    def _log_connection_broken(self, error_cb: Any = None) -> Any:
        async def say(error: Exception) -> None:
            self._login.changed()
            trouble = self._login.trouble(error)
            TROUBLES.labels(trouble.kind).inc()
            self.problem = trouble.sentence
            self._log(trouble)
            if subject := denied_subject(error):
                self.denied[subject] = time.monotonic()
            if self._connecting:
                raise error

        return say

    def _log(self, trouble: Trouble) -> None:
        """Write a line about a denied right, which need not keep the service from being ready, once per interval."""
        now = time.monotonic()
        if trouble.kind == "permission" and now - self._logged.get(trouble.sentence, -inf) >= REPEAT_EVERY:
            self._logged[trouble.sentence] = now
            log.warning("the bus denies something", reason=trouble.sentence)

    async def _connect(self) -> Client:
        """Connect, as long as it takes, each time anew.

        The client's own loop would wait forever for the end of a connection whose TLS handshake has failed.
        """
        self._connecting = True
        while True:
            try:
                connection = await super()._connect()
            except UNREACHABLE:
                await asyncio.sleep(RECONNECT_WAIT)
            else:
                self._connecting = False
                self._login.changed()
                return connection
