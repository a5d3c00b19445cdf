"""Lines of a container's log as text that is safe to show, each with its time. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.inquiry.texts import printable

LONGEST: Final = 8192
"""Characters of a line, beyond which the rest is left out."""
COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
"""What only changes how text looks: it is dropped, while any other escape sequence is shown as it is written."""
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""A time as kubelets write it before each line."""
CUT: Final = " … (the line goes on)"


class Line(NamedTuple):
    """A line of a log."""

    time: str
    """When it was written, as the kubelet says it, in RFC 3339 with nanoseconds; empty if that is not known."""
    text: str


class Mark(NamedTuple):
    """How far a log was read: the time of the last line, and how many lines have exactly that time."""

    time: str = ""
    lines: int = 0

    def __str__(self) -> str:
        return f"{self.time}~{self.lines}" if self.time else ""


START: Final = Mark()


def mark_in(text: str) -> Mark:
    """The mark that an address or a browser carries; the beginning if it is none."""
    time, _, lines = text.partition("~")
    return Mark(time, int(lines)) if TIME.fullmatch(time) and re.fullmatch(r"\d{1,9}", lines, re.ASCII) else START


@dataclass
class Reader:
    """Turns the bytes of a log, whose lines start with their times, into the lines after a mark."""

    mark: Mark = START
    _rest: bytes = b""
    _skip: int = field(init=False)

    def __post_init__(self) -> None:
        self.again()

    def again(self) -> None:
        """Expect the log from its mark on once more, since what came broke off."""
        self._rest, self._skip = b"", self.mark.lines

    def lines(self, chunk: bytes) -> Iterator[Line]:
        """The lines that are whole with this chunk, and were not read before."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > 4 * LONGEST:  # a line without an end takes no more than this
            self._rest = self._rest[: 4 * LONGEST]
        for raw in whole:
            if (line := self._next(raw)) is not None:
                yield line

    def end(self) -> Iterator[Line]:
        """What is left once nothing more comes."""
        if self._rest and (line := self._next(self._rest)) is not None:
            yield line
        self._rest = b""

    def _next(self, raw: bytes) -> Line | None:
        whole = raw.decode(errors="replace")
        time, _, text = whole.partition(" ")
        if not TIME.fullmatch(time):  # a node that does not tell times
            return Line("", shown(whole))
        if time < self.mark.time:
            return None
        if time == self.mark.time and self._skip:
            self._skip -= 1
            return None
        self.mark = Mark(time, self.mark.lines + 1 if time == self.mark.time else 1)
        return Line(time, shown(text))


def shown(text: str) -> str:
    """A line as a terminal would leave it: without colours and what was overwritten, and nothing that acts."""
    plain = COLOURS.sub("", text).rstrip("\r").rpartition("\r")[2]
    safe = "    ".join(map(printable, plain[:LONGEST].split("\t")))
    return safe + CUT if len(plain) > LONGEST else safe
