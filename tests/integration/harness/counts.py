"""How often tests repeat something: often enough to catch a fault in `make test`, more often in `make test-long`."""

import os
from typing import Final

LONG: Final = os.environ.get("SLIPWAY_TEST_LONG", "") not in ("", "0")
"""Whether this run uses the full counts."""


def count(usual: int, full: int) -> int:
    """The number of repetitions in this run."""
    return full if LONG else usual


def seconds(usual: float, full: float) -> float:
    """The duration in this run, in seconds."""
    return full if LONG else usual
