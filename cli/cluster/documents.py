"""Reads YAML documents, with a clear message for everything that is invalid."""

import sys
from pathlib import Path
from typing import Any

from cli.shell.exits import Exit, Stop
from shared.inquiry.documents import UnreadableError
from shared.inquiry.documents import documents_in as shared_documents_in

STDIN = "-"


def text_in(file: str) -> str:
    """The text of a file, or of standard input for `-`, in UTF-8 whatever the locale; Stop if it cannot be read."""
    try:
        return (sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Exit.USAGE, f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def parsed(file: str) -> list[Any]:
    """The objects of a file, those inside a `List` one by one; Stop if it cannot be read."""
    return [inner for document in documents_in(text_in(file), file) for inner in _members(document)]


def documents_in(text: str, file: str) -> list[Any]:
    """The non-empty documents of a YAML text, as `shared.inquiry.documents` reads it; Stop if the text is invalid."""
    try:
        return shared_documents_in(text, file)
    except UnreadableError as error:
        raise Stop(Exit.USAGE, str(error)) from error


def _members(document: Any) -> list[Any]:
    """The objects of a `List`, or the one object."""
    if isinstance(document, dict) and str(document.get("kind")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]
