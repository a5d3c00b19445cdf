"""An event loop in a thread of its own: what serves there goes on while a test waits, blocks or fails."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A running event loop to which other threads hand their work."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        """Run the coroutine there and hand back what it returns; not to be called from that loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the plain function called there, some time soon."""
        self.loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Cancel what still runs there and end the thread."""
        self.call(self._cancel_all())
        self.soon(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
