"""An event loop in its own thread: servers in it keep running while a test waits, blocks or fails."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A running event loop that takes work from other threads."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        """Run the coroutine in the loop and return its result; never call this from the loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Schedule a call of the plain function in the loop."""
        self.loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Cancel what still runs in the loop and end the thread."""
        self.call(self._cancel_all())
        self.soon(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
