"""Ages and time spans as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.inquiry.times import age, span

NOW = datetime(2026, 1, 5, 10, 29, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (29 * 60 + 30, "29m"),
        (3600, "1h"),
        (86399, "23h"),
        (86400, "1d"),
        (364 * 86400, "364d"),
        (365 * 86400, "1y"),
        (800 * 86400, "2y"),
    ],
)
def test_spans_are_in_their_largest_unit(seconds: float, shown: str) -> None:
    """Time spans are shown in their largest unit, row by row."""
    assert span(seconds) == shown


def test_ages() -> None:
    """Ages are computed in UTC, and N/A if the time is unknown."""
    assert age("2026-01-05T10:00:00Z", NOW) == "29m"
    assert age((NOW - timedelta(seconds=7)).isoformat(), NOW) == "7s"
    assert age("2026-01-05T10:00:00", NOW) == "29m"  # without a zone it is UTC
    assert age(None, NOW) == age("yesterday", NOW) == "N/A"
