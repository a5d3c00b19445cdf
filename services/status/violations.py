"""Fit many violations into limited room: as many as possible, every parameter, and the number of the rest. Pure.

Sizes are in bytes of UTF-8, as the API server counts them.
"""

from collections.abc import Sequence
from typing import Final

from shared.messages import ViolationText

LARGEST_LIST: Final = 64 * 1024
"""Bytes of all sentences of one list."""
REST: Final = "and {more} more that are not listed here"
"""The last entry of a list that does not have room for all violations."""
REST_IN_LINE: Final = "and {more} more"
LONGEST_REST: Final = 32
"""Bytes kept free for that entry in a line."""
CUT: Final = " ..."


def listed(violations: Sequence[ViolationText], most: int) -> list[ViolationText]:
    """Return at most `most` violations, in their order; if some are left out, the last entry says how many."""
    whole = _fitting(violations, most, LARGEST_LIST)
    if len(whole) == len(violations):
        return whole
    shown = _fitting(violations, most - 1, LARGEST_LIST)
    rest = REST.format(more=len(violations) - len(shown))
    return [*shown, ViolationText(parameter="spec", message=rest)]


def in_one_line(violations: Sequence[ViolationText], longest: int) -> str:
    """Join the violations into one line of at most `longest` bytes: all, or as many as fit and the number left out."""
    line = "; ".join(map(sentence, violations))
    if _size(line) <= longest:
        return line
    shown = _fitting(violations, len(violations), longest - LONGEST_REST)
    rest = [REST_IN_LINE.format(more=len(violations) - len(shown))] if len(shown) < len(violations) else []
    return "; ".join([*map(sentence, shown), *rest])


def sentence(violation: ViolationText) -> str:
    """Return the sentence that shows this violation everywhere."""
    return f"{violation.parameter}: {violation.message}"


def cut(text: str, longest: int) -> str:
    """Return the text, or its beginning and dots if it is longer than `longest` bytes."""
    if _size(text) <= longest:
        return text
    return text.encode()[: longest - len(CUT)].decode(errors="ignore") + CUT


def _fitting(violations: Sequence[ViolationText], most: int, room: int) -> list[ViolationText]:
    """Return at most `most` violations of `room` bytes in all: first one of each parameter, then the others.

    A violation that would take all of the room is cut, so that it does not hide the others.
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
