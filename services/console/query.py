"""What a list shows, as its address says it: filters, search, order, and the place to go on from. Pure."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from shared.errors import SlipwayError

LONGEST: Final = 200
"""Characters of a search that count."""
Place = tuple[str, str, str]
"""Where a row stands in an order: what the list is sorted by, then its name and its key."""


class BadQueryError(SlipwayError):
    """An address asks for what no list has; the text says all that is wrong with it."""


@dataclass(frozen=True)
class Query:
    """Which rows of a list are asked for. Empty texts ask for nothing in particular."""

    status: str = ""
    kind: str = ""
    user: str = ""
    q: str = ""
    """What a row contains, in any case of letters: several words in any order."""
    sort: str = ""
    """The column to sort by, after a `-` for the opposite order."""
    after: str = ""
    """The place after which the rows are shown, as `marked` writes it."""
    before: str = ""
    """The place before which they are."""

    @property
    def filtered(self) -> bool:
        """Whether it leaves out rows."""
        return bool(self.status or self.kind or self.user or self.q)

    def changed(self, **changes: str) -> "Query":
        """The query with other values, from its first row on."""
        return replace(self, **{"after": "", "before": "", **changes})

    def given(self) -> dict[str, str]:
        """What is not empty, by its name in the address."""
        return {name: text for name, text in asdict(self).items() if text}

    def address(self, path: str, **changes: str) -> str:
        """The address of the same list with other values."""
        given = self.changed(**changes).given() if changes else self.given()
        return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def read(given: Mapping[str, str], columns: Collection[str]) -> Query:
    """The query of an address, for a list with these columns; what no list knows is left alone.

    Raises BadQueryError for an order by another column, and for a place that no list has written.
    """
    known = {name: given.get(name, "").strip()[:LONGEST] for name in ("status", "kind", "user", "q", "sort")}
    query = Query(**known, after=given.get("after", ""), before=given.get("before", ""))
    mistakes = []
    if query.sort.removeprefix("-") not in ("", *columns):
        names = ", ".join(columns)
        mistakes.append(f"sort: {query.sort!r} is no column: expected one of {names}, or one of them after a -")
    for name in ("after", "before"):
        text = getattr(query, name)
        if text and place_in(text) is None:
            mistakes.append(f"{name}: this is no place in a list: expected what a list has written there")
    if mistakes:
        raise BadQueryError("; ".join(mistakes))
    return query


def marked(place: Place) -> str:
    """A place as an address carries it."""
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_in(text: str) -> Place | None:
    """The place that an address carries; None if it is none."""
    try:
        read = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    if isinstance(read, list) and len(read) == 3 and all(isinstance(one, str) for one in read):
        return read[0], read[1], read[2]
    return None
