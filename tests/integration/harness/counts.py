"""How often something is repeated: often enough to fail in `make test`, and more often in `make test-long`."""

import os
from typing import Final

LONG: Final = os.environ.get("SLIPWAY_TEST_LONG", "") not in ("", "0")
"""Whether the full counts are meant."""


def count(usual: int, full: int) -> int:
    """How many of something this run takes."""
    return full if LONG else usual


def seconds(usual: float, full: float) -> float:
    """How long something lasts in this run."""
    return full if LONG else usual
