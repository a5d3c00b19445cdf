"""Parses times of the API server, and formats time spans for people. Pure."""

from datetime import UTC, datetime


def age(since: str | None, now: datetime) -> str:
    """How long ago an RFC 3339 time was, in its largest unit: 45s, 29m, 3h, 12d, 2y; `N/A` if there is none."""
    then = moment(since)
    return "N/A" if then is None else span((now - then).total_seconds())


def span(seconds: float) -> str:
    """A time span in its largest unit."""
    whole = max(0, int(seconds))
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h"), (365 * 86400, 86400, "d")):
        if whole < limit:
            return f"{whole // size}{unit}"
    return f"{whole // (365 * 86400)}y"


def moment(text: str | None) -> datetime | None:
    """The RFC 3339 time, in UTC unless it has an offset; None if there is none or it cannot be read."""
    try:
        read = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read and read.tzinfo is None else read
