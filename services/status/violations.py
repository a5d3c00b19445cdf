"""Many violations in little room: as many as fit, none of the parameters left out, and how many more there are. Pure.

Sizes are in bytes of UTF-8, as the API server counts them.
"""

from collections.abc import Sequence
from typing import Final

from shared.messages import ViolationText

LARGEST_LIST: Final = 64 * 1024
"""Bytes of all the sentences of one list."""
REST: Final = "and {more} more that are not listed here"
"""What a list says of those that it has no room for, as its last entry."""
REST_IN_LINE: Final = "and {more} more"
LONGEST_REST: Final = 32
"""Bytes kept free for that in a line."""
CUT: Final = " ..."


def listed(violations: Sequence[ViolationText], most: int) -> list[ViolationText]:
    """At most so many, in their order; where that is not all of them, the last entry says how many more there are."""
    whole = _fitting(violations, most, LARGEST_LIST)
    if len(whole) == len(violations):
        return whole
    shown = _fitting(violations, most - 1, LARGEST_LIST)
    rest = REST.format(more=len(violations) - len(shown))
    return [*shown, ViolationText(parameter="spec", message=rest)]


def in_one_line(violations: Sequence[ViolationText], longest: int) -> str:
    """All of them in one line of at most so many bytes, or as many as fit and how many more there are."""
    line = "; ".join(map(sentence, violations))
    if _size(line) <= longest:
        return line
    shown = _fitting(violations, len(violations), longest - LONGEST_REST)
    rest = [REST_IN_LINE.format(more=len(violations) - len(shown))] if len(shown) < len(violations) else []
    return "; ".join([*map(sentence, shown), *rest])


def sentence(violation: ViolationText) -> str:
    """One violation as it is said everywhere."""
    return f"{violation.parameter}: {violation.message}"


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and dots where it is longer than so many bytes."""
    if _size(text) <= longest:
        return text
    return text.encode()[: longest - len(CUT)].decode(errors="ignore") + CUT


def _fitting(violations: Sequence[ViolationText], most: int, room: int) -> list[ViolationText]:
    """At most so many of them and of so many bytes in all: first one of each parameter, then the others.

    One that is as long as all of the room is cut: it must not hide the others.
    """
    first = {_parameter(v): place for place, v in reversed(list(enumerate(violations)))}
    firsts = set(first.values())
    longest, kept = room // 2, dict[int, ViolationText]()
    for place in sorted(range(len(violations)), key=lambda place: place not in firsts):
        violation = _cut(violations[place], longest)
        size = _size(sentence(violation)) + len("; ")
        if len(kept) < most and size <= room:
            kept[place] = violation
            room -= size
    return [kept[place] for place in sorted(kept)]


def _cut(violation: ViolationText, longest: int) -> ViolationText:
    if _size(sentence(violation)) <= longest:
        return violation
    parameter = cut(violation.parameter, longest // 2)
    return ViolationText(parameter=parameter, message=cut(violation.message, longest - _size(parameter) - len(": ; ")))


def _parameter(violation: ViolationText) -> str:
    return violation.parameter.partition(".")[0]


def _size(text: str) -> int:
    return len(text.encode())
