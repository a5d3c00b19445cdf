"""Run several things at once, and end them for certain.

`asyncio.TaskGroup` cancels each task once. In Python 3.11, `asyncio.wait_for` swallows a cancellation that comes just
as what it waits for completes: the task then goes on, and the group waits for it for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

PATIENCE: Final = 1.0
"""Seconds after which work that has not ended is cancelled again."""


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Run all of them until they end; if one fails or this is cancelled, end the others. Raises what failed first."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await end(*tasks)


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel the tasks until they have ended, also if this is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=PATIENCE)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
