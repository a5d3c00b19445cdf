"""Reads YAML documents that people write, with a clear sentence for everything that is invalid."""

from math import isfinite
from typing import Any, Final

from shared.inquiry.errors import InquiryError
from shared.inquiry.texts import printable

LONGEST: Final = 64
"""Largest size of a number, in bits."""
MOST: Final = 100_000
"""Largest number of values in a text: YAML aliases can expand a short text to more than fits in memory."""


class UnreadableError(InquiryError):
    """A text is not what it should be; the message says where and why."""


def documents_in(text: str, what: str) -> list[Any]:
    """The non-empty documents of a YAML text, with only what a resource can hold; `what` names the text in messages.

    Dates are text, as for kubectl. Raises UnreadableError if the text is invalid.
    """
    try:
        documents = _loaded(text)
    except Exception as error:  # the parser raises all kinds of exceptions
        raise UnreadableError(printable(f"{what} is not valid YAML: {' '.join(str(error).split())}")) from error
    if wrong := _unheld(documents):
        raise UnreadableError(printable(f"{what}: {wrong}"))
    return documents


def _loaded(text: str) -> list[Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A loader that reads dates as text."""

    Loader.yaml_implicit_resolvers = {
        first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return [document for document in yaml.load_all(text, Loader) if document is not None]


def _unheld(documents: list[Any]) -> str:
    """The first thing in the value that YAML allows but a resource cannot hold; empty if there is none."""
    waiting = list(documents)
    for _ in range(MOST):
        if not waiting:
            return ""
        match waiting.pop():
            case dict() as inner:
                if strange := [key for key in inner if not isinstance(key, str)]:
                    return f"key {strange[0]} is not a string: put it in quotes (on, off, yes and no need them too)"
                waiting += inner.values()
            case list() as inner:
                waiting += inner
            case int() as number if number.bit_length() > LONGEST:
                return f"a number is longer than {LONGEST} bits"
            case float() as number if not isfinite(number):
                return f"{number} is not a number that a resource can hold"
            case str() | int() | float() | None:
                pass
            case other:
                return f"a {type(other).__name__} is not a value that a resource can hold"
    return "it contains itself or is larger than any resource"
