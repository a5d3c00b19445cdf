"""Formats values as users write them. Pure."""

import json
from typing import Any

from cli.printing.tables import printable


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
