"""Declare the stream that the services share, if it is missing; one that exists is never changed."""

import asyncio
from typing import Final

from shared.process.bus import Bus
from shared.process.settings import SharedSettings

WITHIN: Final = 60.0
"""Seconds that the broker may take to answer."""


class UndeclaredError(Exception):
    """The stream could not be declared; the message says why."""


async def declare(settings: SharedSettings, within: float = WITHIN) -> None:
    """Declare the stream unless it exists. UndeclaredError if that is impossible within this time, in seconds."""
    bus = Bus("bootstrap", settings.model_copy(update={"declare_stream": True}))
    try:
        async with asyncio.timeout(within):
            await bus.start()
    except TimeoutError as error:
        raise UndeclaredError(f"the stream is not declared after {within:g} s: {bus.problem}") from error
    finally:
        await bus.stop()
