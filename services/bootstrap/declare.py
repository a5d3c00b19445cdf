"""Declare the stream that the services share, and the consumers by which they read it.

A stream that exists is never changed; consumers get the settings of this process.
"""

import asyncio
from typing import Final

from shared.messages import READERS
from shared.process.bus import Bus
from shared.process.settings import SharedSettings

WITHIN: Final = 60.0
"""Seconds that the broker may take to answer."""


class UndeclaredError(Exception):
    """The stream could not be declared; the message says why."""


async def declare(settings: SharedSettings, within: float = WITHIN) -> None:
    """Declare stream and consumers unless they exist. UndeclaredError if it takes more than `within` seconds."""
    bus = Bus("bootstrap", settings.model_copy(update={"declare_stream": True, "declare_consumers": True}))
    for message, reader in READERS.items():
        bus.prepares(message, reader)
    try:
        async with asyncio.timeout(within):
            await bus.start()
    except TimeoutError as error:
        raise UndeclaredError(f"stream and consumers are not declared after {within:g} s: {bus.problem}") from error
    finally:
        await bus.stop()
