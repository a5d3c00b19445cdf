"""Whether a service is ready, and its log of that: a line when it changes, and one per interval while it is not."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

LOOK_EVERY: Final = 1.0
"""Seconds between two looks."""
REPEAT_EVERY: Final = 60.0
"""Seconds after which the same reason is logged again."""
CHANGE_AFTER: Final = 5.0
"""Seconds after a line before another reason is logged: reasons may alternate quickly."""

Check = Callable[[], str | None]
"""Returns what is not ready, or None."""
log = structlog.get_logger()


@dataclass
class Readiness:
    """The checks of one service."""

    needs: Sequence[Check]
    """What must hold before any work is taken, and ever after."""
    others: Sequence[Check]
    """What must hold once work is taken."""
    once: Sequence[Check] = ()
    """What must hold before any work is taken, and may fail later."""
    clock: Callable[[], float] = time.monotonic
    starting: bool = True
    """Whether no work is taken yet, so that only what is needed for that counts."""
    _was_ready: bool = False
    """Whether it has ever been ready."""
    _since: float | None = None
    """Since when it has not been ready."""
    _said: tuple[list[str], float] = field(default_factory=lambda: ([], float("-inf")))

    def missing(self) -> list[str]:
        """Return what is missing to take work."""
        needs = (*self.needs, *self.once) if self.starting else self.needs
        return [text for check in needs if (text := check())]

    def wrong(self) -> list[str]:
        """Return everything that keeps the service from being ready."""
        missing = self.missing()
        if missing and self.starting:
            return missing
        return missing + [text for check in self.others if (text := check())]

    async def run(self) -> None:
        """Write the log until cancelled."""
        self._since = self.clock()
        while True:
            await asyncio.sleep(LOOK_EVERY)  # nothing is looked up yet
            self.note(self.wrong())

    def note(self, wrong: list[str]) -> None:
        """Write a line if there is something new to say, or if it is time to say it again."""
        now, (said, at) = self.clock(), self._said
        if not wrong:
            if self._since is not None and (said or not self._was_ready):
                log.info("ready", after=round(now - self._since, 1))
            self._since, self._said, self._was_ready = None, ([], at), True
            return
        self._since = now if self._since is None else self._since
        if now - at >= (REPEAT_EVERY if wrong == said else CHANGE_AFTER):
            log.warning("not ready", reason="; ".join(wrong), seconds=round(now - self._since))
            self._said = wrong, now
