"""A message of the bus, for tests of what becomes of it."""

from datetime import UTC, datetime
from types import SimpleNamespace


class Delivered:
    """A message as the broker delivers it; records how it was answered."""

    def __init__(self, body: bytes, deliveries: int = 1, subject: str = "workload.observed", sequence: int = 1) -> None:
        self.body = body
        place = SimpleNamespace(stream=sequence)
        metadata = SimpleNamespace(num_delivered=deliveries, sequence=place, timestamp=datetime.now(UTC))
        self.raw_message = SimpleNamespace(subject=subject, metadata=metadata, headers=None)
        self.verdict: str | None = None
        self.delay: float | None = None
        self.renewed = 0

    async def ack(self) -> None:
        self._end("ack")

    async def nack(self, delay: float) -> None:
        self._end("nack")
        self.delay = delay

    async def reject(self) -> None:
        self._end("term")

    async def in_progress(self) -> None:
        self.renewed += 1

    def _end(self, verdict: str) -> None:
        assert self.verdict is None, "a message has one end"
        self.verdict = verdict
