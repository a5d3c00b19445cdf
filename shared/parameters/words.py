"""Splits a command line into words as a POSIX shell does, without running anything. Pure.

Quotes and backslashes go; `$NAME`, `$(...)` and backquotes stay as they are, each within one word, for the program
that reads the word. Operators such as `|` and `>` are words like any other, since no shell runs the command.

`shlex` reads backslashes before a line's end, `$` and backquotes in another way, and splits what stands in `$(...)`.
"""

from typing import Final, NamedTuple

BLANKS: Final = " \t\n"
ESCAPED_IN_QUOTES: Final = '$`"\\'
"""What a backslash escapes between double quotes; before anything else, it stands for itself."""


class UnclosedError(ValueError):
    """A quote, a `$(`, a `${` or a backquote is not closed, or nothing follows a backslash."""


class AnsiQuotesError(ValueError):
    """The text has quotes `$'...'`, which shells read in different ways."""


class Piece(NamedTuple):
    """A part of a word, and the place after it."""

    text: str
    end: int


def split(text: str) -> list[str]:
    """The words of `text`. Raises UnclosedError or AnsiQuotesError if it cannot be split."""
    text = text.replace("\r\n", "\n")
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(text):
        if text[at] in BLANKS:
            words += [] if word is None else [word]
            word, at = None, at + 1
        elif text[at] == "#" and word is None:
            at = _found(text.find("\n", at), len(text))
        elif text.startswith("\\\n", at):
            at += 2
        else:
            piece, at = _piece(text, at)
            word = (word or "") + piece
    return words if word is None else [*words, word]


def _piece(text: str, at: int) -> Piece:
    """The part of a word that begins at `at`."""
    if text[at] == "\\":
        if at + 1 == len(text):
            raise UnclosedError
        return Piece(text[at + 1], at + 2)
    if text[at] == "'":
        end = _closed(text.find("'", at + 1))
        return Piece(text[at + 1 : end], end + 1)
    if text[at] == '"':
        return _in_quotes(text, at + 1)
    if text.startswith("$'", at):
        raise AnsiQuotesError
    return _verbatim(text, at, quoted=False)


def _in_quotes(text: str, at: int) -> Piece:
    """The text between double quotes, from after the first one."""
    read: list[str] = []
    while at < len(text):
        if text[at] == '"':
            return Piece("".join(read), at + 1)
        if text.startswith("\\\n", at):
            at += 2
        elif text[at] == "\\" and text[at + 1 : at + 2] in ESCAPED_IN_QUOTES:
            read.append(text[at + 1 : at + 2])
            at += 2
        else:
            piece, at = _verbatim(text, at, quoted=True)
            read.append(piece)
    raise UnclosedError


def _verbatim(text: str, at: int, *, quoted: bool) -> Piece:
    """One character, or the whole of a substitution such as `$(...)`."""
    substitutes = text[at] == "`" or text.startswith(("$(", "${"), at)
    end = _end_of_substitution(text, at, quoted=quoted) if substitutes else at + 1
    return Piece(text[at:end], end)


def _end_of_substitution(text: str, at: int, *, quoted: bool) -> int:
    """The place after the substitution that begins at `at`, with everything in it; `quoted` if in double quotes."""
    closers: list[str] = []
    while True:
        if at >= len(text):
            raise UnclosedError
        char, closer = text[at], closers[-1] if closers else ""
        if char == closer:
            closers.pop()
        elif closer == "'":
            pass
        elif char == "\\":
            at += 1
        elif opened := _opened(text, at, closers, quoted=quoted):
            closers.append(opened)
            at += char == "$"
        at += 1
        if not closers:
            return at


def _opened(text: str, at: int, closers: list[str], *, quoted: bool) -> str:
    """What closes that which is opened at `at`; empty if nothing is."""
    char, closer = text[at], closers[-1] if closers else ""
    if char == "'":
        plain = closer == '"' or (closer == "}" and (quoted or '"' in closers))
        return "" if plain else char
    if char in '"`':
        return char
    if char == "(":
        return ")" if closer == ")" else ""
    return {"$(": ")", "${": "}"}.get(text[at : at + 2], "")


def _found(at: int, otherwise: int) -> int:
    return otherwise if at < 0 else at


def _closed(at: int) -> int:
    if at < 0:
        raise UnclosedError
    return at
