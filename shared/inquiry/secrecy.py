"""What of a value must not be shown: the secret itself, though not where one is kept. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "(hidden)"
SECRET: Final = "SECRET:"  # noqa: S105 - what a reference to a Secret starts with
TELLTALE: Final = re.compile(r"pass(w(or)?d|phrase)?|token|secret|credential|(api|access|private)_?key", re.IGNORECASE)
"""What the name of an environment variable holds whose value had better be in a Secret."""
CREDENTIALS: Final = {"gitSync": {"password"}, "s3": {"key", "secret"}}
"""Members that have to refer to a Secret. What is written there in plain is refused, yet it has been written."""
IN_ADDRESS: Final = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
"""User and password before the host."""


def hidden(name: str, value: Any, label: str = "") -> Any:
    """The value of a parameter, or of the item `label` of it, as it may be shown: without what belongs in a Secret."""
    if isinstance(value, Mapping):
        if label:
            secret = CREDENTIALS.get(name, ())
            return {key: HIDDEN if key in secret and _plain(one) else _cleaned(one) for key, one in value.items()}
        return {key: hidden(name, one, key) for key, one in value.items()}
    if _plain(value) and (name == "notebookToken" or (name == "environment" and TELLTALE.search(label))):
        return HIDDEN
    return _cleaned(value)


def _plain(value: Any) -> bool:
    """Whether it is the secret itself, and not where one is kept."""
    return isinstance(value, str) and bool(value) and not value.startswith(SECRET)


def _cleaned(value: Any) -> Any:
    return IN_ADDRESS.sub(rf"\1:{HIDDEN}@", value) if isinstance(value, str) else value
