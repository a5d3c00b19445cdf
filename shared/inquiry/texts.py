"""Values and texts of the cluster as people read them: on one line, without control characters. Pure."""

import json
from typing import Any
from unicodedata import category


def text_of(value: Any) -> str:
    """The value as users write it: without quotes, and members as `name=value`."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return printable(value)
        case dict():
            return ", ".join(f"{printable(str(name))}={text_of(member)}" for name, member in value.items())
        case list():
            return ", ".join(text_of(member) for member in value)
        case _:
            return json.dumps(value)


def printable(text: str) -> str:
    """The text on one line, with control characters (which a terminal would execute) escaped."""
    if text.isprintable():  # fast path for nearly all cells
        return text
    return "".join(letter if category(letter)[0] != "C" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "backslashreplace").decode("ascii")
