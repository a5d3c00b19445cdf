"""Where a service's work comes from: messages on the bus, or requests of the people who visit a site."""

import asyncio
from typing import Protocol


class Source(Protocol):
    """What a service takes its work from, for as long as its process lives."""

    closed: asyncio.Event
    """Set once it is lost for good: only a new process helps."""

    @property
    def name(self) -> str:
        """Return what it is, in one word."""
        ...

    @property
    def problem(self) -> str | None:
        """Return why it gives no work at present; None if it does."""
        ...

    @property
    def in_hand(self) -> int:
        """Return how much work has begun and has not ended."""
        ...

    async def start(self) -> None:
        """Take work from now on. SettingsError if a setting makes that impossible."""
        ...

    async def watch_over(self) -> None:
        """Keep it usable until cancelled; end once it is `closed`."""
        ...

    async def stop(self) -> None:
        """Finish the work in hand in the time that the settings give it, and take no more."""
        ...
