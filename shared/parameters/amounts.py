"""Parses Kubernetes quantities and Go durations into exact amounts. Pure, and quick to import."""

import re
from decimal import Context, Decimal
from typing import Final

EXACT: Final = Context(prec=200)
"""A context with enough digits that no amount of at most 64 characters is ever rounded."""
QUANTITY: Final = re.compile(r"(\+?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d{1,3}))?", re.ASCII)
"""The form of a quantity: `1Gi`, `500M`, `1e3`."""
SCALE: Final[dict[str | None, Decimal]] = {
    None: Decimal(1),
    **{suffix: Decimal(10) ** (3 * power) for power, suffix in enumerate("num", start=-3)},
    **{suffix: Decimal(10) ** (3 * power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(2) ** (10 * power) for power, suffix in enumerate("KMGTPE", start=1)},
}
"""The factor of each suffix of a quantity."""
DURATION: Final = re.compile(r"\+?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
"""The form of a duration: `30s`, `1h30m`, `1.5h`."""
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS: Final = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}


def amount_of(quantity: str) -> Decimal:
    """The exact amount of a Kubernetes quantity, in bytes for memory. Raises ValueError for anything else."""
    found = QUANTITY.fullmatch(quantity)
    if not found:
        raise ValueError(f"{quantity!r} is no quantity")
    digits, suffix, exponent = found.groups()
    return EXACT.multiply(Decimal(digits).scaleb(int(exponent or 0), EXACT), SCALE[suffix])


def seconds_of(duration: str) -> Decimal:
    """The exact number of seconds of a Go duration. Raises ValueError for anything else."""
    if not DURATION.fullmatch(duration):
        raise ValueError(f"{duration!r} is no duration")
    return sum((Decimal(number) * _SECONDS[unit] for number, unit in _PART.findall(duration)), Decimal(0))
