"""Time spans as values of flags."""

from math import ceil, inf
from typing import Any

import click


class Seconds(click.ParamType[float]):
    """A time span as Go writes it, such as 30s, 1h30m or 1.5h; a bare number is in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds, or fail with a message."""
        from shared.parameters.amounts import seconds_of

        if isinstance(value, float):
            return value
        text = str(value)
        try:
            seconds = float(seconds_of(f"{text}s" if text.isdecimal() else text))
        except ValueError:
            seconds = inf
        if seconds == inf:
            self.fail(f"invalid time span {value!r}: expected one such as 30s, 5m or 1h30m", param, ctx)
        return seconds


class WholeSeconds(click.ParamType[int]):
    """A time span in whole seconds, at least one, which is the API server's minimum."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds, or fail with a message."""
        return max(1, ceil(Seconds().convert(value, param, ctx)))
